package import Bytes
package import DXLink
package import Market
package import Rings
package import Sinks

/// From a payload to the sinks: the part of the way that live feeds and replays share. Used by one thread.
package struct PayloadPipeline: ~Copyable {
  private var batch: EventBatch
  private var texts: TextTable
  private let delivery: Delivery

  /// - Parameter wantsDigest: whether to keep the digest, which costs a few nanoseconds an event.
  package init(
    stop: StopFlag, wantsDigest: Bool, batchRecords: Int = 4096, limits: TextStore.Limits = .init(),
    published: (@Sendable (borrowing EventBatch) -> Void)? = nil
  ) {
    batch = EventBatch(capacity: batchRecords)
    texts = TextTable(limits: limits)
    delivery = Delivery(stop: stop, texts: texts.store, wantsDigest: wantsDigest, published: published)
  }

  /// The texts of this pipeline's events, for sinks.
  package var textStore: TextStore { texts.store }

  /// Where events go from now on.
  package func connect(_ sinks: [SinkPort]) { delivery.sinks = sinks }

  package var totals: PipelineTotals { delivery.totals }

  /// Interprets one text message. Its events reach the sinks before this returns.
  package mutating func accept(
    _ payload: UnsafeRawBufferPointer, _ arrival: Arrival, _ decoder: inout FeedDecoder
  ) throws(FeedError) -> Received {
    let delivery = delivery
    delivery.totals.frames += 1
    delivery.totals.messages += 1
    delivery.totals.bytes += payload.count
    do throws(FeedError) {
      let received = try unsafe decoder.decode(
        payload, receivedNanos: arrival.wall.rawValue, batch: &batch, texts: &texts
      ) { full in
        delivery.deliver(&full)
        full.removeAll()
      }
      if !batch.isEmpty {
        delivery.deliver(&batch)
        batch.removeAll()
      }
      return received
    } catch {
      delivery.totals.malformedMessages += 1
      throw error
    }
  }

  /// Adds a decoder's row counts at the end of its work.
  package mutating func add(_ counters: FeedCounters) {
    delivery.totals.decodedRows += counters.rowsDecoded
    delivery.totals.malformedRows += counters.rowsMalformed
    delivery.totals.unknownTypes += counters.unknownType
    delivery.totals.unknownFields += counters.unknownField
    delivery.totals.unknownValues += counters.unknownValue
    delivery.totals.refusedTexts += counters.textsRefused
  }

  /// Puts a gap mark between the events of every sink.
  package func accept(_ gap: Gap) { delivery.accept(gap) }

  /// Moves on what conflation holds back, as far as there is room.
  package func settle() { for sink in delivery.sinks { sink.settle() } }

  /// Whether conflation holds events back, so that `settle` is wanted soon.
  package var holdsBack: Bool { delivery.sinks.contains { $0.holdsBack } }

  /// Gives the sinks everything and lets go of them.
  package func finish() { delivery.finish() }

  /// The digest so far; nil when none was wanted.
  package var digest: Digest? { delivery.digest }
}

/// Hands a batch to each sink and counts it. A class, so that the decoder can call it in mid-frame.
private final class Delivery {
  var sinks: [SinkPort] = []
  var totals = PipelineTotals()
  var digest: Digest?
  private let stop: StopFlag
  private let texts: TextStore
  private let published: (@Sendable (borrowing EventBatch) -> Void)?

  init(
    stop: StopFlag, texts: TextStore, wantsDigest: Bool, published: (@Sendable (borrowing EventBatch) -> Void)?
  ) {
    self.stop = stop
    self.texts = texts
    self.published = published
    digest = wantsDigest ? Digest() : nil
  }

  func deliver(_ batch: inout EventBatch) {
    let allowed = stop.claim(batch.eventCount)
    if allowed < batch.eventCount {
      totals.beyondLimit += batch.eventCount - allowed
      batch.truncate(toEvents: allowed)
    }
    totals.events += batch.eventCount
    batch.forEach { event in
      if let type = event.type { totals.eventsByType[type.index] &+= 1 }
      digest?.update(event, texts)
    }
    for sink in sinks { sink.accept(batch) { stop.isAbandoned } }
    published?(batch)
  }

  func accept(_ gap: Gap) {
    for sink in sinks { sink.accept(gap) { stop.isAbandoned } }
  }

  func finish() {
    for sink in sinks { sink.finish { stop.isAbandoned } }
    sinks = []
  }
}
