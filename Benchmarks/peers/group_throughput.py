"""Groups of events per CPU second: decode, types, live; and instructions per byte."""

import platform
import re
import shutil
import statistics

import departing
from contest import Contest, Section, Target, say, start_server
from corpus import Corpus
from machine import WORK, Failed, Missing, prepare, run
from recording import count_events

TYPES = ["Quote", "Trade", "TimeAndSale", "Greeks"]
TYPE_TARGETS = {"Quote": 3.0, "Trade": 2.0, "TimeAndSale": 2.0, "Greeks": 1.6}


def decode(bench):
    contenders = bench.chosen_of(bench.workshop.decoders(bench.corpus, bench.is_quick))
    contest = Contest("decode from memory", bench.corpus, contenders, bench.seconds)
    failures = contest.check()
    if contest.is_void:
        return [], [], failures
    contest.run(bench.rounds)
    bench.decode_contest = contest
    targets = []
    if tuned := contest.best("simdjson"):
        targets.append(Target("decode, mix, over simdjson", 2.5, contest.ratio("quotewire decode", tuned), "x"))
        targets.append(Target("decode, mix, SSE2 forced, over simdjson", 2.0,
                              contest.ratio("quotewire decode --simd sse2", tuned), "x"))
    section = contest.section()
    section.notes.append("“ours is”: our first line over this one, median of the rounds' ratios; * is ours")
    return [section], targets, failures


def type_corpora(bench):
    """One corpus a type, then frames that leave the predicted layout, and FULL."""
    duration = 3 if bench.is_quick else 8
    for name in TYPES:
        spec = (f"seed={bench.seed},symbols=4000,rate=20000,duration={duration}s,period=1ms,fields=lean,"
                f"universe=mixed,mix={name}:1")
        yield name, Corpus(bench.quotewire, name, spec, bench.corpus)
    spec = bench.spec(duration)
    base = Corpus(bench.quotewire, "mix", spec, bench.corpus)
    yield "departing", base.depart("departing", departing.departing(base.frames), base.configs)
    yield "FULL", base.depart("FULL", departing.full(base.frames, base.recording.columns),
                              departing.full_configs(base.configs))


def types(bench):
    workshop, sections, targets, failures = bench.workshop, [], [], []
    rows, samples = [], {}
    for name, corpus in type_corpora(bench):
        contenders = [workshop.our_decode(corpus), workshop.simdjson_tuned(corpus)]
        contest = Contest(f"decode, {name}", corpus, contenders, bench.seconds / 2)
        failures += contest.check()
        if contest.is_void:
            continue
        contest.run(bench.rounds)
        ours, theirs = (one.name for one in contenders)
        ratios = [a / b for a, b in zip(contest.rates(ours), contest.rates(theirs))]
        ratio = contest.ratio(ours, theirs)
        per_event = corpus.bytes / corpus.events
        rows.append([name, f"{contest.nanos(ours):.1f}", f"{contest.nanos(theirs):.1f}",
                     f"{per_event / contest.nanos(ours):.3f}", f"{per_event / contest.nanos(theirs):.3f}",
                     f"{ratio:.2f} x", f"{min(ratios):.2f}…{max(ratios):.2f}"])
        samples[name] = contest.samples
        what = f"decode, {name}, over simdjson"
        targets.append(Target(what, TYPE_TARGETS.get(name, 1.0), ratio, "x"))
    if rows:
        notes = ["departing: a third each white space, other order of keys, escapes; simdjson by the better compiler"]
        sections.append(Section("decode by type", ["ours ns/event", "simdjson ns/event", "ours GB/s", "simdjson GB/s",
                                                   "ours is", "least…most"], rows, notes, samples))
    return sections, targets, failures


def live(bench):
    """Plain and TLS, with the floors, and our decoding alone beside it."""
    corpus, workshop = bench.corpus, bench.workshop
    if corpus.recording.channels != {1}:
        workshop.skip("everything live", "the recording's feed channel is not number 1")
        return [], [], []
    sections, targets, failures = [], [], []
    canned, authority = bench.canned()
    plain = [workshop.our_ingest(corpus), *workshop.cpp_clients(corpus)]
    if not bench.is_quick:
        plain += (workshop.python_clients(corpus) + workshop.tastytrade(corpus) + workshop.node_clients(corpus))
    plain.append(workshop.our_ingest(corpus, name="quotewire ingest to null:, keeping a digest", digest=True))
    secure = [workshop.our_ingest(corpus, tls_authority=authority), *workshop.cpp_clients(corpus, authority)]
    for title, contenders in ("live over loopback", plain), ("live over loopback, TLS", secure):
        beside = workshop.our_decode(corpus)
        beside.name, beside.is_beside = "quotewire decode, from memory", True
        contenders = bench.chosen_of([*contenders, beside])
        server, served = None, (0, 0)
        try:
            if any(one.way == "serve" for one in contenders):
                server, *served = start_server(bench.quotewire, corpus)
            contest = Contest(title, corpus, contenders, bench.seconds, canned, served)
            failures += contest.check()
            if contest.is_void:
                continue
            contest.run(bench.rounds)
        finally:
            if server:
                server.terminate()
                server.wait()
        section = contest.section()
        section.notes += server_notes(contest)
        ours = "quotewire ingest to null:"
        if floor := contest.best("floor"):
            parts = contest.nanos(beside.name) + contest.nanos(floor)
            share = contest.nanos(ours) / parts
            section.notes.append(f"{ours}: {contest.nanos(ours):.1f} ns/event; decoding "
                                 f"{contest.nanos(beside.name):.1f} + {floor} {contest.nanos(floor):.1f} "
                                 f"= {parts:.1f}; {share:.2f} times as much")
            targets.append(Target(f"{title}, over decode + recv floor", 1.15, share, "x", at_least=False))
        if beast := contest.best("Boost.Beast"):
            targets.append(Target(f"{title}, over the best Beast", 2.5, contest.ratio(ours, beast), "x"))
        for one in contest.contenders:
            if one.part_columns:
                section.notes.append(f"the tastytrade streamer gets the first {served[1]:,} events from "
                                     f"`quotewire serve`; its models refuse {len(one.part_refused)} of them")
            elif one.rounds_integers and "own" in one.name:
                section.notes.append("JavaScript's numbers lose the last bits of 64-bit integers: compared with the "
                                     "rounded checksum")
        sections.append(section)
    return sections, targets, failures


