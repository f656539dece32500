import Bytes
import Testing

@Suite("Time")
struct TimeTests {
  @Test(
    "adding a duration saturates",
    arguments: [
      (Int64(5), Int64(7), Int64(12)), (5, -7, -2), (.max, 1, .max), (.max - 1, 1, .max), (.min, -1, .min),
      (.min, 1, .min + 1),
    ])
  func advanced(start: Int64, by: Int64, end: Int64) {
    #expect(MonotonicNanos(rawValue: start).advanced(byNanos: by).rawValue == end)
  }

  @Test(
    "seconds of any size and sign become nanoseconds without a trap",
    arguments: [
      (0.0, Int64(0)), (1.5, 1_500_000_000), (-0.25, -250_000_000), (1e300, 9_000_000_000_000_000_000),
      (.infinity, 9_000_000_000_000_000_000), (-.infinity, -9_000_000_000_000_000_000),
    ])
  func seconds(seconds: Double, nanos: Int64) {
    #expect(MonotonicNanos(rawValue: 0).advanced(bySeconds: seconds).rawValue == nanos)
  }

  @Test("not a number of seconds is a deadline far away, not one in the past")
  func notANumber() {
    #expect(MonotonicNanos(rawValue: 0).advanced(bySeconds: .nan).rawValue > 0)
  }

  @Test("differences and order agree")
  func differences() {
    let early = MonotonicNanos(rawValue: 1_000)
    let late = early.advanced(bySeconds: 2)
    #expect(early < late && !(late < early) && late < .distantFuture)
    #expect(late.nanos(since: early) == 2_000_000_000)
    #expect(late.seconds(since: early) == 2)
    #expect(early.nanos(since: late) == -2_000_000_000)
    #expect(WallNanos(rawValue: 1) < WallNanos(rawValue: 2))
  }

  @Test("clocks do not run backwards, and each counts what it should")
  func clocks() {
    let first = Arrival.now()
    let cpuBefore = (CPUTime.threadNanos(), CPUTime.processNanos())
    var sum: UInt64 = 0
    while CPUTime.threadNanos() == cpuBefore.0 { sum &+= 1 }
    let second = Arrival.now()
    #expect(first.monotonic < second.monotonic)
    // The 2020s or later: seconds and nanoseconds were not mixed up.
    #expect(first.wall.rawValue > 1_577_836_800_000_000_000)
    #expect(CPUTime.processNanos() > cpuBefore.1)
  }
}
