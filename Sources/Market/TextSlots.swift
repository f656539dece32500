import Rings

/// What a text is looked up by. Up to 16 bytes it is the text itself, zeros behind it; of a longer one a hash.
@frozen @usableFromInline
package struct TextKey {
  /// The first eight bytes, or the hash.
  @usableFromInline let low: UInt64
  /// The second eight bytes; 0 for a longer text.
  @usableFromInline let high: UInt64
  /// Bytes of the text, with `unplain` where it applies.
  @usableFromInline let count: UInt32
  /// Where the search for a slot begins.
  @usableFromInline package let hash: UInt64

  /// Set in `count` for a text with a byte that stands in JSON only as an escape: such a text is never the bytes of a
  /// string as they stand, and a look-up by them must not find it.
  static var unplain: UInt32 { 1 << 31 }

  @inlinable static var lowSeed: UInt64 { 0xA076_1D64_78BD_642F }
  @inlinable static var highSeed: UInt64 { 0xE703_7ED1_A0B4_28DB }

  /// Of up to 16 bytes.
  @inlinable @inline(__always)
  package init(low: UInt64, high: UInt64, count: Int) {
    self.low = low
    self.high = high
    self.count = UInt32(truncatingIfNeeded: count)
    hash = Mix.fold(low ^ Self.lowSeed, high ^ Self.highSeed)
  }

  /// Of a longer text.
  @inlinable @inline(__always)
  init(longHash: UInt64, count: Int) {
    low = longHash
    high = 0
    self.count = UInt32(truncatingIfNeeded: count)
    hash = longHash
  }

  package init(_ text: UnsafeRawBufferPointer) {
    let mark = unsafe Self.isPlain(text) ? 0 : Int(Self.unplain)
    switch text.count {
    case ...16:
      let (low, high) = unsafe (Self.word(text, from: 0), Self.word(text, from: 8))
      self.init(low: low, high: high, count: text.count | mark)
    case ...32:
      let base = text.baseAddress!
      self.init(longHash: unsafe Self.hash32(base, text.count), count: text.count | mark)
    default: self.init(longHash: unsafe TextTable.hash(text), count: text.count | mark)
    }
  }

  /// Whether no byte is a control character, a quote or a backslash.
  private static func isPlain(_ text: UnsafeRawBufferPointer) -> Bool {
    let ones: UInt64 = 0x0101_0101_0101_0101
    var found: UInt64 = 0
    for i in stride(from: 0, to: text.count, by: 8) {
      let left = text.count &- i
      // Blanks in place of bytes that are not there.
      let word = unsafe Self.word(text, from: i) | (left < 8 ? (ones &* 0x20) << UInt64(8 &* left) : 0)
      let (quotes, slashes) = (word ^ (ones &* 0x22), word ^ (ones &* 0x5C))
      found |= (word &- ones &* 0x20) & ~word | (quotes &- ones) & ~quotes | (slashes &- ones) & ~slashes
    }
    return found & (ones &* 0x80) == 0
  }

  /// Of 17 to 32 bytes: four words, which overlap.
  @inlinable @inline(__always)
  package static func hash32(_ text: UnsafeRawPointer, _ count: Int) -> UInt64 {
    let a = unsafe text.loadUnaligned(as: UInt64.self)
    let b = unsafe text.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
    let c = unsafe text.loadUnaligned(fromByteOffset: count &- 16, as: UInt64.self)
    let d = unsafe text.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
    let first = Mix.fold(a ^ lowSeed, b ^ highSeed)
    return Mix.fold(c ^ highSeed, d ^ lowSeed) &+ (first &<< 32 | first &>> 32)
  }

  /// Up to eight bytes from `start` on, the first lowest; zeros for those that are not there.
  static func word(_ text: UnsafeRawBufferPointer, from start: Int) -> UInt64 {
    if start &+ 8 <= text.count { return unsafe text.loadUnaligned(fromByteOffset: start, as: UInt64.self) }
    var word: UInt64 = 0
    var i = text.count
    while i > start {
      i &-= 1
      word = unsafe word &<< 8 | UInt64(text[i])
    }
    return word
  }
}

