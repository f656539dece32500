import Bytes
import IO
import Market
import Rings

/// What a sink's worker does with the events of its rings: encode, and write blocks.
protocol SinkBody: ~Copyable, SendableMetatype {
  /// Encodes an event into memory.
  mutating func append(_ event: EventRef, _ texts: TextStore)
  /// Encodes whole events that lie in one piece.
  mutating func append(_ records: UnsafeRawBufferPointer, _ texts: TextStore)
  /// Called behind the last event of a run: events that were appended before it may not be looked at after.
  mutating func endRun(_ texts: TextStore)
  /// Encodes a gap mark into memory.
  mutating func append(_ gap: Gap)
  /// Encoded bytes that are not written yet.
  var pendingBytes: Int { get }
  /// Events that were appended and not written: those of files whose rows wait for others.
  var heldEvents: Int { get }
  /// Whether to `flush` now. `isIdle` says that no event waits, `hasUnwritten` that some were appended since the last.
  func isDue(isIdle: Bool, hasUnwritten: Bool, now: MonotonicNanos) -> Bool
  /// Writes everything encoded. May be called again after it threw.
  mutating func flush(now: MonotonicNanos) throws(SinkFailure)
  /// Completes what is due by time.
  mutating func rotate(now: MonotonicNanos) throws(SinkFailure)
  /// Writes what is held and completes the files under way, whatever their size and age; what follows goes into new
  /// ones. Gives the files that were completed. Called after a `flush` that succeeded.
  mutating func rotateNow(now: MonotonicNanos) throws(SinkFailure) -> [String]
  /// Writes what is held and completes every file. Called once, after a `flush` that succeeded.
  mutating func finish() throws(SinkFailure)
  /// Events whose rows `flush` has given to the operating system so far, also where it threw half-way; nil where that
  /// cannot be told.
  var flushedEvents: Int? { get }
  /// Nothing more can be written: leaves unfinished files with whole rows alone, and names them.
  mutating func abandon() -> [String]
}

/// Bodies that encode each event at once.
extension SinkBody where Self: ~Copyable {
  var flushedEvents: Int? { nil }
  mutating func abandon() -> [String] { [] }
  mutating func endRun(_ texts: TextStore) {}
  mutating func append(_ records: UnsafeRawBufferPointer, _ texts: TextStore) {
    var at = 0
    while at < records.count {
      guard let event = unsafe records.baseAddress.map({ unsafe EventRef($0 + at) }) else { return }
      append(event, texts)
      at += event.recordCount * EventRecord.byteCount
    }
  }
  var heldEvents: Int { 0 }
  func isDue(isIdle: Bool, hasUnwritten: Bool, now: MonotonicNanos) -> Bool {
    pendingBytes >= SinkWorker<Self>.blockBytes || (isIdle && (hasUnwritten || pendingBytes > 0))
  }
}

/// Why a sink cannot go on.
enum SinkFailure: Error, CustomStringConvertible {
  case io(IOError)
  /// A file of columns has as many distinct texts in one of them as are kept.
  case dictionaryFull(path: String)
  /// The reader of standard output has gone: nothing more is wanted.
  case readerGone

  /// Whether trying again is of no use.
  var isFinal: Bool {
    switch self {
    case .io: false
    case .dictionaryFull, .readerGone: true
    }
  }

  var description: String {
    switch self {
    case .io(let error): error.description
    case .dictionaryFull(let path):
      "\(path): one of its columns has too many distinct texts for a file; go on in new files with rotate-bytes"
    case .readerGone: "the reader of standard output has gone"
    }
  }
}
