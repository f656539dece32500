import DXLink
import Market

/// What a loop asks for.
struct FeedRequest: Sendable {
  let types: [EventType]
  let symbols: [String]
  let fromTime: Int?
  let sources: [String]
  let buffer: EventBuffer

  func makeQueue() throws(QuotewireError) -> EventQueue { try Self.makeQueue(types, buffer) }

  static func makeQueue(_ types: [EventType], _ buffer: EventBuffer) throws(QuotewireError) -> EventQueue {
    if types.isEmpty { throw QuotewireError(.configuration, "no event type is given") }
    guard EventBuffer.sizeRange.contains(buffer.size) else {
      let range = EventBuffer.sizeRange
      throw QuotewireError(
        .configuration, "a buffer holds \(range.lowerBound) to \(range.upperBound) events, not \(buffer.size)")
    }
    return EventQueue(buffer, types: types.map(\.inMarket))
  }

  /// One for each type, symbol and, for orders, source.
  func subscriptions() throws(QuotewireError) -> [Subscription] {
    if symbols.isEmpty { throw QuotewireError(.configuration, "no symbol is given") }
    var seen = Set<Subscription>()
    var all: [Subscription] = []
    for type in types.map(\.inMarket) {
      let sources = type.hasSource && !sources.isEmpty ? sources.map { Optional($0) } : [nil]
      for symbol in symbols {
        let from = type.isTimeSeries && symbol != Subscription.wildcard ? fromTime.map { Int64($0) } : nil
        for source in sources {
          let wanted = Subscription(type, symbol, source: source, fromTime: from)
          if seen.insert(wanted).inserted { all.append(wanted) }
        }
      }
    }
    return all
  }
}
