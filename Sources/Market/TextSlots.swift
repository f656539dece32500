package import CShims
import Rings

/// What a text is looked up by. Up to 16 bytes it is the text itself, zeros behind it; of a longer one a hash.
package struct TextKey {
  /// The first eight bytes, or the hash.
  let low: UInt64
  /// The second eight bytes; 0 for a longer text.
  let high: UInt64
  /// Bytes of the text, with `unplain` where it applies.
  let count: UInt32
  /// Where the search for a slot begins.
  package let hash: UInt64

  /// Set in `count` for a text with a byte that stands in JSON only as an escape.
  static var unplain: UInt32 { 1 << 31 }

  /// Of up to 16 bytes.
  init(low: UInt64, high: UInt64, count: Int) {
    self.low = low
    self.high = high
    self.count = UInt32(truncatingIfNeeded: count)
    hash = qw_text_hash16(low, high)
  }

  /// Of a longer text.
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
      let base = unsafe text.baseAddress!.assumingMemoryBound(to: UInt8.self)
      self.init(longHash: unsafe qw_text_hash32(base, text.count), count: text.count | mark)
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

/// The slots of a text table, as `qw_texts.h` lays them out: a view that costs nothing to copy, for look-ups in hot
/// loops in C.
@safe
package struct TextSlots {
  package typealias Slot = qw_text_slot

  enum Place {
    case known(UInt32)
    case new
    /// `maximumProbes` slots are taken by others.
    case none
  }

  @unsafe package let base: UnsafeMutablePointer<Slot>
  /// A power of two, less one.
  package let mask: Int

  static var maximumProbes: Int { Int(QW_TEXT_PROBES) }
  package var count: Int { mask + 1 }

  init(count: Int) {
    precondition(count > 0 && count & (count - 1) == 0)
    let memory = unsafe HugePages.zeros(byteCount: count * MemoryLayout<Slot>.stride)
    // All zeros is a free slot.
    unsafe base = memory.bindMemory(to: Slot.self, capacity: count)
    mask = count - 1
  }

  /// Of the slots.
  var byteCount: Int { count * MemoryLayout<Slot>.stride }

  func deallocate() { unsafe HugePages.free(base, byteCount: byteCount) }

  /// The id of a text of 1 to 32 bytes; 0 for one that is not there, or that JSON has to escape. 16 bytes are read at
  /// least.
  package func find(_ text: UnsafePointer<UInt8>, _ count: Int) -> UInt32 {
    unsafe qw_find_text(base, UInt64(mask), text, count)
  }

  /// A text of more than 16 bytes.
  private static func text(_ slot: Slot, _ count: Int) -> UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: UInt(slot.high)), count: count)
  }

  /// Whether a slot has this key: then its text is that of the key, if that has up to 16 bytes.
  package static func holds(_ slot: Slot, _ key: TextKey) -> Bool {
    slot.low == key.low && slot.count == key.count && (slot.count & ~TextKey.unplain > 16 || slot.high == key.high)
  }

  /// What the table knows of a text. The key is the text's.
  func place(_ key: TextKey, _ text: UnsafeRawBufferPointer) -> Place {
    var i = home(key.hash)
    for _ in 0..<Self.maximumProbes {
      let slot = unsafe base[i]
      if slot.id == 0 { return .new }
      if Self.holds(slot, key), unsafe text.count <= 16 || Self.text(slot, text.count).elementsEqual(text) {
        return .known(slot.id)
      }
      i = (i &+ 1) & mask
    }
    return .none
  }

  /// Takes a slot for a text that is not there yet, and stays at `text`.
  func insert(_ key: TextKey, id: UInt32, text: UnsafeRawPointer) {
    let high = key.count & ~TextKey.unplain <= 16 ? key.high : UInt64(UInt(bitPattern: text))
    insert(Slot(low: key.low, high: high, id: id, count: key.count))
  }

  /// Takes slots for all texts of a smaller table, to which no text was added meanwhile.
  func insert(all smaller: TextSlots) {
    for i in 0..<smaller.count where unsafe smaller.base[i].id != 0 { unsafe insert(smaller.base[i]) }
  }

  /// Of two texts that want a slot the one farther from its own gets it (Celis 1986), so that texts added late are
  /// found as fast as those added first.
  private func insert(_ slot: Slot) {
    var wanting = slot
    var i = home(slot)
    var distance = 0
    while unsafe base[i].id != 0 {
      let theirs = unsafe (i &- home(base[i])) & mask
      if theirs < distance {
        unsafe swap(&base[i], &wanting)
        distance = theirs
      }
      i = (i &+ 1) & mask
      distance &+= 1
    }
    unsafe base[i] = wanting
  }

  private func home(_ hash: UInt64) -> Int {
    Int(truncatingIfNeeded: qw_text_home(hash, UInt64(truncatingIfNeeded: mask)))
  }

  /// Where the search for a slot's text begins.
  private func home(_ slot: Slot) -> Int {
    let isShort = slot.count & ~TextKey.unplain <= 16
    return home(isShort ? TextKey(low: slot.low, high: slot.high, count: Int(slot.count)).hash : slot.low)
  }
}
