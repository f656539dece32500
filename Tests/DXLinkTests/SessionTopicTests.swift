import Bytes
import Market
import TestSupport
import Testing

@testable import DXLink

/// A session on an open channel with a clock of its own, against a server that refuses by ERROR.
private struct Talk: ~Copyable {
  var session: Session
  var now = MonotonicNanos(rawValue: 1_000_000_000_000)
  /// Symbols of the FEED_SUBSCRIPTIONs since `begin`, with the seconds after it.
  var told: [(at: Double, symbols: [String])] = []
  var refusals: [TopicRefusals] = []
  var seen: Set<String> = []
  private(set) var start = MonotonicNanos(rawValue: 0)

  init(_ change: (inout Session.Options) -> Void = { _ in }) throws {
    var options = Session.Options()
    options.confirmSeconds = 5
    change(&options)
    session = Session(options: options)
    session.connected(now: now)
    for wire in [
      #"{"type":"SETUP","channel":0,"keepaliveTimeout":60,"acceptKeepaliveTimeout":60,"version":"1.0-sim/1.0"}"#,
      #"{"type":"AUTH_STATE","channel":0,"state":"AUTHORIZED"}"#,
      #"{"type":"CHANNEL_OPENED","channel":1,"service":"FEED","parameters":{"contract":"AUTO","subFormat":"LIST"}}"#,
    ] { session.received(try read(wire), now: now) }
    begin()
  }

  /// Takes this moment for 0 seconds and forgets what was said.
  mutating func begin() {
    collect()
    start = now
    told = []
    refusals = []
  }

  var counts: TopicCounts { session.topicCounts }
  /// Live, refused, pending, sent.
  var states: [Int] { [counts.live, counts.refused, counts.pending, counts.sent] }
  var toldAt: [Double] { told.map(\.at) }

  mutating func want(_ symbols: [String]) {
    let refused = session.changeSubscriptions(add: symbols.map { Subscription(.quote, $0) }, now: now)
    #expect(refused.isEmpty)
    collect()
  }

  mutating func remove(_ symbols: [String]) {
    _ = session.changeSubscriptions(remove: symbols.map { Subscription(.quote, $0) }, now: now)
    collect()
  }

  mutating func error(_ message: String) {
    session.received(.error(channel: 1, ErrorNotice(code: ErrorNotice.badAction, message: message)), now: now)
    collect()
  }

  /// Lets time pass as a lane does, which sleeps until the next deadline.
  mutating func wait(_ seconds: Double) {
    let end = now.advanced(bySeconds: seconds)
    var turns = 0
    while session.nextDeadline <= end, turns < 10_000 {
      now = max(now, session.nextDeadline)
      // Something else comes in now and then.
      session.receivedAnything(now: now)
      session.advance(now: now)
      if session.awaitsJudgement(now) {
        let seen = seen
        session.judge(now: now) { _, symbol in seen.contains(symbol) }
      }
      collect()
      turns += 1
    }
    #expect(turns < 10_000, "a deadline that does not move on")
    now = end
    session.receivedAnything(now: now)
  }

  private mutating func collect() {
    var texts: [String] = []
    var refusals = refusals
    unsafe session.drainActions { action, bytes in
      switch action {
      case .send(let range, _):
        texts.append(unsafe String(decoding: UnsafeRawBufferPointer(rebasing: bytes[range]), as: UTF8.self))
      case .refused(let more): refusals.append(more)
      default: break
      }
    }
    self.refusals = refusals
    for text in texts {
      guard case .feedSubscription(_, let message)? = try? read(text), !message.add.isEmpty else { continue }
      told.append((now.seconds(since: start), message.add.map(\.symbol)))
    }
  }
}

@Suite("What becomes of topics that a server was told", .tags(.unit))
struct SessionTopicTests {
  static let size = "Your subscription size is too big"
  static let rate = "Your subscription rate is too high"

