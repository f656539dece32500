"""A dxLink server that sends ready-made bytes: the recording's frames, whole and in big writes, so that the client is
what limits a run; or each frame at its own moment. Its answers to the session's messages are canned; it serves one
client at a time, plain and over TLS."""

import base64
import ctypes
import hashlib
import json
import os
import shutil
import socket
import ssl
import struct
import subprocess
import threading
import time

QUIET_SECONDS = 0.15
LIMIT_SECONDS = 600


def frame(payload, opcode=1):
    size = len(payload)
    if size < 126:
        head = bytes([0x80 | opcode, size])
    elif size < 65536:
        head = struct.pack(">BBH", 0x80 | opcode, 126, size)
    else:
        head = struct.pack(">BBQ", 0x80 | opcode, 127, size)
    return head + payload


class Gone(Exception):
    """The client left."""


class Feed:
    """Listens on ports of its own until the program ends."""

    def __init__(self, columns, certificate=None):
        """`certificate`: files of a chain and its key, for TLS."""
        self.columns = columns
        # What the last client's bytes cost this side.
        self.cpu_seconds = 0.0
        self.offer(b"", 1)
        self.port = self._listen(None)
        self.tls_port = None
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.tls_port = self._listen(context)

    def offer(self, data, repeats, quiet=QUIET_SECONDS, play=None):
        """What the next clients get, `quiet` seconds after their first subscription: bytes of whole WebSocket frames,
        so many times over, or what `play` sends to the file descriptor that it is given."""
        self.data, self.repeats, self.quiet, self.play, self.failure = data, repeats, quiet, play, None

    def _listen(self, context):
        listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, args=(listener, context), daemon=True).start()
        return listener.getsockname()[1]

    def _serve(self, listener, context):
        while True:
            client, _ = listener.accept()
            try:
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                client.settimeout(LIMIT_SECONDS)
                if context:
                    client = context.wrap_socket(client, server_side=True)
                self._play(client)
            except (Gone, OSError) as error:
                self.failure = repr(error)
            finally:
                client.close()

    def _play(self, client):
        self.held = b""
        self._upgrade(client)
        channel = 0
        while True:
            message = self._receive(client)
            number = message.get("channel", 0)
            if message["type"] == "SETUP":
                self._say(client, type="SETUP", channel=0, version="1.0-peers/1.0", keepaliveTimeout=60,
                          acceptKeepaliveTimeout=60)
                self._say(client, type="AUTH_STATE", channel=0, state="AUTHORIZED")
            elif message["type"] == "CHANNEL_REQUEST":
                self._say(client, type="CHANNEL_OPENED", channel=number, service="FEED",
                          parameters=message["parameters"])
            elif message["type"] == "FEED_SETUP":
                self._say(client, type="FEED_CONFIG", channel=number, dataFormat="COMPACT", aggregationPeriod=0,
                          eventFields=self.columns)
            elif message["type"] == "FEED_SUBSCRIPTION":
                channel = number
                break
        assert channel == 1, "a feed channel of another number"
        # More subscriptions may follow; they need no answer.
        time.sleep(self.quiet)
        # Without a time limit Python leaves waiting to the kernel, which is faster.
        client.settimeout(None)
        if self.play:
            self.play(client.fileno())
        else:
            data, before = memoryview(self.data), time.thread_time()
            for _ in range(self.repeats):
                client.sendall(data)
            self.cpu_seconds = time.thread_time() - before
        client.sendall(frame(struct.pack(">H", 1000) + b"end of recording", 8))
        client.settimeout(LIMIT_SECONDS)
        try:
            if isinstance(client, ssl.SSLSocket):
                client.unwrap()
        except OSError:
            # The client's own Close lies between the two ends of TLS.
            pass
        try:
            client.shutdown(socket.SHUT_WR)
            while client.recv(65536):
                pass
        except OSError:
            pass

    def _upgrade(self, client):
        while b"\r\n\r\n" not in self.held:
            self._more(client)
        head, _, self.held = self.held.partition(b"\r\n\r\n")
        fields = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:])
        key = next(line.split(b":", 1)[1].strip() for line in head.split(b"\r\n")
                   if line.lower().startswith(b"sec-websocket-key:"))
        assert b"upgrade" in fields
        accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
        client.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                       b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")

    def _more(self, client):
        got = client.recv(65536)
        if not got:
            raise Gone("in mid-handshake")
        self.held += got

    def _receive(self, client):
        """The client's next text message."""
        while True:
            while len(self.held) < 2:
                self._more(client)
            opcode, size, at = self.held[0] & 15, self.held[1] & 127, 2
            if size == 126:
                while len(self.held) < 4:
                    self._more(client)
                size, at = struct.unpack(">H", self.held[2:4])[0], 4
            elif size == 127:
                raise Gone("with a message too long for a session")
            while len(self.held) < at + 4 + size:
                self._more(client)
            mask, masked = self.held[at : at + 4], self.held[at + 4 : at + 4 + size]
            self.held = self.held[at + 4 + size :]
            if opcode == 8:
                raise Gone("in mid-session")
            if opcode == 1:
                return json.loads(bytes(byte ^ mask[i % 4] for i, byte in enumerate(masked)))

    def _say(self, client, **message):
        client.sendall(frame(json.dumps(message, separators=(",", ":")).encode()))


class Pacer:
    """Sends each frame at its own moment, by pace.cpp."""

    STAMP_BASE = 10**18

    def __init__(self, library, frames, interval_nanos, stamp_marks=None):
        """`stamp_marks`: text of 19 characters in each frame that gets the intended send time."""
        self.send = ctypes.CDLL(str(library)).pace
        self.send.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_double,
                              ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p]
        self.interval_nanos, self.count = interval_nanos, len(frames)
        wire = [frame(payload) for payload in frames]
        self.bytes = sum(map(len, frames))
        self.buffer = ctypes.create_string_buffer(b"".join(wire), sum(map(len, wire)))
        self.ends = (ctypes.c_int64 * len(wire))()
        self.stamps = (ctypes.c_int64 * len(wire))() if stamp_marks else None
        at = 0
        for i, one in enumerate(wire):
            if stamp_marks:
                self.stamps[i] = at + one.index(stamp_marks)
            at += len(one)
            self.ends[i] = at
        self.figures = (ctypes.c_double * 3)()
        self.core = None

    def keep_to_one_core(self):
        """The sender keeps to the first core from now on. Gives the words that run a client on the others, ahead of
        whatever else runs there if that is allowed; none where there is but one core."""
        first, *others = sorted(os.sched_getaffinity(0))
        if not others or not shutil.which("taskset"):
            return []
        self.core = first
        words = ["taskset", "-c", ",".join(map(str, others))]
        try:
            ahead = ["chrt", "-f", "50"]
            return ahead + words if subprocess.run([*ahead, "true"], capture_output=True).returncode == 0 else words
        except OSError:
            return words

    def __call__(self, fd):
        if self.core is not None:
            # This thread alone.
            os.sched_setaffinity(0, {self.core})
        failure = self.send(fd, ctypes.cast(self.buffer, ctypes.c_char_p), self.ends, self.count,
                            float(self.interval_nanos), self.stamps, self.STAMP_BASE, self.figures)
        if failure:
            raise Gone("in mid-feed: " + os.strerror(failure))

    @property
    def seconds(self):
        return self.figures[0]

    @property
    def worst_micros(self):
        return self.figures[1]

    @property
    def late(self):
        return int(self.figures[2])
