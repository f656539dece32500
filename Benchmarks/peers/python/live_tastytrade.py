"""The streamer of the package tastytrade, with a session that only says where the feed is.

It asks for all fields of its models and does not read FEED_CONFIG, so it needs a server that sends what it asks for:
`quotewire serve FILE`. Its rows are its models.

usage: live_tastytrade.py PORT SCHEMA COLUMNS [check]       COLUMNS: JSON of lists of field names by type
"""

import json
import sys
from pathlib import Path

import anyio
from httpx2.websockets import WebSocketDisconnect
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


def main():
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
