"""Compares what tastytrade's DXLinkStreamer gets from `quotewire serve` with what `quotewire replay` reads.

usage: tastytrade_check.py PROGRAM FOLDER [SYMBOLS ROWS]   (tools/interop/tastytrade installs the package, calls this)

Two recordings, one with every value there and one with many that are not, are served to the streamer: every event has to
arrive, in the order of the recording, value by value equal to the NDJSON of a replay. Then a live market is subscribed,
partly unsubscribed and left. Last, the history of many candle symbols is read: every row of a server with history, each once, in its
place. SYMBOLS and ROWS choose how many, and then nothing else is done.

Left out: Underlying. The package asks for optionVolume, which the model does not have; a server drops such a name, says so
in FEED_CONFIG, and the package does not read FEED_CONFIG.
"""

import json
import math
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import anyio
from httpx2.websockets import WebSocketDisconnect
from pydantic import ValidationError
from tastytrade import DXLinkStreamer
from tastytrade.dxfeed import Candle, Greeks, Profile, Quote, Summary, TheoPrice, TimeAndSale, Trade

TYPES = [Quote, Trade, Candle, Greeks, TimeAndSale, TheoPrice, Summary, Profile]
TOKEN = "a token"
MIX = "Quote:40/Trade:15/Candle:10/Greeks:8/TimeAndSale:8/TheoPrice:5/Summary:5/Profile:4"
RECORDINGS = {
    "whole": f"seed=11,symbols=60,rate=2000,mix={MIX},duration=4s,fields=full,candles=24x60",
    "absent": f"seed=12,symbols=60,rate=2000,mix={MIX},duration=2s,fields=full,candles=24x20,nan=0.05",
}
LIVE = "seed=13,symbols=20,rate=500,mix=Quote:1,universe=stocks"
LIMIT_SECONDS = 60
CANDLES = (40, 300)
# Where the server's simulated time begins, 2026-03-02T14:30Z, as the start of its hour; hours do not end meanwhile.
NEWEST_HOUR = 1_772_460_000
HOUR = 3600
CANDLE_LIMIT_SECONDS = 900

# What the package gives where the wire has NaN or an infinity: the field's default, and for these ones 0.
ZERO_WHEN_ABSENT = {
    Quote: {"bid_size", "ask_size"},
    Candle: {"open", "high", "low", "close"},
}
FLAGS = {"pending": 1, "remove": 2, "snapshot_begin": 4, "snapshot_end": 8, "snapshot_snip": 16}


class Difference(Exception):
    """Something that the streamer got and that is not what we have."""


class FakeSession:
    """The two things of a tastytrade session that its streamer uses."""

    client_kwargs: dict = {}

    def __init__(self, url):
        self.url = url

    async def _get(self, path):
        return {"dxlink-url": self.url, "token": TOKEN}


def run(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=LIMIT_SECONDS)
    if done.returncode != 0:
        raise Difference(f"{' '.join(map(str, words))} ended with {done.returncode}: {done.stderr.strip()}")


@contextmanager
def serving(program, folder, *words):
    """A server on a port of its own; gives its address."""
    url_file = folder / "url"
    url_file.unlink(missing_ok=True)
    command = [program, "serve", *words, "--port", "0", "--token", TOKEN, "--url-file", url_file]
    with open(folder / "server.log", "w") as log:
        server = subprocess.Popen([str(word) for word in command], stderr=log)
        try:
            until = time.monotonic() + LIMIT_SECONDS
            while not url_file.exists():
                if server.poll() is not None or time.monotonic() > until:
                    raise Difference(f"the server did not start: {(folder / 'server.log').read_text()}")
                time.sleep(0.02)
            yield url_file.read_text().strip()
        finally:
            server.terminate()
            try:
                server.wait(LIMIT_SECONDS)
            except subprocess.TimeoutExpired as error:
                server.kill()
                raise Difference("the server does not end on SIGTERM") from error


async def subscribe(streamer, rows):
    """Every symbol of every type: first the channels, then all topics in one go."""
    for cls in TYPES:
        await streamer.subscribe(cls, [], 0)
    for cls in TYPES:
        symbols = list(dict.fromkeys(row["eventSymbol"] for row in rows[cls]))
        if cls is not Candle:
            await streamer.subscribe(cls, symbols, 0)
            continue
        for symbol in symbols:
            base, _, attributes = symbol.rstrip("}").partition("{=")
            interval, regular, _ = attributes.partition(",tho=true")
            # The long form of a period: the server knows that 1h is h.
            interval = interval if interval[0].isdigit() else "1" + interval
            await streamer.subscribe_candle([base], interval, extended_trading_hours=not regular)