  @Test("they are live when no ERROR comes within five seconds, each message by its own time")
  func confirmed() throws {
    var talk = try Talk { $0.pace.maximumItems = 2 }
    talk.want(["A", "B", "C"])
    #expect(talk.states == [0, 0, 1, 2])
    talk.wait(0.1)
    #expect(talk.states == [0, 0, 0, 3] && talk.toldAt == [0, 0.1])
    talk.wait(4.89)
    #expect(talk.states == [0, 0, 0, 3])
    talk.wait(0.01)
    #expect(talk.states == [2, 0, 0, 1])
    talk.wait(0.1)
    #expect(talk.states == [3, 0, 0, 0] && talk.refusals.isEmpty)
  }

  @Test("after an ERROR about the size those with data are live, the others and all that wait are refused")
  func judged() throws {
    var talk = try Talk { $0.pace.maximumItems = 2 }
    talk.want(["A", "B", "C", "D", "E", "F", "G"])
    talk.wait(0.1)
    talk.error(Self.size)
    talk.seen = ["A", "B", "C"]
    talk.wait(4.9)
    // Nothing more is told while the judgement is out.
    #expect(talk.toldAt == [0, 0.1] && talk.states == [0, 0, 3, 4] && talk.refusals.isEmpty)
    talk.wait(0.1)
    #expect(talk.states == [3, 4, 0, 0] && talk.told.count == 2)
    #expect(
      talk.refusals == [
        TopicRefusals(count: 4, examples: [Subscription(.quote, "D")], reason: Self.size, retrySeconds: 15)
      ])
    #expect(Set(talk.session.refusedTopics(atMost: 9).map(\.symbol)) == ["D", "E", "F", "G"])
    #expect(talk.session.refusedTopics(atMost: 2).count == 2)
  }

  @Test("a topic that has data already when something is refused stays live, and old ones are no suspects")
  func evidence() throws {
    var talk = try Talk()
    talk.want(["OLD"])
    talk.wait(6)
    talk.want(["NEW"])
    talk.error(Self.size)
    talk.wait(5)
    #expect(talk.session.refusedTopics(atMost: 9).map(\.symbol) == ["NEW"] && talk.counts.live == 1)
  }

  @Test("ERRORs that go on put the judgement off, six times as long at most")
  func stream() throws {
    var talk = try Talk()
    talk.want(["A"])
    for _ in 0..<20 {
      talk.error(Self.size)
      talk.wait(2)
      if talk.counts.refused > 0 { break }
    }
    #expect(talk.refusals.count == 1 && talk.now.seconds(since: MonotonicNanos(rawValue: 1_000_000_000_000)) == 30)
  }

  @Test("refused topics are asked for again after 15 seconds, doubled with each refusal, up to 300")
  func backOff() throws {
    var talk = try Talk()
    talk.want(["A", "B"])
    talk.error(Self.size)
    talk.wait(5)
    var waits: [Double] = []
    for _ in 0..<7 {
      let announced = talk.refusals.last?.retrySeconds
      talk.begin()
      while talk.told.isEmpty, talk.now.seconds(since: talk.start) < 400 { talk.wait(1) }
      waits.append(try #require(talk.toldAt.first))
      #expect(announced == waits.last && talk.counts.sent == 2)
      talk.error(Self.size)
      talk.wait(5)
      #expect(talk.counts.refused == 2)
    }
    #expect(waits == [15, 30, 60, 120, 240, 300, 300])
  }

  @Test("a retry that is not refused brings more and more of the others at once, and clears the back-off")
  func recovery() throws {
    var talk = try Talk { $0.pace.maximumItems = 2 }
    talk.want((0..<20).map { "S\($0)" })
    talk.error(Self.size)
    talk.wait(5)
    #expect(talk.states == [0, 20, 0, 0])
    talk.begin()
    talk.wait(15)
    #expect(talk.told.map(\.symbols.count) == [2] && talk.states == [0, 18, 0, 2])
    talk.wait(5.1)
    // Five seconds without an ERROR: twice as many.
    #expect(talk.told.map(\.symbols.count) == [2, 2, 2] && talk.states == [2, 14, 0, 4])
    talk.wait(60)
    #expect(talk.states == [20, 0, 0, 0] && talk.told.flatMap(\.symbols).count == 20)
    talk.want(["LATE"])
    talk.error(Self.size)
    talk.wait(5)
    #expect(talk.refusals.last?.retrySeconds == 15)
  }

  @Test("a removal makes room, so that the next try comes after five seconds")
  func roomMade() throws {
    var talk = try Talk()
    talk.want(["A"])
    talk.wait(6)
    talk.want(["B"])
    talk.error(Self.size)
    talk.wait(5)
    talk.begin()
    talk.remove(["A"])
    talk.wait(20)
    #expect(talk.toldAt == [5] && talk.told[0].symbols == ["B"] && talk.states == [1, 0, 0, 0])
  }

  @Test("after an ERROR about the rate nothing is told for the back-off, then all that is missing")
  func rateHold() throws {
    var talk = try Talk { $0.pace.maximumItems = 2 }
    talk.want(["A", "B", "C", "D", "E"])
    talk.wait(0.1)
    talk.error(Self.rate)
    talk.seen = ["A", "B"]
    talk.wait(5)
    // What was not told is not refused: only the pace was wrong.
    #expect(talk.states == [2, 2, 1, 0] && talk.refusals.map(\.retrySeconds) == [15])
    talk.begin()
    talk.want(["F"])
    talk.wait(14.9)
    #expect(talk.told.isEmpty)
    talk.wait(1)
    #expect(talk.toldAt.first == 15 && Set(talk.told.flatMap(\.symbols)) == ["C", "D", "E", "F"])
    talk.wait(5)
    #expect(talk.states == [6, 0, 0, 0])
  }

  @Test("a rate that is found too high although all was taken still holds the rest back")
  func rateWithoutLoss() throws {
    var talk = try Talk { $0.pace.maximumItems = 1 }
    talk.want(["A", "B"])
    talk.error(Self.rate)
    talk.seen = ["A"]
    talk.wait(5)
    #expect(talk.states == [1, 0, 1, 0] && talk.refusals.isEmpty)
    talk.begin()
    talk.wait(19.9)
    #expect(talk.toldAt == [15] && talk.states == [1, 0, 0, 1])
    talk.wait(0.2)
    #expect(talk.states == [2, 0, 0, 0])
    talk.want(["C"])
    talk.error(Self.rate)
    talk.wait(5)
    #expect(talk.refusals.last?.retrySeconds == 15, "an earlier hold that ended well is forgiven")
  }

  @Test("an ERROR about one type leaves the topics of other types alone")
  func typed() throws {
    var talk = try Talk()
    _ = talk.session.changeSubscriptions(
      add: [Subscription(.candle, "A{=d}", fromTime: 1), Subscription(.quote, "A")], now: talk.now)
    talk.error("Your subscription size for event type 'Candle' is too big")
    talk.wait(5)
    #expect(talk.session.refusedTopics(atMost: 9).map(\.type) == [.candle] && talk.counts.live == 1)
  }

  @Test("a new connection forgets refusals and asks for everything again")
  func reconnected() throws {
    var talk = try Talk()
    talk.want(["A", "B"])
    talk.error(Self.size)
    talk.wait(5)
    #expect(talk.counts.refused == 2)
    talk.session.disconnected()
    #expect(talk.states == [0, 0, 2, 0] && talk.session.nextDeadline == .distantFuture)
  }

  @Test("only ERRORs with the words of refusals refuse")
  func words() {
    func notice(_ message: String, _ code: String = ErrorNotice.badAction) -> RefusalNotice? {
      RefusalNotice(ErrorNotice(code: code, message: message))
    }
    #expect(notice(Self.size) == .size && notice(Self.rate) == .rate)
    #expect(notice("Your subscription size for event type 'Candle' is too big") == .sizeOfType(.candle))
    #expect(notice("Your subscription size for event type 'Nonsense' is too big") == .size)
    #expect(notice("Unknown channel") == nil && notice(Self.size, "TIMEOUT") == nil)
  }
}
