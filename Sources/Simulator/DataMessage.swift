import Bytes
package import DXLink
package import Market
package import Rings

/// One FEED_DATA message while it grows: rows of one type, or several pairs of type and rows.
///
///     {"type":"FEED_DATA","channel":1,"data":["Quote",["AAPL",231.52,231.53,"MSFT",509.9,510.0]]}
///     {"type":"FEED_DATA","channel":1,"data":[{"eventType":"Quote","eventSymbol":"AAPL","bidPrice":231.52}]}
package struct DataMessage: ~Copyable {
  private var text: ByteWriter
  /// Rows so far; 0 means that nothing was begun.
  package private(set) var rowCount = 0
  package private(set) var channel = 0
  package private(set) var type: EventType?
  private var format = DataFormat.compact
  private var pairs = 0

  package init(capacity: Int = 4096) { text = ByteWriter(capacity: capacity) }

  package var isEmpty: Bool { rowCount == 0 }
  /// Bytes of the message if it ended now.
  package var byteCount: Int { text.count + 4 }

  /// Whether a row of this type goes into the pair under way.
  package func takes(_ channel: Int, _ type: EventType, _ format: DataFormat) -> Bool {
    rowCount > 0 && self.channel == channel && self.format == format && self.type == type
  }

  /// Whether a row of another type can go into a new pair of the message under way.
  package func takesPair(_ channel: Int, _ format: DataFormat) -> Bool {
    rowCount > 0 && self.channel == channel && self.format == format
  }

  /// Appends a row, and begins what is not begun yet. The caller asked `takes` or `takesPair`, or took the message
  /// before.
  package mutating func append(
    _ event: EventRef, _ plan: RowPlan, _ channel: Int, _ format: DataFormat, _ texts: TextStore
  ) {
    if rowCount == 0 {
      text.removeAll()
      MessageWriter.begin("FEED_DATA", channel, &text)
      text.append(",\"data\":[")
      self.channel = channel
      self.format = format
      pairs = 0
    }
    if format == .full {
      if rowCount > 0 { text.append(UInt8(ascii: ",")) }
      plan.appendFull(event, texts, to: &text)
    } else {
      if pairs == 0 || type != plan.type { beginPair(plan.type) } else { text.append(UInt8(ascii: ",")) }
      plan.appendCompact(event, texts, to: &text)
    }
    type = plan.type
    rowCount += 1
  }

  private mutating func beginPair(_ type: EventType) {
    if pairs > 0 { text.append("],") }
    pairs += 1
    text.append(UInt8(ascii: "\""))
    text.append(type.name)
    text.append("\",[")
  }

  /// Forgets what was begun.
  package mutating func discard() { rowCount = 0 }

  /// Ends the message, lends its text and starts over.
  package mutating func take<E: Error>(_ body: (RawSpan) throws(E) -> Void) throws(E) {
    text.append(format == .compact ? "]]}" : "]}")
    rowCount = 0
    try unsafe text.withBytes { (bytes: UnsafeRawBufferPointer) throws(E) in try unsafe body(bytes.bytes) }
  }
}

/// Whole messages in their order, in one piece of memory.
package struct MessageQueue: ~Copyable {
  private var bytes = ByteWriter(capacity: 4096)
  private var ends: [Int] = []
  private var times: [Int64] = []
  private var isData: [Bool] = []
  private var taken = 0

  package init() {}

  package var count: Int { ends.count - taken }
  package var isEmpty: Bool { taken == ends.count }
  package var byteCount: Int { bytes.count - (taken == 0 ? 0 : ends[taken - 1]) }

  package mutating func append(_ message: SessionMessage, at nanos: Int64 = 0) {
    MessageWriter.append(message, to: &bytes)
    end(nanos)
  }

  package mutating func append(_ message: RawSpan, at nanos: Int64 = 0) {
    bytes.append(message)
    end(nanos)
  }

  package mutating func append(text: String, at nanos: Int64 = 0) {
    bytes.append(text)
    end(nanos)
  }

  /// Appends a FEED_DATA message: faults count these.
  package mutating func append(data message: RawSpan) {
    bytes.append(message)
    end(0, isData: true)
  }

  private mutating func end(_ nanos: Int64, isData: Bool = false) {
    ends.append(bytes.count)
    times.append(nanos)
    self.isData.append(isData)
  }

  /// Bytes that are held, those of messages that were taken out included.
  var heldBytes: Int { bytes.count }
  /// From so many bytes on, those of messages that were taken out are let go of when they are a quarter of all.
  private static let compactBytes = 16 << 10

  /// A queue that is never emptied, because its client is always behind, must not grow for that.
  private mutating func forgetTaken(_ count: Int) {
    bytes.removeFirst(count)
    ends.removeFirst(taken)
    for i in ends.indices { ends[i] -= count }
    times.removeFirst(taken)
    isData.removeFirst(taken)
    taken = 0
  }

  /// Whether the first message is FEED_DATA.
  package var isFirstData: Bool { taken < ends.count && isData[taken] }

  /// Lends the first message and takes it out. False when there is none.
  package mutating func takeFirst<E: Error>(_ body: (Int64, RawSpan) throws(E) -> Void) throws(E) -> Bool {
    guard taken < ends.count else { return false }
    let start = taken == 0 ? 0 : ends[taken - 1]
    let end = ends[taken]
    let nanos = times[taken]
    taken += 1
    defer {
      if taken == ends.count {
        bytes.removeAll()
        ends.removeAll(keepingCapacity: true)
        times.removeAll(keepingCapacity: true)
        isData.removeAll(keepingCapacity: true)
        taken = 0
      } else if end >= Self.compactBytes, end * 4 >= bytes.count {
        forgetTaken(end)
      }
    }
    try unsafe bytes.withBytes { (all: UnsafeRawBufferPointer) throws(E) in
      try unsafe body(nanos, UnsafeRawBufferPointer(rebasing: all[start..<end]).bytes)
    }
    return true
  }
}
