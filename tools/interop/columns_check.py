"""Holds Arrow and Parquet files against the NDJSON of the same replay, as pyarrow, polars and duckdb read them.

  columns_check.py NDJSON FOLDER...      every value of every row, its null or NaN, its type and time zone; and of
                                         Parquet what the metadata says: statistics, encodings, page index
  columns_check.py sizes FOLDER          our Parquet files beside pyarrow's of the same table and codec; prints ratios

Exit code 1 with a sentence at the first difference.
"""
import io
import json
import math
import os
import struct
import sys

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc as ipc
import pyarrow.parquet as pq

NANOS = "receivedNanos"
PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


def fail(sentence):
    sys.exit("columns_check: " + sentence)


def read_ndjson(path):
    """The rows of each event type, as lists by column."""
    types = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            name = row.pop("eventType")
            if name == "Gap":
                continue
            columns = types.setdefault(name, {key: [] for key in row})
            for key, value in row.items():
                columns[key].append(value)
    return types


def is_time(name):
    return name == "time" or name.endswith("Time")


def as_bits(values):
    return [struct.pack("<d", float("nan") if math.isnan(float(v)) else float(v)) for v in values]


def check_values(where, name, kind, found, expected):
    """`found` are Python values or integers of times; `expected` are NDJSON's."""
    if kind == "double":
        if any(v is None for v in found):
            fail(f"{where}: {name} has a null, where NDJSON has a number or NaN")
        found, expected = as_bits(found), as_bits(expected)
    elif name == "attachment":
        found = [None if v is None else json.loads(v) for v in found]
    elif kind == "text":
        expected = [half_pair(v) for v in expected]
    if found != expected:
        for i, (ours, theirs) in enumerate(zip(found, expected)):
            if ours != theirs:
                fail(f"{where}: {name} of row {i} is {ours!r}, in NDJSON {theirs!r}")
        fail(f"{where}: {name} has {len(found)} rows, NDJSON {len(expected)}")


def half_pair(text):
    """What stands for half of a surrogate pair, which UTF-8 cannot hold."""
    if text is not None and len(text) == 1 and 0xD800 <= ord(text) <= 0xDFFF:
        return "\\u%04X" % ord(text)
    return text


def kind_of(type_):
    if pa.types.is_dictionary(type_):
        type_ = type_.value_type
    if pa.types.is_floating(type_):
        return "double"
    if pa.types.is_timestamp(type_):
        return "time"
    if pa.types.is_string(type_) or pa.types.is_large_string(type_) or pa.types.is_string_view(type_):
        return "text"
    return "other"


