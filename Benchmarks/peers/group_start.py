"""The way from the start of the process to the first event, and memory."""

import os
import statistics
import subprocess
import time

import feed
from contest import Section, Target, rotate, say
from corpus import Corpus
from machine import HERE, Failed, Missing, pip_install

MEMORY_SYMBOLS = 10_000
MEMORY_SECONDS = 8


# MARK: start


def start(bench):
    """From the start of the process to its first row: the first byte on its standard output."""
    corpus, workshop = bench.corpus, bench.workshop
    canned, authority = bench.canned()
    ours = workshop.our_ingest(corpus, "--to", "ndjson:-", "--limit", "1", name="quotewire ingest to ndjson:-")
    secure = workshop.our_ingest(corpus, "--to", "ndjson:-", "--limit", "1", name="quotewire ingest to ndjson:-, TLS",
                                 tls_authority=authority)
    commands = {ours.name: ours.command(False, canned.port), secure.name: secure.command(False, canned.tls_port)}
    for name in commands:
        # Figures would mix with the rows.
        commands[name] = commands[name][: commands[name].index("--stats")]
    try:
        commands["Boost.Beast + simdjson"] = [workshop.beast(corpus, ["-DBELOW"]), canned.port, "first"]
        commands["raw socket + simdjson"] = [workshop.raw(corpus), canned.port, "rows", "first"]
    except Missing as reason:
        workshop.skip("start, C++ clients", reason)
    for library, decoder in ("picows", "msgspec"), ("websockets", "orjson"):
        try:
            commands[f"{library} + {decoder}"] = [pip_install(library, decoder), HERE / "python/live.py", library,
                                                  canned.port, corpus.schema, "first"]
        except Missing as reason:
            workshop.skip(f"start, {library}", reason)
    one_frame = feed.frame(corpus.frames[0])
    samples = {}
    rounds = bench.rounds * (2 if bench.is_quick else 5)
    say(f"start: {rounds} rounds")
    for number in range(-1, rounds):
        for name in rotate(list(commands), max(number, 0)):
            canned.offer(one_frame, 1, quiet=0)
            millis = first_byte_millis([str(word) for word in commands[name]], name)
            if number >= 0:
                samples.setdefault(name, []).append(millis)
    rows = []
    for name in sorted(samples, key=lambda name: statistics.median(samples[name])):
        times = sorted(samples[name])
        rows.append([("* " if name.startswith("quotewire") else "  ") + name, f"{statistics.median(times):.1f}",
                     f"{times[0]:.1f}", f"{times[-1]:.1f}"])
    targets = [Target("start to first event", 40, statistics.median(samples[ours.name]), "ms", at_least=False)]
    return [Section("start to first event, ms", ["median", "least", "most"], rows,
                    ["from before the process is made to the first byte that it writes; the feed is local and sends at "
                     "once"], samples)], targets, []


def first_byte_millis(command, name):
    before = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    got = os.read(process.stdout.fileno(), 1)
    millis = (time.perf_counter() - before) * 1000
    process.stdout.close()
    process.wait(60)
    if not got:
        raise Failed(f"start, {name}: no row came: {process.stderr.read().decode(errors='replace')[-300:]}")
    process.stderr.close()
    return millis


# MARK: memory


def memory(bench):
    """Resident memory of live clients of a feed with 10,000 symbols, and whether it grows."""
    workshop = bench.workshop
    spec = (f"seed={bench.seed},symbols={MEMORY_SYMBOLS},zipf=0,rate=20000,duration={4 if bench.is_quick else 10}s,"
            "period=1ms,fields=lean,universe=mixed,mix=Quote:80/Trade:12/Greeks:5/TimeAndSale:3")
    corpus = Corpus(bench.quotewire, "memory", spec, bench.corpus)
    symbols = sorted({row["eventSymbol"] for row in corpus.reference.first_rows})
    listing = corpus.folder / "symbols.txt"
    listing.write_text("\n".join(symbols) + "\n")
    canned = feed.Feed(corpus.recording.columns)
    ours = workshop.our_ingest(corpus)
    command = ours.command(False, canned.port)
    command[command.index("--symbols") : command.index("--symbols") + 2] = ["--symbols-file", listing]
    commands = {"quotewire ingest to null:": command}
    try:
        commands["Boost.Beast + simdjson"] = [workshop.beast(corpus, ["-DBELOW"]), canned.port]
    except Missing as reason:
        workshop.skip("memory, Boost.Beast", reason)
    try:
        commands["picows + msgspec"] = [pip_install("picows", "msgspec"), HERE / "python/live.py", "picows",
                                        canned.port, corpus.schema]
    except Missing as reason:
        workshop.skip("memory, picows", reason)
    seconds = MEMORY_SECONDS / 4 if bench.is_quick else MEMORY_SECONDS
    samples = {}
    for name, words in commands.items():
        say(f"memory: {name}")
        canned.offer(corpus.wire, 1_000_000)
        samples[name] = resident([str(word) for word in words], seconds)
    rows = [[("* " if name.startswith("quotewire") else "  ") + name, f"{got['peak'] / 1e6:.1f}",
             f"{got['quarter'] / 1e6:.1f}", f"{got['end'] / 1e6:.1f}"] for name, got in samples.items()]
    mine = samples["quotewire ingest to null:"]
    targets = [Target("memory, peak resident with 10,000 symbols", 32, mine["peak"] / 1e6, "MB", at_least=False),
               Target("memory, growth from a quarter of the time to its end", 1, (mine["end"] - mine["quarter"]) / 1e6,
                      "MB", at_least=False)]
    return [Section("resident memory, MB", ["peak", "after a quarter", "at the end"], rows,
                    [f"{len(symbols):,} symbols, {len(corpus.types)} types, {seconds:g} s as fast as a client reads"],
                    samples)], targets, []


def resident(words, seconds):
    """Bytes of a client that is ended after so long."""
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    values, until = [], time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        values.append(status(process.pid))
        time.sleep(seconds / 40)
    if process.poll() is not None:
        raise Failed(f"memory, {words[0]} ended early: {process.stderr.read().decode(errors='replace')[-300:]}")
    peak = status(process.pid, "VmHWM")
    process.terminate()
    process.wait(30)
    return {"peak": peak, "quarter": values[len(values) // 4], "end": values[-1], "all": values}


def status(pid, key="VmRSS"):
    with open(f"/proc/{pid}/status") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(key + ":"))
