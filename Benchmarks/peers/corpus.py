"""One recording as everybody needs it: as a file, as frames in memory, as WebSocket bytes, and with the checksum that
every peer has to reach."""

import json

import feed
import recording as recordings
from machine import WORK, Failed, run

# The streamer that makes models of every row gets the recording's first events only.
PART_EVENTS = 60_000


class Corpus:
    def __init__(self, quotewire, name, source, like=None):
        """`source`: FILE.qwr or a SPEC for `quotewire generate`. `like`: a corpus whose schema serves here too, if its
        columns are the same."""
        self.quotewire, self.name, self.title = quotewire, name, str(source)
        self.folder = WORK / "corpora" / name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.path = source if str(source).endswith(".qwr") else self.folder / "generated.qwr"
        if self.path is not source:
            run([quotewire, "generate", source, self.path, "--force"])
        text = self.folder / "frames.tsv"
        run([quotewire, "convert", self.path, text, "--force"])
        self.recording = recordings.read_frames(text)
        self.configs = [line.rpartition(b"\t")[2] for line in text.read_bytes().splitlines()
                        if b'{"type":"FEED_DATA"' not in line[:60]]
        rows = self.folder / "rows.ndjson"
        self.digest = self.replay(self.path, rows)
        self.frames = self.recording.frames
        self.reference = recordings.reference(rows, self.recording, self.part()[1])
        rows.unlink()
        self.take_schema(like)
        self.take_frames(self.recording.frames)

    def replay(self, path, rows=None):
        """Gives the digest; writes the rows as NDJSON."""
        stats = self.folder / "replay.json"
        sink = f"ndjson:{rows}" if rows else "null:"
        run([self.quotewire, "replay", path, "--to", sink, "--stats", stats, "--force"])
        return json.loads(stats.read_text())["digest"]

    def take_schema(self, like):
        columns = self.recording.columns
        if like and all(like.recording.columns.get(name) == columns[name] for name in columns):
            self.schema_folder, self.columns = like.schema_folder, like.columns
            return
        self.schema_folder, self.columns = self.folder / "schema", self.folder / "columns.json"
        self.schema_folder.mkdir(exist_ok=True)
        recordings.write_schema(columns, self.schema_folder)
        self.columns.write_text(json.dumps(columns))

    def take_frames(self, frames):
        self.frames = frames
        self.bytes = sum(map(len, frames))
        self.binary = self.folder / "frames.bin"
        recordings.write_frames(frames, self.binary)
        self.long_path, self.long_copies, self.wire_bytes = self.folder / "long.qwr", 0, None
        self.write_long(1)

    def depart(self, name, frames, configs):
        """The same events in other frames. Fails when our own decoder does not find them the same."""
        other = object.__new__(Corpus)
        other.__dict__.update(self.__dict__)
        other.name, other.title, other.configs = name, f"{self.title}, {name}", configs
        other.folder = WORK / "corpora" / name
        other.folder.mkdir(parents=True, exist_ok=True)
        other.take_frames(frames)
        if (digest := other.replay(other.long_path)) != self.digest:
            raise Failed(f"{name}: our digest is {digest}, and that of the same events as they were is {self.digest}")
        return other

    # MARK: what is made of it

    @property
    def schema(self):
        return self.schema_folder / "schema.json"

    @property
    def types(self):
        return sorted(self.recording.columns)

    @property
    def wire(self):
        """The frames as a server sends them."""
        if self.wire_bytes is None:
            self.wire_bytes = b"".join(map(feed.frame, self.frames))
        return self.wire_bytes

    @property
    def events(self):
        return self.reference.events

    def write_text(self, path, copies, frames):
        with open(path, "wb") as out:
            for line in self.configs:
                out.write(line + b"\n")
            for _ in range(copies):
                out.write(b"\n".join(frames) + b"\n")

    def write_recording(self, path, copies, frames):
        text = self.folder / "text.tsv"
        self.write_text(text, copies, frames)
        run([self.quotewire, "convert", text, path, "--force"])
        text.unlink()

    def write_long(self, copies):
        """The frames so many times over in one recording, so that a replay of it takes long enough to measure."""
        if copies != self.long_copies:
            self.write_recording(self.long_path, copies, self.frames)
            self.long_copies = copies

    def part(self):
        """The first frames, with at least PART_EVENTS events if there are as many, and their number of events."""
        frames = events = 0
        for one in self.frames:
            if events >= PART_EVENTS:
                break
            frames += 1
            events += recordings.count_events(one, self.recording.columns)
        return self.frames[:frames], events

    def first_rows(self):
        path = self.folder / "first-rows.ndjson"
        path.write_text("".join(json.dumps(row) + "\n" for row in self.reference.first_rows))
        return path

    def describe(self):
        return (f"{len(self.frames):,} frames, {self.events:,} events, {self.bytes / 1e6:.1f} MB; "
                f"{self.events / len(self.frames):.1f} events and {self.bytes / len(self.frames):.0f} bytes a frame")