def check_table(where, table, expected, any_unit=False):
    if table.column_names != list(expected):
        fail(f"{where}: columns {table.column_names}, NDJSON has {list(expected)}")
    table.validate(full=True)
    for name in table.column_names:
        column = table.column(name)
        kind = kind_of(column.type)
        wanted = expected[name]
        if kind == "time":
            unit = "ns" if name == NANOS else "ms"
            if column.type.tz not in ("UTC", "Etc/UTC") or (column.type.unit != unit and not any_unit):
                fail(f"{where}: {name} is {column.type}, not timestamp[{unit}, tz=UTC]")
            values = column.cast(pa.int64()).to_pylist()
            # duckdb has units of its own for times with a zone.
            wanted = [v * PER_SECOND[column.type.unit] // PER_SECOND[unit] for v in wanted]
        else:
            if name == NANOS or is_time(name):
                fail(f"{where}: {name} is {column.type}, no time")
            if pa.types.is_dictionary(column.type):
                column = column.cast(column.type.value_type)
            values = column.to_pylist()
        check_values(where, name, kind, values, wanted)


def polars_table(frame):
    text = [name for name, kind in frame.schema.items() if kind in (pl.Categorical, pl.Enum)]
    return frame.with_columns([pl.col(name).cast(pl.String) for name in text]).to_arrow()


def duckdb_table(source, table=None):
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    if table is not None:
        connection.register("events", table)
    return connection.sql("SELECT * FROM " + source).to_arrow_table()


def has_extreme_times(expected):
    """Times that microseconds of 64 bits do not hold: duckdb refuses them, as others' own files."""
    return any(abs(v) > 9_000_000_000_000_000 for name in expected if is_time(name) for v in expected[name])


def check_arrow(path, expected):
    whole = ipc.open_file(path).read_all()
    check_table(path + " (pyarrow)", whole, expected)
    with open(path, "rb") as file:
        file.seek(8)
        check_table(path + " (pyarrow, stream)", ipc.open_stream(file).read_all(), expected)
    check_table(path + " (polars)", polars_table(pl.read_ipc(path)), expected)
    if not has_extreme_times(expected):
        found = duckdb_table("events", whole)
        check_table(path + " (duckdb)", found, expected, any_unit=True)


def check_parquet(path, expected):
    check_table(path + " (pyarrow)", pq.read_table(path), expected)
    check_table(path + " (polars)", polars_table(pl.read_parquet(path)), expected)
    if not has_extreme_times(expected):
        check_table(path + " (duckdb)", duckdb_table(f"read_parquet('{path}')"), expected, any_unit=True)
    check_metadata(path, expected)


def check_metadata(path, expected):
    """Statistics of each chunk are those of its values, NaN left out; dictionaries and the page index are there."""
    file = pq.ParquetFile(path)
    first = 0
    for g in range(file.metadata.num_row_groups):
        group = file.metadata.row_group(g)
        for c in range(group.num_columns):
            chunk = group.column(c)
            name = chunk.path_in_schema
            values = expected[name][first:first + group.num_rows]
            where = f"{path}: {name} of row group {g}"
            statistics = chunk.statistics
            nulls = sum(v is None for v in values)
            if statistics is None or statistics.null_count != nulls:
                fail(f"{where}: its statistics tell {statistics and statistics.null_count} nulls, there are {nulls}")
            check_extremes(where, chunk, statistics, values)
            text = chunk.physical_type == "BYTE_ARRAY"
            if text and "RLE_DICTIONARY" not in chunk.encodings:
                fail(f"{where}: no dictionary: {chunk.encodings}")
            if not chunk.has_offset_index:
                fail(f"{where}: no offset index")
            if not chunk.has_column_index and statistics.has_min_max and chunk.physical_type != "DOUBLE" and not text:
                fail(f"{where}: no column index")
        first += group.num_rows
    # A filter goes by statistics and page index, and must find the same rows.
    names = set(expected["eventSymbol"])
    for symbol in sorted(names)[:: max(1, len(names) // 5)]:
        found = pq.read_table(path, columns=["eventSymbol"], filters=[("eventSymbol", "==", symbol)]).num_rows
        lazy = pl.scan_parquet(path).filter(pl.col("eventSymbol") == symbol).select(pl.len()).collect().item()
        base = duckdb.execute(f"SELECT count(*) FROM read_parquet('{path}') WHERE eventSymbol = ?", [symbol]).fetchone()[0]
        wanted = expected["eventSymbol"].count(symbol)
        if (found, lazy, base) != (wanted, wanted, wanted):
            fail(f"{path}: {symbol!r} is found {found}, {lazy} and {base} times instead of {wanted}")


def check_extremes(where, chunk, statistics, values):
    known = [half_pair(v) if isinstance(v, str) else v for v in values if v is not None]
    if chunk.path_in_schema == "attachment":
        return
    if chunk.physical_type == "DOUBLE":
        known = [float(v) for v in known if not math.isnan(float(v))]
    if chunk.physical_type == "BYTE_ARRAY":
        known = [v.encode("utf-8") for v in known]
        if any(len(v) > 256 for v in known):
            return
    if not known:
        if statistics.has_min_max:
            fail(f"{where}: extremes of nothing")
        return
    if not statistics.has_min_max:
        fail(f"{where}: no extremes")
    low, high = raw_extremes(chunk, statistics)
    if (low, high) != (min(known), max(known)):
        fail(f"{where}: extremes {low!r}, {high!r} instead of {min(known)!r}, {max(known)!r}")


def raw_extremes(chunk, statistics):
    """Without the conversion to times, which fails for extreme ones."""
    low, high = statistics.min_raw, statistics.max_raw
    if chunk.physical_type == "BYTE_ARRAY":
        return tuple(v if isinstance(v, bytes) else v.encode("utf-8") for v in (low, high))
    return low, high


def sizes(folder):
    worst = 0.0
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        file = pq.ParquetFile(path)
        table = file.read()
        codec = file.metadata.row_group(0).column(0).compression.lower()
        memory = io.BytesIO()
        pq.write_table(table, memory, compression="none" if codec == "uncompressed" else codec)
        ours, theirs = os.path.getsize(path), memory.tell()
        worst = max(worst, ours / theirs)
        print(f"{name} {codec} rows {table.num_rows} ours {ours} pyarrow {theirs} ratio {ours / theirs:.3f}")
        if "-v" in sys.argv:
            memory.seek(0)
            other = pq.ParquetFile(memory)
            for c in range(file.metadata.num_columns):
                mine = [file.metadata.row_group(g).column(c) for g in range(file.metadata.num_row_groups)]
                his = [other.metadata.row_group(g).column(c) for g in range(other.metadata.num_row_groups)]
                print("   ", mine[0].path_in_schema, sum(m.total_compressed_size for m in mine),
                      sum(h.total_compressed_size for h in his), mine[0].encodings, his[0].encodings)
    print(f"worst ratio {worst:.3f}")


def main():
    if sys.argv[1] == "sizes":
        return sizes(sys.argv[2])
    types = read_ndjson(sys.argv[1])
    for folder in sys.argv[2:]:
        names = sorted(n for n in os.listdir(folder) if n.endswith((".arrow", ".parquet")))
        if sorted(n.split(".")[0] for n in names) != sorted(types):
            fail(f"{folder} has {names}, NDJSON {sorted(types)}")
        for name in names:
            check = check_arrow if name.endswith(".arrow") else check_parquet
            check(os.path.join(folder, name), types[name.split(".")[0]])
        print(f"{folder}: {len(names)} files, {sum(len(t['eventSymbol']) for t in types.values())} rows, equal")


if __name__ == "__main__":
    main()
