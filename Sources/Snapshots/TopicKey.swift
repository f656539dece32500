package import Market

/// Whose snapshot an event belongs to: type, symbol and, for orders, source.
package struct TopicKey: Hashable, Sendable {
  package let type: EventType
  package let symbol: TextID
  /// Empty for types without sources.
  package let source: Text

  package init(_ type: EventType, _ symbol: TextID, source: Text = .empty) {
    self.type = type
    self.symbol = symbol
    self.source = source
  }

  package static func == (a: TopicKey, b: TopicKey) -> Bool {
    a.symbol == b.symbol && a.type == b.type && a.source.word == b.source.word
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(UInt64(symbol.rawValue) << 8 | UInt64(type.rawValue))
    if source.word != 0 { hasher.combine(source.word) }
  }
}

/// Where the fields stand that a key or an order in time is made of, by event type.
package struct IndexedFields: Sendable {
  /// Offset of `source`; nil for types without.
  package let source: Int?
  package let index: Int
  /// Offset of `time`; nil where an event has none.
  package let time: Int?

  /// Nil for types without an index.
  package init?(_ type: EventType) {
    let schema = Schema.of(type)
    guard let index = schema.field("index") else { return nil }
    self.index = index.offset
    source = schema.field("source")?.offset
    time = schema.field("time")?.offset
  }

  /// By `EventType.index`; nil for types whose events have neither flags nor snapshots.
  package static let all: [IndexedFields?] = (0..<EventType.count).map { number in
    EventType(index: number).flatMap { IndexedFields($0) }
  }
}
