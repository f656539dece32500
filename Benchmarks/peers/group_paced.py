"""Groups in which frames come at their own moments: paced frames, and open-loop latency."""

import csv
import json
import math
import resource
import shutil
import statistics
import time

import feed
from contest import Section, Target, rotate, say
from contenders import offers
from machine import WORK, Failed, Missing, compile_cpp, figures

PACED_NANOS = 20_000
LATENCY_RATE = 100_000
LATENCY_EVENTS = 8
# A sender that was held up for longer had no core for itself.
BUSY_MICROS = 2_000
# Waits a frame below which the floor was not paced.
PACED_WAITS = 0.8
STAMP = b"1234567890123456789"
ARRIVALS = WORK / "arrivals"


def pacing_library(workshop):
    return compile_cpp("pace", workshop.compilers[0], libraries=["-shared", "-fPIC"])


# MARK: paced


def paced(bench):
    """One frame a write every 20 µs: what waking up and reading cost, and what we add."""
    corpus, workshop = bench.corpus, bench.workshop
    seconds = 0.6 if bench.is_quick else 2
    wanted = int(seconds * 1e9 / PACED_NANOS)
    frames = (corpus.frames * (wanted // len(corpus.frames) + 1))[:wanted]
    events = sum(bench.events_of(one) for one in frames)
    pacer = feed.Pacer(pacing_library(workshop), frames, PACED_NANOS)
    canned, _ = bench.canned()
    contenders = [one for one in workshop.cpp_clients(corpus) if "headers" not in one.name]
    contenders = [workshop.our_ingest(corpus), *contenders]
    gathering = "quotewire ingest --batch-micros 500"
    if offers(bench.quotewire, "--batch-micros"):
        contenders.append(workshop.our_ingest(corpus, "--to", "null:", "--batch-micros", "500", name=gathering))
    else:
        workshop.skip("paced, --batch-micros", "this quotewire has no such option")
    contenders = bench.chosen_of(contenders)
    samples = {}
    rounds = max(1, (bench.rounds + 1) // 2)
    for number in range(rounds):
        say(f"paced: round {number + 1} of {rounds}")
        for one in rotate(contenders, number):
            canned.offer(b"", 1, play=pacer)
            waits = children_waits()
            got = figures(one.command(False, canned.port))
            got["waitsPerFrame"] = (children_waits() - waits) / len(frames)
            if canned.failure:
                raise Failed(f"paced, {one.name}: {canned.failure}")
            if one.has_rows and got["events"] != events:
                raise Failed(f"paced, {one.name}: {got['events']} events, and {events} were sent")
            got.update(microsPerFrame=got["cpuSeconds"] / len(frames) * 1e6, senderSeconds=pacer.seconds,
                       senderWorstMicros=pacer.worst_micros, senderLate=pacer.late / len(frames))
            if "latencyMicros" in got:
                got["latency"] = got.pop("latencyMicros")
            samples.setdefault(one.name, []).append(got)

    def middle(name, key="microsPerFrame"):
        return statistics.median(sample[key] for sample in samples[name])

    floor, ours, rows, targets = "floor: recv, discard", "quotewire ingest to null:", [], []
    for name in sorted(samples, key=middle):
        all_of = [sample["microsPerFrame"] for sample in samples[name]]
        over = f"{middle(name) / middle(floor):.3f} x" if floor in samples else "-"
        rows.append([("* " if name.startswith("quotewire") else "  ") + name, f"{middle(name):.2f}",
                     f"{min(all_of):.2f}…{max(all_of):.2f}", over, f"{middle(name, 'waitsPerFrame'):.2f}",
                     f"{1e6 * middle(name, 'senderSeconds') / len(frames):.2f}",
                     f"{100 * middle(name, 'senderLate'):.1f} %"])
    if floor in samples:
        targets.append(Target("paced, CPU per frame over recv-and-discard", 1.08, middle(ours) / middle(floor), "x",
                              at_least=False))
    if gathering in samples:
        targets.append(Target("paced, CPU per frame saved by --batch-micros 500", 3.0,
                              middle(ours) / middle(gathering), "x"))
    notes = [f"{len(frames):,} frames, one write each, intended every {PACED_NANOS / 1000:g} µs; “sent every” is what "
             "the sender achieved, “late” how many frames it sent more than an interval too late"]
    if floor in samples and middle(floor, "waitsPerFrame") < PACED_WAITS:
        notes.append("THE MACHINE WAS TOO BUSY for this: clients were held up and found several frames at a time, so "
                     "that they woke up less than once a frame; the ratios say nothing")
        targets = []
    for name in ours, gathering:
        if name in samples and samples[name][0].get("latency"):
            latency = samples[name][len(samples[name]) // 2]["latency"]
            notes.append(f"{name}: from arrival to the sink, µs: "
                         + ", ".join(f"{key} {value:g}" for key, value in latency.items()))
    section = Section("paced, a frame every 20 µs", ["CPU µs/frame", "least…most", "over floor", "waits/frame",
                                                   "sent every µs", "late"], rows, notes, samples)
    return [section], targets, []


def children_waits():
    """How often programs that have ended gave up the processor to wait."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_nvcsw


# MARK: latency


def stamped_frames(corpus, count):
    """Frames of Quotes with a TimeAndSale at the end, whose index takes the send time."""
    columns = corpus.recording.columns
    quotes = [row for row in corpus.reference.first_rows if row["eventType"] == "Quote"]
    sales = [row for row in corpus.reference.first_rows if row["eventType"] == "TimeAndSale"]
    if not quotes or not sales or "index" not in columns["TimeAndSale"]:
        raise Missing("the recording has no Quotes, or no TimeAndSale with an index")
    frames = []
    for k in range(count):
        values = []
        for i in range(LATENCY_EVENTS - 1):
            row = quotes[(k * (LATENCY_EVENTS - 1) + i) % len(quotes)]
            values += [row[column] for column in columns["Quote"]]
        sale = dict(sales[k % len(sales)], index=int(STAMP))
        message = {"type": "FEED_DATA", "channel": 1, "data": [
            "Quote", values, "TimeAndSale", [sale[column] for column in columns["TimeAndSale"]]]}
        frames.append(json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode())
    return frames


def arrivals(bench):
    """Our whole program, which stamps each read; into files, so that the stamps can be read."""
    found = {"quotewire ingest, to its stamp of arrival": ["--to", f"csv:{ARRIVALS}"]}
    if offers(bench.quotewire, "--batch-micros"):
        found["quotewire ingest --batch-micros 500, to its stamp of arrival"] = [
            "--to", f"csv:{ARRIVALS}", "--batch-micros", "500"]
    return found


def arrival_latencies(path):
    """From the intended send times in `index` to `receivedNanos`, in microseconds."""
    # Both clocks, read as close to each other as it goes.
    pairs = [(time.monotonic_ns(), time.time_ns(), time.monotonic_ns()) for _ in range(50)]
    before, wall, after = min(pairs, key=lambda pair: pair[2] - pair[0])
    shift = wall - (before + after) // 2 - feed.Pacer.STAMP_BASE
    with open(path, newline="", encoding="utf-8") as lines:
        values = sorted(int(row["receivedNanos"]) - int(row["index"]) - shift for row in csv.DictReader(lines))
    got = {"samples": len(values)}
    for key, share in ("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p999", 0.999), ("max", 1):
        got[key + "Micros"] = values[max(0, math.ceil(share * len(values)) - 1)] / 1000
    return got


def latency(bench):
    """Open loop: from the intended send time to the rows of a frame's last event."""
    corpus, workshop = bench.corpus, bench.workshop
    seconds = 1 if bench.is_quick else 4
    interval = LATENCY_EVENTS / LATENCY_RATE * 1e9
    try:
        frames = stamped_frames(corpus, int(seconds * 1e9 / interval))
    except Missing as reason:
        workshop.skip("latency", reason)
        return [], [], []
    pacer = feed.Pacer(pacing_library(workshop), frames, interval, STAMP)
    canned, _ = bench.canned()
    url = f"ws://127.0.0.1:{canned.port}/"
    commands = {"quotewire, to the ring": [bench.bench, "latency", url]}
    for name, defines in ("as documented", []), ("large buffer", ["-DBELOW"]):
        try:
            commands[f"Boost.Beast + simdjson, {name}, to the rows"] = [
                workshop.beast(corpus, defines), canned.port, "latency"]
        except Missing as reason:
            workshop.skip(f"latency, Boost.Beast, {name}", reason)
    for name, options in arrivals(bench).items():
        commands[name] = workshop.our_ingest(corpus, *options).command(False, canned.port)
    samples = {}
    rounds = max(1, (bench.rounds + 1) // 2)
    for number in range(rounds):
        say(f"latency: round {number + 1} of {rounds}")
        for name in rotate(list(commands), number):
            canned.offer(b"", 1, play=pacer)
            shutil.rmtree(ARRIVALS, ignore_errors=True)
            got = figures(commands[name])
            if ARRIVALS.exists():
                got.update(arrival_latencies(ARRIVALS / "TimeAndSale.csv"))
            if got["events"] != len(frames) * LATENCY_EVENTS or got["samples"] != len(frames):
                raise Failed(f"latency, {name}: {got['events']} events and {got['samples']} stamps, and there were "
                             f"{len(frames)} frames")
            got.update(senderWorstMicros=pacer.worst_micros, senderLate=pacer.late / len(frames))
            samples.setdefault(name, []).append(got)

    def middle(name, key):
        return statistics.median(sample[key] for sample in samples[name])

    keys = ["p50Micros", "p90Micros", "p99Micros", "p999Micros", "maxMicros"]
    rows = [[("* " if name.startswith("quotewire") else "  ") + name, *(f"{middle(name, key):.1f}" for key in keys),
             f"{middle(name, 'cpuSeconds') / len(frames) * 1e6:.2f}", f"{middle(name, 'senderWorstMicros'):.0f}"]
            for name in sorted(samples, key=lambda name: middle(name, "p50Micros"))]
    targets = []
    beasts = [name for name in samples if "Beast" in name]
    worst = statistics.median(middle(name, "senderWorstMicros") for name in samples)
    if beasts and worst < BUSY_MICROS:
        best = min(middle(name, "p999Micros") for name in beasts)
        targets.append(Target("latency p99.9 over the best Beast's", 1.0,
                              middle("quotewire, to the ring", "p999Micros") / best, "x", at_least=False))
    notes = [f"open loop, {LATENCY_RATE:,} events/s in frames of {LATENCY_EVENTS}, {len(frames):,} frames a run; from "
             "the intended send time, so what the sender sends late (its worst stands in the last column) counts too;",
             "medians over the rounds of each percentile. Our ingest's lines end at the wall clock's stamp of the "
             "read, before decoding, and have a CSV sink's work beside it"]
    if worst >= BUSY_MICROS:
        notes.append(f"THE MACHINE WAS TOO BUSY for this: the sender itself was held up for {worst / 1000:.0f} ms")
    section = Section("latency, µs", ["p50", "p90", "p99", "p99.9", "max", "CPU µs/frame", "sender's worst"], rows,
                      notes, samples)
    return [section], targets, []
