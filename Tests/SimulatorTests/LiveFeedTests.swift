import Bytes
import TestSupport
import Testing

@testable import Simulator

@Suite("A live feed", .tags(.unit))
struct LiveFeedTests {
  private static let start = MonotonicNanos(rawValue: 0)
  private static func seconds(_ count: Double) -> MonotonicNanos { start.advanced(bySeconds: count) }

  private func feed(factor: Double?) throws -> LiveFeed {
    try LiveFeed(
      try GenerateSpec("seed=1,symbols=20,rate=1000,mix=Quote:1", endless: true), factor: factor, now: Self.start)
  }

  private func step(_ feed: LiveFeed, _ now: MonotonicNanos, queuedBytes: Int) -> Int {
    var count = 0
    feed.advance(to: now, limit: feed.eventsPerStep(queuedBytes: queuedBytes)) { _ in count += 1 }
    return count
  }

  @Test("that is late gives what clients can hold in a step, and the rest in the next ones, at once")
  func late() throws {
    let (feed, atOnce) = (try feed(factor: 1), try feed(factor: 1))
    let now = Self.seconds(10)
    let all = step(atOnce, now, queuedBytes: .max)
    #expect(all > 5_000 && !atOnce.isBehind && atOnce.deadline(now) > now)
    #expect(step(feed, now, queuedBytes: 64 << 10) == 128)
    #expect(feed.isBehind && feed.deadline(now) == now)
    var (count, steps) = (128, 1)
    while feed.isBehind, steps < 1_000 {
      let more = step(feed, now, queuedBytes: 64 << 10)
      #expect(more <= 128)
      count += more
      steps += 1
    }
    #expect(count == all && feed.deadline(now) > now)
  }

  @Test("whose clients hold next to nothing goes on by single events")
  func single() throws {
    let feed = try feed(factor: 1)
    #expect(step(feed, Self.seconds(1), queuedBytes: 0) == 1 && feed.isBehind)
  }

  @Test("without a pace is never late")
  func unpaced() throws {
    let feed = try feed(factor: nil)
    #expect(step(feed, Self.seconds(0.001), queuedBytes: 0) == LiveFeed.eventsPerStep)
    #expect(!feed.isBehind && feed.deadline(Self.start) > Self.start)
  }
}
