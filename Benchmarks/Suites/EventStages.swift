import Bytes
import DXLink
import JSON
import Market
import Rings

/// The stages that decode: payloads to events, and from there to text.
enum EventStages {
  /// Events of one block and their texts, on loan.
  struct DecodedBlock {
    fileprivate let records: PaddedBytes
    let texts: TextStore

    func forEach(_ body: (EventRef) -> Void) {
      let all = unsafe records.all
      guard let base = all.baseAddress else { return }
      var at = 0
      while at < all.count {
        let event = unsafe EventRef(base + at)
        body(event)
        at += event.recordCount * EventRecord.byteCount
      }
    }
  }

  /// - Parameter encode: what is timed after the decoding; it gives the bytes it wrote. When it gives nil the decoding
  ///   itself is what counts.
  /// - Parameter level: the instruction set that frames are read with.
  static func run(
    _ path: String, level: SIMDLevel = .preferred, encodes isEncoder: Bool = true, encode: (DecodedBlock) -> Int?
  ) throws -> Throughput.Figures {
    let blocks = try RecordingBlocks(path)
    let decoders = LaneDecoders(level)
    let records = PaddedBytes()
    var figures = Throughput.Figures()
    var decodeClock = Stopwatch(isProfiled: !isEncoder)
    var encodeClock = Stopwatch(isProfiled: isEncoder)
    var encodes = false
    while blocks.next() {
      let before = decoders.events
      records.removeAll()
      // Three times: once by the decoder that is timed, for what its events add up to; once for the digest and as the
      // encoders' input; and once against the clock, which pays for decoding alone, with symbols and schema known.
      decoders.compare(blocks)
      decoders.decode(blocks, records)
      if !isEncoder { decoders.time(blocks, &decodeClock) }
      figures.frames += blocks.payloads.count
      figures.bytes += blocks.payloads.byteCount
      figures.events += decoders.events - before
      let block = DecodedBlock(records: records, texts: decoders.texts)
      encodeClock.start()
      let wrote = encode(block)
      encodeClock.stop()
      if let wrote {
        encodes = true
        figures.outputBytes += wrote
      }
    }
    let clock = encodes ? encodeClock : decodeClock
    figures.nanos = clock.nanos
    figures.cpuNanos = clock.cpuNanos
    figures.digest = try decoders.digestText()
    return figures
  }
}

/// A pair of decoders a lane: one is timed, the other gives the digest. Both see every payload once.
private final class LaneDecoders {
  private final class Lane {
    var timed: FeedDecoder
    var checked: FeedDecoder

    init(_ level: SIMDLevel) {
      timed = FeedDecoder(level: level)
      checked = FeedDecoder(level: level)
    }
  }

  private let level: SIMDLevel
  private var lanes: [UInt16: Lane] = [:]
  private var batch = EventBatch(capacity: 1 << 14)
  /// Of both: what is timed finds the symbols known.
  private var table = TextTable()
  private var digest = Digest()
  private var timedSum: UInt64 = 0
  private var checkedSum: UInt64 = 0
  /// That the digest counts.
  var events: Int { digest.eventCount }
  var texts: TextStore { table.store }

  init(_ level: SIMDLevel) { self.level = level }

  private func lane(of blocks: RecordingBlocks) -> Lane {
    let lane = lanes[blocks.lane] ?? Lane(level)
    lanes[blocks.lane] = lane
    return lane
  }

  /// For the digest, with the events kept in `records`.
  func decode(_ blocks: RecordingBlocks, _ records: PaddedBytes) {
    let lane = lane(of: blocks)
    if blocks.isSessionStart { lane.checked.reset() }
    let payloads = unsafe blocks.payloads.each
    for i in unsafe payloads.indices { unsafe check(payloads[i], lane, records) }
  }

  /// What the events of the decoder that is timed add up to.
  func compare(_ blocks: RecordingBlocks) {
    let lane = lane(of: blocks)
    if blocks.isSessionStart { lane.timed.reset() }
    let payloads = unsafe blocks.payloads.each
    for i in unsafe payloads.indices {
      // A frame that is refused gives no events; the other decoder refuses it too.
      var sum = timedSum
      _ = try? unsafe lane.timed.decode(payloads[i], receivedNanos: 0, batch: &batch, texts: &table) { full in
        sum = DecodeLoop.fold(sum, full)
        full.removeAll()
      }
      timedSum = DecodeLoop.fold(sum, batch)
      batch.removeAll()
    }
  }

  func time(_ blocks: RecordingBlocks, _ clock: inout Stopwatch) {
    let lane = lane(of: blocks)
    if blocks.isSessionStart { lane.timed.reset() }
    let payloads = unsafe blocks.payloads.each
    clock.start()
    unsafe Self.decodeAll(payloads, &lane.timed, &batch, &table)
    clock.stop()
  }

  /// All payloads of a block, with everything at hand, so that a frame costs no check that nobody else is at it. Of its
  /// own, so that a profiler can be told to count what happens in here.
  @inline(never)
  private static func decodeAll(
    _ payloads: [UnsafeRawBufferPointer], _ decoder: inout FeedDecoder, _ batch: inout EventBatch,
    _ texts: inout TextTable
  ) {
    for i in unsafe payloads.indices {
      _ = try? unsafe decoder.decode(payloads[i], receivedNanos: 0, batch: &batch, texts: &texts) { $0.removeAll() }
      batch.removeAll()
    }
  }

  private func check(_ payload: UnsafeRawBufferPointer, _ lane: Lane, _ records: PaddedBytes) {
    var sum: UInt64 = checkedSum
    var digest = self.digest
    self.digest = Digest()
    let store = table.store
    let keep: (inout EventBatch) -> Void = { full in
      sum = DecodeLoop.fold(sum, full)
      full.forEach { digest.update($0, store) }
      unsafe full.withRecords { bytes in unsafe records.append(bytes) }
      full.removeAll()
    }
    _ = try? unsafe lane.checked.decode(
      payload, receivedNanos: 1, batch: &batch, texts: &table, flush: keep)
    keep(&batch)
    checkedSum = sum
    self.digest = digest
  }

  /// Throws when the decoder that was timed gave other events than the one behind the digest.
  func digestText() throws -> String {
    guard timedSum == checkedSum else { throw StageError.differentEvents }
    return Digest.text(Digest.total([(digest, table.store)]))
  }
}

enum StageError: Error, CustomStringConvertible {
  case differentEvents
  case differentPayloads

  var description: String {
    switch self {
    case .differentEvents: "the timed pass gave other events than the checked one"
    case .differentPayloads: "the payloads that came out are not those that went in"
    }
  }
}
