package import Market

/// One wish: events of a type for a symbol. Identity is type, symbol and source; `fromTime` belongs to it but is no
/// part of its identity.
package struct Subscription: Hashable, Sendable {
  package var type: EventType
  package var symbol: String
  /// The order source, for books.
  package var source: String?
  /// Milliseconds since 1970 UTC, for time series.
  package var fromTime: Int64?

  package init(_ type: EventType, _ symbol: String, source: String? = nil, fromTime: Int64? = nil) {
    self.type = type
    self.symbol = symbol
    self.source = source
    self.fromTime = fromTime
  }

  /// All symbols, where the contract allows it.
  package static let wildcard = "*"

  /// For people: `Quote AAPL`, `Order AAPL#NTV`.
  package var text: String { type.name + " " + symbol + (source.map { "#" + $0 } ?? "") }
}

/// Why a subscription was not taken into the book.
package enum SubscriptionRefusal: Error, Equatable, Sendable, CustomStringConvertible {
  case bookFull(limit: Int)
  case emptySymbol
  case tooLong(bytes: Int, limit: Int)
  case wildcard(Contract)
  case sourceAndTime

  package var description: String {
    switch self {
    case .bookFull(let limit): "the connection has \(limit) subscriptions already; use more lanes or fewer symbols"
    case .emptySymbol: "a subscription needs a symbol"
    case .tooLong(let bytes, let limit): "a symbol or source of \(bytes) bytes is longer than \(limit)"
    case .wildcard(let contract): "\(contract.rawValue) takes no \"*\"; use the contract stream or auto"
    case .sourceAndTime: "a subscription has either a source or a start time"
    }
  }
}
