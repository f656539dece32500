import Bytes
import DXLink
import IO
import Market
import Recording
import Rings
import Synchronization
import TestSupport
import Testing

@testable import Ingest

@Suite("Back-off", .tags(.unit))
struct BackoffTests {
  @Test("waits double from the first to the longest, less at most half", .tags(.property))
  func bounds() {
    for seed in UInt64(0)..<200 {
      var backoff = Backoff(seed: seed)
      var full = 0.25
      for attempt in 0..<60 {
        #expect(backoff.attempt == attempt)
        let seconds = backoff.nextSeconds()
        #expect(seconds <= full && seconds >= full / 2, "seed \(seed), attempt \(attempt): \(seconds) of \(full)")
        full = min(30, full * 2)
      }
    }
  }

  @Test("the same seed gives the same waits, another one others, spread over the whole range")
  func jitter() {
    func waits(_ seed: UInt64, _ count: Int) -> [Double] {
      var backoff = Backoff(seed: seed)
      return (0..<count).map { _ in backoff.nextSeconds() }
    }
    #expect(waits(7, 20) == waits(7, 20))
    #expect(waits(7, 20) != waits(8, 20))
    let long = waits(7, 500).dropFirst(10)
    #expect(long.contains { $0 < 17 } && long.contains { $0 > 28 })
  }

  @Test("only a connection that lived long enough clears the count")
  func healthy() {
    var backoff = Backoff(seed: 1)
    for _ in 0..<9 { _ = backoff.nextSeconds() }
    backoff.succeeded(aliveSeconds: 0.99)
    #expect(backoff.attempt == 9)
    backoff.succeeded(aliveSeconds: 1)
    #expect(backoff.attempt == 0)
    #expect(backoff.nextSeconds() <= 0.25)
  }

  @Test("limits of attempts", arguments: [(0, 0, false), (1, 0, true), (1, 1, false), (3, 2, true), (3, 3, false)])
  func limits(most: Int, attempt: Int, allowed: Bool) {
    #expect(ReconnectLimit.attempts(most).allows(attempt) == allowed)
    #expect(ReconnectLimit.forever.allows(attempt) && ReconnectLimit.forever.allows(.max))
  }
}

@Suite("Stop flag", .tags(.unit))
struct StopFlagTests {
  @Test("the stages: running, draining, abandoned, and never back")
  func stages() throws {
    let stop = try StopFlag()
    #expect(!stop.isDraining && !stop.isAbandoned && !stop.wakeup.clear())
    stop.drain()
    #expect(stop.isDraining && !stop.isAbandoned && stop.wakeup.clear())
    stop.abandon()
    stop.drain()
    #expect(stop.isDraining && stop.isAbandoned && stop.wakeup.clear())
  }

  @Test("without a limit everything may go on")
  func unlimited() throws {
    let stop = try StopFlag()
    for _ in 0..<100 { #expect(stop.claim(1 << 40) == 1 << 40) }
    #expect(!stop.isDraining)
  }

  @Test("a limit is cut exactly, and ends the run when it is reached, not later")
  func limit() throws {
    let stop = try StopFlag(limit: 10)
    #expect(stop.claim(0) == 0)
    #expect(stop.claim(4) == 4)
    #expect(stop.claim(5) == 5)
    #expect(!stop.isDraining)
    #expect(stop.claim(5) == 1)
    #expect(stop.isDraining && !stop.isAbandoned)
    #expect(stop.claim(5) == 0 && stop.claim(0) == 0)
    let exact = try StopFlag(limit: 3)
    #expect(exact.claim(3) == 3)
    #expect(exact.isDraining)
  }

  @Test("many threads together get the limit, no more and no less", .tags(.property), arguments: 1...12)
  func threads(seed: Int) throws {
    let limit = 10_007
    let stop = try StopFlag(limit: limit)
    let allowed = Total()
    var threads: [Handover<WorkerThread>] = []
    for number in 0..<6 {
      threads.append(
        Handover(
          try WorkerThread("claim") {
            var random = SeededRandom(seed: UInt64(seed * 100 + number))
            var mine = 0
            for _ in 0..<2000 {
              let wanted = Int.random(in: 1...9, using: &random)
              let got = stop.claim(wanted)
              #expect(got >= 0 && got <= wanted)
              mine += got
            }
            allowed.add(mine)
          }))
    }
    for thread in threads { thread.take().join() }
    #expect(allowed.value == limit)
    #expect(stop.isDraining)
  }
}

private final class Total: Sendable {
  private let sum = Atomic<Int>(0)
  var value: Int { sum.load(ordering: .relaxed) }
  func add(_ n: Int) { sum.wrappingAdd(n, ordering: .relaxed) }
}

@Suite("Gap marks in recordings", .tags(.unit))
struct GapTextTests {
  @Test("a lane's gap is the same after a recording", arguments: Gap.Reason.allCases)
  func roundTrip(reason: Gap.Reason) throws {
    var random = SeededRandom(seed: UInt64(reason.rawValue))
    for _ in 0..<50 {
      let from = Int64.random(in: 0...(.max / 2), using: &random)
      var gap = Gap(reason: reason, lane: 7, fromNanos: from, toNanos: from + 5)
      gap.attempts = UInt32.random(in: 0...UInt32.max, using: &random)
      gap.topics = UInt32.random(in: 0...UInt32.max, using: &random)
      gap.lostMessages = Int64.random(in: 0...Int64.max, using: &random)
      var out = ByteWriter()
      GapText.mark(gap).encode(into: &out)
      let mark = try #require(unsafe out.withBytes { b in unsafe GapMark(parsing: b) })
      #expect(GapText.gap(mark, lane: 7) == gap)
    }
  }

  @Test("a mark says its reason as a word, so that people can read it")
  func words() {
    var gap = Gap(reason: .serverClosed, lane: 0, fromNanos: 1, toNanos: 2)
    gap.attempts = 2
    gap.topics = 120
    #expect(GapText.mark(gap).reason == "serverClosed attempts=2 topics=120")
    #expect(GapText.mark(gap).cause == .connectionLost)
  }

  @Test(
    "marks of others become gaps too, whatever their text",
    arguments: [
      ("", GapCause.connectionLost, Gap.Reason.connectionLost),
      ("recording could not keep up", .recordingOverflow, .recordingOverflow),
      ("silence", .other, .silence), ("silence attempts= topics=x =3 a=b=c attempts=9", .connectionLost, .silence),
      ("??? attempts=9", .storageFailed, .recordingOverflow),
    ])
  func foreign(text: String, cause: GapCause, reason: Gap.Reason) {
    let mark = GapMark(
      from: WallNanos(rawValue: 3), to: WallNanos(rawValue: 4), lostFrames: .max, cause: cause, reason: text)
    let gap = GapText.gap(mark, lane: 65_535)
    #expect(gap.reason == reason && gap.lane == 65_535 && gap.fromNanos == 3 && gap.toNanos == 4)
    #expect(gap.lostMessages == .max && gap.topics == 0)
    #expect(gap.attempts == (text.hasSuffix("attempts=9") ? 9 : 0))
  }
}
