"""A live client of a dxLink server: picows with msgspec, or websockets with orjson.

usage: live.py picows|websockets PORT SCHEMA [check|first]     first: says so and ends when the first row is there
"""

import asyncio
import json
import os
import sys

from rows import Stopwatch, Taker

GREETINGS = [
    {"type": "SETUP", "channel": 0, "version": "0.1-peer/1.0", "keepaliveTimeout": 60, "acceptKeepaliveTimeout": 60},
    {"type": "CHANNEL_REQUEST", "channel": 1, "service": "FEED", "parameters": {"contract": "AUTO"}},
    {"type": "FEED_SETUP", "channel": 1, "acceptAggregationPeriod": 0, "acceptDataFormat": "COMPACT"},
    {"type": "FEED_SUBSCRIPTION", "channel": 1, "add": [{"type": "Quote", "symbol": "*"}]},
]


async def with_picows(port, taker, watch):
    import msgspec
    from picows import WSListener, WSMsgType, ws_connect

    class Message(msgspec.Struct):
        type: str
        channel: int
        data: list = []

    decode = msgspec.json.Decoder(Message).decode

    class Client(WSListener):
        def on_ws_connected(self, transport):
            for message in GREETINGS:
                transport.send(WSMsgType.TEXT, json.dumps(message).encode())
            watch.begin()

        def on_ws_frame(self, transport, frame):
            if frame.msg_type == WSMsgType.TEXT:
                payload = frame.get_payload_as_memoryview()
                message = decode(payload)
                if message.type == "FEED_DATA":
                    taker.take(message.data, len(payload))
                    if taker.took:
                        taker.took()
            elif frame.msg_type == WSMsgType.CLOSE:
                transport.send_close(frame.get_close_code())
                transport.disconnect()

    transport, _ = await ws_connect(Client, f"ws://127.0.0.1:{port}/")
    await transport.wait_disconnected()
    watch.end()


async def with_websockets(port, taker, watch):
    import orjson
    from websockets.asyncio.client import connect
    from websockets.exceptions import ConnectionClosedOK

    async with connect(f"ws://127.0.0.1:{port}/", max_size=None, compression=None, ping_interval=None) as socket:
        for message in GREETINGS:
            await socket.send(json.dumps(message))
        watch.begin()
        try:
            while True:
                # As bytes: a str would cost one copy more.
                payload = await socket.recv(decode=False)
                message = orjson.loads(payload)
                if message["type"] == "FEED_DATA":
                    taker.take(message["data"], len(payload))
                    if taker.took:
                        taker.took()
        except ConnectionClosedOK:
            watch.end()


def end_with_first():
    print("first", flush=True)
    os._exit(0)


def main():
    library, port, schema = sys.argv[1:4]
    taker, watch = Taker(schema, sys.argv[4:] == ["check"]), Stopwatch()
    if sys.argv[4:] == ["first"]:
        taker.took = end_with_first
    run = asyncio.run
    try:
        import uvloop

        run = uvloop.run
    except ImportError:
        pass
    run((with_picows if library == "picows" else with_websockets)(port, taker, watch))
    taker.report(watch)


main()
