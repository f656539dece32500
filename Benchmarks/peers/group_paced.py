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
# Where a machine takes longer than that to wake a client up, once more at a pace at which it does so for every frame.
SLOW_PACED_NANOS = 60_000
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
    section, targets, is_paced = paced_at(bench, PACED_NANOS)
    if is_paced:
        return [section], targets, []
    slower, targets, _ = paced_at(bench, SLOW_PACED_NANOS)
    return [section, slower], targets, []


def paced_at(bench, nanos):
    """The table, its targets, and whether the floor woke up for nearly every frame."""
    corpus, workshop = bench.corpus, bench.workshop
    title = f"paced, a frame every {nanos / 1000:g} µs"
    seconds = 0.6 if bench.is_quick else 2
    wanted = int(seconds * 1e9 / nanos)
    frames = (corpus.frames * (wanted // len(corpus.frames) + 1))[:wanted]
    events = sum(bench.events_of(one) for one in frames)
    pacer = feed.Pacer(pacing_library(workshop), frames, nanos)
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
        say(f"{title}: round {number + 1} of {rounds}")
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
    is_paced = floor not in samples or middle(floor, "waitsPerFrame") >= PACED_WAITS
    for name in sorted(samples, key=middle):
        all_of = [sample["microsPerFrame"] for sample in samples[name]]
        over = f"{middle(name) / middle(floor):.3f} x" if floor in samples else "-"
        rows.append([("* " if name.startswith("quotewire") else "  ") + name, f"{middle(name):.2f}",
                     f"{min(all_of):.2f}…{max(all_of):.2f}", over, f"{middle(name, 'waitsPerFrame'):.2f}",
                     f"{1e6 * middle(name, 'senderSeconds') / len(frames):.2f}",
                     f"{100 * middle(name, 'senderLate'):.1f} %"])
    if is_paced and floor in samples:
        targets.append(Target(f"{title}: CPU per frame over recv-and-discard", 1.08, middle(ours) / middle(floor), "x",
                              at_least=False))
    if is_paced and gathering in samples:
        targets.append(Target(f"{title}: CPU per frame saved by --batch-micros 500", 3.0,
                              middle(ours) / middle(gathering), "x"))
    notes = [f"{len(frames):,} frames, one write each, intended every {nanos / 1000:g} µs; “sent every” is what "
             "the sender achieved, “late” how many frames it sent more than an interval too late"]
    if not is_paced:
        notes.append("CLIENTS WERE NOT WOKEN FOR EVERY FRAME, and found several at a time: the machine was busy, or "
                     "takes longer than the interval to wake up (see p50 of `latency`); the ratios say nothing")
    for name in ours, gathering:
        if name in samples and samples[name][0].get("latency"):
            latency = samples[name][len(samples[name]) // 2]["latency"]
            notes.append(f"{name}: from arrival to the sink, µs: "
                         + ", ".join(f"{key} {value:g}" for key, value in latency.items()))
    return Section(title, ["CPU µs/frame", "least…most", "over floor", "waits/frame", "sent every µs", "late"], rows,
                   notes, samples), targets, is_paced


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
    samples, alone = {}, pacer.keep_to_one_core()
    for number in range(bench.rounds):
        say(f"latency: round {number + 1} of {bench.rounds}")
        for name in rotate(list(commands), number):
            canned.offer(b"", 1, play=pacer)
            shutil.rmtree(ARRIVALS, ignore_errors=True)
            got = figures([*alone, *commands[name]])
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
    ours, beasts = "quotewire, to the ring", [name for name in samples if "Beast" in name]
    worst = statistics.median(middle(name, "senderWorstMicros") for name in samples)
    if beasts and worst < BUSY_MICROS:
        # The one that is cheapest, not the luckiest: which of two equal ones had fewer hold-ups is chance.
        best = min(beasts, key=lambda name: middle(name, "cpuSeconds"))
        ratio = statistics.median(a["p999Micros"] / b["p999Micros"] for a, b in zip(samples[ours], samples[best]))
        targets.append(Target("latency p99.9 over the best Beast's", 1.0, ratio, "x", at_least=False))
    notes = [f"open loop, {LATENCY_RATE:,} events/s in frames of {LATENCY_EVENTS}, {len(frames):,} frames a run; from "
             "the intended send time, so what the sender sends late (its worst stands in the last column) counts too;",
             "medians over the rounds of each percentile. Our ingest's lines end at the wall clock's stamp of the "
             "read, before decoding, and have a CSV sink's work beside it"]
    notes.append(f"clients run by `{' '.join(alone)}`, and the sender on the first core" if alone else
                 "sender and clients ran where the scheduler put them")
    if worst >= BUSY_MICROS:
        notes.append(f"THE MACHINE WAS TOO BUSY for this: the sender itself was held up for {worst / 1000:.0f} ms")
    section = Section("latency, µs", ["p50", "p90", "p99", "p99.9", "max", "CPU µs/frame", "sender's worst"], rows,
                      notes, samples)
    return [section], targets, []
