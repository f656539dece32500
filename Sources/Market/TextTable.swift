package import Rings

/// Symbols and other texts of one lane by id: open addressing, the texts in a store that sinks read without a lock.
/// One thread adds; ids never change.
///
/// Memory: 24 bytes a slot and 12 bytes a text in the store. Up to `sparseSlots` a quarter of the slots is taken at
/// most, beyond that five of eight, so that 500,000 texts cost 63 bytes each beside their own.
@safe
package struct TextTable: ~Copyable {
  /// The texts, for readers on other threads.
  package let store: TextStore
  /// Room for 4,096 texts before there has to be more, which holds up the feed for some tens of microseconds. Pages
  /// that no text reaches are no memory.
  static let firstSlots = 1 << 14
  /// Slots up to which most stay free, 3 MB. A text that is not in its first two slots costs a mispredicted branch, as
  /// much as reading a price: that is one of 3 texts where half of the slots are taken, one of 70 with a quarter.
  static let sparseSlots = 1 << 17
  /// Slots looked at for one text. At most five of eight slots are taken, which makes chains of some tens at 2 million
  /// texts; longer ones are made by a server that chose its texts so, and would cost quadratic time.
  package static let maximumProbes = TextSlots.maximumProbes
  /// For look-ups; a copy of it is good until the next `intern`.
  package private(set) var slots: TextSlots
  /// Texts that found no room, each of which became null or cost its row.
  package private(set) var refused = 0

  package init(limits: TextStore.Limits = TextStore.Limits()) {
    store = TextStore(limits: limits)
    slots = TextSlots(count: Self.firstSlots)
  }

  deinit { slots.deallocate() }

  package var count: Int { store.count }
  /// Memory that was asked for, the texts themselves included.
  package var reservedBytes: Int { slots.byteCount + store.reservedBytes }

  /// The id of these bytes, new or known; nil when the store's limit or `maximumProbes` is reached.
  package mutating func intern(_ text: UnsafeRawBufferPointer) -> TextID? {
    let key = unsafe TextKey(text)
    let place = unsafe slots.place(key, text)
    switch place {
    case .known(let id): return TextID(rawValue: id)
    case .new: return unsafe add(text, key)
    case .none:
      refused += 1
      return nil
    }
  }

  /// The id of a text from the outside, such as a configured symbol.
  package mutating func intern(_ text: String) -> TextID? {
    var copy = text
    return copy.withUTF8 { b in unsafe intern(UnsafeRawBufferPointer(b)) }
  }

  @inline(never)
  private mutating func add(_ text: UnsafeRawBufferPointer, _ key: TextKey) -> TextID? {
    guard let id = unsafe store.add(text), let copy = unsafe store.bytes(id)?.baseAddress else {
      refused += 1
      return nil
    }
    unsafe slots.insert(key, id: id, text: copy)
    reserve(store.count)
    return TextID(rawValue: id)
  }

  /// Makes room for so many texts in all, so that the table need not grow while they come.
  package mutating func reserve(_ count: Int) {
    var slotCount = slots.count
    while Self.isFull(count, slotCount) { slotCount *= 2 }
    if slotCount == slots.count { return }
    let bigger = TextSlots(count: slotCount)
    bigger.insert(all: slots)
    slots.deallocate()
    slots = bigger
  }

  private static func isFull(_ count: Int, _ slotCount: Int) -> Bool {
    slotCount < sparseSlots ? count > slotCount / 4 : count > slotCount / 8 * 5
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
    let tail = unsafe TextKey.word(text, from: i)
    return Mix.fold(h ^ tail, 0xD6E8_FEB8_6659_FD93)
  }
}

extension TextStore {
  /// `TextTable.hash` of a text; 0 for an id that was never given.
  package func hash(_ id: UInt32) -> UInt64 {
    guard let text = unsafe bytes(id) else { return 0 }
    return unsafe TextTable.hash(text)
  }
}

/// Mixing of 64-bit words.
@usableFromInline
package enum Mix {
  /// The two halves of the product of `a` and `b`, added by exclusive or.
  @inlinable package static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let (high, low) = a.multipliedFullWidth(by: b)
    return high ^ low ^ a
  }
}
