package import Bytes
package import DXLink
package import Market
package import Rings
package import Sinks
package import WebSocket

/// From a payload to the sinks: the part of the way that live feeds and replays share. Used by one thread.
///
/// The events of several payloads go on together: those of one read, or some hundred records of them.
package struct PayloadPipeline: ~Copyable {
  private var batch: EventBatch
  private var texts: TextTable
  private let delivery: Delivery
  private var messages = 0
  private var bytes = 0
  private var malformedMessages = 0

  /// Records of 128 bytes that are handed on at once: few enough to stay in the cache, enough for what a hand-over
  /// costs.
  private let handOverRecords: Int
  static let handOverRecords = 256
  /// Where events become columns: each type that came costs some loops then, however few events there are of it.
  static let columnHandOverRecords = 1024

  /// - Parameter wantsDigest: whether to keep the digest, which costs a few nanoseconds an event.
  package init(
    stop: StopFlag, wantsDigest: Bool, batchRecords: Int = 4096, handOverRecords: Int = Self.handOverRecords,
    limits: TextStore.Limits = .init(),
    snapshots: SnapshotMode = .raw, published: (@Sendable (borrowing EventBatch) -> Void)? = nil,
    receive: (@Sendable (borrowing EventBatch, TextStore) -> Void)? = nil
  ) {
    batch = EventBatch(capacity: batchRecords)
    self.handOverRecords = handOverRecords
    texts = TextTable(limits: limits)
    delivery = Delivery(
      stop: stop, texts: texts.store, wantsDigest: wantsDigest, published: published, receive: receive)
    delivery.relay = snapshots == .committed ? SnapshotRelay() : nil
  }

  /// The texts of this pipeline's events, for sinks.
  package var textStore: TextStore { texts.store }

  /// Makes room for so many symbols, so that their table does not grow while they come.
  package mutating func reserve(symbols: Int) { texts.reserve(symbols) }

  /// Where events go from now on.
  package func connect(_ sinks: [any SinkPort]) { delivery.sinks = sinks }

  /// Everything counted so far. Makes an array; `shown` does not.
  package var totals: PipelineTotals {
    var totals = delivery.totals
    for type in EventType.allCases { totals.eventsByType[type.index] += delivery.tally.count(of: type) }
    totals.events += delivery.tally.events
    delivery.relay?.add(to: &totals)
    totals.frames = messages
    totals.messages = messages
    totals.bytes = bytes
    totals.malformedMessages = malformedMessages
    return totals
  }

  /// Whether it is kept in mind which types of which symbols come. Forgets all where it was off.
  package func watchSymbols(_ isWanted: Bool) {
    if isWanted == (delivery.seen != nil) { return }
    if !isWanted { delivery.tally.watchesSymbols = false }
    delivery.seen = isWanted ? SeenEvents(delivery.tally) : nil
  }

  /// The types that came of each symbol while symbols were watched, as bits by their index.
  package var seenSymbols: [String: UInt32] { SeenEvents.symbols(delivery.tally, texts.store) }

  /// Candle symbols whose snapshot ended since the last call; nothing while symbols are not watched.
  package func takeEndedSnapshots() -> [String] {
    guard delivery.seen?.hasEndedSnapshots == true, let ended = delivery.seen?.takeEndedSnapshots() else { return [] }
    return ended.map { id in
      unsafe texts.store.withText(id.rawValue) { unsafe String(decoding: $0, as: UTF8.self) }
    }
  }

  /// What the progress line shows.
  package func show(in progress: LaneProgress) {
    progress.update(
      frames: messages, bytes: bytes, events: delivery.tally.events,
      malformed: malformedMessages + delivery.totals.malformedRows)
  }

  /// Interprets one text message. Its events reach the sinks with the next `deliver`, if not before.
  package mutating func accept(
    _ payload: UnsafeRawBufferPointer, _ arrival: Arrival, _ decoder: inout FeedDecoder
  ) throws(FeedError) -> Received {
    messages &+= 1
    bytes &+= payload.count
    let delivery = delivery
    batch.noteArrival(arrival.wall.rawValue)
    do throws(FeedError) {
      let received = try unsafe decoder.decode(
        payload, receivedNanos: arrival.wall.rawValue, batch: &batch, texts: &texts
      ) { full in
        delivery.deliver(&full)
        full.removeAll()
      }
      if batch.recordCount >= handOverRecords { deliver() }
      return received
    } catch {
      malformedMessages += 1
      throw error
    }
  }

  /// Hands on what has been decoded: at the end of each read.
  package mutating func deliver() {
    if batch.isEmpty { return }
    delivery.deliver(&batch)
    batch.removeAll()
  }

  /// Adds a decoder's row counts at the end of its work.
  package func add(_ counters: FeedCounters) {
    delivery.totals.rows += counters.rows
    delivery.totals.closedChannelMessages += counters.framesIgnored
    delivery.totals.decodedRows += counters.rowsDecoded
    delivery.totals.malformedRows += counters.rowsMalformed
    delivery.totals.unknownTypes += counters.unknownType
    delivery.totals.unknownFields += counters.unknownField
    delivery.totals.unknownValues += counters.unknownValue
    delivery.totals.refusedTexts += counters.textsRefused
  }

  /// Adds what the bytes of a connection were that has ended.
  package func add(_ wire: WireCounts) { delivery.totals.wire += wire }

  /// Puts a gap mark between the events of every sink.
  package mutating func accept(_ gap: Gap) {
    deliver()
    delivery.relay?.note(gap)
    delivery.accept(gap)
  }

  /// The connection is gone: snapshots and transactions under way are void where they are held back.
  /// - Returns: what to ask for again from a later time than at first.
  package mutating func interrupt() -> [Subscription] {
    deliver()
    return delivery.relay?.interrupt(texts.store) ?? []
  }

  package var hasFilled: Bool { delivery.filled != nil }

  /// The gap that is filled since the last call; its mark is in the sinks already.
  package func takeFilled() -> Gap? { delivery.filled.take() }

  /// Moves on what conflation holds back, as far as there is room.
  package func settle() { for sink in delivery.sinks { sink.settle() } }

  /// Whether conflation holds events back, so that `settle` is wanted soon.
  package var holdsBack: Bool { delivery.sinks.contains { $0.holdsBack } }

  /// Gives the sinks everything and lets go of them.
  package mutating func finish() {
    deliver()
    delivery.finish()
  }

  /// The digest so far; nil when none was wanted.
  package var digest: Digest? { delivery.tally.digest }
}

