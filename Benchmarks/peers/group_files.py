"""What files cost: live and replay to recordings, CSV and NDJSON; CSV beside pyarrow's writer; replay beside cat."""

import csv
import json
import os
import shutil
import statistics
import subprocess

import recording as recordings
from contest import Section, Target, rotate, say
from corpus import Corpus
from machine import HERE, WORK, Failed, Missing, figures, pip_install, run

# Bytes of frames that a run sends, and of the file that is replayed.
SENT_BYTES = 150_000_000
REPLAYED_BYTES = 600_000_000
OUT = WORK / "out"


def files(bench):
    sections, targets = [], []
    for part in sinks, csv_writers, replay_speed:
        section, wanted = part(bench)
        if section:
            sections.append(section)
            targets += wanted
    shutil.rmtree(OUT, ignore_errors=True)
    return sections, targets, []


def emptied():
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    return OUT


def csv_checksum(folder, corpus):
    """The peers' checksum over our CSV files."""
    checksum = recordings.Checksum(corpus.recording.kinds)
    for name, columns in corpus.recording.columns.items():
        kinds = corpus.recording.kinds[name]
        with open(folder / f"{name}.csv", newline="", encoding="utf-8") as lines:
            for row in csv.DictReader(lines):
                checksum.add(name, [value_of(letter, row[column]) for letter, column in zip(kinds, columns)])
    return checksum.hex()


def value_of(letter, text):
    if letter == "b":
        return text == "true"
    if letter in "di":
        return float(text) if letter == "d" and text else int(text) if text else None
    return text


# MARK: sinks


def sink_options(where):
    """Options of ingest or replay for each sink."""
    folder = emptied()
    return {"null:": ["--to", "null:"], "recording": ["--to", "null:", "--record", folder / "out.qwr"],
            "csv:": ["--to", f"csv:{folder / 'csv'}"], "ndjson:": ["--to", f"ndjson:{folder / 'out.ndjson'}"]}[where]


def check_sink(bench, command, where):
    """That the rows of the files are those of the feed."""
    corpus = bench.corpus
    if where == "recording":
        digest = corpus.replay(OUT / "out.qwr")
        if digest != corpus.digest:
            raise Failed(f"{command} to a recording: its digest is {digest}, and the feed's {corpus.digest}")
    elif where != "null:":
        checksum = (csv_checksum(OUT / "csv", corpus) if where == "csv:" else
                    recordings.reference(OUT / "out.ndjson", corpus.recording, 0).checksum)
        if checksum != corpus.reference.checksum:
            raise Failed(f"{command} to {where}: checksum {checksum}, and the feed's is {corpus.reference.checksum}")


def run_sink(bench, command, where, copies):
    corpus, options = bench.corpus, sink_options(where)
    if command == "ingest":
        canned, _ = bench.canned()
        canned.offer(corpus.wire, copies)
        got = figures(bench.workshop.our_ingest(corpus, *options).command(False, canned.port))
    else:
        got = figures([bench.quotewire, "replay", corpus.long_path, *options, "--stats", "-"])
    if got["events"] != corpus.events * copies:
        raise Failed(f"{command} to {where}: {got['events']} events of {corpus.events * copies}")
    got["outputBytes"] = sum(path.stat().st_size for path in OUT.rglob("*") if path.is_file())
    return got


