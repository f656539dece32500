package import Bytes

/// The state of a recording, in one word.
package enum RecordingVerdict: Hashable, Sendable {
  /// Every entry whole, and closed.
  case clean
  /// Ends without being closed, as after a crash or while it is being written: all entries before `at` are whole.
  /// With `bytesLost` 0 not even a part of an entry was lost.
  case torn(at: Int, bytesLost: Int)
  /// Damage before the end; the first damaged byte range starts at `at`. What could be read was.
  case corrupt(at: Int)
}

/// A byte range of the file that is not as it was written.
package struct RecordingDamage: Hashable, Sendable {
  package enum Cause: Hashable, Sendable {
    /// No whole entries: their bytes changed.
    case unreadable
    /// A compressed segment whose block does not unpack to whole entries.
    case compression
    /// Readable entries that contradict their segment end or closing entry: some are missing, doubled or in another
    /// order.
    case inconsistent
  }
  package var range: Range<Int>
  package var cause: Cause
}

/// What a reader has handed out and met so far.
package struct RecordingStatistics: Hashable, Sendable {
  package var received: UInt64 = 0
  package var sent: UInt64 = 0
  package var sessionStarts: UInt64 = 0
  package var sessionEnds: UInt64 = 0
  package var gaps: UInt64 = 0
  /// Whole entries of a kind, or with flags, that this version does not know: skipped.
  package var unknown: UInt64 = 0
  package var segmentEnds: UInt64 = 0
  package var compressedSegments: UInt64 = 0
  package var closings: UInt64 = 0
  /// Payload bytes of the entries handed out.
  package var payloadBytes: UInt64 = 0
  /// Arrival of the first and last entry handed out, in file order.
  package var first: Arrival?
  package var last: Arrival?

  package init() {}

  /// Entries handed out.
  package var entries: UInt64 { received + sent + sessionStarts + sessionEnds + gaps }

  mutating func add(kind: EntryKind, arrival: Arrival, payloadCount: Int) {
    switch kind {
    case .received: received += 1
    case .sent: sent += 1
    case .sessionStart: sessionStarts += 1
    case .sessionEnd: sessionEnds += 1
    default: gaps += 1
    }
    payloadBytes &+= UInt64(payloadCount)
    if first == nil { first = arrival }
    last = arrival
  }
}
