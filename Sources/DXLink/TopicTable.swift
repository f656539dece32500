import Market

/// Topics by type, symbol and source, in little memory: open addressing over 16-byte entries whose texts lie in one
/// array of bytes.
///
///     slots (UInt32, at most half taken) ─► entries ─► texts:  … | symbol | source | …
///
/// Memory: 16 bytes an entry, 8 to 16 in the slots, and the texts; start times cost about 50 more where there are some.
///
/// Invariant: a taken entry is found by its topic; a free one by nothing. Numbers of entries never change while taken.
struct TopicTable: ~Copyable {
  /// What a book knows of a topic.
  struct Marks: OptionSet {
    let rawValue: UInt8
    static let wanted = Marks(rawValue: 1)
    /// The server was told to add it.
    static let told = Marks(rawValue: 2)
    /// It stands in a queue of the book.
    static let queued = Marks(rawValue: 4)
    /// Told, and not refused in time.
    static let confirmed = Marks(rawValue: 8)
    static let refused = Marks(rawValue: 16)
    static let hasSource = Marks(rawValue: 32)
    static let hasTimes = Marks(rawValue: 64)
    static let taken = Marks(rawValue: 128)
  }

  /// Start times of a topic: the wished one, and the one that the server was told.
  struct Times {
    var wanted: Int64?
    var told: Int64?
  }

  private struct Entry {
    var text: UInt32 = 0
    var hash: UInt32 = 0
    var symbolBytes: UInt16 = 0
    var sourceBytes: UInt16 = 0
    var type: UInt8 = 0
    var marks = Marks()
  }

  private var entries: [Entry] = []
  private var free: [UInt32] = []
  /// Number of an entry plus one; 0 where there is none.
  private var slots = [UInt32](repeating: 0, count: 64)
  private var texts: [UInt8] = []
  /// Bytes of `texts` that belong to no entry any more.
  private var unusedBytes = 0
  private var times: [UInt32: Times] = [:]

  /// Topics that are there.
  private(set) var count = 0
  /// Numbers of all entries, free ones among them.
  var indices: Range<Int> { entries.indices }

  /// Bytes of memory that the table has asked for.
  var byteCount: Int {
    entries.capacity * MemoryLayout<Entry>.stride + (slots.capacity + free.capacity) * MemoryLayout<UInt32>.stride
      + texts.capacity + times.capacity * (MemoryLayout<Times>.stride + MemoryLayout<UInt32>.stride)
  }

  // MARK: Entries

  func marks(_ number: Int) -> Marks { entries[number].marks }
  mutating func set(_ marks: Marks, _ number: Int) { entries[number].marks = marks }
  func type(_ number: Int) -> EventType { EventType(index: Int(entries[number].type)) ?? .quote }

  func times(_ number: Int) -> Times {
    entries[number].marks.contains(.hasTimes) ? times[UInt32(number)] ?? Times() : Times()
  }

  mutating func set(_ times: Times, _ number: Int) {
    let isThere = times.wanted != nil || times.told != nil
    if isThere { entries[number].marks.insert(.hasTimes) } else { entries[number].marks.remove(.hasTimes) }
    self.times[UInt32(number)] = isThere ? times : nil
  }

  func symbol(_ number: Int) -> String {
    let entry = entries[number]
    let start = Int(entry.text)
    return String(decoding: texts[start..<start + Int(entry.symbolBytes)], as: UTF8.self)
  }

  func source(_ number: Int) -> String? {
    let entry = entries[number]
    guard entry.marks.contains(.hasSource) else { return nil }
    let start = Int(entry.text) + Int(entry.symbolBytes)
    return String(decoding: texts[start..<start + Int(entry.sourceBytes)], as: UTF8.self)
  }

  // MARK: Topics

  /// The number of a topic; nil where it is not there.
  func find(_ type: EventType, _ symbol: String, _ source: String?) -> Int? {
    slot(type, symbol, source, Self.hash(type, symbol, source)).entry
  }

