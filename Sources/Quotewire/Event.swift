import Market

/// An event of the market, of any type.
///
/// Fields have the names of dxLink. What is not available is NaN for prices, sizes and other figures (`isNaN` finds
/// it, `==` never does), 0 for times and whole numbers, nil for texts and characters.
public protocol Event: Sendable {
  /// The type on the wire.
  var eventType: EventType { get }
  /// The symbol, as the feed writes it.
  var eventSymbol: String { get }
  /// Milliseconds since 1970-01-01 UTC; 0 when not available, which is what most feeds send.
  var eventTime: Int { get }
  /// When it arrived here: nanoseconds since 1970-01-01 UTC. In a replay, when it was recorded.
  var receivedNanos: Int { get }
  /// Made by the library from a row of its buffer; there is no other way to a row.
  init(from row: borrowing EventRow)
}

/// An event of one type, such as ``Quote``.
public protocol TypedEvent: Event {
  /// The type on the wire.
  static var eventType: EventType { get }
}

extension TypedEvent {
  /// The type on the wire.
  public var eventType: EventType { Self.eventType }
}

/// What an event is made from. Only the library has rows.
@safe
public struct EventRow: ~Copyable {
  /// A whole event of the lane's layout, valid as long as this row.
  let base: UnsafeRawPointer
  private let texts: LaneTexts

  @unsafe init(_ base: UnsafeRawPointer, _ texts: LaneTexts) {
    unsafe self.base = base
    self.texts = texts
  }

  private var event: EventRef { unsafe EventRef(base) }

  var symbol: String { texts.string(event.symbol.rawValue) }

  var type: EventType {
    // Nothing else gets into the buffer.
    guard let type = event.type else { preconditionFailure("no event of the market") }
    return EventType(type)
  }

  func text(_ text: Market.Text) -> String? { texts.string(text) }

  /// Nil for none, and for half of a surrogate pair.
  func character(_ code: Market.CharCode) -> Unicode.Scalar? {
    code == .none ? nil : Unicode.Scalar(code.rawValue)
  }
}

/// Flags of events with an index, which come in snapshots and transactions (the bits of dxFeed's IndexedEvent).
public struct EventFlags: OptionSet, Sendable, Hashable {
  /// The number on the wire.
  public let rawValue: Int
  /// Flags from the number on the wire.
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// More events of the same transaction follow.
  public static let txPending = EventFlags(rawValue: 1)
  /// The event with this index is no longer there.
  public static let removeEvent = EventFlags(rawValue: 2)
  /// A snapshot begins: it replaces what was known of the symbol and source.
  public static let snapshotBegin = EventFlags(rawValue: 4)
  /// The snapshot is complete with this event.
  public static let snapshotEnd = EventFlags(rawValue: 8)
  /// The snapshot ends here because the server gives no more.
  public static let snapshotSnip = EventFlags(rawValue: 16)
  /// The server will send a snapshot by these flags.
  public static let snapshotMode = EventFlags(rawValue: 64)
}
