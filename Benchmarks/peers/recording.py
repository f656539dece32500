"""A recording for the peers: its FEED_DATA frames, its columns, and the checksum that every peer has to reach.

The checksum is defined in README.md; it is written out here once more, slowly, over what `quotewire replay` says.
"""

import json
import struct
from dataclasses import dataclass, field
from pathlib import Path

# Kinds by field name: d double, b boolean, s text, S the symbol; every other field is an integer. The names mean the
# same in every event type.
DOUBLES = set(
    "price change size dayVolume dayTurnover bidPrice askPrice bidSize askSize volatility delta gamma theta rho vega "
    "open high low close volume count vwap bidVolume askVolume impVolatility openInterest underlyingPrice dividend "
    "interest dayOpenPrice dayHighPrice dayLowPrice dayClosePrice prevDayClosePrice prevDayVolume".split()
)
BOOLEANS = set("spreadLeg extendedTradingHours validTick".split())
TEXTS = set(
    "bidExchangeCode askExchangeCode exchangeCode exchangeSaleConditions tradeThroughExempt aggressorSide type buyer "
    "seller tickDirection orderSide scope source marketMaker dayClosePriceType prevDayClosePriceType".split()
)
INTEGERS = set(
    "eventTime eventFlags index time timeNanoPart sequence tradeId bidTime askTime dayId prevDayId".split()
)
SUPPORTED = {"Quote", "Trade", "TradeETH", "Greeks", "TimeAndSale", "Candle", "Summary", "TheoPrice"}

MASK = 0xFFFFFFFF
NAN = 0x7FF8000000000000


class Unsuited(Exception):
    """The recording has what the peers do not read."""


@dataclass
class Recording:
    frames: list[bytes] = field(default_factory=list)
    columns: dict[str, list[str]] = field(default_factory=dict)
    channels: set[int] = field(default_factory=set)

    @property
    def kinds(self):
        return all_kinds(self.columns)


def all_kinds(columns):
    return {name: "".join(map(kind, columns[name])) for name in sorted(columns)}


def kind(name):
    if name == "eventSymbol":
        return "S"
    for letter, names in ("d", DOUBLES), ("b", BOOLEANS), ("s", TEXTS), ("i", INTEGERS):
        if name in names:
            return letter
    raise Unsuited(f"the peers do not know the field {name}")


def read_frames(path):
    """From frame text: one JSON frame a line, or MILLISECONDS<TAB>FRAME."""
    recording = Recording()
    configured, used = {}, set()
    with open(path, "rb") as lines:
        for line in lines:
            frame = line.rstrip(b"\n").rpartition(b"\t")[2]
            if frame.startswith(b'{"type":"FEED_DATA"'):
                recording.frames.append(frame)
                continue
            message = json.loads(frame)
            if message["type"] == "FEED_DATA":
                recording.frames.append(frame)
            elif message["type"] == "FEED_CONFIG":
                if message.get("dataFormat", "COMPACT") != "COMPACT":
                    raise Unsuited("the recording is not COMPACT")
                for name, columns in (message.get("eventFields") or {}).items():
                    if configured.setdefault(name, columns) != columns:
                        raise Unsuited(f"the columns of {name} change in mid-recording")
    for frame in recording.frames:
        # Names of types stand before an array; a look at whole frames is for the reference alone.
        for name in configured:
            if name not in used and b'"%s",[' % name.encode() in frame:
                used.add(name)
        recording.channels.add(int(frame[frame.index(b'"channel":') + 10 :].split(b",", 1)[0]))
    if not recording.frames or not used:
        raise Unsuited("the recording has no FEED_DATA with a FEED_CONFIG")
    for name in used:
        columns = configured[name]
        if name not in SUPPORTED or columns[0] != "eventSymbol":
            raise Unsuited(f"the peers do not read {name} with these columns")
        recording.columns[name] = columns
    return recording


def write_frames(frames, path):
    """For peers that read from memory: 32 bits of length, then the frame."""
    with open(path, "wb") as out:
        for frame in frames:
            out.write(struct.pack("<I", len(frame)) + frame)