def leaves(group):
    """The exceptions themselves out of groups in groups."""
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from leaves(error)
        else:
            yield error


async def collect(url, rows):
    """What the streamer gets until the server ends the connection."""
    streamer = DXLinkStreamer(FakeSession(url))
    ending = []
    with anyio.fail_after(LIMIT_SECONDS):
        try:
            async with streamer:
                await subscribe(streamer, rows)
                await anyio.sleep_forever()
        except* WebSocketDisconnect as group:
            ending = [(int(error.code), error.reason) for error in leaves(group)]
    if ending != [(1000, "end of recording")]:
        raise Difference(f"the connection ended with {ending}")
    events = {}
    for cls in TYPES:
        events[cls] = []
        while (event := streamer.get_event_nowait(cls)) is not None:
            events[cls].append(event)
    return events


def is_absent(value):
    return value is None or value in ("NaN", "Infinity", "-Infinity")


def is_taken(cls, row):
    """Whether the package's own model takes the event; it drops, say, a quote without a bid."""
    try:
        cls.model_validate(row)
        return True
    except ValidationError:
        return False


def compare_event(cls, event, row, place):
    for name, field in cls.model_fields.items():
        ours, theirs = row[field.alias], getattr(event, name)
        if is_absent(ours):
            wanted = Decimal(0) if name in ZERO_WHEN_ABSENT.get(cls, ()) else None
        elif isinstance(ours, float):
            # The shortest text of a double, which is what stood on the wire.
            wanted = Decimal(repr(ours)) if math.isfinite(ours) else None
        else:
            wanted = ours
        if wanted != theirs or isinstance(wanted, bool) != isinstance(theirs, bool):
            raise Difference(f"{place}: {field.alias} is {theirs!r}, and {ours!r} in the replay")
    for name, bit in FLAGS.items() if "event_flags" in cls.model_fields else ():
        if getattr(event, name) != (row["eventFlags"] & bit != 0):
            raise Difference(f"{place}: flag {name} is {getattr(event, name)}, eventFlags are {row['eventFlags']}")


def compare(cls, events, rows):
    """Gives the number of equal events; the order is that of the recording, over all symbols of a type."""
    for i, (event, row) in enumerate(zip(events, rows)):
        place = f"{cls.__name__} {i} ({row['eventSymbol']})"
        compare_event(cls, event, row, place)
    if len(events) != len(rows):
        raise Difference(f"{cls.__name__}: {len(events)} events came, the replay has {len(rows)}")
    return len(events)


def check_snapshots(events):
    """Every candle symbol has a snapshot (live rows may come before it), and every snapshot has an end."""
    is_open, counts = {}, dict.fromkeys(FLAGS, 0)
    for event in events:
        is_open.setdefault(event.event_symbol, None)
        for name in FLAGS:
            counts[name] += getattr(event, name)
        if event.snapshot_begin:
            is_open[event.event_symbol] = True
        if event.snapshot_end or event.snapshot_snip:
            is_open[event.event_symbol] = False
    without = [symbol for symbol, still in is_open.items() if still is not False]
    if without:
        raise Difference(f"candle symbols without a whole snapshot: {without}")
    return counts


def check_recording(program, folder, name, spec):
    recording, text = folder / f"{name}.qwr", folder / f"{name}.ndjson"
    run(program, "generate", spec, recording, "--force")
    run(program, "replay", recording, "--to", f"ndjson:{text}", "--force")
    rows = {cls: [] for cls in TYPES}
    by_name = {cls.__name__: cls for cls in TYPES}
    # Not splitlines(): texts may hold other line separators than ours.
    for line in text.read_text().rstrip("\n").split("\n"):
        row = json.loads(line)
        rows[by_name[row["eventType"]]].append(row)
    with serving(program, folder, recording) as url:
        events = anyio.run(collect, url, rows)
    for cls in TYPES:
        wanted = [row for row in rows[cls] if is_taken(cls, row)]
        count = compare(cls, events[cls], wanted)
        symbols = len({event.event_symbol for event in events[cls]})
        print(f"{name} {cls.__name__} equal {count} refused {len(rows[cls]) - count} symbols {symbols}")
    counts = check_snapshots(events[Candle])
    print(f"{name} candle flags", *[f"{flag} {count}" for flag, count in counts.items()])


async def some_quotes(streamer, symbols, count):
    """Reads until each of the symbols had so many quotes; gives what came."""
    seen = dict.fromkeys(symbols, 0)
    came = []
    while any(seen[symbol] < count for symbol in symbols):
        quote = await streamer.get_event(Quote)
        came.append(quote.event_symbol)
        if quote.event_symbol in seen:
            seen[quote.event_symbol] += 1
    return came


