import Bytes
import DXLink
import Market
import TestSupport
import Testing

@testable import Simulator

@Suite("Paced feed", .tags(.unit))
struct PacedFeedTests {
  private static let clock = Arrival(
    wall: WallNanos(rawValue: 1_772_461_800_123_456_789), monotonic: MonotonicNanos(rawValue: 500))
  private static let setup = #"{"type":"SETUP","channel":0,"version":"0.1"}"#
  private static let channel =
    #"{"type":"CHANNEL_REQUEST","channel":1,"service":"FEED","parameters":{"contract":"STREAM"}}"#
  private static let fields =
    #"{"type":"FEED_SETUP","channel":1,"acceptDataFormat":"COMPACT","acceptEventFields":{"Quote":["#
    + PacedSpec.fields.map { "\"\($0)\"" }.joined(separator: ",") + "]}}"
  private static let wildcard =
    #"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Quote","symbol":"*"}]}"#

  /// A session that wants all quotes with their stamps.
  private static func subscribed() -> Script {
    let script = Script()
    _ = script.send(setup, channel, fields, wildcard)
    return script
  }

  /// The stamps of all rows of some messages, a list a message.
  private static func stamps(_ messages: [String]) -> [[Int64]] {
    messages.map { message in
      let rows = message.split(separator: "[").last.map(String.init) ?? ""
      let values = rows.prefix { $0 != "]" }.split(separator: ",")
      return stride(from: 0, to: values.count - 6, by: 7).compactMap { i in
        guard let time = Int64(values[i + 5]), let part = Int32(values[i + 6]) else { return nil }
        return PacedSpec.stamp(bidTime: time, timeNanoPart: part)
      }
    }
  }

  @Test("the schedule stands before the first frame: 100,000 events/s at 8 a frame is one each 80 µs")
  func schedule() {
    let spec = PacedSpec(eventsPerSecond: 100_000, eventCount: 100, clock: Self.clock)
    #expect([0, 7, 8, 20, 99].map { spec.offsetNanos(of: $0) } == [0, 0, 80_000, 160_000, 960_000])
    // No error adds up: event 999,992, the first of its frame, at 3 a second.
    let slow = PacedSpec(eventsPerSecond: 3, eventCount: 1_000_000, clock: Self.clock)
    #expect(slow.offsetNanos(of: 999_999) == 333_330_666_666_667)
  }

  @Test("a stamp survives being split into milliseconds and the rest")
  func split() {
    for stamp in [0, 999_999, 1_000_000, 1_772_461_800_123_456_789] as [Int64] {
      let parts = PacedSpec.split(stamp)
      #expect((0..<1_000_000).contains(parts.timeNanoPart))
      #expect(PacedSpec.stamp(bidTime: parts.bidTime, timeNanoPart: parts.timeNanoPart) == stamp)
    }
  }

  @Test("what is due goes out and carries its intended time, however late it is; then the feed waits for the next")
  func step() throws {
    let script = Self.subscribed()
    var spec = PacedSpec(eventsPerSecond: 1_000_000, eventCount: 30, clock: Self.clock)
    spec.eventsPerFrame = 10
    spec.spinNanos = 3_000
    let begin = MonotonicNanos(rawValue: 1_000)
    let feed = PacedFeed(spec, now: begin)
    let start = begin.advanced(byNanos: PacedFeed.leadNanos)
    let first = Self.clock.wall.rawValue + start.nanos(since: Self.clock.monotonic)
    var out = MessageQueue()

    #expect(Self.isWaiting(feed.step(begin, &script.session, &out, targetBytes: 1 << 16), start, 3_000))
    #expect(Self.take(&out) == [])
    // 15 µs late for the first frame: the second was due after 10 µs.
    let outcome = feed.step(start.advanced(byNanos: 15_000), &script.session, &out, targetBytes: 1 << 16)
    #expect(Self.isWaiting(outcome, start.advanced(byNanos: 20_000), 3_000))
    #expect(Self.stamps(Self.take(&out)) == [first, first + 10_000].map { Array(repeating: $0, count: 10) })
    // A full queue holds the third frame back, which does not change its stamp.
    let late = start.advanced(byNanos: 900_000)
    guard case .more = feed.step(late, &script.session, &out, targetBytes: 0) else {
      Issue.record("a full queue is no reason to wait for time")
      return
    }
    guard case .over = feed.step(late, &script.session, &out, targetBytes: 1 << 16) else {
      Issue.record("30 events are all there is")
      return
    }
    #expect(Self.stamps(Self.take(&out)) == [Array(repeating: first + 20_000, count: 10)])
  }

  @Test("a client gets every event in order with the intended times, and then the end of the feed")
  func client() throws {
    let spec = PacedSpec(eventsPerSecond: 200_000, eventCount: 1003)
    var configuration = ServerConfiguration(feed: .paced(spec))
    configuration.limits.settleMillis = 1
    let server = try ServerThread(configuration)
    let client = try TestClient(server)
    try client.send(Self.setup, Self.channel, Self.fields, Self.wildcard)
    let (messages, end) = try client.all()
    #expect(end == .closed(1000, EndOfFeed.reason))
    let stamps = Self.stamps(messages.filter { $0.contains("FEED_DATA") }).flatMap { $0 }
    let first = try #require(stamps.first)
    #expect(stamps.map { $0 - first } == (0..<1003).map { spec.offsetNanos(of: $0) })
  }

  private static func isWaiting(_ outcome: Playback.Outcome, _ due: MonotonicNanos, _ spin: Int64) -> Bool {
    guard case .waiting(let until) = outcome else { return false }
    return until == due.advanced(byNanos: -spin)
  }

  private static func take(_ out: inout MessageQueue) -> [String] {
    var texts: [String] = []
    while out.takeFirst({ _, text in
      texts.append(unsafe text.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) })
    }) {}
    return texts
  }
}
