import Bytes
import Market
import Rings

/// Bytes with exactly the padding that is promised to decoders, in memory of their own: AddressSanitizer faults one
/// byte beyond it.
@safe
final class Padded {
  private let memory: UnsafeMutableRawBufferPointer
  private let count: Int

  /// `around` fills the padding, repeated, so that what stands there looks like more of the same.
  init(_ bytes: some RandomAccessCollection<UInt8>, around: [UInt8] = [0x22]) {
    count = bytes.count
    unsafe memory = .allocate(byteCount: Padding.front + count + Padding.back, alignment: 1)
    for i in 0..<Padding.front { unsafe memory[i] = around[i % around.count] }
    for i in 0..<Padding.back { unsafe memory[Padding.front + count + i] = around[i % around.count] }
    for (i, byte) in bytes.enumerated() { unsafe memory[Padding.front + i] = byte }
  }

  deinit { unsafe memory.deallocate() }

  func withBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    defer { withExtendedLifetime(self) {} }
    return try unsafe body(UnsafeRawBufferPointer(rebasing: memory[Padding.front..<Padding.front + count]))
  }
}

/// Events as they can be compared between runs: the record's bytes with every text in place of its id.
struct EventCopy: Equatable {
  var bytes: [UInt8]
  var texts: [[UInt8]] = []

  init(_ event: EventRef, _ store: TextStore) {
    bytes = unsafe event.withBytes { b in unsafe [UInt8](b) }
    guard let type = event.type else { return }
    for field in Schema.of(type).fields {
      switch field.kind {
      case .symbol: keep(event.load(field.offset, as: UInt32.self), field.offset, 4, store)
      case .text, .json:
        let text = event.load(field.offset, as: Text.self)
        if let id = text.id { keep(id.rawValue, field.offset, 8, store) }
      default: continue
      }
    }
  }

  private mutating func keep(_ id: UInt32, _ offset: Int, _ count: Int, _ store: TextStore) {
    texts.append(unsafe store.withText(id) { b in unsafe [UInt8](b) })
    for i in offset..<offset + count { bytes[i] = 0 }
  }

  static func all(_ batch: borrowing EventBatch, _ store: TextStore) -> [EventCopy] {
    var all: [EventCopy] = []
    batch.forEach { all.append(EventCopy($0, store)) }
    return all
  }
}

/// The input as text, for a message.
func text(_ bytes: some Collection<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

/// The pieces that an input's first byte cuts the rest into: a text must read alike however it comes.
func pieces(_ input: ArraySlice<UInt8>, by cut: UInt8) -> [ArraySlice<UInt8>] {
  let step = max(1, Int(cut))
  return stride(from: input.startIndex, to: input.endIndex, by: step).map { input[$0..<min($0 + step, input.endIndex)] }
}
