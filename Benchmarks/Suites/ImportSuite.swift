import Arrow
import BenchmarkKit
import Bytes
import Columns
import Conversion
import Formats
import IO
import Ingest
import Market
import Parquet
import Sinks

/// CSV of quotes to columns in memory, and files to files of other formats: read, encoded and written.
enum ImportSuite {
  static let quotes = "Quote:1"

  static var all: [Benchmark] {
    [
      Benchmark("import/csv", input: "quotes with all columns, in memory to columns") { size in
        let (market, text) = try csv(size)
        let loop = ImportLoop(text)
        return market.work(Units(events: loop.rows, bytes: text.count)) { UInt64(loop.pass()) }
      },
      Benchmark("import/csv-parquet", input: "quotes with all columns: a file to a file, snappy") { size in
        let (market, text) = try csv(size)
        let files = try ConvertFiles(text, "Quote.csv", .csv, .quote)
        let units = Units(events: market.eventCount, bytes: text.count)
        return market.work(units) { try files.convert(.parquet, "snappy") }
      },
      convert(.csv), convert(.ndjson), convert(.arrow), convert(.parquet),
    ]
  }

  /// A recording to a folder or file of another format.
  private static func convert(_ format: ConversionFormat) -> Benchmark {
    Benchmark("convert/\(format.rawValue)", input: "a recording of the mix to files") { size in
      let market = try MarketInput(MarketInput.mix, size)
      let folder = try TemporaryPlace()
      let input = folder.file("in.qwr")
      try market.write(to: input)
      let kind = format == .ndjson ? "ndjson:" + folder.file("out.ndjson") : "\(format.rawValue):" + folder.file("out")
      return market.work(Units(events: market.eventCount, bytes: market.dataBytes)) {
        var settings = ReplaySettings(files: [input])
        settings.run.sinks = [try SinkSpec(parsing: kind + (format == .parquet ? "?codec=snappy" : ""))]
        settings.run.force = true
        settings.run.wantsDigest = false
        let outcome = try ReplayRun.run(settings, RunHooks(attention: try Wakeup()))
        if let failure = outcome.failure { throw failure }
        return UInt64(outcome.report.sinks.reduce(0) { $0 + $1.written })
      }
    }
  }

  /// Quotes as CSV.
  private static func csv(_ size: InputSize) throws -> (MarketInput, [UInt8]) {
    let market = try MarketInput(quotes + ",fields=full", size)
    let events = try Events(market)
    let encoder = CSVEncoder(.quote)
    var out = ByteWriter(capacity: 1 << 20)
    encoder.appendHeader(to: &out)
    events.forEach { encoder.append($0, events.texts, to: &out) }
    return (market, unsafe out.withBytes { b in unsafe [UInt8](b) })
  }
}

/// Reads a CSV text in memory again and again; the columns are emptied whenever they are full.
final class ImportLoop {
  private let text = PaddedBytes()
  private var columns = ColumnBatch(.quote, capacity: 1 << 16)
  private(set) var rows = 0

  init(_ text: [UInt8]) {
    unsafe text.withUnsafeBytes { b in unsafe self.text.append(b) }
    rows = pass()
  }

  func pass() -> Int {
    var reader = CSVColumnReader(.quote)
    var at = 0
    while at < text.count {
      at += unsafe reader.append(text.part(at..<text.count).bytes)
      drain(&reader)
    }
    reader.finish()
    drain(&reader)
    precondition(reader.refusedCount == 0, "our own text was refused")
    return reader.rowCount
  }

  private func drain(_ reader: inout CSVColumnReader) {
    while (try? reader.read(into: &columns)) == .batchFull { columns.removeAll() }
  }
}

/// One input file and where its conversions go.
final class ConvertFiles {
  private let folder: TemporaryPlace
  private let input: ConversionInput

  init(_ bytes: [UInt8], _ name: String, _ format: ConversionFormat, _ type: EventType?) throws {
    folder = try TemporaryPlace()
    input = ConversionInput(path: folder.file(name), format: format, type: type)
    var file = try File(input.path, .create())
    try unsafe file.write(bytes.span.bytes)
    try file.close()
  }

  /// Gives the number of rows.
  func convert(_ format: ConversionFormat, _ codec: String?) throws -> UInt64 {
    var settings = ConversionSettings(
      inputs: [input], output: folder.file("out"), format: format, isFolder: false, threads: 2)
    settings.force = true
    settings.codec = codec
    return UInt64(try ConversionRun.run(settings, ConversionHooks()).rowsWritten)
  }
}
