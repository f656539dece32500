"""One library over one CSV file of quotes: into columns in memory, or to Parquet.

usage: import_csv.py LIBRARY read|parquet CSV CODEC OUT [check]

Types are given, so that nobody has to guess them. CODEC is zstd (level 1) or snappy. Prints rows, CPU seconds of all
threads, seconds, and the most memory; with `check` what each column adds up to: the bits of doubles without NaN,
integers, bytes of texts, and how many values there are none of.
"""

import json
import os
import resource
import sys
import time

LIBRARY, WHAT, PATH, CODEC, OUT = sys.argv[1:6]
THREADS = len(os.sched_getaffinity(0))
os.environ["POLARS_MAX_THREADS"] = str(THREADS)

TEXTS = ["eventSymbol", "bidExchangeCode", "askExchangeCode"]
SHORT = ["sequence", "timeNanoPart"]
LONG = ["eventTime", "bidTime", "askTime", "receivedNanos"]
COLUMNS = ["eventSymbol", "eventTime", "sequence", "timeNanoPart", "bidTime", "bidExchangeCode", "bidPrice", "bidSize",
           "askTime", "askExchangeCode", "askPrice", "askSize", "receivedNanos"]


def kind(name):
    return "text" if name in TEXTS else "int32" if name in SHORT else "int64" if name in LONG else "double"


def polars():
    import polars as pl
    types = {"text": pl.String, "int32": pl.Int32, "int64": pl.Int64, "double": pl.Float64}
    schema = {name: types[kind(name)] for name in COLUMNS}
    level = {"compression_level": 1} if CODEC == "zstd" else {}

    def work():
        if WHAT == "read":
            return pl.read_csv(PATH, schema=schema)
        pl.scan_csv(PATH, schema=schema).sink_parquet(OUT, compression=CODEC, **level)

    return work, lambda table: table.to_arrow()


def duckdb():
    import duckdb as db
    types = {"text": "VARCHAR", "int32": "INTEGER", "int64": "BIGINT", "double": "DOUBLE"}
    columns = ", ".join(f"'{name}': '{types[kind(name)]}'" for name in COLUMNS)
    source = f"read_csv('{PATH}', header = true, columns = {{{columns}}})"
    connection = db.connect()
    connection.execute(f"SET threads = {THREADS}")
    level = ", COMPRESSION_LEVEL 1" if CODEC == "zstd" else ""

    def work():
        if WHAT == "read":
            connection.execute(f"CREATE OR REPLACE TABLE quotes AS SELECT * FROM {source}")
            return connection
        connection.execute(f"COPY (SELECT * FROM {source}) TO '{OUT}' (FORMAT parquet, CODEC '{CODEC}'{level})")

    return work, lambda found: found.execute("SELECT * FROM quotes").to_arrow_table()


def pyarrow():
    import pyarrow as pa
    import pyarrow.csv as csv
    import pyarrow.parquet as parquet
    pa.set_cpu_count(THREADS)
    types = {"text": pa.string(), "int32": pa.int32(), "int64": pa.int64(), "double": pa.float64()}
    options = csv.ConvertOptions(column_types={name: types[kind(name)] for name in COLUMNS})
    level = 1 if CODEC == "zstd" else None

    def work():
        if WHAT == "read":
            return csv.read_csv(PATH, convert_options=options)
        reader = csv.open_csv(PATH, convert_options=options, read_options=csv.ReadOptions(block_size=16 << 20))
        with parquet.ParquetWriter(OUT, reader.schema, compression=CODEC, compression_level=level) as writer:
            for batch in reader:
                writer.write_batch(batch)

    return work, lambda table: table


def sums(table):
    """The same over our columns: quotewire-bench import --check."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc
    parts = []
    for name in COLUMNS:
        column = table[name]
        if pa.types.is_dictionary(column.type):
            column = column.cast(pa.string())
        if kind(name) == "text":
            lengths = pc.binary_length(column)
            total = pc.sum(lengths).as_py() or 0
            # A code that is not there is "" in some files and null in others.
            missing = 0 if name == "eventSymbol" else column.null_count + (pc.sum(pc.equal(lengths, 0)).as_py() or 0)
        elif kind(name) == "double":
            values = np.nan_to_num(pc.fill_null(column, float("nan")).to_numpy(), copy=True, nan=np.nan)
            known = values[~np.isnan(values)]
            total, missing = int(known.view(np.uint64).sum(dtype=np.uint64)), len(values) - len(known)
        else:
            numbers = column.cast(pa.int64()).to_numpy().view(np.uint64)
            total, missing = int(numbers.sum(dtype=np.uint64)), 0
        parts.append(f"{name} {total} {missing}")
    return ";".join(parts)


def main():
    if LIBRARY == "sums":
        import pyarrow.parquet as parquet
        table = parquet.read_table(PATH)
        print(json.dumps({"rows": table.num_rows, "columns": sums(table)}))
        return
    work, to_arrow = {"polars": polars, "duckdb": duckdb, "pyarrow": pyarrow}[LIBRARY]()
    start, cpu_start = time.monotonic(), time.process_time()
    found = work()
    told = {"cpuSeconds": time.process_time() - cpu_start, "seconds": time.monotonic() - start}
    told["peakResidentBytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    if len(sys.argv) > 6:
        import pyarrow.parquet as parquet
        table = to_arrow(found) if WHAT == "read" else parquet.read_table(OUT)
        told.update(rows=table.num_rows, columns=sums(table))
    print(json.dumps(told))


main()
