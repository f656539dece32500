"""One table: contenders on one corpus, checked row by row, then measured in interleaved rounds."""

import math
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field

import feed
from machine import ROOT, WORK, Failed, figures, run

# CPU seconds that a live run or a replay should at least take, and the most bytes it gets for that.
LONG_SECONDS = 1.0
LONG_BYTES = 1_200_000_000


def say(text):
    print(text, file=sys.stderr, flush=True)


@dataclass
class Section:
    """A table of a report, with what --json keeps of it."""

    title: str
    header: list[str]
    rows: list[list[str]]
    notes: list[str] = field(default_factory=list)
    samples: dict = field(default_factory=dict)

    def text(self):
        table = [[self.title, *self.header], *self.rows]
        widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
        lines = []
        for number, row in enumerate(table):
            lines.append("  ".join([row[0].ljust(widths[0]),
                                    *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))]))
            if number == 0:
                lines.append("  ".join("-" * width for width in widths))
        return "\n".join([*lines, *self.notes])


@dataclass
class Target:
    """A figure that the project promises itself."""

    what: str
    wanted: float
    value: float
    unit: str
    # Whether more is better.
    at_least: bool = True

    @property
    def is_met(self):
        return self.value >= self.wanted if self.at_least else self.value <= self.wanted

    def row(self):
        sign = "at least" if self.at_least else "at most"
        return [self.what, f"{sign} {self.wanted:g} {self.unit}", f"{self.value:.3g} {self.unit}",
                "met" if self.is_met else "not met"]


def rotate(contenders, number):
    """Who comes first in a round is another one each time."""
    turn = number % len(contenders)
    return contenders[turn:] + contenders[:turn]


def start_server(quotewire, corpus):
    """quotewire's own server with the corpus' first events, for who needs its columns as asked. Gives process, port and
    the number of events."""
    frames, events = corpus.part()
    part, url = WORK / "part.qwr", WORK / "url"
    corpus.write_recording(part, 1, frames)
    url.unlink(missing_ok=True)
    with open(WORK / "serve.log", "w") as log:
        server = subprocess.Popen(
            [str(quotewire), "serve", str(part), "--port", "0", "--token", "a token", "--url-file", str(url)],
            stderr=log)
    until = time.monotonic() + 30
    while not (url.exists() and url.read_text().strip()):
        if server.poll() is not None or time.monotonic() > until:
            server.kill()
            raise Failed("quotewire serve did not start: " + (WORK / "serve.log").read_text())
        time.sleep(0.02)
    return server, int(url.read_text().strip().rstrip("/").rpartition(":")[2].partition("/")[0]), events


