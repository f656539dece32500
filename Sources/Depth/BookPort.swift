package import Books
package import Market
package import Rings
import Sinks
import Snapshots

/// Keeps the books of one lane and gives a view of each that changed among its best levels. Used by the lane's thread.
package final class BookPort: SinkPort {
  private var set: BookSet
  private let texts: TextStore
  private let filter: BookFilter
  private let depth: Int
  private let take: (DepthView) -> Void
  private let batchEnded: () -> Void
  private let finished: (BookCounts) -> Void
  /// By the book's number; nil for a book that nobody wants.
  private var names: [BookNames?] = []
  /// What was shown last, by ladder.
  private var shown: [ObjectIdentifier: Levels] = [:]

  private struct BookNames {
    let symbol: String
    let source: String?
  }

  private struct Levels: Equatable {
    var bids: [PriceLevel] = []
    var asks: [PriceLevel] = []
  }

  package init(
    texts: TextStore, filter: BookFilter, depth: Int, limits: BookLimits = BookLimits(),
    take: @escaping (DepthView) -> Void, batchEnded: @escaping () -> Void = {},
    finished: @escaping (BookCounts) -> Void = { _ in }
  ) {
    set = BookSet(limits: limits)
    self.texts = texts
    self.filter = filter
    self.depth = depth
    self.take = take
    self.batchEnded = batchEnded
    self.finished = finished
  }

  package func accept(_ batch: borrowing EventBatch, isStopping: () -> Bool) {
    batch.forEach { event in
      guard let (book, effect) = set.take(event) else { return }
      show(book, isSnapshot: effect == .snapshot)
    }
    batchEnded()
  }

  package func accept(_ gap: Gap, isStopping: () -> Bool) { set.interrupt() }
  package var holdsBack: Bool { false }
  package func settle() {}

  package func finish(isStopping: () -> Bool) {
    batchEnded()
    finished(set.counts)
  }

  private func show(_ book: Book, isSnapshot: Bool) {
    while names.count <= book.number { names.append(wanted(set.books[names.count])) }
    guard let names = names[book.number] else { return }
    for ladder in book.ladders {
      let isChanged = ladder.takeChange(depth: depth)
      guard isChanged || isSnapshot else { continue }
      let isSpread = !ladder.spread.isNull
      // A book of spreads has nothing on the ladder of those without a spread.
      if !isSpread, book.ladders.count > 1, ladder.bidCount + ladder.askCount == 0, !isChanged { continue }
      let levels = levels(ladder)
      if !isSnapshot, shown[ObjectIdentifier(ladder)] == levels { continue }
      shown[ObjectIdentifier(ladder)] = levels
      var view = DepthView(
        kind: .book, symbol: names.symbol, sources: names.source.map { [$0] } ?? [], isSnapshot: isSnapshot,
        receivedNanos: book.receivedNanos)
      view.orderType = book.type.name
      view.spread = isSpread ? text(ladder.spread) : nil
      view.state = book.state.words
      view.missing = book.missing
      view.bids = levels.bids
      view.asks = levels.asks
      take(view)
    }
  }

  private func levels(_ ladder: Ladder) -> Levels {
    var levels = Levels()
    for rank in 0..<min(depth, ladder.bidCount) { if let level = ladder.bid(rank) { levels.bids.append(level) } }
    for rank in 0..<min(depth, ladder.askCount) { if let level = ladder.ask(rank) { levels.asks.append(level) } }
    return levels
  }

  private func wanted(_ book: Book) -> BookNames? {
    let symbol = unsafe texts.withText(book.symbol.rawValue) { unsafe String(decoding: $0, as: UTF8.self) }
    let source = text(book.source)
    return filter.wants(book.type, symbol, source) ? BookNames(symbol: symbol, source: source) : nil
  }

  /// A text as a string; nil for null.
  private func text(_ text: Text) -> String? {
    if let id = text.id { return unsafe texts.withText(id.rawValue) { unsafe String(decoding: $0, as: UTF8.self) } }
    guard let count = text.inlineCount else { return nil }
    var word = text.word
    return unsafe withUnsafeBytes(of: &word) { unsafe String(decoding: $0[..<count], as: UTF8.self) }
  }
}

/// Which books to show.
package struct BookFilter: Sendable {
  package var type: EventType
  /// Empty for all.
  package var symbols: Set<String>
  /// Empty for all.
  package var sources: Set<String>

  package init(type: EventType, symbols: some Sequence<String> = [], sources: some Sequence<String> = []) {
    self.type = type
    self.symbols = Set(symbols)
    self.sources = Set(sources)
  }

  func wants(_ type: EventType, _ symbol: String, _ source: String?) -> Bool {
    type == self.type && (symbols.isEmpty || symbols.contains(symbol))
      && (sources.isEmpty || source.map { sources.contains($0) } ?? false)
  }
}