def server_notes(contest):
    """The server must not be what limits a client that reads rows. By CPU time, which holds on a busy machine too."""
    def nanos(one, key):
        return statistics.median(1e9 * sample[key] / sample["events"] for sample in contest.samples[one.name])

    clients = [one for one in contest.contenders if one.has_rows and one.way in ("plain", "tls")]
    if not clients:
        return []
    fastest = min(clients, key=lambda one: nanos(one, "cpuSeconds"))
    server, client = nanos(fastest, "serverCpuSeconds"), nanos(fastest, "cpuSeconds")
    words = "" if server < 0.8 * client else "; TOO CLOSE: clients may have waited for it"
    return [f"the server spent {server:.1f} ns/event of CPU time on the fastest client that reads rows, which spent "
            f"{client:.1f}{words}"]


# MARK: instructions

INSTRUCTION_BYTES = 2_000_000


def callgrind(command, *options):
    """Instructions that callgrind counts in the command."""
    out = WORK / "callgrind.out"
    run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", *options, *command])
    return int(re.search(r"^(?:totals|summary): (\d+)", out.read_text(), re.MULTILINE).group(1))


def instructions(bench):
    """Both with AVX2: valgrind knows no more."""
    corpus, workshop = bench.corpus, bench.workshop
    try:
        prepare("valgrind", "binutils")
        if platform.machine() != "x86_64":
            raise Missing("counted on x86-64 only")
    except Missing as reason:
        workshop.skip("instructions per byte", reason)
        return [], [], []
    small = slice_of(bench)
    rows, counts = [], {}
    # valgrind cannot read today's debug information.
    stripped = WORK / "quotewire-bench-stripped"
    shutil.copyfile(bench.bench, stripped)
    stripped.chmod(0o755)
    run(["strip", "-g", stripped])
    say("instructions: counting ours")
    # The function that is timed, and what it calls; three passes less one, as for the others.
    totals = []
    for copies in 1, 3:
        small.write_long(copies)
        totals.append(callgrind([stripped, "throughput", "decode", small.long_path, "--json", "-"],
                                "--toggle-collect=*LaneDecoders*9decodeAll*"))
    # Less than an instruction a byte is none that reads them.
    if totals[0] < small.bytes:
        return [], [], ["instructions: callgrind found no function LaneDecoders.decodeAll in quotewire-bench"]
    counts["quotewire decode"] = (totals[1] - totals[0]) / 2 / small.bytes
    for compiler in workshop.compilers:
        program = workshop.simdjson(corpus, compiler, "tuned", flags=("-march=haswell",))
        say(f"instructions: counting simdjson, {compiler}")
        once, thrice = (callgrind([program, small.binary, passes]) for passes in ("1x", "3x"))
        counts[f"simdjson tuned, {compiler}"] = (thrice - once) / 2 / small.bytes
    ours = counts["quotewire decode"]
    for name, count in sorted(counts.items(), key=lambda item: item[1]):
        per_event = count * small.bytes / small.part_events
        rows.append([("* " if name.startswith("quotewire") else "  ") + name, f"{count:.2f}", f"{per_event:.0f}",
                     f"{count / ours:.2f} x"])
    section = Section("instructions", ["per byte", "per event", "ours is"], rows,
                      [f"callgrind on the first {small.bytes / 1e6:.1f} MB, in steady state; AVX2 for all"], counts)
    return [section], [Target("instructions per byte, mix", 9, ours, "", at_least=False)], []


def slice_of(bench):
    """The first frames of the corpus."""
    corpus = bench.corpus
    frames, size = [], 0
    for one in corpus.frames:
        if size >= INSTRUCTION_BYTES:
            break
        frames.append(one)
        size += len(one)
    other = object.__new__(Corpus)
    other.__dict__.update(corpus.__dict__)
    other.folder = WORK / "corpora" / "slice"
    other.folder.mkdir(parents=True, exist_ok=True)
    other.take_frames(frames)
    other.part_events = sum(count_events(one, corpus.recording.columns) for one in frames)
    if not other.part_events:
        raise Failed("the recording's first frames hold no events")
    return other
