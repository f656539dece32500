package import BenchmarkKit
import Bytes
import Columns
import Formats
import IO
import JSON
import Market

/// CSV files of any size to columns in memory, for holding ours against another program on the same file.
///
/// The rows of a batch are given up when it is full: what a program does that goes on with them. `--check` adds up
/// each column, outside of any clock.
package enum ImportStage {
  /// What a column's values add up to: bits of numbers without NaN, lengths of texts, and the values that are none.
  private struct Sums {
    var sum: UInt64 = 0
    var missing = 0
  }

  package static func run(_ words: [String]) throws -> BenchExit {
    let options = try BenchOptions(words, known: ["json", "check", "type"])
    guard options.operands.count == 1 else { throw BenchUsage("import takes one CSV file") }
    let name = options.text("type") ?? "Quote"
    guard let type = EventType(name: name) else { throw BenchUsage("there is no event type '\(name)'") }
    let wantsSums = options.text("check") != nil
    var columns = ColumnBatch(type, capacity: 1 << 16)
    var sums = columns.schema.columns.map { _ in Sums() }
    let (cpu, wall) = (CPUTime.processNanos(), MonotonicNanos.now())
    var file = try File(options.operands[0], .readOnly)
    var reader = CSVColumnReader(type)
    var bytes = 0
    var got = 1
    while got > 0 {
      got = try unsafe reader.fill { room throws(IOError) in
        let count = min(room.count, CSVColumnReader.blockBytes)
        return try unsafe file.read(into: UnsafeMutableRawBufferPointer(rebasing: room[..<count]))
      }
      bytes += got
      if got == 0 { reader.finish() }
      while try reader.read(into: &columns) == .batchFull { give(&columns, wantsSums, &sums) }
    }
    give(&columns, wantsSums, &sums)
    let cpuSeconds = Double(CPUTime.processNanos() - cpu) / 1e9
    var json = JSONWriter()
    json.open(.object)
    json.member("rows", reader.rowCount)
    json.member("refused", reader.refusedCount)
    json.member("bytes", bytes)
    json.member("cpuSeconds", cpuSeconds)
    json.member("seconds", MonotonicNanos.now().seconds(since: wall))
    json.member("peakResidentBytes", ProcessMemory.peakResidentBytes())
    if wantsSums {
      let text = zip(columns.schema.columns, sums).map { "\($0.name) \($1.sum) \($1.missing)" }.joined(separator: ";")
      json.member("columns", text)
    }
    json.close(.object)
    try StandardStream.output.write(String(decoding: json.finish(), as: UTF8.self))
    return .done
  }

  private static func give(_ columns: inout ColumnBatch, _ wantsSums: Bool, _ sums: inout [Sums]) {
    if wantsSums { for i in sums.indices { add(columns, i, &sums[i]) } }
    columns.removeAll()
  }

  private static func add(_ columns: borrowing ColumnBatch, _ i: Int, _ sums: inout Sums) {
    let values = unsafe columns.values(i)
    let rows = columns.rowCount
    switch columns.schema.columns[i].type {
    case .double:
      let doubles = unsafe values.assumingMemoryBound(to: Double.self)
      for row in 0..<rows {
        let value = unsafe doubles[row]
        if value.isNaN { sums.missing += 1 } else { sums.sum &+= value.bitPattern }
      }
    case .int64, .timestampMillis, .timestampNanos:
      let numbers = unsafe values.assumingMemoryBound(to: UInt64.self)
      for row in 0..<rows { unsafe sums.sum &+= numbers[row] }
    case .int32:
      let numbers = unsafe values.assumingMemoryBound(to: Int32.self)
      for row in 0..<rows { unsafe sums.sum &+= UInt64(truncatingIfNeeded: numbers[row]) }
    case .symbol, .text:
      let codes = unsafe values.assumingMemoryBound(to: Int32.self)
      for row in 0..<rows {
        let code = unsafe codes[row]
        if code < 0 { sums.missing += 1 } else if let texts = columns.dictionary(i) {
          unsafe sums.sum &+= UInt64(texts.bytes(code).count)
        }
      }
    case .char:
      let units = unsafe values.assumingMemoryBound(to: UInt16.self)
      for row in 0..<rows { if unsafe units[row] == 0 { sums.missing += 1 } else { sums.sum &+= 1 } }
    case .flags, .bool, .code:
      let bytes = unsafe values.assumingMemoryBound(to: UInt8.self)
      for row in 0..<rows { unsafe sums.sum &+= UInt64(bytes[row]) }
    }
  }
}
