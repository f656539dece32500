import Market
import Rings

/// The texts of one lane as strings, each made once. Used by the consumer alone.
final class LaneTexts {
  private let store: TextStore
  /// By text id.
  private var known: [String?] = []

  init(_ store: TextStore) { self.store = store }

  /// Of an id that came with an event of the lane.
  func string(_ id: UInt32) -> String {
    let id = Int(id)
    if id < known.count, let text = known[id] { return text }
    return add(id)
  }

  private func add(_ id: Int) -> String {
    if id >= known.count { known.append(contentsOf: repeatElement(nil, count: max(id + 1 - known.count, known.count))) }
    let text = unsafe store.withText(UInt32(id)) { unsafe String(decoding: $0, as: UTF8.self) }
    known[id] = text
    return text
  }

  /// Of a field; nil for null.
  func string(_ text: Market.Text) -> String? {
    if text.isNull { return nil }
    if let id = text.id { return string(id.rawValue) }
    guard let count = text.inlineCount else { return nil }
    var word = text.word.littleEndian
    return unsafe withUnsafeBytes(of: &word) { unsafe String(decoding: $0.prefix(count), as: UTF8.self) }
  }
}
