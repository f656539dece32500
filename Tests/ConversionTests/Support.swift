import Bytes
import Conversion
import EventSupport
import Formats
import Glibc
import IO
import Market
import Rings
import TestSupport

/// Random events as text: CSV of one type, NDJSON of several.
enum Made {
  static func csv(_ type: EventType, _ count: Int, seed: UInt64) -> [UInt8] {
    let (batch, texts) = events([type], count, seed)
    let encoder = CSVEncoder(type)
    var out = ByteWriter()
    encoder.appendHeader(to: &out)
    batch.value.forEach { event in encoder.append(event, texts.value.store, to: &out) }
    return out.array
  }

  static func ndjson(_ types: [EventType], _ count: Int, seed: UInt64) -> [UInt8] {
    let (batch, texts) = events(types, count, seed)
    let encoder = NDJSONEncoder()
    var out = ByteWriter()
    batch.value.forEach { event in encoder.append(event, texts.value.store, to: &out) }
    return out.array
  }

  final class Box<Value: ~Copyable> {
    var value: Value
    init(_ value: consuming Value) { self.value = value }
  }

  /// `count` of each type, in turns.
  private static func events(_ types: [EventType], _ count: Int, _ seed: UInt64) -> (Box<EventBatch>, Box<TextTable>) {
    var source = EventSource(seed: seed)
    var batch = EventBatch(capacity: 2 * count * types.count + 2)
    var texts = TextTable()
    for _ in 0..<count { for type in types { source.fill(&batch, type, 1, &texts) } }
    return (Box(batch), Box(texts))
  }
}

/// Files of one test.
struct Place {
  let folder = TemporaryFolder()

  func write(_ bytes: [UInt8], _ name: String) -> String {
    let path = folder.file(name)
    guard let file = unsafe fopen(path, "wb") else { preconditionFailure("cannot write \(path)") }
    unsafe fwrite(bytes, 1, bytes.count, file)
    unsafe fclose(file)
    return path
  }

  func read(_ name: String) throws -> [UInt8] { try File.contents(of: folder.file(name), limitBytes: 1 << 28) }
  func path(_ name: String) -> String { folder.file(name) }
}

/// Runs a conversion of files of one format into one file or folder.
func convert(
  _ paths: [String], _ from: ConversionFormat, _ type: EventType? = nil, to output: String, _ format: ConversionFormat,
  isFolder: Bool = false, threads: Int = 2, _ change: (inout ConversionSettings) -> Void = { _ in }
) throws -> ConversionReport {
  let inputs = paths.map { ConversionInput(path: $0, format: from, type: type) }
  var settings = ConversionSettings(
    inputs: inputs, output: output, format: format, isFolder: isFolder, threads: threads)
  change(&settings)
  return try ConversionRun.run(settings, ConversionHooks())
}