/// The slots of a text table: a view that costs nothing to copy, for look-ups in hot loops.
///
///     slot  low   UInt64   first eight bytes of the text, or the hash of a text of more than 16 bytes
///           high  UInt64   second eight bytes, or where a longer text lies
///           id    UInt32   0 for a free slot
///           count UInt32   bytes of the text; the highest bit is set for one with bytes that JSON has to escape
///
/// A hit compares every byte of the text, so it proves that a text is one that was added. `find` and `find32` pass over
/// texts that JSON has to escape: what they find may stand in a string as it is.
@frozen @usableFromInline
@safe
package struct TextSlots {
  @frozen @usableFromInline
  struct Slot {
    @usableFromInline var low: UInt64
    @usableFromInline var high: UInt64
    @usableFromInline var id: UInt32
    @usableFromInline var count: UInt32

    @inlinable
    init(low: UInt64, high: UInt64, id: UInt32, count: UInt32) {
      self.low = low
      self.high = high
      self.id = id
      self.count = count
    }
  }

  enum Place {
    case known(UInt32)
    case new
    /// `maximumProbes` slots are taken by others.
    case none
  }

  @usableFromInline let base: UnsafeMutablePointer<Slot>
  /// A power of two, less one.
  @usableFromInline let mask: Int

  @inlinable static var maximumProbes: Int { 1024 }
  var count: Int { mask + 1 }

  init(count: Int) {
    precondition(count > 0 && count & (count - 1) == 0)
    let bytes = count * MemoryLayout<Slot>.stride
    let memory = UnsafeMutableRawBufferPointer.allocate(
      byteCount: bytes, alignment: HugePages.alignment(for: bytes))
    unsafe HugePages.advise(memory)
    unsafe base = memory.bindMemory(to: Slot.self).baseAddress!
    unsafe base.initialize(repeating: Slot(low: 0, high: 0, id: 0, count: 0), count: count)
    mask = count - 1
  }

  /// Of the slots.
  var byteCount: Int { count * MemoryLayout<Slot>.stride }

  func deallocate() { unsafe base.deallocate() }

  /// The id of a text of up to 16 bytes; 0 for one that is not there.
  @inlinable @inline(__always)
  package func find(_ low: UInt64, _ high: UInt64, _ count: Int) -> UInt32 {
    let key = TextKey(low: low, high: high, count: count)
    var i = Int(truncatingIfNeeded: key.hash) & mask
    var probesLeft = Self.maximumProbes
    repeat {
      let slot = unsafe base + i
      if unsafe slot.pointee.low == low && slot.pointee.high == high && slot.pointee.count == key.count {
        return unsafe slot.pointee.id
      }
      if unsafe slot.pointee.id == 0 { return 0 }
      i = (i &+ 1) & mask
      probesLeft &-= 1
    } while probesLeft > 0
    return 0
  }

  /// The id of a text of 17 to 32 bytes; 0 for one that is not there.
  @inlinable @inline(__always)
  package func find32(_ text: UnsafeRawPointer, _ count: Int) -> UInt32 {
    let hash = unsafe TextKey.hash32(text, count)
    var i = Int(truncatingIfNeeded: hash) & mask
    var probesLeft = Self.maximumProbes
    repeat {
      let slot = unsafe base + i
      if unsafe slot.pointee.id == 0 { return 0 }
      if unsafe slot.pointee.low == hash && Int(slot.pointee.count) == count {
        if unsafe Self.equal32(Self.text(slot.pointee), text, count) { return unsafe slot.pointee.id }
      }
      i = (i &+ 1) & mask
      probesLeft &-= 1
    } while probesLeft > 0
    return 0
  }

  /// Where a text of more than 16 bytes lies.
  @inlinable @inline(__always)
  static func text(_ slot: Slot) -> UnsafeRawPointer {
    unsafe UnsafeRawPointer(bitPattern: UInt(truncatingIfNeeded: slot.high)).unsafelyUnwrapped
  }

  /// Whether two texts of 17 to 32 bytes are equal, by four words that overlap.
  @inlinable @inline(__always)
  static func equal32(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ count: Int) -> Bool {
    let first = unsafe (word(a, 0) ^ word(b, 0)) | (word(a, 8) ^ word(b, 8))
    let last =
      unsafe (word(a, count &- 16) ^ word(b, count &- 16)) | (word(a, count &- 8) ^ word(b, count &- 8))
    return first | last == 0
  }

  @inlinable @inline(__always)
  static func word(_ p: UnsafeRawPointer, _ offset: Int) -> UInt64 {
    unsafe p.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
  }

  /// What the table knows of a text. The key is the text's.
  func place(_ key: TextKey, _ text: UnsafeRawBufferPointer) -> Place {
    var i = Int(truncatingIfNeeded: key.hash) & mask
    for _ in 0..<Self.maximumProbes {
      let slot = unsafe base[i]
      if slot.id == 0 { return .new }
      if slot.low == key.low, slot.count == key.count, unsafe holds(slot, key, text) { return .known(slot.id) }
      i = (i &+ 1) & mask
    }
    return .none
  }

  private func holds(_ slot: Slot, _ key: TextKey, _ text: UnsafeRawBufferPointer) -> Bool {
    if text.count <= 16 { return slot.high == key.high }
    return unsafe UnsafeRawBufferPointer(start: Self.text(slot), count: text.count).elementsEqual(text)
  }

  /// Takes a slot for a text that is not there yet, and stays at `text`. Of two texts that want a slot the one farther
  /// from its own gets it (Celis 1986), so that texts added late are found as fast as those added first.
  func insert(_ key: TextKey, id: UInt32, text: UnsafeRawPointer) {
    let high = key.count & ~TextKey.unplain <= 16 ? key.high : UInt64(UInt(bitPattern: text))
    var wanting = Slot(low: key.low, high: high, id: id, count: key.count)
    var i = Int(truncatingIfNeeded: key.hash) & mask
    var distance = 0
    while unsafe base[i].id != 0 {
      let theirs = unsafe (i &- Self.home(base[i])) & mask
      if theirs < distance {
        unsafe swap(&base[i], &wanting)
        distance = theirs
      }
      i = (i &+ 1) & mask
      distance &+= 1
    }
    unsafe base[i] = wanting
  }

  /// Where the search for a slot's text begins, before the mask.
  private static func home(_ slot: Slot) -> Int {
    let isShort = slot.count & ~TextKey.unplain <= 16
    let hash = isShort ? TextKey(low: slot.low, high: slot.high, count: Int(slot.count)).hash : slot.low
    return Int(truncatingIfNeeded: hash)
  }
}
