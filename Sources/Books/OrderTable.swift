import Market

/// The orders of one book by their index: open addressing with linear probing, half full at most, without tombstones.
///
/// Invariant: an order is found from its home slot on without an empty slot between; the table only grows.
@safe
struct OrderTable: ~Copyable {
  enum Place {
    case known(BookOrder)
    case new
    /// `BookLimits.maximumProbes` slots are taken by others.
    case refused
  }

  private var slots: UnsafeMutablePointer<BookOrder>
  /// A power of two, less one.
  private var mask: Int
  private(set) var count = 0

  private static let firstSlots = 64
  /// The ladder of a slot without an order.
  private static let none: Int32 = -1
  private static let empty: BookOrder = {
    var order = BookOrder(index: 0, side: .first, price: 0, size: 0)
    order.ladder = none
    return order
  }()

  init() {
    mask = Self.firstSlots - 1
    unsafe slots = Self.allocate(Self.firstSlots)
  }

  deinit { unsafe slots.deallocate() }

  private static func allocate(_ count: Int) -> UnsafeMutablePointer<BookOrder> {
    let slots = UnsafeMutablePointer<BookOrder>.allocate(capacity: count)
    unsafe slots.initialize(repeating: empty, count: count)
    return unsafe slots
  }

  /// Mixes all bits into the high ones, where the slot's number is taken from.
  private func home(_ index: Int64) -> Int {
    let bits = UInt64(bitPattern: index)
    let (high, low) = bits.multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
    return Int(truncatingIfNeeded: (high ^ low) >> 16) & mask
  }

  private func find(_ index: Int64) -> Int? {
    var i = home(index)
    for _ in 0..<BookLimits.maximumProbes {
      let slot = unsafe slots[i]
      if slot.ladder == Self.none { return nil }
      if slot.index == index { return i }
      i = (i &+ 1) & mask
    }
    return nil
  }

  subscript(index: Int64) -> BookOrder? { find(index).map { unsafe slots[$0] } }

  /// Takes an order in the place of the one with its index, or a new one where `mayAdd`.
  mutating func place(_ order: BookOrder, mayAdd: Bool) -> Place {
    var i = home(order.index)
    for _ in 0..<BookLimits.maximumProbes {
      let slot = unsafe slots[i]
      if slot.ladder == Self.none {
        guard mayAdd else { return .refused }
        unsafe slots[i] = order
        count &+= 1
        if count &* 2 > mask { grow() }
        return .new
      }
      if slot.index == order.index {
        unsafe slots[i] = order
        return .known(slot)
      }
      i = (i &+ 1) & mask
    }
    return .refused
  }

  /// Takes an order out, and moves those behind it that would no longer be found.
  mutating func remove(_ index: Int64) -> BookOrder? {
    guard var hole = find(index) else { return nil }
    let removed = unsafe slots[hole]
    var i = hole
    while true {
      i = (i &+ 1) & mask
      let slot = unsafe slots[i]
      if slot.ladder == Self.none { break }
      let fromHome = (i &- home(slot.index)) & mask
      let fromHole = (i &- hole) & mask
      if fromHome >= fromHole {
        unsafe slots[hole] = slot
        hole = i
      }
    }
    unsafe slots[hole] = Self.empty
    count &-= 1
    return removed
  }

  mutating func removeAll() {
    if count > 0 { unsafe slots.update(repeating: Self.empty, count: mask + 1) }
    count = 0
  }

  /// Every order, in no order.
  func forEach(_ body: (BookOrder) -> Void) {
    for i in 0...mask {
      let slot = unsafe slots[i]
      if slot.ladder != Self.none { body(slot) }
    }
  }

  private mutating func grow() {
    let old = unsafe slots
    let oldCount = mask + 1
    mask = oldCount * 2 - 1
    unsafe slots = Self.allocate(mask + 1)
    for k in 0..<oldCount {
      let slot = unsafe old[k]
      if slot.ladder == Self.none { continue }
      var i = home(slot.index)
      while unsafe slots[i].ladder != Self.none { i = (i &+ 1) & mask }
      unsafe slots[i] = slot
    }
    unsafe old.deallocate()
  }
}
