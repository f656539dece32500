/// How a field stands in the event's bytes and what it may be on the wire.
package enum FieldKind: UInt8, BitwiseCopyable, Sendable {
  /// The event's symbol: TextID.
  case symbol
  /// IEEE double; NaN for "not available".
  case double
  /// Int64: times in milliseconds, indexes, counts.
  case int64
  /// Int32: day ids, sequences, nanosecond parts.
  case int32
  /// CharCode.
  case char
  /// Bool.
  case bool
  /// One byte, the position in `Field.codes`.
  case code
  /// Text.
  case text
  /// Text that holds one JSON value as it stood on the wire (attachments).
  case json
  /// EventFlags.
  case flags
}

/// One field of an event type.
package struct Field: Sendable {
  /// The name on the wire.
  package let name: String
  /// A second wire name that some servers use for it.
  package let alias: String?
  package let kind: FieldKind
  /// Byte offset in the event.
  package let offset: Int
  /// Names of a `.code` field.
  package let codes: CodeNames?

  package init(_ name: String, _ kind: FieldKind, _ offset: Int?, codes: CodeNames? = nil, alias: String? = nil) {
    guard let offset else { preconditionFailure("\(name) is no stored property") }
    self.name = name
    self.kind = kind
    self.offset = offset
    self.codes = codes
    self.alias = alias
  }
}

/// The fields of an event type in the canonical order of the dxFeed model, headed by `eventSymbol` and `eventTime`.
package struct Schema: Sendable {
  package let type: EventType
  package let name: String
  package let fields: [Field]
  /// Bytes of the event's struct.
  package let byteCount: Int
  /// `recordCount * 128` bytes of an event in which every field has its default.
  package let template: [UInt8]

  init<Event: MarketEvent>(_ event: Event.Type, _ own: [Field]) {
    type = Event.eventType
    name = "\(Event.self)"
    byteCount = MemoryLayout<Event>.size
    fields = [Field("eventSymbol", .symbol, 0), Field("eventTime", .int64, EventHead.eventTimeOffset)] + own
    precondition(byteCount <= type.recordCount * EventRecord.byteCount, "\(name) is longer than its records")
    var bytes = [UInt8](repeating: 0, count: type.recordCount * EventRecord.byteCount)
    unsafe bytes.withUnsafeMutableBytes { b in unsafe b.storeBytes(of: Event(), as: Event.self) }
    template = bytes
  }

  /// The field of that wire name or alias.
  package func field(_ name: String) -> Field? {
    fields.first { $0.name == name || $0.alias == name }
  }

  package static func of(_ type: EventType) -> Schema { all[type.index] }

  /// Schemas by `EventType.index`.
  package static let all: [Schema] = [
    Quote.schema, Trade.schema, TradeETH.schema, Summary.schema, Greeks.schema, TheoPrice.schema, Underlying.schema,
    Series.schema, TimeAndSale.schema, OptionSale.schema, Configuration.schema, Message.schema, Profile.schema,
    Order.schema, SpreadOrder.schema, AnalyticOrder.schema, OtcMarketsOrder.schema, Candle.schema,
  ]
}
