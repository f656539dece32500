import Books
import DXLink
import Market
import Rings
import Snapshots

/// The depth of the market of a live feed's symbols.
///
/// Where the mix has Orders, that is their books, of the sources that were asked for and summed by price; elsewhere
/// levels around the last bid and ask, whose sizes follow from the seed, the price and the second.
struct DOMFeed {
  private final class Box { var books = BookSet() }

  private let box = Box()
  /// Symbols that somebody watches: only their orders are kept.
  private var watched: Set<TextID> = []
  let hasOrders: Bool

  init(_ spec: GenerateSpec) { hasOrders = spec.mix.contains { $0.type == .order } }

  /// False where it is watched already.
  mutating func watch(_ symbol: TextID) -> Bool { watched.insert(symbol).inserted }

  func keep(_ event: EventRef) {
    if watched.isEmpty || event.type != .order || !watched.contains(event.symbol) { return }
    _ = box.books.take(event)
  }

  /// The books of a symbol; nil while the first of their snapshots has not ended.
  func snapshot(_ symbol: TextID, _ topic: DOMTopic, depth: Int, time: Int64, _ texts: TextStore) -> DOMSnapshot? {
    let own = box.books.books.filter { book in
      book.symbol == symbol && book.state.isWhole && topic.sources.contains { book.source.equals($0, texts) }
    }
    if own.isEmpty { return nil }
    var snapshot = DOMSnapshot(time: time)
    snapshot.bids = Self.merged(own, depth, isBid: true)
    snapshot.asks = Self.merged(own, depth, isBid: false)
    return snapshot
  }

  private static func merged(_ books: [Books.Book], _ depth: Int, isBid: Bool) -> [DOMLevel] {
    var all: [DOMLevel] = []
    for book in books {
      var rank = 0
      while rank < depth, let level = isBid ? book.ladder.bid(rank) : book.ladder.ask(rank) {
        all.append(DOMLevel(price: level.price, size: level.size))
        rank += 1
      }
    }
    all.sort { isBid ? $0.price > $1.price : $0.price < $1.price }
    var levels: [DOMLevel] = []
    for level in all {
      if levels.last?.price == level.price {
        levels[levels.count - 1].size += level.size
      } else {
        if levels.count == depth { break }
        levels.append(level)
      }
    }
    return levels
  }
}

extension Generator {
  func isOption(_ i: Int) -> Bool { universe.instruments[i].kind == .option }

  /// Levels around bid and ask that follow from the market, the seed, the price and the second.
  func makeDOM(_ i: Int, depth: Int) -> DOMSnapshot {
    let it = universe.instruments[i]
    var snapshot = DOMSnapshot(time: millis)
    func level(_ ticks: Int, _ side: UInt64) -> DOMLevel {
      let second = UInt64(bitPattern: now / 1_000_000_000)
      var random = SimulatorRandom(
        seed: spec.seed &* 31 &+ UInt64(i) << 32 ^ UInt64(bitPattern: Int64(ticks)) << 1 ^ side ^ second << 40)
      return DOMLevel(price: it.price(ticks), size: Double(random.within(1...900)) / it.partsPerSize)
    }
    for rank in 0..<depth {
      if it.bid - rank > 0 { snapshot.bids.append(level(it.bid - rank, 0)) }
      snapshot.asks.append(level(it.ask + rank, 1))
    }
    return snapshot
  }
}
