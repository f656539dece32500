/// A provable loss, in band between events: one record whose type byte is no event type.
///
/// It tells that nothing was received from `fromNanos` to `toNanos` on a lane, and why. With the reason `filled` it
/// tells the opposite of an earlier mark with the same times: the history of so many topics was asked for again and is
/// whole.
public struct Gap: BitwiseCopyable, Sendable, Hashable {
  /// Type byte of a gap record; bit 6 is clear, so it is one record long.
  package static let typeByte: UInt8 = 0x3F

  /// Why the lane received nothing.
  public enum Reason: UInt8, CaseIterable, Sendable {
    case connectionLost = 1
    case serverClosed = 2
    case silence = 3
    case protocolViolation = 4
    case authorizationLost = 5
    case recordingOverflow = 6
    case recordingDamaged = 7
    /// No loss: the topics' history of that time has come in the meantime.
    case filled = 8

    /// In words, for files and people.
    public var words: String {
      switch self {
      case .connectionLost: "connection lost"
      case .serverClosed: "server closed the connection"
      case .silence: "server fell silent"
      case .protocolViolation: "server violated the protocol"
      case .authorizationLost: "authorization lost"
      case .recordingOverflow: "recording could not keep up"
      case .recordingDamaged: "recording is damaged"
      case .filled: "filled in the meantime"
      }
    }
  }

  package var head: EventHead
  public var lane: UInt16 = 0
  /// When the gap was closed: nanoseconds since 1970 UTC.
  public var receivedNanos: Int64 = 0
  /// Arrival of the last bytes before the gap: nanoseconds since 1970 UTC, 0 when there were none.
  public var fromNanos: Int64 = 0
  /// When the feed was whole again: nanoseconds since 1970 UTC.
  public var toNanos: Int64 = 0
  /// Connection attempts that the gap took.
  public var attempts: UInt32 = 0
  /// Topics that had to be subscribed again.
  public var topics: UInt32 = 0
  /// Messages known to be lost, where that can be known (a recording that could not keep up); else 0.
  public var lostMessages: Int64 = 0
  package var reasonByte: UInt8

  /// Whether events are missing, rather than back.
  package var isLoss: Bool { reason != .filled }

  public var reason: Reason { Reason(rawValue: reasonByte) ?? .connectionLost }

  package init(reason: Reason, lane: Int, fromNanos: Int64, toNanos: Int64) {
    head = EventHead(.quote)
    head.typeByte = Self.typeByte
    reasonByte = reason.rawValue
    self.lane = UInt16(truncatingIfNeeded: lane)
    self.fromNanos = fromNanos
    self.toNanos = toNanos
    receivedNanos = toNanos
  }

  /// Lends the mark as one record, for a ring.
  package func withRecord<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
    unsafe withUnsafeTemporaryAllocation(byteCount: EventRecord.byteCount, alignment: 16) { record in
      unsafe record.initializeMemory(as: UInt8.self, repeating: 0)
      unsafe record.storeBytes(of: self, as: Gap.self)
      return unsafe body(UnsafeRawBufferPointer(record))
    }
  }
}

extension EventRef {
  /// The gap that this record marks; nil for events.
  package var gap: Gap? { typeByte == Gap.typeByte ? load(0, as: Gap.self) : nil }
}