def sinks(bench):
    corpus = bench.corpus
    copies = 1 if bench.is_quick else max(1, SENT_BYTES // corpus.bytes)
    ways = [("ingest", where) for where in ("null:", "recording", "csv:", "ndjson:")]
    ways += [("replay", where) for where in ("null:", "csv:", "ndjson:")]
    say("files: checking what is written")
    corpus.write_long(1)
    for command, where in ways:
        run_sink(bench, command, where, 1)
        check_sink(bench, command, where)
    corpus.write_long(copies)
    samples, rounds = {}, max(1, (bench.rounds + 1) // 2)
    for number in range(rounds):
        say(f"files: round {number + 1} of {rounds}")
        for command, where in rotate(ways, number):
            samples.setdefault(f"{command} to {where}", []).append(run_sink(bench, command, where, copies))
    rows = []
    for command, where in ways:
        name = f"{command} to {where}"
        nanos = [sample["cpuSeconds"] / sample["events"] * 1e9 for sample in samples[name]]
        base = [sample["cpuSeconds"] / sample["events"] * 1e9 for sample in samples[f"{command} to null:"]]
        over = statistics.median(a - b for a, b in zip(nanos, base))
        wall = statistics.median(sample["events"] / sample["seconds"] for sample in samples[name])
        size = samples[name][0]["outputBytes"] / samples[name][0]["events"]
        rows.append([f"* {name}", f"{statistics.median(nanos):.1f}", f"{min(nanos):.1f}…{max(nanos):.1f}",
                     f"{over:+.1f}" if where != "null:" else "-", f"{size:.1f}", f"{wall / 1e6:.2f}"])
    return Section("files", ["CPU ns/event", "least…most", "over null:", "bytes/event", "M events/s"], rows,
                   ["CPU time of all threads, with the kernel's part of writing; each file was read back and compared"],
                   samples), []


# MARK: CSV


def csv_writers(bench):
    """Our CSV encoder and pyarrow's, over the same quotes in memory."""
    spec = (f"seed={bench.seed},symbols=4000,rate=20000,duration={3 if bench.is_quick else 10}s,period=1ms,fields=full,"
            "universe=mixed,mix=Quote:1")
    corpus = Corpus(bench.quotewire, "quotes", spec)
    try:
        python = pip_install("pyarrow")
    except Missing as reason:
        bench.workshop.skip("pyarrow's CSV writer", reason)
        return None, []
    folder = emptied()
    run([bench.quotewire, "replay", corpus.path, "--to", f"csv:{folder / 'csv'}"])
    corpus.write_long(1 if bench.is_quick else 4)
    samples = {"ours": [], "pyarrow": []}
    for number in range(bench.rounds):
        say(f"CSV of quotes: round {number + 1} of {bench.rounds}")
        for name in rotate(["ours", "pyarrow"], number):
            command = ([bench.bench, "throughput", "encode-csv", corpus.long_path, "--json", "-"] if name == "ours" else
                       [python, HERE / "python/arrow_csv.py", folder / "csv/Quote.csv", bench.seconds])
            got = figures(command)
            if got["events"] % corpus.events or got.get("rows", corpus.events) != corpus.events:
                raise Failed(f"CSV of quotes, {name}: {got['events']} rows, and there are {corpus.events}")
            samples[name].append(got)
    rates = {name: [one["events"] / one["cpuSeconds"] for one in of] for name, of in samples.items()}
    ratio = statistics.median(a / b for a, b in zip(rates["ours"], rates["pyarrow"]))
    rows = []
    for name, label in ("ours", "* quotewire"), ("pyarrow", f"  pyarrow, {samples['pyarrow'][0]['way']}"):
        first, middle = samples[name][0], statistics.median(rates[name])
        rows.append([label, f"{middle / 1e6:.3f}", f"{min(rates[name]) / 1e6:.3f}…{max(rates[name]) / 1e6:.3f}",
                     f"{first['outputBytes'] / first['events']:.1f}",
                     "-" if name == "ours" else f"{ratio:.2f} x"])
    return Section("CSV of quotes, in memory", ["M rows/CPU s", "least…most", "bytes/row", "ours is"], rows,
                   [f"{corpus.events:,} quotes with all columns: {', '.join(samples['pyarrow'][0]['columns'])}"],
                   samples), [Target("CSV encoding of quotes over pyarrow", 2.0, ratio, "x")]


# MARK: replay


def children_seconds(command, **options):
    """User and system CPU seconds of a command."""
    process = subprocess.Popen([str(word) for word in command], **options)
    _, code, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(code)
    if process.returncode:
        raise Failed(f"{command[0]} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def replay_speed(bench):
    corpus = bench.corpus
    corpus.write_long(1 if bench.is_quick else max(1, REPLAYED_BYTES // corpus.bytes))
    size = corpus.long_path.stat().st_size
    samples = {"replay to null:": [], "replay to null:, no digest": [], "cat FILE > /dev/null": []}
    stats = WORK / "replay-stats.json"
    for number in range(bench.rounds):
        say(f"replay beside cat: round {number + 1} of {bench.rounds}")
        for name in rotate(list(samples), number):
            if name.startswith("cat"):
                seconds = children_seconds(["cat", corpus.long_path], stdout=subprocess.DEVNULL)
                samples[name].append({"cpuSeconds": seconds})
                continue
            keeps = "no digest" not in name
            command = [bench.quotewire, "replay", corpus.long_path, "--to", "null:",
                       *(["--stats", stats] if keeps else [])]
            got = {"cpuSeconds": children_seconds(command, stderr=subprocess.DEVNULL)}
            if keeps:
                told = json.loads(stats.read_text())
                if told["events"] != corpus.events * corpus.long_copies:
                    raise Failed(f"{name}: {told['events']} events")
                got["seconds"] = told["seconds"]
            samples[name].append(got)
    speeds = {name: [size / one["cpuSeconds"] / 1e9 for one in of] for name, of in samples.items()}
    rows = []
    for name, all_of in speeds.items():
        times = statistics.median(a / b for a, b in zip(speeds["cat FILE > /dev/null"], all_of))
        wall = [size / one["seconds"] / 1e9 for one in samples[name] if "seconds" in one]
        rows.append([("  " if name.startswith("cat") else "* ") + name, f"{statistics.median(all_of):.3f}",
                     f"{min(all_of):.3f}…{max(all_of):.3f}", f"{statistics.median(wall):.3f}" if wall else "-",
                     f"{times:.1f} x"])
    wanted = statistics.median(speeds["replay to null:"])
    return Section("replay", ["GB/CPU s", "least…most", "GB/s", "cat is"], rows,
                   [f"a file of {size / 1e6:.0f} MB in the page cache; CPU time of the whole process and all threads"],
                   samples), [Target("replay into null:", 1.5, wanted, "GB/CPU s")]