  /// The number of a topic, which is taken in where it is new.
  mutating func insert(_ type: EventType, _ symbol: String, _ source: String?) -> (number: Int, isNew: Bool) {
    let hash = Self.hash(type, symbol, source)
    if let known = slot(type, symbol, source, hash).entry { return (known, false) }
    if (count + 1) * 2 > slots.count { rebuild(slots: slots.count * 2) }
    var entry = Entry()
    entry.text = UInt32(texts.count)
    entry.hash = hash
    entry.symbolBytes = UInt16(symbol.utf8.count)
    entry.sourceBytes = UInt16(source?.utf8.count ?? 0)
    entry.type = UInt8(type.index)
    entry.marks = source == nil ? .taken : [.taken, .hasSource]
    texts.append(contentsOf: symbol.utf8)
    if let source { texts.append(contentsOf: source.utf8) }
    let number: Int
    if let reused = free.popLast() {
      number = Int(reused)
      entries[number] = entry
    } else {
      number = entries.count
      entries.append(entry)
    }
    slots[slot(type, symbol, source, hash).position] = UInt32(number + 1)
    count += 1
    return (number, true)
  }

  /// Frees an entry.
  mutating func remove(_ number: Int) {
    let entry = entries[number]
    var position = Int(entry.hash) & (slots.count - 1)
    while slots[position] != UInt32(number + 1) { position = (position + 1) & (slots.count - 1) }
    close(gap: position)
    set(Times(), number)
    unusedBytes += Int(entry.symbolBytes) + Int(entry.sourceBytes)
    entries[number] = Entry()
    free.append(UInt32(number))
    count -= 1
    if unusedBytes > 4096, unusedBytes * 2 > texts.count { compact() }
  }

  /// Moves up what would not be found behind an empty slot.
  private mutating func close(gap start: Int) {
    let mask = slots.count - 1
    var gap = start
    var position = start
    while true {
      position = (position + 1) & mask
      if slots[position] == 0 { break }
      let home = Int(entries[Int(slots[position]) - 1].hash) & mask
      // Stays where its home lies cyclically behind the gap.
      if (position - home) & mask < (position - gap) & mask { continue }
      slots[gap] = slots[position]
      gap = position
    }
    slots[gap] = 0
  }

  private mutating func rebuild(slots count: Int) {
    slots = [UInt32](repeating: 0, count: count)
    for number in entries.indices where entries[number].marks.contains(.taken) {
      var position = Int(entries[number].hash) & (count - 1)
      while slots[position] != 0 { position = (position + 1) & (count - 1) }
      slots[position] = UInt32(number + 1)
    }
  }

  private mutating func compact() {
    var kept: [UInt8] = []
    kept.reserveCapacity(texts.count - unusedBytes)
    for number in entries.indices where entries[number].marks.contains(.taken) {
      let start = Int(entries[number].text)
      let bytes = Int(entries[number].symbolBytes) + Int(entries[number].sourceBytes)
      entries[number].text = UInt32(kept.count)
      kept.append(contentsOf: texts[start..<start + bytes])
    }
    texts = kept
    unusedBytes = 0
  }

  /// Where a topic stands, or the empty slot where it would.
  private func slot(
    _ type: EventType, _ symbol: String, _ source: String?, _ hash: UInt32
  ) -> (position: Int, entry: Int?) {
    var position = Int(hash) & (slots.count - 1)
    while slots[position] != 0 {
      let number = Int(slots[position]) - 1
      if entries[number].hash == hash, isEqual(number, type, symbol, source) { return (position, number) }
      position = (position + 1) & (slots.count - 1)
    }
    return (position, nil)
  }

  private func isEqual(_ number: Int, _ type: EventType, _ symbol: String, _ source: String?) -> Bool {
    let entry = entries[number]
    guard entry.type == UInt8(type.index), Int(entry.symbolBytes) == symbol.utf8.count,
      entry.marks.contains(.hasSource) == (source != nil), Int(entry.sourceBytes) == source?.utf8.count ?? 0
    else { return false }
    let start = Int(entry.text)
    let middle = start + Int(entry.symbolBytes)
    return texts[start..<middle].elementsEqual(symbol.utf8)
      && (source.map { texts[middle..<middle + Int(entry.sourceBytes)].elementsEqual($0.utf8) } ?? true)
  }

  private static func hash(_ type: EventType, _ symbol: String, _ source: String?) -> UInt32 {
    var h = hash(symbol) ^ UInt64(type.rawValue) &* 0x9E37_79B9_7F4A_7C15
    if let source { h = h &* 31 &+ hash(source) }
    h ^= h >> 32
    return UInt32(truncatingIfNeeded: h &* 0xD6E8_FEB8_6659_FD93 >> 32)
  }

  private static func hash(_ text: String) -> UInt64 {
    var text = text
    return text.withUTF8 { b in unsafe TextTable.hash(UnsafeRawBufferPointer(b)) }
  }
}
