import Bytes
import IO
import Market
import Rings

/// What a sink's worker does with the events of its rings: encode, and write blocks.
protocol SinkBody: ~Copyable, SendableMetatype {
  /// Encodes an event into memory.
  mutating func append(_ event: EventRef, _ texts: TextStore)
  /// Encodes a gap mark into memory.
  mutating func append(_ gap: Gap)
  /// Encoded bytes that are not written yet.
  var pendingBytes: Int { get }
  /// Writes everything encoded. May be called again after it threw.
  mutating func flush(now: MonotonicNanos) throws(SinkFailure)
  /// Completes what is due by time.
  mutating func rotate(now: MonotonicNanos) throws(SinkFailure)
  /// Completes every file. Called once, after a `flush` that succeeded.
  mutating func finish() throws(SinkFailure)
  /// Events whose rows `flush` has given to the operating system so far, also where it threw half-way; nil where that
  /// cannot be told.
  var flushedEvents: Int? { get }
  /// Nothing more can be written: leaves unfinished files with whole rows alone, and names them.
  mutating func abandon() -> [String]
}

extension SinkBody where Self: ~Copyable {
  var flushedEvents: Int? { nil }
  mutating func abandon() -> [String] { [] }
}

/// Why a sink cannot go on.
enum SinkFailure: Error, CustomStringConvertible {
  case io(IOError)
  /// The reader of standard output has gone: nothing more is wanted.
  case readerGone

  var description: String {
    switch self {
    case .io(let error): error.description
    case .readerGone: "the reader of standard output has gone"
    }
  }
}
