import Arrow
import BenchmarkKit
import Bytes
import Columns
import Market
import Parquet
import Rings

/// Events to columns, and columns to Arrow and Parquet, in memory.
enum ColumnSuite {
  static var all: [Benchmark] {
    [
      Benchmark("encode/columns", input: "mix, a batch a type", allocations: 0) { size in
        try work(size) { ColumnLoop($0, .columns) }
      },
      Benchmark("encode/arrow", input: "mix, a stream a type", allocations: 0) { size in
        try work(size) { ColumnLoop($0, .arrow) }
      },
      Benchmark("encode/parquet", input: "mix, a file a type, snappy") { size in
        try work(size) { ColumnLoop($0, .parquet) }
      },
    ]
  }

  private static func work(_ size: InputSize, _ make: (Events) -> ColumnLoop) throws -> Work {
    let market = try MarketInput(MarketInput.mix, size)
    let events = try Events(market)
    let loop = make(events)
    let bytes = loop.pass(events).bytes
    let units = Units(frames: market.data.count, events: events.count, bytes: bytes)
    return market.work(units) { loop.pass(events).digest }
  }
}

/// Gathers the events of each type as the sinks do, some hundreds at a time, and has full batches encoded.
final class ColumnLoop {
  enum Format { case columns, arrow, parquet }

  private let format: Format
  private var files: [File?] = Array(repeating: nil, count: EventType.count)
  private static let gatherCount = 256
  private static let batchRows = 16_384
  private static let pageRows = 1 << 16

  /// One type's batch and what becomes of it.
  @safe
  private final class File {
    var columns: ColumnBatch
    var writer: ArrowWriter
    let group: ParquetRowGroup
    var out = ByteWriter(capacity: 1 << 20)
    var gathered: [UnsafeRawPointer] = unsafe []
    var bytes = 0
    var rows = 0

    init(_ type: EventType, rows: Int) {
      let schema = ColumnSchema.of(type)
      columns = ColumnBatch(type, capacity: rows)
      writer = ArrowWriter(schema, form: .stream, compression: .runs)
      group = ParquetRowGroup(schema, compression: Snappy())
      unsafe gathered.reserveCapacity(ColumnLoop.gatherCount)
      writer.begin(to: &out)
    }
  }

  init(_ events: Events, _ format: Format) {
    self.format = format
    events.forEach { event in
      guard let type = event.type, files[type.index] == nil else { return }
      files[type.index] = File(type, rows: format == .parquet ? Self.pageRows : Self.batchRows)
    }
  }

  func pass(_ events: Events) -> (digest: UInt64, bytes: Int) {
    for file in files {
      file?.bytes = 0
      file?.rows = 0
    }
    events.forEach { event in
      guard let type = event.type, let file = files[type.index] else { return }
      unsafe file.gathered.append(event.base)
      if unsafe file.gathered.count == Self.gatherCount { settle(file, events.texts) }
    }
    var digest: UInt64 = 0
    var bytes = 0
    for file in files {
      guard let file else { continue }
      settle(file, events.texts)
      encode(file)
      if format == .parquet { finish(file) }
      bytes += file.bytes
      digest = Fold.add(digest, UInt64(file.rows))
    }
    return (digest, bytes)
  }

  private func settle(_ file: File, _ texts: TextStore) {
    unsafe file.gathered.withUnsafeBufferPointer { all in
      var rest = unsafe all
      while rest.count > 0 {
        let taken = unsafe file.columns.append(rest, texts)
        unsafe rest = UnsafeBufferPointer(rebasing: rest[taken...])
        if file.columns.isFull { encode(file) }
      }
    }
    unsafe file.gathered.removeAll(keepingCapacity: true)
  }

  private func encode(_ file: File) {
    file.rows += file.columns.rowCount
    switch format {
    case .columns: file.bytes += file.columns.rowCount
    case .arrow:
      file.writer.append(file.columns, to: &file.out)
      file.bytes += file.out.count
      file.out.removeAll()
    case .parquet: file.group.append(file.columns)
    }
    file.columns.removeAll()
  }

  private func finish(_ file: File) {
    var writer = ParquetWriter(file.columns.schema)
    file.out.removeAll()
    writer.begin(to: &file.out)
    writer.append(file.group, texts: file.columns, to: &file.out)
    writer.finish(to: &file.out)
    file.bytes += file.out.count
  }
}
