/// One price of one side, as a reader sees it.
package struct PriceLevel: BitwiseCopyable, Sendable, Equatable {
  package var price: Double
  package var size: Double
  /// Orders there; an aggregated order counts as many as it says.
  package var count: Int64

  package init(price: Double, size: Double, count: Int64) {
    self.price = price
    self.size = size
    self.count = count
  }
}

/// The levels of one side in the order of their prices, the best one last: most changes are near the top, where an
/// insertion then moves few levels.
///
/// Invariant: keys rise strictly, and each level has an order at least. A size is the exact sum of its orders, kept as
/// a value and what its rounding left out (Knuth's TwoSum), as long as those together fit into 106 bits: coming and
/// going leaves no residue, whatever the order.
@safe
struct LevelList: ~Copyable {
  private struct Level: BitwiseCopyable {
    /// The price; negative for asks.
    var key: Double
    var size: Double
    var rest: Double
    var orders: Int64
    var count: Int64
  }

  private var levels: UnsafeMutablePointer<Level>
  private var capacity: Int
  private(set) var count = 0
  private let sign: Double
  /// The best rank that has changed since `takeChange`; `.max` for none.
  private var changedRank = Int.max

  private static let firstLevels = 64

  init(isAsk: Bool) {
    sign = isAsk ? -1 : 1
    capacity = Self.firstLevels
    unsafe levels = .allocate(capacity: capacity)
  }

  deinit { unsafe levels.deallocate() }

  /// The position of the first level whose key is not below this one.
  private func position(_ key: Double) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low &+ high) >> 1
      if unsafe levels[middle].key < key { low = middle &+ 1 } else { high = middle }
    }
    return low
  }

  /// An order comes to a price.
  mutating func add(_ order: BookOrder) {
    // Adding zero gives both zeros one sign.
    let key = order.price * sign + 0
    let at = position(key)
    if at < count, unsafe levels[at].key == key {
      unsafe Self.add(order.size, to: &levels[at])
      unsafe levels[at].orders &+= 1
      unsafe levels[at].count &+= Int64(order.count)
    } else {
      if count == capacity { grow() }
      unsafe (levels + at + 1).update(from: levels + at, count: count - at)
      unsafe levels[at] = Level(key: key, size: order.size, rest: 0, orders: 1, count: Int64(order.count))
      count &+= 1
    }
    changed(at)
  }

  /// An order that rests here goes.
  mutating func remove(_ order: BookOrder) {
    let key = order.price * sign + 0
    let at = position(key)
    guard at < count, unsafe levels[at].key == key else { preconditionFailure("no level has this order") }
    changed(at)
    if unsafe levels[at].orders == 1 {
      count &-= 1
      unsafe (levels + at).update(from: levels + at + 1, count: count - at)
      return
    }
    unsafe Self.add(-order.size, to: &levels[at])
    unsafe levels[at].orders &-= 1
    unsafe levels[at].count &-= Int64(order.count)
  }

  /// An order changes at its price.
  mutating func change(_ old: BookOrder, to new: BookOrder) {
    let key = old.price * sign + 0
    let at = position(key)
    guard at < count, unsafe levels[at].key == key else { preconditionFailure("no level has this order") }
    if unsafe levels[at].orders == 1 {
      unsafe levels[at].size = new.size
      unsafe levels[at].rest = 0
    } else {
      unsafe Self.add(-old.size, to: &levels[at])
      unsafe Self.add(new.size, to: &levels[at])
    }
    unsafe levels[at].count &+= Int64(new.count) &- Int64(old.count)
    changed(at)
  }

  mutating func removeAll() {
    if count > 0 { changedRank = 0 }
    count = 0
  }

  /// The level of a rank, 0 for the best.
  func level(_ rank: Int) -> PriceLevel? {
    guard rank >= 0, rank < count else { return nil }
    let level = unsafe levels[count - 1 - rank]
    return PriceLevel(price: level.key * sign + 0, size: level.size, count: level.count)
  }

  /// Whether one of the best `depth` levels may have changed since the last call.
  mutating func takeChange(depth: Int) -> Bool {
    let isChanged = changedRank < depth
    changedRank = .max
    return isChanged
  }

  private mutating func changed(_ at: Int) {
    let rank = count &- 1 &- at
    if rank < changedRank { changedRank = max(0, rank) }
  }

  private static func add(_ value: Double, to level: inout Level) {
    let (sum, lost) = twoSum(level.size, value)
    (level.size, level.rest) = twoSum(sum, lost + level.rest)
  }

  /// The rounded sum and what rounding left out (Knuth, The Art of Computer Programming 2, section 4.2.2).
  private static func twoSum(_ a: Double, _ b: Double) -> (sum: Double, lost: Double) {
    let sum = a + b
    let part = sum - a
    return (sum, (a - (sum - part)) + (b - part))
  }

  private mutating func grow() {
    let bigger = UnsafeMutablePointer<Level>.allocate(capacity: capacity * 2)
    unsafe bigger.update(from: levels, count: count)
    unsafe levels.deallocate()
    unsafe levels = bigger
    capacity *= 2
  }
}
