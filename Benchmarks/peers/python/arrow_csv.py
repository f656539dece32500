"""pyarrow's CSV writer over the rows of a CSV file of ours: the same rows and columns, in memory.

usage: arrow_csv.py CSV SECONDS

Takes the fastest of its ways (quoting, rows a batch) by a run of each. What it writes has to read as the same table.
"""

import json
import sys
import time

import pyarrow as pa
import pyarrow.csv as csv


def write(table, quoting, batch):
    sink = pa.BufferOutputStream()
    csv.write_csv(table, sink, csv.WriteOptions(quoting_style=quoting, batch_size=batch))
    return sink.getvalue()


def seconds_of(table, way):
    start = time.process_time()
    write(table, *way)
    return time.process_time() - start


def main():
    path, seconds = sys.argv[1], float(sys.argv[2])
    pa.set_cpu_count(1)
    table = csv.read_csv(path).combine_chunks()
    ways = [(quoting, batch) for quoting in ("needed", "none") for batch in (1024, 16384, 262144)]
    way = min(ways, key=lambda way: min(seconds_of(table, way) for _ in range(2)))
    out = write(table, *way)
    if not csv.read_csv(pa.py_buffer(out)).combine_chunks().equals(table):
        sys.exit("pyarrow's own text does not read as the same table")
    passes, start, cpu_start = 0, time.monotonic(), time.process_time()
    while time.process_time() - cpu_start < seconds:
        write(table, *way)
        passes += 1
    print(json.dumps({
        "events": passes * table.num_rows, "rows": table.num_rows, "cpuSeconds": time.process_time() - cpu_start,
        "seconds": time.monotonic() - start, "outputBytes": passes * out.size, "columns": table.column_names,
        "way": f"quoting {way[0]}, {way[1]} rows a batch"}))


main()
