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
@safe
final class ColumnLoop {
  enum Format { case columns, arrow, parquet }

  private let format: Format
  private var files: [File?] = Array(repeating: nil, count: EventType.count)
  /// By type: places for pointers to events, and how many are taken.
  private let gathered: UnsafeMutablePointer<UnsafeRawPointer>
  private let counts: UnsafeMutablePointer<Int>
  /// `EventType.index` by type byte.
  private let places: [Int]
  private static let gatherCount = 256
  private static let batchRows = 16_384
  private static let pageRows = 1 << 16

  /// One type's batch and what becomes of it.
  private final class File {
    var columns: ColumnBatch
    var writer: ArrowWriter
    let group: ParquetRowGroup
    var out = ByteWriter(capacity: 1 << 20)
    var bytes = 0
    var rows = 0

    init(_ type: EventType, rows: Int) {
      let schema = ColumnSchema.of(type)
      columns = ColumnBatch(type, capacity: rows)
      writer = ArrowWriter(schema, form: .stream, compression: .runs)
      group = ParquetRowGroup(schema, compression: Snappy())
      writer.begin(to: &out)
    }
  }

  init(_ events: Events, _ format: Format) {
    self.format = format
    unsafe gathered = .allocate(capacity: Self.gatherCount * EventType.count)
    unsafe counts = .allocate(capacity: EventType.count)
    unsafe counts.initialize(repeating: 0, count: EventType.count)
    places = (0...255).map { EventType(rawValue: $0)?.index ?? -1 }
    events.forEach { event in
      guard let type = event.type, files[type.index] == nil else { return }
      files[type.index] = File(type, rows: format == .parquet ? Self.pageRows : Self.batchRows)
    }
  }

  deinit {
    unsafe gathered.deallocate()
    unsafe counts.deallocate()
  }

  func pass(_ events: Events) -> (digest: UInt64, bytes: Int) {
    for file in files {
      file?.bytes = 0
      file?.rows = 0
    }
    gather(events)
    var digest: UInt64 = 0
    var bytes = 0
    for (i, file) in files.enumerated() {
      guard let file else { continue }
      settle(i, events.texts)
      encode(file)
      if format == .parquet { finish(file) }
      bytes += file.bytes
      digest = Fold.add(digest, UInt64(file.rows))
    }
    return (digest, bytes)
  }

  private func gather(_ events: Events) {
    let all = unsafe events.bytes
    guard let base = all.baseAddress else { return }
    let (gathered, counts, places, texts) = unsafe (self.gathered, self.counts, self.places, events.texts)
    let (recordBytes, typeOffset) = (EventRecord.byteCount, EventHead.typeOffset)
    var at = 0
    while at < all.count {
      let event = unsafe base + at
      let typeByte = unsafe event.load(fromByteOffset: typeOffset, as: UInt8.self)
      let i = places[Int(typeByte)]
      let count = unsafe counts[i]
      unsafe gathered[i &* Self.gatherCount &+ count] = event
      unsafe counts[i] = count &+ 1
      if count &+ 1 == Self.gatherCount { settle(i, texts) }
      at &+= (1 &+ Int(typeByte &>> 6 & 1)) &* recordBytes
    }
  }

  private func settle(_ i: Int, _ texts: TextStore) {
    guard let file = files[i] else { return }
    var rest = unsafe UnsafeBufferPointer(start: gathered + i * Self.gatherCount, count: counts[i])
    unsafe counts[i] = 0
    while rest.count > 0 {
      let taken = unsafe file.columns.append(rest, texts)
      unsafe rest = UnsafeBufferPointer(rebasing: rest[taken...])
      if file.columns.isFull { encode(file) }
    }
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
