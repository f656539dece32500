"""The same events in frames that leave the layout in which servers write them."""

import json
import re

STRING_OR_MARK = re.compile(rb'"(?:[^"\\]|\\.)*"|[,:\[\]]')
PREFIX = re.compile(rb'\{"type":"FEED_DATA","channel":(\d+),"data":(.*)\}$', re.DOTALL)
# The first letter of a text among the values; names of types stand before a bracket.
TEXT_START = re.compile(rb'([\[,]")([A-Za-z.])(?=[A-Za-z0-9.&]*",(?!\[))')


def white(frame):
    """A space behind each comma and colon, two behind an opening bracket."""
    def spread(match):
        word = match.group()
        return word + (b" " if word in b",:" else b"  " if word == b"[" else b"")

    return STRING_OR_MARK.sub(spread, frame)


def reordered(frame):
    """The message's type behind its data."""
    channel, data = PREFIX.match(frame).groups()
    return b'{"channel":' + channel + b',"data":' + data + b',"type":"FEED_DATA"}'


def escaped(frame):
    """The first letter of each text among the values as \\uXXXX; names of types stay."""
    head, mark, data = frame.partition(b'"data":[')
    return head + mark + TEXT_START.sub(
        lambda match: match.group(1) + b"\\u%04X" % match.group(2)[0], data)


def departing(frames):
    """A third each of white space, other order of keys, and escapes."""
    ways = (white, reordered, escaped)
    return [ways[i % 3](one) for i, one in enumerate(frames)]


class Text(str):
    """A number as it stood."""


def emit(value):
    return value if isinstance(value, Text) else json.dumps(value, ensure_ascii=False)


def full(frames, columns):
    """Objects with keys instead of columns: dxLink's FULL format."""
    out = []
    for frame in frames:
        message = json.loads(frame, parse_float=Text, parse_int=Text)
        objects = []
        for name, values in zip(message["data"][::2], message["data"][1::2]):
            keys = columns[name]
            for at in range(0, len(values), len(keys)):
                pairs = ",".join(f'"{key}":{emit(value)}' for key, value in zip(keys, values[at : at + len(keys)]))
                objects.append(f'{{"eventType":"{name}",{pairs}}}')
        out.append(f'{{"type":"FEED_DATA","channel":{message["channel"]},"data":[{",".join(objects)}]}}'.encode())
    return out


def full_configs(configs):
    return [line.replace(b'"dataFormat":"COMPACT"', b'"dataFormat":"FULL"') for line in configs]
