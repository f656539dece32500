package import Market
package import Rings

/// The distinct texts of one column, each with a code counted from 0. Belongs to one thread.
///
/// Texts of events come by their id in a lane's text store; what an id stands for is looked up once and kept in an
/// array by id, one for each store.
@safe
package final class TextDictionary {
  private var table: TextTable
  private let limits: TextStore.Limits
  private var sources: [Source] = []
  /// Position in `sources` of the store that was used last.
  private var current = 0

  /// The text in place that came last.
  private var lastInline = TextDictionary.noInline
  private static var noInline: (word: UInt64, code: Int32) { (Text.null.word, 0) }

  /// Codes by the ids of one store.
  private struct Source {
    let texts: TextStore
    /// By id: the code and 1, 0 where it is not known.
    var codes: [Int32] = []
  }

  /// As many texts as one lane's table may hold, and more bytes.
  package static let defaultLimits = TextStore.Limits(maximumTexts: 4 << 20, maximumBytes: 512 << 20)

  package init(limits: TextStore.Limits = TextDictionary.defaultLimits) {
    self.limits = limits
    table = TextTable(limits: limits)
  }

  package var count: Int { table.count }
  /// For look-ups in hot loops, good until the next `code(of:)`: an id less one is a code.
  package var slots: TextSlots { table.slots }
  /// Of all texts.
  package private(set) var byteCount = 0
  /// How many times all texts were forgotten: codes of two generations have nothing to do with one another.
  package private(set) var generation = 0

  /// Forgets all texts: codes start at 0 again.
  package func removeAll() {
    if count == 0 { return }
    generation += 1
    byteCount = 0
    table = TextTable(limits: limits)
    sources = []
    current = 0
    lastInline = Self.noInline
  }

  /// The code of a text, new or known; nil when the dictionary is full.
  package func code(of text: UnsafeRawBufferPointer) -> Int32? {
    let before = table.count
    guard let id = unsafe table.intern(text) else { return nil }
    if table.count > before { byteCount += text.count }
    return Int32(truncatingIfNeeded: id.rawValue &- 1)
  }

  /// The bytes of a code below `count`; empty for any other. They stay where they are until `removeAll`.
  @unsafe package func bytes(_ code: Int32) -> UnsafeRawBufferPointer {
    unsafe table.store.loan(UInt32(truncatingIfNeeded: code) &+ 1)
  }

  /// Codes of the symbols of events; returns how many events were taken: all, unless the dictionary is full.
  func codes(
    ofSymbols events: UnsafePointer<UnsafeRawPointer>, _ count: Int, at offset: Int, _ texts: TextStore,
    _ to: UnsafeMutablePointer<Int32>
  ) -> Int {
    select(texts)
    var done = 0
    while done < count {
      done = unsafe knownSymbols(events, from: done, count, offset, to)
      if done == count { break }
      let id = unsafe events[done].load(fromByteOffset: offset, as: UInt32.self)
      guard let code = code(ofID: id) else { return done }
      unsafe to[done] = code
      done &+= 1
    }
    return done
  }

  /// Stops at the first symbol whose code is not known yet.
  private func knownSymbols(
    _ events: UnsafePointer<UnsafeRawPointer>, from start: Int, _ count: Int, _ offset: Int,
    _ to: UnsafeMutablePointer<Int32>
  ) -> Int {
    unsafe sources[current].codes.withUnsafeBufferPointer { codes in
      let known = codes.count
      guard let base = codes.baseAddress else { return start }
      var i = start
      while i < count {
        let id = unsafe Int(events[i].load(fromByteOffset: offset, as: UInt32.self))
        guard id < known else { return i }
        let code = unsafe base[id]
        if code == 0 { return i }
        unsafe to[i] = code &- 1
        i &+= 1
      }
      return i
    }
  }

  /// Codes of a text field of events; returns how many events were taken: all, unless the dictionary is full.
  func codes(
    ofTexts events: UnsafePointer<UnsafeRawPointer>, _ count: Int, at offset: Int, _ texts: TextStore,
    _ to: UnsafeMutablePointer<Int32>
  ) -> Int {
    select(texts)
    for i in 0..<count {
      let text = unsafe events[i].load(fromByteOffset: offset, as: Text.self)
      if text.isNull {
        unsafe to[i] = Column.nullText
        continue
      }
      guard let code = text.id.map({ knownCode(ofID: $0.rawValue) }) ?? code(ofInline: text) else { return i }
      unsafe to[i] = code
    }
    return count
  }

  private func code(ofInline text: Text) -> Int32? {
    // Texts of a field repeat.
    if text.word == lastInline.word { return lastInline.code }
    let count = text.inlineCount ?? 0
    // The table reads 16 bytes.
    let bytes = SIMD2(text.word & (1 << 56 - 1), 0)
    let found = unsafe withUnsafeBytes(of: bytes) { b -> Int32? in
      let start = unsafe b.baseAddress!.assumingMemoryBound(to: UInt8.self)
      let id = count > 0 ? unsafe table.slots.find(start, count) : 0
      if id != 0 { return Int32(truncatingIfNeeded: id &- 1) }
      return unsafe code(of: UnsafeRawBufferPointer(rebasing: b[..<count]))
    }
    if let found { lastInline = (text.word, found) }
    return found
  }

  private func knownCode(ofID id: UInt32) -> Int32? {
    let known = Int(id) < sources[current].codes.count ? sources[current].codes[Int(id)] : 0
    return known == 0 ? code(ofID: id) : known &- 1
  }

  /// Looks a text up by its bytes and keeps what its id stands for.
  @inline(never)
  private func code(ofID id: UInt32) -> Int32? {
    guard let code = unsafe code(of: sources[current].texts.loan(id)) else { return nil }
    let known = sources[current].codes.count
    if Int(id) >= known {
      let wanted = max(Int(id) + 1, known * 2, 1024)
      sources[current].codes.append(contentsOf: repeatElement(0, count: wanted - known))
    }
    sources[current].codes[Int(id)] = code &+ 1
    return code
  }

  private func select(_ texts: TextStore) {
    if current < sources.count && sources[current].texts === texts { return }
    if let known = sources.firstIndex(where: { $0.texts === texts }) {
      current = known
    } else {
      current = sources.count
      sources.append(Source(texts: texts))
    }
  }
}