def write_schema(columns, folder):
    kinds = all_kinds(columns)
    (folder / "schema.json").write_text(json.dumps(kinds))
    entries = " ".join(f'X({name}, "{letters}", "{",".join(columns[name])}")' for name, letters in kinds.items())
    text = f"// Written by run.py for one recording.\n#define PEER_SCHEMA(X) {entries}\n"
    path = folder / "schema.hpp"
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def fnv(data):
    value = 0x811C9DC5
    for byte in data:
        value = (value ^ byte) * 0x01000193 & MASK
    return value


class Checksum:
    """README.md, "The checksum"."""

    def __init__(self, kinds, rounds_integers=False):
        self.kinds = kinds
        self.rounds_integers = rounds_integers
        self.states = {name: [fnv(name.encode()), 0x9E3779B9, 0] for name in kinds}
        self.texts = {}

    def text_word(self, value):
        if (word := self.texts.get(value)) is None:
            data = (value or "").encode()
            word = self.texts[value] = fnv(data) | len(data) << 32
        return word

    def word(self, letter, value):
        if letter == "d":
            value = float("nan" if value is None else value)
            return NAN if value != value else struct.unpack("<Q", struct.pack("<d", value))[0]
        if letter == "i":
            whole = 0 if value is None or value == "NaN" else int(value)
            return (int(float(whole)) if self.rounds_integers else whole) & 0xFFFFFFFFFFFFFFFF
        if letter == "b":
            return 1 if value else 0
        return self.text_word(value)

    def add(self, name, row):
        state = self.states[name]
        a, b, count = state
        for letter, value in zip(self.kinds[name], row, strict=True):
            word = self.word(letter, value)
            for half in (word & MASK, word >> 32):
                a = (a ^ half) * 0x01000193 & MASK
                b = ((b << 5 & MASK | b >> 27) ^ half) * 0x85EBCA6B & MASK
        state[:] = a, b, count + 1

    def hex(self):
        a, b = 0x811C9DC5, 0x9E3779B9
        for name in sorted(self.states):
            one, two, count = self.states[name]
            for half in (one, two, count & MASK, count >> 32) if count else ():
                a = (a ^ half) * 0x01000193 & MASK
                b = ((b << 5 & MASK | b >> 27) ^ half) * 0x85EBCA6B & MASK
        return f"{a:08x}{b:08x}"


@dataclass
class Reference:
    """What every peer has to reach, and the first rows for who reads only those."""

    checksum: str
    rounded: str
    events: int
    has_absent: bool
    first_rows: list[dict]

    def of_first(self, columns, refused):
        """The checksum over some columns of the first rows, without some of these."""
        checksum = Checksum(all_kinds(columns))
        for number, row in enumerate(self.first_rows):
            if number in refused:
                continue
            checksum.add(row["eventType"], [row[column] for column in columns[row["eventType"]]])
        return checksum.hex()


def reference(ndjson: Path, recording, part_events):
    """From the lines of `quotewire replay --to ndjson:`. The rounded one is for programs without 64-bit integers."""
    kinds, columns = recording.kinds, recording.columns
    exact, rounded = Checksum(kinds), Checksum(kinds, rounds_integers=True)
    events, has_absent, first_rows = 0, False, []
    with open(ndjson, "rb") as lines:
        for line in lines:
            row = json.loads(line)
            name = row["eventType"]
            values = [row[column] for column in columns[name]]
            exact.add(name, values)
            rounded.add(name, values)
            events += 1
            if events <= part_events:
                first_rows.append(row)
            if not has_absent:
                has_absent = any(v == "NaN" for v, letter in zip(values, kinds[name]) if letter == "d")
    return Reference(exact.hex(), rounded.hex(), events, has_absent, first_rows)


def count_events(frame, columns):
    data = json.loads(frame)["data"]
    return sum(len(data[i + 1]) // len(columns[data[i]]) for i in range(0, len(data), 2))
