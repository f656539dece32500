import Bytes
import DXLink
import JSON
import Market
import Rings
import TestSupport

/// Bytes with the padding that decoders rely on; the padding is filled with something that would show.
@safe
final class Padded {
  private let memory: UnsafeMutableRawBufferPointer
  private let count: Int

  init(_ bytes: [UInt8], filler: UInt8 = UInt8(ascii: "\"")) {
    count = bytes.count
    unsafe memory = .allocate(byteCount: Padding.front + count + Padding.back, alignment: 64)
    unsafe memory.initializeMemory(as: UInt8.self, repeating: filler)
    for i in 0..<count { unsafe memory[Padding.front + i] = bytes[i] }
  }

  convenience init(_ text: String) { self.init(Array(text.utf8)) }
  deinit { unsafe memory.deallocate() }

  func withBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    defer { withExtendedLifetime(self) {} }
    return try unsafe body(UnsafeRawBufferPointer(rebasing: memory[Padding.front..<Padding.front + count]))
  }
}

/// A decoder with a batch and a table, and all events that came out, as bytes.
struct Rig: ~Copyable {
  var decoder: FeedDecoder
  var batch: EventBatch
  var texts = TextTable()
  var events: [[UInt8]] = []
  var flushes = 0
  var now: Int64 = 1000

  init(
    capacity: Int = 4096, requested: FieldLists = .standard, level: SIMDLevel = .preferred, predicts: Bool = true
  ) {
    decoder = FeedDecoder(requested: requested, level: level, predicts: predicts)
    batch = EventBatch(capacity: capacity)
  }

  static func bytes(of batch: borrowing EventBatch) -> [[UInt8]] {
    var all: [[UInt8]] = []
    batch.forEach { event in unsafe event.withBytes { b in unsafe all.append([UInt8](b)) } }
    return all
  }

  /// Decodes a frame and adds its events to `events`.
  @discardableResult
  mutating func decode(_ frame: Padded) throws(FeedError) -> Received {
    var flushed: [[UInt8]] = []
    var count = 0
    defer {
      events += flushed + Self.bytes(of: batch)
      batch.removeAll()
      flushes += count
    }
    return try unsafe frame.withBytes { b throws(FeedError) in
      try unsafe decoder.decode(b, receivedNanos: now, batch: &batch, texts: &texts) { batch in
        flushed += Self.bytes(of: batch)
        batch.removeAll()
        count += 1
      }
    }
  }

  @discardableResult
  mutating func decode(_ text: String) throws(FeedError) -> Received { try decode(Padded(text)) }

  /// The events' fields as text, by name, with `eventType`.
  var rows: [[String: String]] { events.map { Rig.row($0, texts) } }

  static func row(_ bytes: [UInt8], _ texts: borrowing TextTable) -> [String: String] {
    let store = texts.store
    return unsafe bytes.withUnsafeBytes { b in
      let event = unsafe EventRef(b.baseAddress!)
      guard let type = event.type else { return [:] }
      var row = ["eventType": type.name, "receivedNanos": "\(event.receivedNanos)"]
      for field in Schema.of(type).fields { row[field.name] = value(field, event, store) }
      return row
    }
  }

  static func text(_ id: UInt32, _ store: TextStore) -> String {
    unsafe store.withText(id) { b in unsafe String(decoding: b, as: UTF8.self) }
  }

  static func value(_ field: Field, _ event: EventRef, _ store: TextStore) -> String {
    switch field.kind {
    case .symbol: return text(event.load(field.offset, as: UInt32.self), store)
    case .double: return "\(event.load(field.offset, as: Double.self))"
    case .int64: return "\(event.load(field.offset, as: Int64.self))"
    case .int32: return "\(event.load(field.offset, as: Int32.self))"
    case .flags: return "\(event.load(field.offset, as: UInt8.self))"
    case .bool: return event.load(field.offset, as: UInt8.self) == 0 ? "false" : "true"
    case .char:
      let unit = event.load(field.offset, as: UInt16.self)
      return unit == 0 ? "" : String(decoding: [unit], as: UTF16.self)
    case .code:
      let code = Int(event.load(field.offset, as: UInt8.self))
      let names = field.codes?.names ?? []
      return code < names.count ? names[code] : "?"
    case .text, .json:
      let text = event.load(field.offset, as: Text.self)
      if text.isNull { return "null" }
      if let id = text.id { return Rig.text(id.rawValue, store) }
      let bytes = (0..<(text.inlineCount ?? 0)).map { UInt8(truncatingIfNeeded: text.word >> (8 * $0)) }
      return String(decoding: bytes, as: UTF8.self)
    }
  }
}
