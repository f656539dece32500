package import Books
import DXLink
import Ingest

/// The best levels of one book, or of one DOM channel, at one time.
package struct DepthView: Sendable {
  package enum Kind: String, Sendable {
    case book = "Book"
    case dom = "DOM"
  }

  package var kind: Kind
  /// The event type of a book's orders; empty for DOM.
  package var orderType = ""
  package var symbol: String
  /// One for a book, those asked for of a DOM channel; empty where unknown.
  package var sources: [String]
  /// Of a book of spreads.
  package var spread: String?
  /// Of the book's snapshot, in words; empty for DOM.
  package var state = ""
  /// Whether a snapshot made it. Always so for DOM.
  package var isSnapshot: Bool
  /// Orders that found no room in the book: levels may lack some.
  package var missing = 0
  /// Nanoseconds since 1970 UTC.
  package var receivedNanos: Int64
  /// Milliseconds since 1970 UTC, as the DOM service says; 0 for books.
  package var time: Int64 = 0
  /// The best first. The count is 0 for DOM, which tells none.
  package var bids: [PriceLevel] = []
  package var asks: [PriceLevel] = []

  package init(kind: Kind, symbol: String, sources: [String], isSnapshot: Bool, receivedNanos: Int64) {
    self.kind = kind
    self.symbol = symbol
    self.sources = sources
    self.isSnapshot = isSnapshot
    self.receivedNanos = receivedNanos
  }

  /// Of a snapshot of the DOM service.
  init(_ update: DOMUpdate, depth: Int) {
    self.init(
      kind: .dom, symbol: update.topic.symbol, sources: update.topic.sources, isSnapshot: true,
      receivedNanos: update.receivedNanos)
    time = update.snapshot.time
    bids = update.snapshot.bids.prefix(depth).map { PriceLevel(price: $0.price, size: $0.size, count: 0) }
    asks = update.snapshot.asks.prefix(depth).map { PriceLevel(price: $0.price, size: $0.size, count: 0) }
  }

  /// What two views of the same book have in common.
  var key: String {
    [kind.rawValue, orderType, symbol, sources.joined(separator: "+"), spread ?? ""].joined(separator: "\u{0}")
  }

  /// What a person calls it.
  var title: String {
    let from = sources.isEmpty ? "" : " " + sources.joined(separator: "+")
    return "\(symbol)\(from)\(spread.map { " " + $0 } ?? "")" + (kind == .dom ? " DOM" : "")
  }
}
