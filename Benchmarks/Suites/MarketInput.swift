import BenchmarkKit
import Bytes
import DXLink
import IO
import Market
import Recording
import Rings
import Simulator

/// A generated recording in memory.
final class MarketInput {
  /// What it was made from.
  let spec: String
  /// Events that a decoder gives.
  private(set) var eventCount: Int
  /// The digest of all events, sixteen hexadecimal digits.
  private let digestText: String
  /// The file's bytes.
  let file = PaddedBytes()
  /// All payloads that arrived.
  let payloads = Payloads()
  /// Those that are FEED_DATA, by their number in `payloads`.
  private(set) var data: [Int] = []
  private(set) var dataBytes = 0

  /// What most benchmarks read: stocks, futures and options; 80 % quotes, 12 % trades, 5 % greeks, 3 % sales; about
  /// eight
  /// events a frame.
  static let mix = "mix"
  private static let common = "seed=1,symbols=2000,rate=2000,period=10ms"

  /// - Parameter what: `mix`, or the mix of a spec such as `Quote:1`.
  init(_ what: String, _ size: InputSize) throws {
    var text = Self.common + (size == .smoke ? ",duration=500ms" : what == Self.mix ? ",duration=50s" : ",duration=10s")
    if what != Self.mix { text += ",mix=" + what }
    spec = text
    let file = file
    let summary = try unsafe GeneratedRecording.make(GenerateSpec(text)) { bytes in unsafe file.append(bytes) }
    eventCount = summary.eventsDecoded
    digestText = summary.digest
    try collectPayloads()
  }

  /// A recording that is there already.
  init(file bytes: [UInt8], named name: String, digest: String) throws {
    spec = name
    digestText = digest
    eventCount = 0
    unsafe bytes.withUnsafeBytes { all in unsafe file.append(all) }
    try collectPayloads()
    eventCount = try Events(self).count
  }

  /// The same events as FULL objects.
  init(full what: String, _ size: InputSize) throws {
    let compact = try MarketInput(what, size)
    spec = compact.spec + " as FULL"
    eventCount = compact.eventCount
    digestText = compact.digestText
    let events = try Events(compact)
    var writer = RowWriter(channel: FrameStream.channel, format: .full, maximumBytes: 4 << 10)
    let payloads = payloads
    events.forEach { event in
      unsafe writer.append(event, events.texts) { message in unsafe payloads.append(message) }
    }
    unsafe writer.flush { message in unsafe payloads.append(message) }
    collectData()
  }

  private func collectPayloads() throws(RecordingError) {
    var reader = unsafe try RecordingReader(file.all)
    while let entry = reader.next() {
      if entry.kind == .received { unsafe payloads.append(entry.payload) }
    }
    collectData()
  }

  private func collectData() {
    for i in 0..<payloads.count where unsafe Self.isData(payloads[i]) {
      data.append(i)
      unsafe dataBytes += payloads[i].count
    }
  }

  private static func isData(_ payload: UnsafeRawBufferPointer) -> Bool {
    unsafe payload.starts(with: "{\"type\":\"FEED_DATA\"".utf8)
  }

  /// The units of work that reads all FEED_DATA.
  var dataUnits: Units { Units(frames: data.count, events: eventCount, bytes: dataBytes) }
  /// The units of work that reads all payloads.
  var units: Units { Units(frames: payloads.count, events: eventCount, bytes: payloads.byteCount) }

  /// Work over this recording.
  func work(_ units: Units, expectedDigest: UInt64? = nil, _ iterate: @escaping () throws -> UInt64) -> Work {
    var work = Work(units, expectedDigest: expectedDigest, iterate)
    work.recordings = [spec: digestText]
    return work
  }

  func write(to path: String) throws(IOError) {
    var file = try File(path, .create())
    try unsafe file.write(self.file.all)
    try file.close()
  }

  /// The digest of all events as `quotewire replay --stats` gives it.
  var digest: UInt64 { UInt64(digestText, radix: 16) ?? 0 }
}

/// The events of a recording, decoded.
final class Events {
  private let records = PaddedBytes()
  private var table: TextTable
  private(set) var count = 0
  var texts: TextStore { table.store }

  init(_ market: MarketInput) throws {
    var decoder = FeedDecoder()
    var batch = EventBatch(capacity: 1 << 14)
    var table = TextTable()
    let records = records
    var count = 0
    for i in 0..<market.payloads.count {
      let keep: (inout EventBatch) -> Void = { full in
        count += full.eventCount
        unsafe full.withRecords { bytes in unsafe records.append(bytes) }
        full.removeAll()
      }
      // What the server said badly on purpose is no event.
      _ = try? unsafe decoder.decode(
        market.payloads[i], receivedNanos: 1_772_461_800_125_000_000 + Int64(i), batch: &batch, texts: &table,
        flush: keep)
      keep(&batch)
    }
    self.table = table
    self.count = count
  }

  /// The loans end with the call.
  func forEach(_ body: (EventRef) throws -> Void) rethrows {
    let all = unsafe records.all
    guard let base = all.baseAddress else { return }
    var at = 0
    while at < all.count {
      let event = unsafe EventRef(base + at)
      try body(event)
      at += event.recordCount * EventRecord.byteCount
    }
  }

  /// All records, for rings.
  var bytes: UnsafeRawBufferPointer { unsafe records.all }
}
