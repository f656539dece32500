package import Market
package import Rings

/// The latest event of each type for each symbol of a universe. Used by one thread at a time.
///
///     slots:  symbol 0: Quote | Trade | …   symbol 1: Quote | Trade | …      in records of 128 bytes
///
/// Invariant: a slot is zero, or holds an event of its type whose symbol has the id `position + 1` in `texts`, and
/// whose texts are in `texts`.
@safe package struct Snapshot: ~Copyable {
  /// As `CollectTypes` orders them.
  package let types: [EventType]
  package let symbols: [String]
  /// Bytes from a symbol's first slot to that of each type, and of all slots of a symbol.
  let offsets: [Int]
  let stride: Int
  /// Offsets of the fields of each type that hold a text.
  private let textFields: [[Int]]
  private let base: UnsafeMutableRawPointer
  private var texts: TextTable
  /// Slots that hold an event.
  package private(set) var count = 0
  /// Texts that found no room, and are null.
  package private(set) var refusedTexts = 0

  /// Texts beside the symbols, such as descriptions.
  private static let maximumTexts = 1 << 20
  private static let maximumTextBytes = 128 << 20

  package init(types: [EventType], symbols: [String]) {
    precondition(!types.isEmpty && types == CollectTypes.ordered(types) && symbols.count <= Universe.maximumSymbols)
    self.types = types
    self.symbols = symbols
    var offsets: [Int] = []
    var stride = 0
    for type in types {
      offsets.append(stride)
      stride += type.recordCount * EventRecord.byteCount
    }
    self.offsets = offsets
    self.stride = stride
    textFields = types.map { type in
      Schema.of(type).fields.filter { $0.kind == .text || $0.kind == .json }.map(\.offset)
    }
    // Memory of the system's zero pages: what no event comes for costs nothing.
    unsafe base = .allocate(byteCount: max(1, stride * symbols.count), alignment: EventRecord.byteCount)
    unsafe base.initializeMemory(as: UInt8.self, repeating: 0, count: stride * symbols.count)
    texts = TextTable(
      limits: .init(maximumTexts: Self.maximumTexts + symbols.count, maximumBytes: Self.maximumTextBytes))
    for (i, symbol) in symbols.enumerated() {
      let id = texts.intern(symbol)
      precondition(id?.rawValue == UInt32(i + 1), "symbols are told apart, and are below the table's limits")
    }
  }

  deinit { unsafe base.deallocate() }

  package var store: TextStore { texts.store }
  /// Slots, full and empty.
  package var slotCount: Int { symbols.count * types.count }
  package var isComplete: Bool { count == slotCount }

  package func has(_ position: Int, _ type: Int) -> Bool {
    // The slot lies within the memory, by `place`.
    unsafe place(position, type).load(fromByteOffset: EventHead.typeOffset, as: UInt8.self) != 0
  }

  /// The event of a symbol, by its position, and of a type, by its position in `types`.
  package func event(_ position: Int, _ type: Int) -> EventRef? {
    guard has(position, type) else { return nil }
    return unsafe EventRef(place(position, type))
  }

  private func place(_ position: Int, _ type: Int) -> UnsafeMutableRawPointer {
    precondition(position >= 0 && position < symbols.count)
    return unsafe base + (position * stride + offsets[type])
  }

  /// Takes a copy of an event whose texts are in `store`; true where it is the first of its slot.
  package mutating func take(_ event: EventRef, _ store: TextStore, position: Int, type: Int) -> Bool {
    precondition(event.typeByte == types[type].rawValue)
    let isFirst = !has(position, type)
    let to = unsafe place(position, type)
    unsafe event.withBytes { bytes in
      if let from = bytes.baseAddress { unsafe to.copyMemory(from: from, byteCount: bytes.count) }
    }
    unsafe to.storeBytes(of: UInt32(position + 1), as: UInt32.self)
    for offset in textFields[type] {
      guard let id = unsafe to.loadUnaligned(fromByteOffset: offset, as: Text.self).id else { continue }
      let own = unsafe store.withText(id.rawValue) { unsafe texts.intern($0) }
      if own == nil { refusedTexts += 1 }
      unsafe to.storeBytes(of: own.map { Text(id: $0) } ?? .null, toByteOffset: offset, as: Text.self)
    }
    if isFirst { count += 1 }
    return isFirst
  }

  /// Adds a text as the next id, for a decoder; nil where it is known already or there is no room.
  mutating func addText(_ text: UnsafeRawBufferPointer) -> UInt32? {
    let before = texts.count
    guard let id = unsafe texts.intern(text), texts.count == before + 1 else { return nil }
    return id.rawValue
  }

  /// Takes an event as `withEvent` lent it, for a decoder; false where it breaks the invariant.
  mutating func restore(_ bytes: UnsafeRawBufferPointer, position: Int, type: Int) -> Bool {
    guard bytes.count == types[type].recordCount * EventRecord.byteCount, !has(position, type) else { return false }
    let head = unsafe bytes.loadUnaligned(as: UInt32.self)
    guard head == UInt32(position + 1), unsafe bytes[EventHead.typeOffset] == types[type].rawValue else { return false }
    for offset in textFields[type] {
      let text = unsafe bytes.loadUnaligned(fromByteOffset: offset, as: Text.self)
      if let id = text.id {
        guard id.rawValue >= 1, Int(id.rawValue) <= texts.count else { return false }
      } else if !text.isNull && text.inlineCount == nil {
        return false
      }
    }
    if let from = bytes.baseAddress {
      unsafe place(position, type).copyMemory(from: from, byteCount: bytes.count)
      count += 1
    }
    return true
  }

  /// Symbols without an answer, by type: for people.
  package var missing: [(type: EventType, symbols: [String])] {
    types.indices.compactMap { type in
      let without = symbols.indices.filter { !has($0, type) }.map { symbols[$0] }
      return without.isEmpty ? nil : (types[type], without)
    }
  }

  /// Lends every event, symbol by symbol.
  package func forEach(_ body: (EventRef) -> Void) {
    for position in symbols.indices {
      for type in types.indices { if let event = event(position, type) { body(event) } }
    }
  }
}
