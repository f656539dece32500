/// The first bytes of every event.
///
///     offset 0  symbol   UInt32   id in the lane's text table
///            4  type     UInt8    EventType
///            5  flags    UInt8    event flags as on the wire, 0 for types without
///            6  two one-byte fields of the type, or `padding`, so that no byte of an event is left undefined
///            8  receivedNanos  Int64   wall time of arrival, nanoseconds since 1970 UTC
///           16  eventTime      Int64   milliseconds since 1970 UTC, 0 = not available
///           24  the type's own fields
public struct EventHead: BitwiseCopyable, Sendable, Hashable {
  public var symbol = TextID(rawValue: 0)
  package var typeByte: UInt8
  public var eventFlags = EventFlags(rawValue: 0)

  package init(_ type: EventType) { typeByte = type.rawValue }

  @inlinable package static var typeOffset: Int { 4 }
  @inlinable package static var flagsOffset: Int { 5 }
  @inlinable package static var receivedOffset: Int { 8 }
  @inlinable package static var eventTimeOffset: Int { 16 }
}

/// An event of fixed layout.
public protocol MarketEvent: BitwiseCopyable, Sendable {
  static var eventType: EventType { get }
  var head: EventHead { get set }
  var receivedNanos: Int64 { get set }
  var eventTime: Int64 { get set }
  init()
}

/// One record of 128 bytes is the unit that rings carry.
@usableFromInline
package enum EventRecord {
  @inlinable package static var byteCount: Int { 128 }
  /// The longest event, in records.
  @inlinable package static var maximumPerEvent: Int { 2 }
}

/// Transaction and snapshot flags of indexed events (bits as in dxFeed's IndexedEvent).
public struct EventFlags: OptionSet, BitwiseCopyable, Sendable, Hashable {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  public static let txPending = EventFlags(rawValue: 1)
  public static let removeEvent = EventFlags(rawValue: 2)
  public static let snapshotBegin = EventFlags(rawValue: 4)
  public static let snapshotEnd = EventFlags(rawValue: 8)
  public static let snapshotSnip = EventFlags(rawValue: 16)
  public static let snapshotMode = EventFlags(rawValue: 64)
}

/// A text's number in a lane's text table, counted from 1. Zero is no text.
public struct TextID: RawRepresentable, BitwiseCopyable, Sendable, Hashable {
  public var rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// A field of type char: one UTF-16 code unit, 0 for none.
public struct CharCode: RawRepresentable, BitwiseCopyable, Sendable, Hashable {
  public var rawValue: UInt16
  public init(rawValue: UInt16) { self.rawValue = rawValue }
  public static let none = CharCode(rawValue: 0)
}

/// A field of type string: null, up to 7 bytes of UTF-8 in place, or the id of a longer text.
///
///     byte 7 = 0...7   length; the text in the low bytes, the rest zero
///     byte 7 = 0x80    id of the text in the low 32 bits
///     byte 7 = 0xFF    null
public struct Text: BitwiseCopyable, Sendable, Hashable {
  package var word: UInt64
  package init(word: UInt64) { self.word = word }
  package init(id: TextID) { word = 0x80 << 56 | UInt64(id.rawValue) }

  public static let null = Text(word: 0xFF << 56)
  public static let empty = Text(word: 0)
  package static let inlineLimit = 7

  public var isNull: Bool { word == Self.null.word }
  /// The id of a text that is too long to stand in place.
  package var id: TextID? {
    word >> 56 == 0x80 ? TextID(rawValue: UInt32(truncatingIfNeeded: word)) : nil
  }
  /// The length of a text that stands in place; nil for null and for ids.
  package var inlineCount: Int? { word >> 56 <= 7 ? Int(word >> 56) : nil }

  /// A text of at most 7 bytes, in place.
  package init(inline bytes: UnsafeRawBufferPointer) {
    precondition(bytes.count <= Self.inlineLimit)
    var w = UInt64(bytes.count) << 56
    for i in 0..<bytes.count { w |= unsafe UInt64(bytes[i]) << UInt64(8 * i) }
    word = w
  }
}
