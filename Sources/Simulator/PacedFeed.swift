package import Bytes
import DXLink
import Market
import Rings

/// Quotes at a fixed rate, each of which says when it was *meant* to be sent: the load of open-loop latency
/// measurements.
///
///     frame      0        1            2
///     meant at   t0       t0 + F / R   t0 + 2 F / R      F = eventsPerFrame, R = eventsPerSecond
///
/// The schedule stands before the first frame. A frame that could not go out in time (a slow client, a sender that was
/// not given the CPU) goes out as soon as it can and still carries its intended time, so that whoever subtracts sees
/// the wait as well.
///
/// Worked example: 100,000 events/s at 8 a frame is a frame every 80 µs; event 20 is of frame 2, 160,000 ns after t0.
package struct PacedSpec: Sendable {
  package var eventsPerSecond: Double
  package var eventCount: Int
  package var eventsPerFrame = 8
  package var symbolCount = 1000
  /// Both clocks at one moment. Stamps are its wall time plus the monotonic time since, so that a clock that is set
  /// meanwhile falsifies nothing; who reads the stamps needs the same value.
  package var clock: Arrival
  /// How long before a frame is due the server stops sleeping and spins: a sleeping thread is late by tens of
  /// microseconds.
  package var spinNanos: Int64 = 60_000
  /// Told, on the server's thread, of each frame: how late it was made, and its events.
  package var made: (@Sendable (_ lateNanos: Int64, _ events: Int) -> Void)?

  package init(eventsPerSecond: Double, eventCount: Int, clock: Arrival = .now()) {
    precondition(eventsPerSecond > 0 && eventCount > 0)
    self.eventsPerSecond = eventsPerSecond
    self.eventCount = eventCount
    self.clock = clock
  }

  /// What a client asks for: the usual fields of a quote, and the two that hold the stamp.
  package static let fields = [
    "eventSymbol", "bidPrice", "askPrice", "bidSize", "askSize", "bidTime", "timeNanoPart",
  ]

  /// When an event is meant to be sent, in nanoseconds after the first one.
  package func offsetNanos(of event: Int) -> Int64 {
    let frame = event / eventsPerFrame
    return Int64((Double(frame * eventsPerFrame) / eventsPerSecond * 1e9).rounded())
  }

  /// A stamp as two fields: `bidTime` has the milliseconds, `timeNanoPart` the rest.
  static func split(_ wallNanos: Int64) -> (bidTime: Int64, timeNanoPart: Int32) {
    (wallNanos / 1_000_000, Int32(truncatingIfNeeded: wallNanos % 1_000_000))
  }

  /// The stamp of a quote, in nanoseconds since 1970 UTC.
  package static func stamp(bidTime: Int64, timeNanoPart: Int32) -> Int64 {
    bidTime &* 1_000_000 &+ Int64(timeNanoPart)
  }
}

/// The way of one client through a paced feed.
final class PacedFeed {
  /// From the first look to the first frame: the client has then seen all there is before it.
  static let leadNanos: Int64 = 5_000_000

  private let spec: PacedSpec
  private let start: MonotonicNanos
  private let firstStamp: Int64
  private var texts = TextTable()
  private var symbols: [TextID] = []
  private var batch = EventBatch(capacity: 1024)
  private var next = 0

  init(_ spec: PacedSpec, now: MonotonicNanos) {
    precondition(spec.eventsPerFrame > 0 && spec.eventsPerFrame <= 1024 && spec.symbolCount > 0)
    self.spec = spec
    start = now.advanced(byNanos: Self.leadNanos)
    firstStamp = spec.clock.wall.rawValue + start.nanos(since: spec.clock.monotonic)
    for i in 0..<spec.symbolCount {
      if let id = texts.intern("S\(i)") { symbols.append(id) }
    }
  }

  /// Makes the frames that are due, until `out` holds about `targetBytes`.
  func step(
    _ now: MonotonicNanos, _ session: inout ServerSession, _ out: inout MessageQueue, targetBytes: Int
  ) -> Playback.Outcome {
    while next < spec.eventCount {
      if out.byteCount >= targetBytes { return .more }
      let offset = spec.offsetNanos(of: next)
      let due = start.advanced(byNanos: offset)
      if due > now { return .waiting(due.advanced(byNanos: -spec.spinNanos)) }
      let count = min(spec.eventsPerFrame, spec.eventCount - next)
      make(count, firstStamp + offset)
      let store = texts.store
      batch.forEach { session.deliver($0, store, &out) }
      session.flush(&out)
      spec.made?(MonotonicNanos.now().nanos(since: due), count)
      next += count
    }
    return .over
  }

  private func make(_ count: Int, _ stamp: Int64) {
    batch.removeAll()
    let time = PacedSpec.split(stamp)
    for i in next..<(next + count) {
      var quote = Quote()
      quote.head.symbol = symbols[i % symbols.count]
      quote.bidPrice = Double(10_000 + i % 997) / 100
      quote.askPrice = Double(10_002 + i % 997) / 100
      quote.bidSize = Double(100 + i % 7)
      quote.askSize = Double(100 + i % 11)
      quote.bidTime = time.bidTime
      quote.timeNanoPart = time.timeNanoPart
      _ = batch.append(quote)
    }
  }
}
