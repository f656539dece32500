import Bytes
import TestSupport
import Testing

@testable import Ingest

@Suite("Wait plan", .tags(.unit))
struct WaitPlanTests {
  private func at(_ micros: Int64) -> MonotonicNanos { MonotonicNanos(rawValue: 1_000_000_000 + micros * 1000) }

  private func step(
    _ plan: inout WaitPlan, got: Int, readAt: Int64, now: Int64, deadline: Int64 = 10_000_000, isBusy: Bool = false
  ) -> WaitPlan.Step {
    plan.next(got: got, readAt: at(readAt), now: at(now), deadline: at(deadline), isBusy: isBusy)
  }

  @Test("a lane that gets bytes waits inside the read, one that gets none for so long polls")
  func plain() {
    var plan = WaitPlan(batchMicros: 0, spinMicros: 0, receiveMillis: 50)
    #expect(step(&plan, got: 0, readAt: 0, now: 0) == .poll(until: at(10_000_000)), "before the first bytes")
    #expect(step(&plan, got: 100, readAt: 10, now: 12) == .receive)
    #expect(step(&plan, got: 0, readAt: 49_000, now: 49_000) == .receive)
    #expect(step(&plan, got: 0, readAt: 50_010, now: 50_010) == .poll(until: at(10_000_000)))
    #expect(step(&plan, got: 1, readAt: 60_000, now: 60_001) == .receive, "bytes came again")
  }

  @Test("a deadline that is near, and work beside reading, need a poll")
  func deadlines() {
    var plan = WaitPlan(batchMicros: 0, spinMicros: 0, receiveMillis: 50)
    #expect(step(&plan, got: 9, readAt: 0, now: 1, deadline: 50_001) == .poll(until: at(50_001)))
    #expect(step(&plan, got: 9, readAt: 0, now: 1, deadline: 50_002) == .receive)
    #expect(step(&plan, got: 9, readAt: 0, now: 1, isBusy: true) == .poll(until: at(10_000_000)))
  }

  @Test("batched reads pause for what is left of the time since the read, then read once and wait if nothing came")
  func batching() {
    var plan = WaitPlan(batchMicros: 500, spinMicros: 0, receiveMillis: 50)
    #expect(step(&plan, got: 9, readAt: 0, now: 120) == .pause(nanos: 380_000))
    #expect(step(&plan, got: 9, readAt: 1000, now: 1500) == .read, "interpreting took as long")
    #expect(step(&plan, got: 0, readAt: 2000, now: 2000) == .receive)
    #expect(step(&plan, got: 9, readAt: 3000, now: 3100, deadline: 3200) == .pause(nanos: 100_000))
  }

  @Test("every byte is read at most the batch time after it came, whenever it came")
  func latency() {
    for start in stride(from: Int64(0), through: 3000, by: 37) {
      // Reads that take no time, in a feed with one frame each 20 microseconds from `start` on.
      var plan = WaitPlan(batchMicros: 500, spinMicros: 0, receiveMillis: 50)
      var now: Int64 = 0
      var next = start
      var worst: Int64 = 0
      var reads = 0
      while now < 20_000 {
        var got = 0
        while next <= now {
          worst = max(worst, now - next)
          next += 20
          got += 1
        }
        reads += 1
        switch step(&plan, got: got, readAt: now, now: now) {
        case .read: Issue.record("a read at once, at \(now)")
        case .pause(let nanos): now += nanos / 1000
        case .receive, .poll: now = max(now, next)
        }
      }
      check(worst <= 500 && worst >= 480, "start \(start): \(worst)")
      check(reads < 60, "start \(start): \(reads)")
    }
  }

  @Test("spinning reads again until its time is over, or a deadline has come")
  func spinning() {
    var plan = WaitPlan(batchMicros: 0, spinMicros: 40, receiveMillis: 50)
    #expect(step(&plan, got: 0, readAt: 0, now: 0) == .poll(until: at(10_000_000)), "nothing came yet")
    #expect(step(&plan, got: 5, readAt: 100, now: 101) == .read)
    #expect(step(&plan, got: 0, readAt: 139, now: 139) == .read)
    #expect(step(&plan, got: 0, readAt: 140, now: 140) == .receive)
    #expect(step(&plan, got: 0, readAt: 120, now: 120, deadline: 110) == .poll(until: at(110)))
  }
}
