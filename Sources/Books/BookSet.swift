package import Market

/// The books of one lane, by type, symbol and source. Texts of the events are the lane's.
package struct BookSet: ~Copyable {
  private struct Key: Hashable {
    let type: EventType
    let symbol: TextID
    let source: UInt64

    func hash(into hasher: inout Hasher) {
      hasher.combine(UInt64(symbol.rawValue) << 8 | UInt64(type.rawValue))
      hasher.combine(source)
    }
  }

  package let limits: BookLimits
  package private(set) var counts = BookCounts()
  /// In the order in which they came up.
  package private(set) var books: [Book] = []
  private var places: [Key: Int] = [:]
  private var last: (key: Key, place: Int)?
  private let layouts = OrderLayout.all

  package init(limits: BookLimits = BookLimits()) { self.limits = limits }

  /// Takes an event. Gives the book and what happened to it; nil for an event that is no order, or waits, or is void.
  package mutating func take(_ event: EventRef) -> (book: Book, effect: Book.Effect)? {
    guard let type = event.type, let layout = layouts[type.index] else { return nil }
    let order = layout.order(event)
    var source = event.load(layout.source, as: Text.self)
    if source.isNull { source = OrderSource.text(ofIndex: order.index) ?? .null }
    let key = Key(type: type, symbol: event.symbol, source: source.word)
    guard let place = place(key, source) else {
      counts.events &+= 1
      counts.void &+= 1
      counts.refused &+= 1
      return nil
    }
    let book = books[place]
    let spread = layout.spread.map { event.load($0, as: Text.self) } ?? .null
    let effect = book.take(order, event.flags, spread: order.isEnd ? .null : spread, &counts)
    if case .none = effect { return nil }
    book.receivedNanos = event.receivedNanos
    return (book, effect)
  }

  /// The connection is gone: everything that waits is void, every book is old until its next snapshot.
  package mutating func interrupt() { for book in books { book.interrupt(&counts) } }

  private mutating func place(_ key: Key, _ source: Text) -> Int? {
    if let last, last.key == key { return last.place }
    let place: Int
    if let known = places[key] {
      place = known
    } else {
      guard books.count < limits.maximumBooks else { return nil }
      place = books.count
      places[key] = place
      books.append(Book(key.type, key.symbol, source: source, number: place, limits: limits))
    }
    last = (key, place)
    return place
  }
}
