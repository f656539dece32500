import Market

/// A configuration that the feed publishes for a symbol. The settings of a client are ``Client/Configuration``.
public struct Configuration: TypedEvent {
  /// The type on the wire: `Configuration`.
  public static var eventType: EventType { .configuration }

  /// The symbol, as the feed writes it.
  public var eventSymbol: String
  /// Milliseconds since 1970-01-01 UTC; 0 when not available, which is what most feeds send.
  public var eventTime = 0
  /// Grows with each configuration.
  public var version = 0
  /// One JSON value as it stood on the wire; nil for none.
  public var attachment: String?
  /// When it arrived here: nanoseconds since 1970-01-01 UTC. In a replay, when it was recorded.
  public var receivedNanos = 0

  /// An event with the default of every field, for tests and models.
  public init(eventSymbol: String) { self.eventSymbol = eventSymbol }

  /// Made by the library from a row of its buffer.
  public init(from row: borrowing EventRow) {
    let raw = unsafe row.base.loadUnaligned(as: Market.Configuration.self)
    eventSymbol = row.symbol
    eventTime = Int(raw.eventTime)
    version = Int(raw.version)
    attachment = row.text(raw.attachment)
    receivedNanos = Int(raw.receivedNanos)
  }
}

/// A message that the feed publishes for a symbol.
public struct Message: TypedEvent {
  /// The type on the wire: `Message`.
  public static var eventType: EventType { .message }

  /// The symbol, as the feed writes it.
  public var eventSymbol: String
  /// Milliseconds since 1970-01-01 UTC; 0 when not available, which is what most feeds send.
  public var eventTime = 0
  /// One JSON value as it stood on the wire; nil for none.
  public var attachment: String?
  /// When it arrived here: nanoseconds since 1970-01-01 UTC. In a replay, when it was recorded.
  public var receivedNanos = 0

  /// An event with the default of every field, for tests and models.
  public init(eventSymbol: String) { self.eventSymbol = eventSymbol }

  /// Made by the library from a row of its buffer.
  public init(from row: borrowing EventRow) {
    let raw = unsafe row.base.loadUnaligned(as: Market.Message.self)
    eventSymbol = row.symbol
    eventTime = Int(raw.eventTime)
    attachment = row.text(raw.attachment)
    receivedNanos = Int(raw.receivedNanos)
  }
}
