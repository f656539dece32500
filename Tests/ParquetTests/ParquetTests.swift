import Bytes
import Columns
import EventSupport
import Market
import Parquet
import Rings
import TestSupport
import Testing

/// What can be said of files without a reader; `tools/interop/columns` has pyarrow, polars and duckdb read them.
@Suite("Parquet", .tags(.unit))
struct ParquetTests {
  @Test("a file begins and ends as the format says, for every type and codec", arguments: EventType.allCases)
  func frame(type: EventType) throws {
    for compression in [NoCompression(), Snappy()] as [any ParquetCompression] {
      let bytes = file(type, rows: 100, groups: 2, compression)
      #expect(bytes.prefix(4).elementsEqual("PAR1".utf8) && bytes.suffix(4).elementsEqual("PAR1".utf8))
      let length = bytes.suffix(8).prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
      #expect(length > 100 && length < bytes.count - 12)
    }
  }

  @Test("the same events give the same bytes")
  func stable() {
    let first = file(.order, rows: 500, groups: 3, Snappy())
    #expect(first == file(.order, rows: 500, groups: 3, Snappy()))
  }

  @Test("a file without rows is one")
  func empty() {
    let bytes = file(.quote, rows: 0, groups: 1, Snappy())
    #expect(bytes.prefix(4).elementsEqual("PAR1".utf8) && bytes.count > 200)
  }

  @Test("a group knows its rows and about its bytes, and is empty after it was written")
  func group() {
    var columns = ColumnBatch(.trade, capacity: 1000)
    fill(&columns, rows: 1000, seed: 5)
    let group = ParquetRowGroup(ColumnSchema.of(.trade), compression: NoCompression())
    group.append(columns)
    #expect(group.rowCount == 1000)
    let before = group.byteCount
    var writer = ParquetWriter(ColumnSchema.of(.trade))
    var out = ByteWriter()
    writer.begin(to: &out)
    writer.append(group, texts: columns, to: &out)
    #expect(group.rowCount == 0 && group.byteCount == 0)
    let written = out.count
    #expect(before > written / 2 && before < written * 2)
  }

  /// Appends random events, whose texts are forgotten after.
  private func fill(_ columns: inout ColumnBatch, rows: Int, seed: UInt64) {
    var source = EventSource(seed: seed)
    var batch = EventBatch(capacity: max(2, rows * 2))
    var texts = TextTable()
    source.fill(&batch, columns.schema.type, rows, &texts)
    var pointers: [UnsafeRawPointer] = unsafe []
    batch.forEach { event in unsafe pointers.append(event.base) }
    let taken = unsafe pointers.withUnsafeBufferPointer { all in unsafe columns.append(all, texts.store) }
    precondition(taken == rows)
  }

  @Test("a file's end tells its rows; a file that is cut or changed tells none or some, and never more is read")
  func footer() {
    for type in EventType.allCases {
      let bytes = file(type, rows: 50, groups: 3, Snappy())
      #expect(unsafe bytes.withUnsafeBytes { unsafe ParquetFooter.rowCount($0) } == 150, "\(type)")
    }
    let bytes = file(.quote, rows: 50, groups: 2, Snappy())
    for cut in 1...200 {
      let part = Array(bytes.dropLast(cut))
      #expect(unsafe part.withUnsafeBytes { unsafe ParquetFooter.rowCount($0) } == nil)
    }
    var random = SeededRandom(seed: 9)
    var others = 0
    for _ in 0..<2000 {
      var changed = bytes
      let place = Int.random(in: (bytes.count - 3000)..<bytes.count, using: &random)
      changed[place] = UInt8.random(in: 0...255, using: &random)
      if unsafe changed.withUnsafeBytes({ unsafe ParquetFooter.rowCount($0) }) != 100 { others += 1 }
    }
    #expect(others > 0)
  }

  private func file(_ type: EventType, rows: Int, groups: Int, _ compression: any ParquetCompression) -> [UInt8] {
    let schema = ColumnSchema.of(type)
    var columns = ColumnBatch(type, capacity: max(rows, 1))
    let group = ParquetRowGroup(schema, compression: compression)
    var writer = ParquetWriter(schema)
    var out = ByteWriter()
    writer.begin(to: &out)
    for number in 0..<groups {
      fill(&columns, rows: rows, seed: 70 + UInt64(number))
      group.append(columns)
      writer.append(group, texts: columns, to: &out)
      columns.removeAllAndTexts()
    }
    writer.finish(to: &out)
    return out.array
  }
}
