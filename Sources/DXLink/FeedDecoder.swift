package import JSON
package import Market

/// Turns frames into events and messages. FEED_CONFIG, CHANNEL_OPENED and CHANNEL_CLOSED take effect here by
/// themselves, so that a recording decodes as the live connection did.
///
///     {"type":"FEED_DATA","channel":1,"data":["Quote",["AAPL",231.52,231.53],"Trade",["AAPL",231.53,100.0]]}
///
/// Invariant: a frame gives all of its good rows in their order, or, when its JSON is malformed anywhere, none. When
/// the batch fills up in mid-frame the rest of the frame is validated before the first events are handed on.
package struct FeedDecoder: ~Copyable {
  private var scanner: Scanner
  private var rows: FrameReader
  private let predicts: Bool
  private var compactor: Compactor

  /// `requested` is the order of fields that we asked for: it holds for types of which no FEED_CONFIG ever told.
  /// `level` is the instruction set that frames are read with.
  package init(
    requested: FieldLists = .standard, maximumBytes: Int = 16 << 20, level: SIMDLevel = .preferred,
    predicts: Bool = true
  ) {
    scanner = Scanner(maximumBytes: maximumBytes, level: level)
    rows = FrameReader(requested: requested, level: level)
    self.predicts = predicts
    compactor = Compactor(level: level)
  }

  package var counters: FeedCounters { rows.counters }
  package var lastTrouble: RowTrouble? { rows.lastTrouble }

  /// Forgets all channels, for a new connection.
  package mutating func reset() {
    rows.forgetSections()
    rows.channels.removeAll(keepingCapacity: true)
  }

  /// Takes note of a FEED_SETUP that was sent: its field lists hold for types of which no FEED_CONFIG tells.
  package mutating func sent(_ setup: FeedSetup, channel: Int) { rows.request(setup, channel: channel) }

  /// Format and period of a channel as merged so far; nil for an unknown channel.
  package func configuration(channel: Int) -> (aggregationPeriod: Double?, dataFormat: DataFormat?)? {
    rows.channels.first { $0.number == channel }.map { ($0.aggregationPeriod, $0.dataFormat) }
  }

  /// Reads one frame. `payload` has `Padding` around it; `receivedNanos` is wall time and goes into each event. `flush`
  /// is called when the batch is full and must make room for an event at least.
  ///
  /// An error leaves the batch as it was: nothing of the frame counts as decoded.
  package mutating func decode(
    _ payload: UnsafeRawBufferPointer, receivedNanos: Int64, batch: inout EventBatch, texts: inout TextTable,
    flush: (inout EventBatch) -> Void
  ) throws(FeedError) -> Received {
    if predicts, payload.count <= scanner.maximumBytes {
      if let counts = unsafe rows.readPredicted(payload, receivedNanos, &batch, &texts) { return .data(counts) }
      if let counts = unsafe readCompacted(payload, receivedNanos, &batch, &texts) { return .data(counts) }
    }
    let before = rows.counters
    unsafe rows.begin(payload, receivedNanos, batch.mark)
    defer { rows.end() }
    do throws(FeedError) {
      let received = try unsafe strictDecode(payload, &batch, &texts, flush)
      rows.counters.frames += 1
      return received
    } catch {
      batch.rollBack(to: rows.frameMark)
      rows.counters = before
      rows.counters.frames += 1
      rows.counters.framesRefused += 1
      throw error
    }
  }

  /// White space and escapes aside, it may be in the predicted layout.
  @inline(never)
  private mutating func readCompacted(
    _ payload: UnsafeRawBufferPointer, _ receivedNanos: Int64, _ batch: inout EventBatch, _ texts: inout TextTable
  ) -> FrameCounts? {
    guard let plain = unsafe compactor.plain(payload) else { return nil }
    return unsafe rows.readPredicted(plain, receivedNanos, &batch, &texts)
  }

  /// Through the scanner, with every byte of the frame checked.
  private mutating func strictDecode(
    _ payload: UnsafeRawBufferPointer, _ batch: inout EventBatch, _ texts: inout TextTable,
    _ flush: (inout EventBatch) -> Void
  ) throws(FeedError) -> Received {
    let result: Result<Received, FeedError>
    do throws(JSONError) {
      result = try unsafe scanner.scan(payload) { cursor throws(JSONError) in
        rows.readFrame(&cursor, &batch, &texts, flush)
      }
    } catch {
      throw .json(error)
    }
    return try result.get()
  }
}