async def live(url):
    """Subscribes, unsubscribes in part, and leaves the channel while the market goes on."""
    with anyio.fail_after(LIMIT_SECONDS):
        async with DXLinkStreamer(FakeSession(url)) as streamer:
            await streamer.subscribe(Quote, ["SPY", "AAPL"], 0)
            came = await some_quotes(streamer, ["SPY", "AAPL"], 5)
            await streamer.unsubscribe(Quote, ["AAPL"])
            # The first MSFT was sent after the server had read that AAPL is not wanted.
            await streamer.subscribe(Quote, ["MSFT"], 0)
            came += await some_quotes(streamer, ["MSFT"], 1)
            later = await some_quotes(streamer, ["SPY", "MSFT"], 10)
            if set(later) != {"SPY", "MSFT"}:
                raise Difference(f"after unsubscribing AAPL these came: {set(later)}")
            await streamer.unsubscribe_all(Quote)
            while "Quote" in streamer._subscription_state:
                await anyio.sleep(0.01)
            await streamer.subscribe(Trade, ["SPY"], 0)
            return len(came) + len(later)


class Row(NamedTuple):
    """What of a candle is looked at; millions of whole ones would take gigabytes."""

    time: int
    index: int
    pending: bool
    remove: bool
    snapshot_begin: bool
    snapshot_end: bool
    snapshot_snip: bool


async def candles(url, symbols, rows):
    """The history of hourly candles, as many symbols at a time as servers take; gives what came."""
    wanted = [f"SYM{i}" for i in range(symbols)]
    came, whole = {f"{symbol}{{=h}}": [] for symbol in wanted}, set()
    start = datetime.fromtimestamp(NEWEST_HOUR - (rows - 1) * HOUR, UTC)
    with anyio.fail_after(CANDLE_LIMIT_SECONDS):
        async with DXLinkStreamer(FakeSession(url)) as streamer:
            await streamer.subscribe_candle(wanted, "1h", start, extended_trading_hours=True)
            while len(whole) < symbols:
                event = await streamer.get_event(Candle)
                came[event.event_symbol].append(Row(*(getattr(event, name) for name in Row._fields)))
                if event.snapshot_end or event.snapshot_snip:
                    whole.add(event.event_symbol)
    return came


def check_candles(program, folder, symbols, rows):
    """Rows from new to old between the flags; sorted they are every hour, once."""
    with serving(program, folder, "--history", f"seed=7,rows={rows},updates=1") as url:
        came = anyio.run(candles, url, symbols, rows)
    hours = [1000 * (NEWEST_HOUR - back * HOUR) for back in range(rows)]
    count = markers = 0
    for symbol, events in came.items():
        begins = [i for i, event in enumerate(events) if event.snapshot_begin]
        if len(begins) != 1 or begins[0] > 1:
            raise Difference(f"{symbol}: snapshots begin at {begins}, one of them at 0, or 1 behind a live row")
        snapshot = events[begins[0]:]
        if [event for event in snapshot if event.snapshot_end] != snapshot[-1:] or not snapshot[-1].remove:
            raise Difference(f"{symbol}: the last row, and no other, is the marker of the end")
        bars = snapshot[:-1]
        if any(event.remove or event.snapshot_snip or event.pending for event in bars):
            raise Difference(f"{symbol}: a row within the snapshot has flags of its own")
        if [event.time for event in bars] != hours:
            raise Difference(f"{symbol}: {len(bars)} rows, which are not the {rows} hours from new to old")
        if len({event.index for event in bars}) != rows:
            raise Difference(f"{symbol}: an index stands twice")
        count += len(bars)
        markers += 1
    print(f"candles symbols {symbols} rows {count} markers {markers} duplicates 0")


def main():
    program, folder = Path(sys.argv[1]), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    try:
        if len(sys.argv) > 4:
            check_candles(program, folder, int(sys.argv[3]), int(sys.argv[4]))
            return 0
        for name, spec in RECORDINGS.items():
            check_recording(program, folder, name, spec)
        with serving(program, folder, "--generate", LIVE) as url:
            print(f"live quotes {anyio.run(live, url)}")
        check_candles(program, folder, *CANDLES)
    except (Difference, TimeoutError) as error:
        print(f"tastytrade: {error or 'nothing came any more'}", file=sys.stderr)
        return 1
    print("tastytrade: equal")
    return 0


if __name__ == "__main__":
    sys.exit(main())
