"""CSV into columns, and CSV to Parquet, beside polars, duckdb and pyarrow on the same file."""

import shutil
import statistics

from contest import Section, Target, rotate, say
from machine import HERE, WORK, Failed, Missing, figures, pip_install, pip_version, run

# Rows of the file, and how many a second the generator makes of them.
ROWS = 5_000_000
QUICK_ROWS = 500_000
ROWS_PER_SECOND = 20_000
LIBRARIES = ["polars", "duckdb", "pyarrow"]
FOLDER = WORK / "import"
CSV = FOLDER / "csv/Quote.csv"
PARQUET = FOLDER / "out.parquet"


def imports(bench):
    try:
        python = pip_install("numpy", *LIBRARIES)
    except Missing as reason:
        bench.workshop.skip("import", reason)
        return [], [], []
    make_csv(bench, QUICK_ROWS if bench.is_quick else ROWS)
    try:
        wanted = check(bench, python)
        sections = [measure(bench, python, what, codec, wanted)
                    for what, codec in [("read", "none"), ("parquet", "zstd"), ("parquet", "snappy")]]
    finally:
        shutil.rmtree(FOLDER, ignore_errors=True)
    reading, zstd, snappy = (ratios for _, ratios in sections)
    targets = [
        Target("reading CSV into columns over polars", 1.5, reading["polars"], "x"),
        Target("CSV to Parquet (zstd) over polars", 1.3, zstd["polars"], "x"),
        Target("CSV to Parquet (snappy) over polars", 1.3, snappy["polars"], "x"),
        Target("reading CSV into columns", 12, reading["ours"], "M rows/CPU s"),
        Target("memory of CSV to Parquet", 300, zstd["megabytes"], "MB", at_least=False),
    ]
    return [section for section, _ in sections], targets, []


def make_csv(bench, rows):
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    say(f"import: making a CSV file of {rows:,} quotes")
    spec = (f"seed={bench.seed},symbols=507,rate={ROWS_PER_SECOND},duration={rows // ROWS_PER_SECOND}s,mix=Quote:1,"
            "fields=full")
    recording = FOLDER / "quotes.qwr"
    run([bench.quotewire, "generate", spec, recording])
    run([bench.quotewire, "replay", recording, "--to", f"csv:{CSV.parent}"])
    recording.unlink()


def command(bench, python, name, what, codec, checks=False):
    PARQUET.unlink(missing_ok=True)
    if name != "ours":
        return [python, HERE / "python/import_csv.py", name, what, CSV, codec, PARQUET, *(["check"] if checks else [])]
    if what == "read":
        return [bench.bench, "import", CSV, *(["--check", "yes"] if checks else [])]
    return [bench.quotewire, "convert", CSV, PARQUET, "--codec", codec, "--stats", "-"]


def check(bench, python):
    """Every column of every contender adds up to the same. Gives the number of rows."""
    say("import: checking every column")
    ours = figures(command(bench, python, "ours", "read", "none", True))
    for name in ["ours", *LIBRARIES]:
        for what, codec in ("read", "none"), ("parquet", "zstd"), ("parquet", "snappy"):
            got = figures(command(bench, python, name, what, codec, True))
            if name == "ours" and what == "parquet":
                got = figures([python, HERE / "python/import_csv.py", "sums", what, PARQUET, codec, PARQUET])
            for key in "rows", "columns":
                if got[key] != ours[key]:
                    raise Failed(f"import: {name}, {what} {codec}: {key} {got[key]}, and ours {ours[key]}")
    return ours["rows"]


def measure(bench, python, what, codec, rows):
    names = ["ours", *LIBRARIES]
    samples = {name: [] for name in names}
    title = "CSV into columns" if what == "read" else f"CSV to Parquet, {codec}"
    for number in range(bench.rounds):
        say(f"{title}: round {number + 1} of {bench.rounds}")
        for name in rotate(names, number):
            got = figures(command(bench, python, name, what, codec))
            got["outputBytes"] = PARQUET.stat().st_size if what == "parquet" else 0
            samples[name].append(got)
    rates = {name: [rows / one["cpuSeconds"] for one in of] for name, of in samples.items()}
    ratios = {name: statistics.median(a / b for a, b in zip(rates["ours"], rates[name])) for name in LIBRARIES}
    ratios["ours"] = statistics.median(rates["ours"]) / 1e6
    ratios["megabytes"] = max(one["peakResidentBytes"] for one in samples["ours"]) / 1e6
    lines = []
    for name in sorted(names, key=lambda name: -statistics.median(rates[name])):
        all_of = samples[name]
        wall = statistics.median(rows / one["seconds"] for one in all_of)
        label = "* quotewire" if name == "ours" else f"  {name} {pip_version(name)}"
        lines.append([
            label, f"{statistics.median(rates[name]) / 1e6:.2f}",
            f"{min(rates[name]) / 1e6:.2f}…{max(rates[name]) / 1e6:.2f}", f"{wall / 1e6:.2f}",
            f"{max(one['peakResidentBytes'] for one in all_of) / 1e6:.0f}",
            f"{all_of[0]['outputBytes'] / rows:.2f}" if what == "parquet" else "-",
            "-" if name == "ours" else f"{ratios[name]:.2f} x"])
    note = (f"{rows:,} quotes with all 13 columns, {CSV.stat().st_size / 1e6:.0f} MB in the page cache; CPU time of all "
            "threads; peers without the start of Python and the import of the library")
    return Section(title, ["M rows/CPU s", "least…most", "M rows/s", "peak MB", "bytes/row", "ours is"], lines, [note],
                   samples), ratios
