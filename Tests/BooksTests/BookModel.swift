import Books
import Market
import TestSupport

/// A book as the protocol reference describes it, without any cleverness: a buffer, a dictionary, and levels summed
/// anew whenever somebody asks.
final class BookModel {
  struct Row {
    var order: BookOrder
    var flags: EventFlags
  }

  private var buffer: [Row] = []
  private var isInSnapshot = false
  private var isFull = false
  private(set) var store: [Int64: BookOrder] = [:]

  /// Whether the event let something go on.
  func take(_ row: Row) -> Bool {
    if row.flags.contains(.snapshotBegin) {
      isInSnapshot = true
      isFull = false
      buffer.removeAll()
    }
    if isInSnapshot, row.flags.contains(.snapshotEnd) || row.flags.contains(.snapshotSnip) { isFull = true }
    buffer.append(row)
    if row.flags.contains(.txPending) || (isInSnapshot && !isFull) { return false }
    if isInSnapshot { store.removeAll() }
    isInSnapshot = false
    isFull = false
    for row in buffer {
      let ends = row.flags.contains(.removeEvent) || row.order.size == 0 || row.order.size.isNaN
      store[row.order.index] = ends ? nil : row.order
    }
    buffer.removeAll()
    return true
  }

  func interrupt() {
    buffer.removeAll()
    isInSnapshot = false
    isFull = false
  }

  /// The levels of a side, the best first. Sizes are summed as whole numbers of 2^-63, so without any rounding.
  func levels(_ side: String) -> [PriceLevel] {
    var sums: [Double: (size: Int128, count: Int64)] = [:]
    let resting = store.values.filter { $0.side.name == side && $0.price.isFinite && $0.size > 0 && $0.size.isFinite }
    for order in resting {
      let level = sums[order.price] ?? (0, 0)
      sums[order.price] = (level.size + Self.scaled(order.size), level.count + Int64(order.count))
    }
    let levels = sums.map { PriceLevel(price: $0.key, size: Double($0.value.size) / 0x1p63, count: $0.value.count) }
    return levels.sorted { side == "BUY" ? $0.price > $1.price : $0.price < $1.price }
  }

  private static func scaled(_ size: Double) -> Int128 { Int128(size * 0x1p63) }
}

/// Makes the events of some books at random, as servers send them and as they should not.
struct BookEvents {
  private var random: SeededRandom
  /// What each book is in the middle of.
  private var phases: [Phase]
  static let bookCount = 6

  private struct Phase {
    /// Rows of the snapshot that are still to come.
    var rows = 0
    var ending = 0
    /// Events of the transaction that are still to come.
    var pending = 0
  }

  init(seed: UInt64) {
    random = SeededRandom(seed: seed)
    phases = Array(repeating: Phase(), count: Self.bookCount)
  }

  private mutating func below(_ bound: Int) -> Int { Int(random.next() >> 33) % bound }

  mutating func next() -> (book: Int, row: BookModel.Row) {
    let book = below(Self.bookCount)
    let flags = flags(book)
    return (book, BookModel.Row(order: order(flags), flags: flags))
  }

  private mutating func flags(_ book: Int) -> EventFlags {
    // A snapshot begins: sometimes in the middle of another one, or of a transaction.
    if below(400) == 0 {
      let rows = below(40)
      if rows == 0 { return [.snapshotBegin, .snapshotEnd, .removeEvent] }
      phases[book].rows = rows
      phases[book].ending = below(4)
      return below(3) == 0 ? [.snapshotBegin, .txPending] : .snapshotBegin
    }
    if phases[book].rows > 0 {
      phases[book].rows -= 1
      guard phases[book].rows == 0 else { return below(5) == 0 ? .txPending : [] }
      switch phases[book].ending {
      case 0: return .snapshotEnd
      case 1: return .snapshotSnip
      case 2: return [.snapshotEnd, .removeEvent]
      default:
        phases[book].pending = 1 + below(3)
        return [.snapshotEnd, .txPending]
      }
    }
    if phases[book].pending > 0 {
      phases[book].pending -= 1
      let flags: EventFlags = phases[book].pending == 0 ? [] : .txPending
      return below(3) == 0 ? flags.union(.removeEvent) : flags
    }
    switch below(20) {
    case 0:
      phases[book].pending = 1 + below(6)
      return .txPending
    case 1...6: return .removeEvent
    // An END that ends nothing, and bits without a meaning.
    case 7: return below(50) == 0 ? .snapshotEnd : EventFlags(rawValue: 32)
    default: return []
    }
  }

  private mutating func order(_ flags: EventFlags) -> BookOrder {
    let index = Int64(below(60)) << 32 | Int64(below(2))
    var price = Double(below(40)) / 8 - 1
    var size = below(4) == 0 ? Double(1 + below(900)) / 10 : Double(1 + below(500))
    switch below(60) {
    case 0: size = 0
    case 1: size = .nan
    case 2: price = .nan
    case 3: price = .infinity
    case 4: size = -3
    case 5: price = -0.0
    case 6: size = .infinity
    case 7: size = 1e-3
    default: break
    }
    // The side falls with the price, but for some: the book is crossed then.
    let isBuy = below(8) == 0 ? below(2) == 0 : price < 1.5
    let side = below(100) == 0 ? "UNDEFINED" : isBuy ? "BUY" : "SELL"
    return BookOrder(
      index: index, side: Side(name: side) ?? .first, price: price, size: size, count: Int64(below(4)),
      isRemoved: flags.contains(.removeEvent))
  }
}
