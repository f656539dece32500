"""msgspec or orjson over the frames in memory.

usage: decode.py msgspec|orjson SCHEMA FRAMES SECONDS|check
"""

import sys

from rows import Stopwatch, Taker, read_frames


def make_decoder(library):
    """Gives a function from a frame to its `data`."""
    if library == "orjson":
        import orjson

        return lambda frame: orjson.loads(frame)["data"]
    import msgspec

    class Message(msgspec.Struct):
        type: str
        channel: int
        data: list = []

    decode = msgspec.json.Decoder(Message).decode
    return lambda frame: decode(frame).data


def main():
    library, schema, path, wanted = sys.argv[1:]
    decode, frames = make_decoder(library), read_frames(path)
    taker = Taker(schema, wanted == "check")
    seconds = 0 if wanted == "check" else float(wanted)

    def one_pass():
        for frame in frames:
            taker.take(decode(frame), len(frame))

    if seconds:
        one_pass()
        taker.frames = taker.bytes = taker.events = 0
    watch = Stopwatch()
    while True:
        one_pass()
        watch.end()
        if watch.cpu_seconds >= seconds:
            break
    taker.report(watch)


main()