/// Hands a batch to each sink and counts it. A class, so that the decoder can call it in mid-frame.
private final class Delivery {
  var sinks: [any SinkPort] = []
  var totals = PipelineTotals()
  /// Holds snapshots back; nil where events go on as they come.
  var relay: SnapshotRelay?
  /// A gap that was filled, until the lane takes it.
  var filled: Gap?
  let tally: EventTally
  /// What the lane wants to know of symbols; nil costs a look a batch.
  var seen: SeenEvents?
  private let stop: StopFlag
  private let texts: TextStore
  private let published: (@Sendable (borrowing EventBatch) -> Void)?
  private let receive: (@Sendable (borrowing EventBatch, TextStore) -> Void)?

  init(
    stop: StopFlag, texts: TextStore, wantsDigest: Bool, published: (@Sendable (borrowing EventBatch) -> Void)?,
    receive: (@Sendable (borrowing EventBatch, TextStore) -> Void)?
  ) {
    self.stop = stop
    self.texts = texts
    self.published = published
    self.receive = receive
    tally = EventTally(wantsDigest: wantsDigest)
  }

  func deliver(_ batch: inout EventBatch) {
    guard let relay else { return send(&batch) }
    relay.pass(batch) { send(&$0) }
    guard let gap = relay.takeFilled(now: batch) else { return }
    filled = gap
    accept(gap)
  }

  private func send(_ batch: inout EventBatch) {
    let allowed = stop.claim(batch.eventCount)
    if allowed < batch.eventCount {
      totals.beyondLimit += batch.eventCount - allowed
      batch.truncate(toEvents: allowed)
    }
    tally.add(batch, texts)
    if seen != nil { seen?.look(at: batch, tally) }
    for sink in sinks { sink.accept(batch) { stop.isAbandoned } }
    published?(batch)
    receive?(batch, texts)
  }

  func accept(_ gap: Gap) {
    for sink in sinks { sink.accept(gap) { stop.isAbandoned } }
  }

  func finish() {
    for sink in sinks { sink.finish { stop.isAbandoned } }
    sinks = []
  }
}