class Contest:
    """`ports`: where the contenders of each way connect; `canned` is the feed behind "plain" and "tls"."""

    def __init__(self, title, corpus, contenders, seconds, canned=None, served=(0, 0)):
        self.title, self.corpus, self.contenders, self.seconds = title, corpus, contenders, seconds
        self.canned = canned
        self.served_port, self.served_events = served
        self.repeats, self.samples = {}, {}
        # Whether there is nothing to compare with: one of ours failed, or everybody else did.
        self.is_void = False

    def measure(self, one, check=False):
        """One run; gives CPU seconds, seconds and events, and fails on a wrong number of events."""
        corpus = self.corpus
        if one.way == "memory":
            got = figures(one.command(check, self.seconds))
            total = corpus.events * (corpus.long_copies if one.is_ours else 1)
            if got["events"] == 0 or got["events"] % total:
                raise Failed(f"{one.name}: {got['events']} events, and the recording has {total}")
            return got
        repeats = self.repeats.get(one.name, 1) if not check else 1
        if one.way == "serve":
            expected, port = self.served_events - len(one.part_refused), self.served_port
        else:
            expected = corpus.events * repeats
            port = self.canned.tls_port if one.way == "tls" else self.canned.port
            self.canned.offer(corpus.wire, repeats)
        got = figures(one.command(check, port))
        if one.way != "serve" and self.canned.failure:
            raise Failed(f"{one.name}: the client left early: {self.canned.failure}")
        if not one.has_rows:
            got["events"] = expected
            if got["bytes"] < corpus.bytes * repeats:
                raise Failed(f"{one.name}: {got['bytes']} bytes, and {corpus.bytes * repeats} were sent")
        if got["events"] != expected:
            raise Failed(f"{one.name}: {got['events']} events, and {expected} were sent")
        if one.way != "serve":
            got["serverCpuSeconds"] = self.canned.cpu_seconds
        # What it refuses has been its work as well.
        got["events"] += len(one.part_refused)
        return got

    def verify(self, one):
        """Our own rows are the reference, so they need the same digest only; a peer needs the checksum."""
        if not one.has_rows:
            return
        got = self.measure(one, check=True)
        if one.is_ours:
            if got["digest"] != self.corpus.digest:
                raise Failed(f"{one.name}: digest {got['digest']}, and the recording's is {self.corpus.digest}")
            return
        reference = self.corpus.reference
        wanted = (reference.of_first(one.part_columns, one.part_refused) if one.part_columns else
                  reference.rounded if one.rounds_integers else reference.checksum)
        if got["checksum"] != wanted:
            raise Failed(f"{one.name}: checksum {got['checksum']}, and ours is {wanted}")

    def warm_up(self, one):
        """A run that does not count; says how much each live client and our replay need for a second of CPU."""
        got = self.measure(one)
        most = max(1, LONG_BYTES // self.corpus.bytes)
        copies = min(most, max(1, math.ceil(LONG_SECONDS * self.seconds / max(got["cpuSeconds"], 1e-3))))
        if one.way in ("plain", "tls"):
            self.repeats[one.name] = copies
        return copies if one.way == "memory" and one.is_ours else 1

    def check(self):
        """Every contender once for its rows and once to warm up. Gives what failed; who failed is out."""
        failures, copies, passed = [], 1, []
        say(f"{self.title}: checking every row")
        self.corpus.write_long(1)
        for one in self.contenders:
            try:
                self.verify(one)
                copies = max(copies, self.warm_up(one))
                passed.append(one)
                say(f"  {one.name}: {'equal' if one.has_rows else 'no rows to compare'}")
            except Failed as failure:
                failures.append(f"{self.title}: {failure}")
                say(f"  {one.name}: FAILED")
        ours = [one for one in self.contenders if one.is_ours]
        self.is_void = not all(one in passed for one in ours) or len(self.contenders) > len(ours) == len(passed)
        self.contenders = passed
        if not self.is_void:
            self.corpus.write_long(copies)
        return failures

    def run(self, rounds):
        for number in range(rounds):
            say(f"{self.title}: round {number + 1} of {rounds}")
            for one in rotate(self.contenders, number):
                self.samples.setdefault(one.name, []).append(self.measure(one))

    # MARK: the report

    def rates(self, name):
        return [sample["events"] / sample["cpuSeconds"] for sample in self.samples[name]]

    def nanos(self, name):
        return 1e9 / statistics.median(self.rates(name))

    def ratio(self, over, under):
        """Median of the rounds' ratios."""
        return statistics.median(mine / theirs for mine, theirs in zip(self.rates(over), self.rates(under)))

    def best(self, pattern):
        """The fastest contender whose name contains it; nil where there is none."""
        found = [one.name for one in self.contenders if pattern in one.name and one.name in self.samples]
        return max(found, key=lambda name: statistics.median(self.rates(name)), default=None)

    def section(self):
        first = next(one for one in self.contenders if one.is_ours and not one.is_beside)
        per_event = self.corpus.bytes / self.corpus.events
        rows = []
        for one in sorted(self.contenders, key=lambda one: -statistics.median(self.rates(one.name))):
            rates = self.rates(one.name)
            middle = statistics.median(rates)
            wall = statistics.median(sample["events"] / sample["seconds"] for sample in self.samples[one.name])
            rows.append([
                ("* " if one.is_ours else "  ") + one.name, f"{middle / 1e6:.3f}",
                f"{min(rates) / 1e6:.3f}…{max(rates) / 1e6:.3f}", f"{middle * per_event / 1e9:.3f}",
                f"{1e9 / middle:.1f}", f"{wall / 1e6:.3f}",
                "-" if one is first else f"{self.ratio(first.name, one.name):.2f} x",
            ])
        return Section(
            self.title, ["M events/CPU s", "least…most", "GB/s", "ns/event", "M events/s", "ours is"], rows,
            [f"recording: {self.corpus.title}", f"  {self.corpus.describe()}"], self.samples)


def make_feed(corpus):
    """The canned feed, with TLS by a throw-away authority, whose file it gives too."""

    folder = WORK / "certificates"
    run([ROOT / "tools/make-certificates", folder])
    return feed.Feed(corpus.recording.columns, (folder / "server.pem", folder / "server.key")), folder / "ca.pem"
