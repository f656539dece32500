"""Our decoding, live ingest and files against what one could pick instead, interleaved on one machine.

tools/bench-peers builds our programs and calls this. README.md says what each peer is and why it is a fair opponent.
"""

import argparse
import json
import os
import re
import sys
import time
from pathlib import Path

import group_files
import group_import
import group_paced
import group_start
import group_throughput
from contenders import Workshop
from contest import Section, make_feed, say
from corpus import Corpus
from machine import WORK, Failed, Missing, environment
from recording import Unsuited, count_events

MIX = "Quote:80/Trade:12/Greeks:5/TimeAndSale:3"
GROUPS = {
    "decode": (group_throughput.decode, "frames in memory to rows"),
    "types": (group_throughput.types, "the same by event type, departing from the layout, and FULL"),
    "instructions": (group_throughput.instructions, "instructions a byte, by callgrind"),
    "live": (group_throughput.live, "over loopback, plain and TLS"),
    "paced": (group_paced.paced, "a frame every 20 µs"),
    "latency": (group_paced.latency, "open loop, 100,000 events a second"),
    "files": (group_files.files, "recordings, CSV, NDJSON, replay"),
    "import": (group_import.imports, "CSV into columns and to Parquet"),
    "start": (group_start.start, "from the process to the first event"),
    "memory": (group_start.memory, "resident, with 10,000 symbols"),
}


def arguments():
    parser = argparse.ArgumentParser(
        prog="tools/bench-peers", description=__doc__.splitlines()[0],
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="groups:\n" + "\n".join(f"  {name:<13} {words}" for name, (_, words) in GROUPS.items()))
    parser.add_argument("recording", nargs="?", help="FILE.qwr, or a SPEC for `quotewire generate` "
                        "(default: a mix of four types from a fresh seed)")
    parser.add_argument("--group", action="append", metavar="GROUP[,GROUP]", help="these groups only (default: all)")
    parser.add_argument("--rounds", type=int, help="interleaved rounds (default: 5, with --quick 2)")
    parser.add_argument("--seconds", type=float, help="CPU seconds of a run (default: 0.7, with --quick 0.2)")
    parser.add_argument("--only", metavar="REGEX", help="contenders whose name matches, and ours")
    parser.add_argument("--quick", action="store_true", help="smaller recordings, shorter runs, fewer peers: a look")
    parser.add_argument("--json", metavar="FILE", help="also write all figures there")
    parser.add_argument("--quotewire", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--bench", type=Path, required=True, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    names = [name for words in chosen.group or GROUPS for name in words.split(",")]
    for name in names:
        if name not in GROUPS:
            parser.error(f"there is no group {name}; known are {', '.join(GROUPS)}")
    chosen.groups = [name for name in GROUPS if name in names]
    if (chosen.rounds or 1) < 1 or (chosen.seconds or 1) <= 0:
        parser.error("--rounds and --seconds are above 0")
    return chosen


class Bench:
    """What the groups share."""

    def __init__(self, chosen):
        self.quotewire, self.bench = chosen.quotewire, chosen.bench
        self.only, self.is_quick = chosen.only, chosen.quick
        self.rounds = chosen.rounds or (2 if chosen.quick else 5)
        self.seconds = chosen.seconds or (0.2 if chosen.quick else 0.7)
        self.seed = int.from_bytes(os.urandom(4), "little")
        WORK.mkdir(parents=True, exist_ok=True)
        self.workshop = Workshop(self.quotewire, self.bench)
        say("making the recording, and the reference checksum from quotewire's NDJSON")
        source = chosen.recording or self.spec(8 if chosen.quick else 40)
        self.corpus = Corpus(self.quotewire, "main", Path(source) if source.endswith(".qwr") else source)
        self.known_events = {}
        self.feed = None

    def spec(self, seconds):
        return (f"seed={self.seed},symbols=4000,rate=20000,duration={seconds}s,period=1ms,fields=lean,universe=mixed,"
                f"mix={MIX}")

    def canned(self):
        """The canned feed of the main recording, and the file of its authority."""
        if self.feed is None:
            self.feed = make_feed(self.corpus)
        return self.feed

    def chosen_of(self, contenders):
        return [one for one in contenders if one.is_ours or not self.only or re.search(self.only, one.name)]

    def events_of(self, frame):
        if frame not in self.known_events:
            self.known_events[frame] = count_events(frame, self.corpus.recording.columns)
        return self.known_events[frame]


def introduce(bench, told):
    corpus = bench.corpus
    print(f"\nrecording: {corpus.title}\n  {corpus.describe()}; columns "
          + ", ".join(f"{name} {len(columns)}" for name, columns in sorted(corpus.recording.columns.items())))
    print(f"  checksum {corpus.reference.checksum} (integers rounded to doubles: {corpus.reference.rounded}), "
          f"our digest {corpus.digest}")
    print("  " + ", ".join(f"{key} {value}" for key, value in told.items() if value is not None))
    print(f"  {bench.rounds} interleaved rounds, medians; CPU time is the client's process'; * is ours", flush=True)


def conclude(bench, chosen, results):
    corpus, told = bench.corpus, environment()
    targets = [target for _, wanted, _ in results.values() for target in wanted]
    if targets:
        print("\n" + Section("what the project promises itself", ["wanted", "here", ""],
                             [target.row() for target in targets]).text())
    if chosen.json:
        Path(chosen.json).write_text(json.dumps({
            "recording": corpus.title, "frames": len(corpus.frames), "events": corpus.events, "bytes": corpus.bytes,
            "checksum": corpus.reference.checksum, "digest": corpus.digest, "environment": told, "rounds": bench.rounds,
            "groups": {name: [{"title": section.title, "header": section.header, "rows": section.rows,
                               "notes": section.notes, "samples": section.samples} for section in sections]
                       for name, (sections, _, _) in results.items()},
            "targets": [{"what": target.what, "wanted": target.wanted, "value": target.value, "unit": target.unit,
                         "atLeast": target.at_least, "isMet": target.is_met} for target in targets],
            "skipped": bench.workshop.skipped}, indent=1) + "\n")


def main():
    chosen = arguments()
    results, failures = {}, []
    try:
        bench = Bench(chosen)
        try:
            bench.workshop.best_compiler(bench.corpus)
        except Missing as reason:
            bench.workshop.skip("C++ peers", reason)
    except (Failed, Missing, Unsuited) as failure:
        say(f"bench-peers: {failure}")
        return 1
    introduce(bench, environment())
    for name in chosen.groups:
        began = time.monotonic()
        try:
            results[name] = GROUPS[name][0](bench)
            failures += results[name][2]
            for section in results[name][0]:
                print("\n" + section.text(), flush=True)
        except Failed as failure:
            failures.append(str(failure))
        except Missing as reason:
            bench.workshop.skip(name, reason)
        say(f"{name}: {time.monotonic() - began:.0f} s")
    conclude(bench, chosen, results)
    if bench.workshop.skipped:
        print("\nskipped:")
        for name, reason in bench.workshop.skipped:
            print(f"  {name}: {reason}")
    for failure in failures:
        say(f"bench-peers: FAILED: {failure}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
