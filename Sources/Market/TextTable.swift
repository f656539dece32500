package import Rings

/// Symbols and other texts of one lane by id: open addressing over 64-bit hashes, the texts in a store that sinks read
/// without a lock. One thread adds; ids never change.
///
/// A slot is 8 bytes: the low 32 bits of the hash and the id. At 16 bytes of entry and 16 of slots (load at most one
/// half) a text costs 40 bytes beside its own.
@safe
package struct TextTable: ~Copyable {
  /// The texts, for readers on other threads.
  package let store: TextStore
  /// Slots looked at for one text. At most half of the slots are taken, which makes chains of some tens at 2 million
  /// texts; longer ones are made by a server that chose its texts so, and would cost quadratic time.
  package static let maximumProbes = 1024
  private var slots: UnsafeMutablePointer<UInt64>
  private var slotCount: Int
  /// Texts that found no room, each of which became null or cost its row.
  package private(set) var refused = 0

  package init(limits: TextStore.Limits = TextStore.Limits()) {
    store = TextStore(limits: limits)
    slotCount = 1 << 12
    unsafe slots = .allocate(capacity: slotCount)
    unsafe slots.initialize(repeating: 0, count: slotCount)
  }

  deinit { unsafe slots.deallocate() }

  package var count: Int { store.count }

  /// The id of these bytes, new or known; nil when the store's limit or `maximumProbes` is reached.
  package mutating func intern(_ text: UnsafeRawBufferPointer) -> TextID? {
    let hash = unsafe Self.hash(text)
    let tag = hash & 0xFFFF_FFFF
    var i = Int(truncatingIfNeeded: hash &>> 32) & (slotCount &- 1)
    var probesLeft = Self.maximumProbes
    while probesLeft > 0 {
      let slot = unsafe slots[i]
      if slot == 0 { return unsafe add(text, hash, at: i) }
      if slot &>> 32 == tag, unsafe equals(UInt32(truncatingIfNeeded: slot), text) {
        return TextID(rawValue: UInt32(truncatingIfNeeded: slot))
      }
      i = (i &+ 1) & (slotCount &- 1)
      probesLeft &-= 1
    }
    refused += 1
    return nil
  }

  /// The id of a text from the outside, such as a configured symbol.
  package mutating func intern(_ text: String) -> TextID? {
    var copy = text
    return copy.withUTF8 { b in unsafe intern(UnsafeRawBufferPointer(b)) }
  }

  @inline(never)
  private mutating func add(_ text: UnsafeRawBufferPointer, _ hash: UInt64, at i: Int) -> TextID? {
    guard let id = unsafe store.add(text, hash: hash) else {
      refused += 1
      return nil
    }
    unsafe slots[i] = (hash & 0xFFFF_FFFF) << 32 | UInt64(id)
    if store.count * 2 > slotCount { grow() }
    return TextID(rawValue: id)
  }

  private func equals(_ id: UInt32, _ text: UnsafeRawBufferPointer) -> Bool {
    unsafe store.withText(id) { known in
      unsafe known.count == text.count && known.elementsEqual(text)
    }
  }

  private mutating func grow() {
    let old = unsafe slots
    let oldCount = slotCount
    slotCount *= 2
    unsafe slots = .allocate(capacity: slotCount)
    unsafe slots.initialize(repeating: 0, count: slotCount)
    for j in 0..<oldCount where unsafe old[j] != 0 {
      let slot = unsafe old[j]
      var i = Int(truncatingIfNeeded: store.hash(UInt32(truncatingIfNeeded: slot)) &>> 32) & (slotCount - 1)
      while unsafe slots[i] != 0 { i = (i + 1) & (slotCount - 1) }
      unsafe slots[i] = slot
    }
    unsafe old.deallocate()
  }

  /// A 64-bit hash of the bytes, the same on every machine and in every run: folded 128-bit products over 8-byte words.
  package static func hash(_ text: UnsafeRawBufferPointer) -> UInt64 {
    var h = UInt64(text.count) &* 0x9E37_79B9_7F4A_7C15 ^ 0xC2B2_AE3D_27D4_EB4F
    var i = 0
    while i &+ 8 <= text.count {
      let word = unsafe text.loadUnaligned(fromByteOffset: i, as: UInt64.self)
      h = Mix.fold(h ^ word, 0x9E37_79B9_7F4A_7C15)
      i &+= 8
    }
    var tail: UInt64 = 0
    var shift: UInt64 = 0
    while i < text.count {
      tail |= unsafe UInt64(text[i]) &<< shift
      shift &+= 8
      i &+= 1
    }
    return Mix.fold(h ^ tail, 0xD6E8_FEB8_6659_FD93)
  }
}

/// Mixing of 64-bit words.
package enum Mix {
  /// The two halves of the product of `a` and `b`, added by exclusive or.
  @inlinable package static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let (high, low) = a.multipliedFullWidth(by: b)
    return high ^ low ^ a
  }
}
