"""The streamer of the package tastytrade, with a session that only says where the feed is.

It asks for all fields of its models and does not read FEED_CONFIG, so it needs a server that sends what it asks for:
`quotewire serve FILE`. Its rows are its models.

usage: live_tastytrade.py PORT SCHEMA COLUMNS [check]       COLUMNS: JSON of lists of field names by type
       live_tastytrade.py models COLUMNS ROWS               what its models have of COLUMNS, and which of the ROWS
                                                            (NDJSON) they refuse; the streamer drops such events
"""

import json
import sys
from pathlib import Path

import anyio
from httpx2.websockets import WebSocketDisconnect
from pydantic import ValidationError
from rows import Stopwatch, Taker
from tastytrade import DXLinkStreamer
from tastytrade import dxfeed


class FakeSession:
    """The two things of a session that the streamer uses."""

    client_kwargs: dict = {}

    def __init__(self, url):
        self.url = url

    async def _get(self, path):
        return {"dxlink-url": self.url, "token": "a token"}


async def collect(url, columns, symbols, watch):
    classes = [getattr(dxfeed, name) for name in columns]
    streamer = DXLinkStreamer(FakeSession(url))
    with anyio.fail_after(600):
        try:
            async with streamer:
                for cls in classes:
                    await streamer.subscribe(cls, [], 0)
                for cls in classes:
                    await streamer.subscribe(cls, symbols, 0)
                watch.begin()
                await anyio.sleep_forever()
        except* WebSocketDisconnect:
            watch.end()
    return streamer, classes


def print_models(columns, rows_path):
    """One JSON object: the columns by type, and the numbers of the refused rows."""
    aliases = {name: {field.alias for field in getattr(dxfeed, name).model_fields.values()}
               for name in columns if hasattr(dxfeed, name)}
    refused = []
    with open(rows_path) as lines:
        for number, line in enumerate(lines):
            row = json.loads(line)
            try:
                getattr(dxfeed, row["eventType"]).model_validate(row)
            except (AttributeError, ValidationError):
                refused.append(number)
    known = {name: [column for column in columns[name] if column in found] for name, found in aliases.items()}
    print(json.dumps({"columns": known, "refused": refused}))


def main():
    if sys.argv[1] == "models":
        return print_models(json.loads(Path(sys.argv[2]).read_text()), sys.argv[3])
    port, schema, columns_path = sys.argv[1:4]
    columns = json.loads(Path(columns_path).read_text())
    taker, watch = Taker(schema, len(sys.argv) > 4), Stopwatch()
    streamer, classes = anyio.run(collect, f"ws://127.0.0.1:{port}/", columns, ["*"], watch)
    for cls in classes:
        names = {field.alias: name for name, field in cls.model_fields.items()}
        while (event := streamer.get_event_nowait(cls)) is not None:
            taker.events += 1
            if taker.checksum:
                row = [getattr(event, names[column]) for column in columns[cls.__name__]]
                taker.checksum.add(cls.__name__, row)
    taker.report(watch)


main()
