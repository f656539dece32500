"""Rows of FEED_DATA in Python: what the Python peers share."""

import json
import struct
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from recording import Checksum  # noqa: E402


def read_frames(path):
    """The frames of run.py's file: 32 bits of length, then the frame."""
    data = Path(path).read_bytes()
    frames, at = [], 0
    while at < len(data):
        (size,) = struct.unpack_from("<I", data, at)
        frames.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    return frames


class Taker:
    """Cuts the flat arrays of a decoded message into one tuple a row, which is as fast as Python does it."""

    def __init__(self, schema_path, checks):
        kinds = json.loads(Path(schema_path).read_text())
        self.widths = {name: len(letters) for name, letters in kinds.items()}
        self.checksum = Checksum(kinds) if checks else None
        self.frames = self.bytes = self.events = 0
        # Called after each frame by who wants to know.
        self.took = None

    def take(self, data, size):
        at = iter(data)
        for name, values in zip(at, at):
            rows = list(zip(*[iter(values)] * self.widths[name]))
            self.events += len(rows)
            if self.checksum:
                for row in rows:
                    self.checksum.add(name, row)
        self.frames += 1
        self.bytes += size

    def report(self, watch):
        print(json.dumps({
            "frames": self.frames, "bytes": self.bytes, "events": self.events, "cpuSeconds": watch.cpu_seconds,
            "seconds": watch.seconds, "checksum": self.checksum.hex() if self.checksum else "",
        }))


class Stopwatch:
    def __init__(self):
        self.begin()

    def begin(self):
        self.start, self.cpu_start = time.monotonic(), time.process_time()

    def end(self):
        self.cpu_seconds, self.seconds = time.process_time() - self.cpu_start, time.monotonic() - self.start
