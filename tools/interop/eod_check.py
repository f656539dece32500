"""Holds the files of `quotewire eod` against the NDJSON of a replay of the same recording.

  eod_check.py NDJSON FOLDER     rows of each type; bars computed from Trade and TimeAndSale rows anew; the manifest

Exit code 1 with a sentence at the first difference.
"""
import json
import math
import os
import sys
from collections import defaultdict

import pyarrow as pa
import pyarrow.parquet as pq

from columns_check import check_table, fail, read_ndjson

MINUTE = 60_000
DAY = 86_400_000


def number(value):
    return float(value)


def sales_of(rows):
    """What is left of sales: the last of each index, none that was taken away; as (nanos, order, arrival, price, size)."""
    last, plain, seen = {}, [], set()
    marked = any(row["validTick"] for row in rows)
    for arrival, row in enumerate(rows):
        gone = row["type"] == "CANCEL" or row["eventFlags"] & 2
        if row["index"] != 0:
            last[(row["eventSymbol"], row["index"])] = None if gone else (arrival, row)
        elif not gone:
            plain.append((arrival, row))
    for arrival, row in plain:
        key = (row["eventSymbol"], row["time"], row["timeNanoPart"], row["price"], row["size"])
        if key not in seen:
            seen.add(key)
            last[("plain", arrival)] = (arrival, row)
    kept = defaultdict(list)
    for entry in last.values():
        if entry is None or (marked and not entry[1]["validTick"]):
            continue
        arrival, row = entry
        kept[row["eventSymbol"]].append((nanos(row), row["index"], arrival, number(row["price"]), number(row["size"])))
    return kept


def nanos(row):
    return row["time"] * 1_000_000 + row["timeNanoPart"]


def trades_of(rows):
    kept, seen = defaultdict(list), set()
    for arrival, row in enumerate(rows):
        key = (row["eventSymbol"], nanos(row), row["sequence"], row["price"], row["size"])
        if key not in seen:
            seen.add(key)
            kept[row["eventSymbol"]].append((nanos(row), row["sequence"], arrival, number(row["price"]), number(row["size"])))
    return kept


def bars_of(types, period):
    sales = sales_of(rows_of(types, "TimeAndSale"))
    trades = trades_of(rows_of(types, "Trade"))
    with_sales = set(row["eventSymbol"] for row in rows_of(types, "TimeAndSale"))
    bars = []
    for symbol in sorted(set(sales) | set(trades), key=lambda s: s.encode()):
        inside = defaultdict(list)
        for tick in (sales[symbol] if symbol in with_sales else trades[symbol]):
            if tick[0] > 0 and math.isfinite(tick[3]):
                inside[tick[0] // 1_000_000 // period * period].append(tick)
        for start in sorted(inside):
            ticks = sorted(inside[start], key=lambda t: t[:3])
            prices = [t[3] for t in ticks]
            sizes = [t[4] if math.isfinite(t[4]) and t[4] > 0 else 0.0 for t in ticks]
            volume, turnover = 0.0, 0.0
            for price, size in zip(prices, sizes):
                volume += size
                turnover += price * size
            bars.append({
                "eventSymbol": symbol, "time": start, "open": prices[0], "high": max(prices), "low": min(prices),
                "close": prices[-1], "volume": volume, "vwap": turnover / volume if volume > 0 else math.nan,
                "count": len(ticks)})
    return bars


def rows_of(types, name):
    columns = types.get(name, {})
    return [dict(zip(columns, values)) for values in zip(*columns.values())] if columns else []


def check_bars(path, expected):
    table = pq.read_table(path)
    if table.schema.field("time").type != pa.timestamp("ms", tz="UTC"):
        fail(f"{path}: time is {table.schema.field('time').type}")
    table = table.set_column(1, "time", table.column("time").cast(pa.int64()))
    found = table.to_pylist()
    if len(found) != len(expected):
        fail(f"{path} has {len(found)} bars, computed anew {len(expected)}")
    for ours, anew in zip(found, expected):
        same = ours.keys() == anew.keys() and all(
            ours[k] == anew[k] or (ours[k] != ours[k] and anew[k] != anew[k]) for k in anew)
        if not same:
            fail(f"{path}: {ours} is, computed anew, {anew}")
    if not expected:
        fail(f"{path} has no bars to compare")
    print(f"{os.path.basename(path)}: {len(found)} bars, equal")


def main(ndjson, folder):
    types = read_ndjson(ndjson)
    with open(os.path.join(folder, "manifest.json"), encoding="utf-8") as file:
        manifest = json.load(file)
    rows = {output["name"]: output["rows"] for output in manifest["outputs"]}
    for name, columns in types.items():
        table = pq.read_table(os.path.join(folder, name + ".parquet"))
        check_table(name + ".parquet", table, columns)
        if rows[name + ".parquet"] != table.num_rows:
            fail(f"{name}.parquet has {table.num_rows} rows, the manifest says {rows[name + '.parquet']}")
    on_disk = sorted(n for n in os.listdir(folder) if not n.startswith(".") and n != "manifest.json")
    if on_disk != sorted(rows):
        fail(f"{folder} has {on_disk}, the manifest says {sorted(rows)}")
    print(f"{folder}: {len(types)} types, equal")
    for name, period in [("bars-1m.parquet", MINUTE), ("bars-1d.parquet", DAY)]:
        check_bars(os.path.join(folder, name), bars_of(types, period))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
