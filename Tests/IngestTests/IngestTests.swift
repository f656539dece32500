import Bytes
import DXLink
import IO
import Market
import Recording
import Rings
import Sinks
import Synchronization
import TestSupport
import Testing

@testable import Ingest

/// Bytes with the padding that decoders rely on.
@safe
final class Padded {
  private let memory: UnsafeMutableRawBufferPointer
  private let count: Int

  init(_ text: String) {
    let bytes = Array(text.utf8)
    count = bytes.count
    unsafe memory = .allocate(byteCount: Padding.front + count + Padding.back, alignment: 64)
    unsafe memory.initializeMemory(as: UInt8.self, repeating: UInt8(ascii: "\""))
    for i in 0..<count { unsafe memory[Padding.front + i] = bytes[i] }
  }

  deinit { unsafe memory.deallocate() }

  func withBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    defer { withExtendedLifetime(self) {} }
    return try unsafe body(UnsafeRawBufferPointer(rebasing: memory[Padding.front..<Padding.front + count]))
  }
}

extension LaneSettings {
  /// Limits of time for a process that a sanitizer slows down.
  mutating func bePatient() {
    upgradeLimitMillis *= Sanitizer.patience
    connector.limitPhases(millis: upgradeLimitMillis)
    session.answerSeconds *= Double(Sanitizer.patience)
  }
}

/// Messages as a server sends them.
enum Wire {
  /// Fields in an order that no default has, so that a decoder without it reads something else.
  static let config =
    #"{"type":"FEED_CONFIG","channel":1,"dataFormat":"COMPACT","eventFields":"#
    + #"{"Quote":["askPrice","eventSymbol","bidPrice"],"Trade":["price","eventSymbol","size"]}}"#

  static func quotes(_ rows: [(symbol: String, bid: Int, ask: Int)]) -> String {
    let values = rows.map { "\($0.ask),\"\($0.symbol)\",\($0.bid)" }.joined(separator: ",")
    return "{\"type\":\"FEED_DATA\",\"channel\":1,\"data\":[\"Quote\",[\(values)]]}"
  }

  static func quote(_ symbol: String, _ n: Int) -> String { quotes([(symbol, n, n + 1)]) }
}

/// One entry of a recording that a test makes.
struct Recorded {
  var kind = EntryKind.received
  var lane: UInt16 = 0
  /// Milliseconds since the recording's start, on both clocks.
  var millis: Int64
  var payload: [UInt8]

  init(_ millis: Int64, _ text: String, _ kind: EntryKind = .received, lane: UInt16 = 0) {
    self.millis = millis
    self.kind = kind
    self.lane = lane
    payload = Array(text.utf8)
  }

  init(_ millis: Int64, gap: Gap, lane: UInt16 = 0) {
    var out = ByteWriter()
    GapText.mark(gap).encode(into: &out)
    self.init(millis, "", .gap, lane: lane)
    payload = out.array
  }
}

let recordingStart: Int64 = 1_700_000_000_000_000_000

func wall(_ millis: Int64) -> WallNanos { WallNanos(rawValue: recordingStart + millis * 1_000_000) }

/// The bytes of a recording.
func recording(_ entries: [Recorded], closed: Bool = true) throws -> [UInt8] {
  var writer = RecordingWriter(fileID: 0x1234_5678_9ABC_DEF1, created: wall(0))
  var last = Arrival(wall: wall(0), monotonic: MonotonicNanos(rawValue: 0))
  for entry in entries {
    last = Arrival(wall: wall(entry.millis), monotonic: MonotonicNanos(rawValue: entry.millis * 1_000_000))
    try unsafe writer.append(entry.kind, lane: entry.lane, arrival: last, payload: entry.payload.span.bytes)
  }
  if closed { writer.close(at: last) }
  return unsafe writer.withPending { b in unsafe [UInt8](b) }
}

func write(_ bytes: [UInt8], _ path: String) throws {
  var file = try File(path, .overwrite())
  try unsafe file.write(bytes.span.bytes)
  try file.close()
}

/// Sentences that a run said.
final class Said: Sendable {
  private let all = Mutex<[String]>([])
  var sentences: [String] { all.withLock { $0 } }
  func add(_ sentence: String) { all.withLock { $0.append(sentence) } }
}

func text(_ path: String) -> String { Places.read(path).map { String(decoding: $0, as: UTF8.self) } ?? "" }
