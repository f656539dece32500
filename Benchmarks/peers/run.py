"""Our decoding and live ingest against what one could pick instead, interleaved on one recording.

tools/bench-peers builds our programs and calls this. README.md says what each peer is and why it is a fair opponent.
"""

import argparse
import json
import math
import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

import contenders
import feed
import recording as recordings
from contenders import WORK, Failed, Missing, Setting, figures, run

DEFAULT_SPEC = (
    "seed={seed},symbols=4000,rate=20000,duration=40s,period=1ms,fields=lean,universe=mixed,"
    "mix=Quote:80/Trade:12/Greeks:5/TimeAndSale:3"
)
# The streamer that makes models of every row gets the recording's first events only.
PART_EVENTS = 60_000
# CPU seconds that a live run or a replay should at least take, and the most bytes it gets for that.
LIVE_SECONDS = 1.0
LIVE_BYTES = 1_200_000_000


def arguments():
    parser = argparse.ArgumentParser(prog="tools/bench-peers", description=__doc__.splitlines()[0])
    parser.add_argument("recording", nargs="?", help="FILE.qwr, or a SPEC for `quotewire generate` "
                        "(default: a mix of four types from a fresh seed)")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (default: 5)")
    parser.add_argument("--seconds", type=float, default=0.7, help="CPU seconds of a decoding run (default: 0.7)")
    parser.add_argument("--only", metavar="REGEX", help="contenders whose name matches, and ours")
    parser.add_argument("--group", choices=["decode", "live"], help="only from memory, or only live")
    parser.add_argument("--json", metavar="FILE", help="also write all samples there")
    parser.add_argument("--quotewire", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--bench", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.rounds < 1 or chosen.seconds <= 0:
        parser.error("--rounds and --seconds are above 0")
    return chosen


def say(text):
    print(text, file=sys.stderr, flush=True)


class Bench:
    def __init__(self, chosen):
        self.chosen = chosen
        self.skipped = []
        self.samples = {}
        WORK.mkdir(parents=True, exist_ok=True)
        self.recording_path, self.title = self.find_recording()
        self.read_recording()

    # MARK: the recording

    def find_recording(self):
        wanted = self.chosen.recording
        if wanted and wanted.endswith(".qwr"):
            return Path(wanted), wanted
        spec = wanted or DEFAULT_SPEC.format(seed=int.from_bytes(os.urandom(4), "little"))
        path = WORK / "generated.qwr"
        run([self.chosen.quotewire, "generate", spec, path, "--force"])
        return path, spec

    def read_recording(self):
        chosen = self.chosen
        say("reading the recording")
        text, rows, replay = WORK / "frames.tsv", WORK / "rows.ndjson", WORK / "replay.json"
        run([chosen.quotewire, "convert", self.recording_path, text, "--force"])
        self.recording = recordings.read_frames(text)
        run([chosen.quotewire, "replay", self.recording_path, "--to", f"ndjson:{rows}", "--stats", replay, "--force"])
        self.digest = json.loads(replay.read_text())["digest"]
        frames = self.recording.frames
        self.bytes = sum(map(len, frames))
        self.choose_part()
        say("computing the reference checksum from quotewire's NDJSON")
        self.reference = recordings.reference(rows, self.recording, self.part_events)
        rows.unlink()
        folder = WORK / "schema"
        folder.mkdir(exist_ok=True)
        recordings.write_schema(self.recording.kinds, folder)
        (WORK / "columns.json").write_text(json.dumps(self.recording.columns))
        recordings.write_frames(frames, WORK / "frames.bin")
        (WORK / "first-rows.ndjson").write_text("".join(json.dumps(row) + "\n" for row in self.reference.first_rows))
        self.wire = b"".join(map(feed.frame, frames))
        self.configs = [line for line in text.read_bytes().splitlines() if b'{"type":"FEED_DATA"' not in line[:60]]
        self.long_copies = 0
        self.setting = Setting(
            frames=WORK / "frames.bin", schema_folder=folder, columns=WORK / "columns.json",
            first_rows=WORK / "first-rows.ndjson", types=sorted(self.recording.columns),
            long_recording=WORK / "long.qwr", quotewire=chosen.quotewire,
            bench=chosen.bench)
        self.write_long(1)

    def choose_part(self):
        self.part_frames = self.part_events = 0
        for frame in self.recording.frames:
            if self.part_events >= PART_EVENTS:
                break
            self.part_frames += 1
            self.part_events += recordings.count_events(frame, self.recording.columns)

    def write_text(self, path, copies, frames):
        with open(path, "wb") as out:
            for line in self.configs:
                out.write(line.rpartition(b"\t")[2] + b"\n")
            for _ in range(copies):
                out.write(b"\n".join(frames) + b"\n")

    def write_long(self, copies):
        """The frames so many times over in one recording, so that a replay of it takes long enough to measure."""
        if copies == self.long_copies:
            return
        self.long_copies = copies
        text = WORK / "long.tsv"
        self.write_text(text, copies, self.recording.frames)
        run([self.chosen.quotewire, "convert", text, self.setting.long_recording, "--force"])
        text.unlink()

    # MARK: the contenders

    def gather(self):
        say("installing and building the peers")
        found = contenders.ours(self.setting)
        found += contenders.cpp_peers(self.setting, self.skipped)
        found += contenders.python_peers(self.setting, self.skipped)
        found += contenders.node_peers(self.setting, self.skipped)
        chosen = self.chosen
        if self.recording.channels != {1}:
            self.skipped.append(("everything live", "the recording's feed channel is not number 1"))
            found = [one for one in found if one.group != "live"]
        if chosen.group:
            found = [one for one in found if one.group == chosen.group]
        if chosen.only:
            found = [one for one in found if one.is_ours or re.search(chosen.only, one.name)]
        if self.reference.has_absent and any(one.part_columns for one in found):
            self.skipped.append(("tastytrade streamer", "it drops or changes events without a value, and the recording "
                                 "has such"))
            found = [one for one in found if not one.part_columns]
        self.contenders = found

    # MARK: runs

    def start_server(self):
        """quotewire's own server, for who needs its columns as asked."""
        text, part, url = WORK / "part.tsv", WORK / "part.qwr", WORK / "url"
        self.write_text(text, 1, self.recording.frames[: self.part_frames])
        run([self.chosen.quotewire, "convert", text, part, "--force"])
        url.unlink(missing_ok=True)
        log = open(WORK / "serve.log", "w")
        self.server = subprocess.Popen(
            [str(self.chosen.quotewire), "serve", str(part), "--port", "0", "--token", "a token", "--url-file",
             str(url)], stderr=log)
        until = time.monotonic() + 30
        while not (url.exists() and url.read_text().strip()):
            if self.server.poll() is not None or time.monotonic() > until:
                raise Failed("quotewire serve did not start: " + (WORK / "serve.log").read_text())
            time.sleep(0.02)
        return int(url.read_text().strip().rstrip("/").rpartition(":")[2].partition("/")[0])

    def measure(self, one, check=False):
        """One run; gives CPU seconds, seconds and events, and fails on a wrong number of events."""
        if one.group == "decode":
            got = figures(one.command(check, self.chosen.seconds))
            total = self.reference.events * (self.long_copies if one.is_ours else 1)
            if got["events"] == 0 or got["events"] % total:
                raise Failed(f"{one.name}: {got['events']} events, and the recording has {total}")
            return got
        repeats = self.repeats.get(one.name, 1) if not check else 1
        if one.feed == "serve":
            expected, port = self.part_events - len(one.part_refused), self.served_port
        else:
            expected, port = self.reference.events * repeats, self.feed.port
            self.feed.offer(self.wire, repeats)
        got = figures(one.command(check, port))
        if one.feed == "canned" and self.feed.failure:
            raise Failed(f"{one.name}: the client left early: {self.feed.failure}")
        if not one.has_rows:
            got["events"] = expected
            if got["bytes"] < self.bytes * repeats:
                raise Failed(f"{one.name}: {got['bytes']} bytes, and {self.bytes * repeats} were sent")
        if got["events"] != expected:
            raise Failed(f"{one.name}: {got['events']} events, and {expected} were sent")
        # What it refuses has been its work as well.
        got["events"] += len(one.part_refused)
        return got

    def verify(self, one):
        """Our own rows are the reference, so they need the same digest only; a peer needs the checksum."""
        if not one.has_rows:
            return
        got = self.measure(one, check=True)
        if one.is_ours:
            if got["digest"] != self.digest:
                raise Failed(f"{one.name}: digest {got['digest']}, and the recording's is {self.digest}")
            return
        reference = self.reference
        wanted = (reference.of_first(one.part_columns, one.part_refused) if one.part_columns else
                  reference.rounded if one.rounds_integers else reference.checksum)
        if got["checksum"] != wanted:
            raise Failed(f"{one.name}: checksum {got['checksum']}, and ours is {wanted}")

    def warm_up(self, one):
        """A run that does not count; says how much each live client and our replay need for a second of CPU."""
        got = self.measure(one)
        most = max(1, LIVE_BYTES // self.bytes)
        copies = min(most, max(1, math.ceil(LIVE_SECONDS / max(got["cpuSeconds"], 1e-3))))
        if one.group == "live" and one.feed == "canned":
            self.repeats[one.name] = copies
        elif one.is_ours and one.group == "decode":
            self.wanted_copies = max(self.wanted_copies, copies)

    def go(self):
        self.gather()
        groups = {one.group for one in self.contenders}
        self.repeats, self.wanted_copies, self.server = {}, 1, None
        self.feed = feed.Feed(self.recording.columns)
        failures = []
        try:
            if any(one.feed == "serve" for one in self.contenders):
                self.served_port = self.start_server()
            say("checking every row")
            for one in self.contenders:
                try:
                    self.verify(one)
                    self.warm_up(one)
                    say(f"  {one.name}: {'equal' if one.has_rows else 'no rows to compare'}")
                except Failed as failure:
                    failures.append(str(failure))
                    say(f"  {one.name}: FAILED")
            if failures:
                return failures
            if "decode" in groups:
                self.write_long(self.wanted_copies)
            for number in range(self.chosen.rounds):
                say(f"round {number + 1} of {self.chosen.rounds}")
                # Who comes first in a round is another one each time.
                turn = number % len(self.contenders)
                for one in self.contenders[turn:] + self.contenders[:turn]:
                    self.samples.setdefault(one.name, []).append(self.measure(one))
        except Failed as failure:
            failures.append(str(failure))
        finally:
            if self.server:
                self.server.terminate()
                self.server.wait()
        return failures

    # MARK: the report

    def rates(self, one):
        return [sample["events"] / sample["cpuSeconds"] for sample in self.samples[one.name]]

    def table(self, group):
        members = [one for one in self.contenders if one.group == group]
        first = next(one for one in members if one.is_ours)
        ours = self.rates(first)
        per_event = self.bytes / self.reference.events
        rows = [["from memory" if group == "decode" else "live over loopback", "M events/CPU s", "least…most", "GB/s",
                 "ns/event", "M events/s", "ours is"]]
        for one in sorted(members, key=lambda one: -statistics.median(self.rates(one))):
            rates = self.rates(one)
            middle = statistics.median(rates)
            wall = statistics.median(sample["events"] / sample["seconds"] for sample in self.samples[one.name])
            ratio = statistics.median(mine / theirs for mine, theirs in zip(ours, rates))
            rows.append([
                ("* " if one.is_ours else "  ") + one.name, f"{middle / 1e6:.3f}",
                f"{min(rates) / 1e6:.3f}…{max(rates) / 1e6:.3f}", f"{middle * per_event / 1e9:.3f}",
                f"{1e9 / middle:.1f}", f"{wall / 1e6:.3f}", "-" if one is first else f"{ratio:.2f} x",
            ])
        return rows

    def report(self):
        reference = self.reference
        environment = contenders.environment(self.digest)
        print(f"\nrecording: {self.title}")
        print(f"  {len(self.recording.frames):,} frames, {reference.events:,} events, {self.bytes / 1e6:.1f} MB; "
              f"{reference.events / len(self.recording.frames):.1f} events and "
              f"{self.bytes / len(self.recording.frames):.0f} bytes a frame; columns "
              + ", ".join(f"{name} {len(columns)}" for name, columns in sorted(self.recording.columns.items())))
        print(f"  checksum {reference.checksum} (integers rounded to doubles: {reference.rounded}), "
              f"our digest {self.digest}")
        print("  " + ", ".join(f"{key} {value}" for key, value in environment.items() if value is not None
                               and key != "framesDigest"))
        print(f"  {self.chosen.rounds} interleaved rounds, medians; CPU time is that of the client process")
        tables = [self.table(group) for group in ("decode", "live") if any(c.group == group for c in self.contenders)]
        widths = [max(len(row[i]) for rows in tables for row in rows) for i in range(7)]
        for rows in tables:
            print()
            for number, row in enumerate(rows):
                cells = [row[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
                print("  ".join(cells))
                if number == 0:
                    print("  ".join("-" * width for width in widths))
        print("\n“ours is”: the first * line of the table over this one, median of the rounds' ratios.")
        if not self.setting.bench and any(c.group == "decode" for c in self.contenders):
            print("Ours from memory is `quotewire replay FILE --to null:`, which reads a file and feeds a sink as "
                  "well: there is no quotewire-bench here.")
        if any(c.rounds_integers for c in self.contenders):
            print("JavaScript's numbers lose the last bits of 64-bit integers: compared with the rounded checksum.")
        for one in self.contenders:
            if one.part_columns:
                print(f"The tastytrade streamer gets the first {self.part_events:,} events, with the columns that it "
                      f"asks for, from `quotewire serve`; its models refuse {len(one.part_refused)} of them.")
        if self.chosen.json:
            Path(self.chosen.json).write_text(json.dumps({
                "recording": self.title, "frames": len(self.recording.frames), "events": reference.events,
                "bytes": self.bytes, "checksum": reference.checksum, "environment": environment,
                "samples": self.samples, "skipped": self.skipped}, indent=1) + "\n")

    def report_skipped(self):
        if self.skipped:
            print("\nskipped:")
            for name, reason in self.skipped:
                print(f"  {name}: {reason}")


def main():
    try:
        bench = Bench(arguments())
        failures = bench.go()
    except (Failed, Missing, recordings.Unsuited) as failure:
        say(f"bench-peers: {failure}")
        return 1
    if not failures:
        bench.report()
    bench.report_skipped()
    for failure in failures:
        say(f"bench-peers: FAILED: {failure}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
