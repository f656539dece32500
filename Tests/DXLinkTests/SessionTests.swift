import Bytes
import DXLink
import Market
import TestSupport
import Testing

/// A session with a clock of its own and everything that it asked for, as text.
struct Stage: ~Copyable {
  var session: Session
  var nanos: Int64 = 1_000_000_000_000
  /// Sent texts (secret ones with a leading `!`) and other actions as words.
  var log: [String] = []
  var failure: SessionFailure?

  init(token: String? = nil, _ change: (inout Session.Options) -> Void = { _ in }) {
    var options = Session.Options()
    options.version = "0.1-SWIFT/1.0"
    change(&options)
    session = Session(options: options, token: token)
  }

  var now: MonotonicNanos { MonotonicNanos(rawValue: nanos) }

  mutating func collect() {
    var lines: [String] = []
    var failure = failure
    unsafe session.drainActions { action, bytes in
      switch action {
      case .send(let range, let isSecret):
        let text = unsafe String(decoding: UnsafeRawBufferPointer(rebasing: bytes[range]), as: UTF8.self)
        lines.append((isSecret ? "!" : "") + text)
      case .ready: lines.append("ready")
      case .wantsToken: lines.append("wantsToken")
      case .refused(let refusals): lines.append("refused \(refusals.count)")
      case .domClosed(let topic, let isGivenUp, _):
        lines.append("closed \(topic.symbol)\(isGivenUp ? ", given up" : "")")
      case .domLimited(let topic, let depth): lines.append("limited \(topic.symbol) \(depth)")
      case .fail(let reason):
        lines.append("fail")
        failure = reason
      }
    }
    self.failure = failure
    log += lines
  }

  /// What was asked for since the last call.
  mutating func said() -> [String] {
    collect()
    defer { log = [] }
    return log
  }

  mutating func connect() { session.connected(now: now) }
  mutating func receive(_ wire: String) throws { session.received(try read(wire), now: now) }

  mutating func wait(_ more: Double) {
    let end = now.advanced(byNanos: Int64((more * 1e9).rounded()))
    var last = now
    var turns = 0
    while session.nextDeadline <= end, !session.isOver, turns < 10_000 {
      last = max(last, session.nextDeadline)
      session.advance(now: last)
      turns += 1
    }
    #expect(turns < 10_000, "a deadline that does not move on")
    nanos = end.rawValue
  }

  mutating func subscribe(_ subscriptions: [Subscription]) {
    let refused = session.changeSubscriptions(add: subscriptions, now: now)
    #expect(refused.isEmpty)
  }

  mutating func makeReady() throws {
    connect()
    try receive(Wire.setup)
    try receive(Wire.authorized)
    try receive(Wire.opened)
    _ = said()
  }
}

enum Wire {
  static let setup =
    #"{"type":"SETUP","channel":0,"keepaliveTimeout":60,"acceptKeepaliveTimeout":60,"version":"1.0-sim/1.0"}"#
  static let unauthorized = #"{"type":"AUTH_STATE","channel":0,"state":"UNAUTHORIZED"}"#
  static let authorized = #"{"type":"AUTH_STATE","channel":0,"state":"AUTHORIZED","userId":"u1"}"#
  static let opened =
    #"{"type":"CHANNEL_OPENED","channel":1,"service":"FEED","parameters":{"contract":"AUTO","subFormat":"LIST"}}"#
  static let request = #"{"type":"CHANNEL_REQUEST","channel":1,"service":"FEED","parameters":{"contract":"AUTO"}}"#
  static let keepalive = #"{"type":"KEEPALIVE","channel":0}"#
  static let auth = #"!{"type":"AUTH","channel":0,"token":"t0"}"#
  static let clientSetup =
    #"{"type":"SETUP","channel":0,"version":"0.1-SWIFT/1.0","keepaliveTimeout":60,"acceptKeepaliveTimeout":60}"#
  static func error(_ code: String, channel: Int = 0) -> String {
    #"{"type":"ERROR","channel":\#(channel),"error":"\#(code)","message":"why"}"#
  }
}

@Suite("The session", .tags(.unit))
struct SessionTests {
  @Test("the transcript of the reference is spoken word for word")
  func transcript() throws {
    var stage = Stage(token: "t0") {
      $0.fieldLists[.quote] = ["eventSymbol", "bidPrice", "askPrice", "bidSize", "askSize"]
    }
    stage.subscribe([Subscription(.quote, "SPY"), Subscription(.quote, ".SPY260918C650")])
    #expect(stage.said().isEmpty)
    stage.connect()
    #expect(stage.said() == [Wire.clientSetup])
    try stage.receive(Wire.setup)
    #expect(stage.said().isEmpty)
    try stage.receive(Wire.unauthorized)
    #expect(stage.said() == [Wire.auth])
    try stage.receive(Wire.authorized)
    #expect(stage.said() == [Wire.request])
    try stage.receive(Wire.opened)
    #expect(
      stage.said() == [
        "ready",
        #"{"type":"FEED_SETUP","channel":1,"acceptAggregationPeriod":0,"acceptDataFormat":"COMPACT","#
          + #""acceptEventFields":{"Quote":["eventSymbol","bidPrice","askPrice","bidSize","askSize"]}}"#,
        #"{"type":"FEED_SUBSCRIPTION","channel":1,"reset":true,"add":[{"type":"Quote","symbol":"SPY"},"#
          + #"{"type":"Quote","symbol":".SPY260918C650"}]}"#,
      ])
    try stage.receive(#"{"type":"FEED_CONFIG","channel":1,"dataFormat":"COMPACT","aggregationPeriod":0.0}"#)
    #expect(stage.session.dataFormat == .compact && stage.session.aggregationPeriodSeconds == 0)
    try stage.receive(Wire.keepalive)
    #expect(stage.said().isEmpty)
    stage.wait(20)
    #expect(stage.said() == [Wire.keepalive])
    stage.session.close(now: stage.now)
    #expect(stage.said() == [#"{"type":"CHANNEL_CANCEL","channel":1}"#])
    try stage.receive(#"{"type":"CHANNEL_CLOSED","channel":1}"#)
    #expect(stage.said().isEmpty && stage.session.isOver)
  }

  @Test("a server without tokens leads straight to the channel")
  func open() throws {
    var stage = Stage()
    stage.connect()
    try stage.receive(Wire.setup)
    try stage.receive(Wire.authorized)
    #expect(stage.said() == [Wire.clientSetup, Wire.request])
  }

  @Test("the order of the server's first two messages does not matter")
  func order() throws {
    var stage = Stage(token: "t0")
    stage.connect()
    try stage.receive(Wire.unauthorized)
    try stage.receive(Wire.setup)
    try stage.receive(Wire.authorized)
    #expect(stage.said() == [Wire.clientSetup, Wire.auth, Wire.request])
  }

  /// What is received, how long is waited after it, the failure, and its remedy.
  static let failures: [(String?, [String], Double, SessionFailure, SessionFailure.Remedy)] = [
    (nil, [], 10, .noSetup(seconds: 10), .reconnect),
    (nil, [Wire.setup], 10, .noAuthState(seconds: 10), .reconnect),
    (nil, [Wire.setup, Wire.unauthorized], 0, .tokenNeeded, .newToken),
    ("t0", [Wire.setup, Wire.unauthorized], 10, .noAuthState(seconds: 10), .reconnect),
    ("t0", [Wire.setup, Wire.unauthorized, Wire.unauthorized], 0, .tokenRefused, .newToken),
    ("t0", [Wire.setup, Wire.unauthorized, Wire.error("UNAUTHORIZED")], 0, .tokenRefused, .newToken),
    ("t0", [Wire.error("UNSUPPORTED_PROTOCOL")], 0, .unsupportedProtocol("why"), .none),
    (nil, [Wire.setup, Wire.authorized], 10, .noChannel(seconds: 10), .reconnect),
    (nil, [Wire.setup, Wire.authorized, Wire.opened], 90, .silence(seconds: 90), .reconnect),
    ("t0", [Wire.setup, Wire.unauthorized, Wire.authorized, Wire.opened, Wire.unauthorized], 10, .tokenExpired,
      .newToken),
    (nil, [Wire.setup, Wire.authorized, Wire.opened, Wire.unauthorized], 10, .tokenNeeded, .newToken),
  ]

  @Test("what must not go on fails at its time and says what helps", arguments: failures)
  func failure(token: String?, wires: [String], wait: Double, failure: SessionFailure, remedy: SessionFailure.Remedy)
    throws
  {
    var stage = Stage(token: token)
    stage.connect()
    for wire in wires { try stage.receive(wire) }
    if wait > 0 {
      stage.wait(wait - 0.001)
      stage.collect()
      #expect(stage.failure == nil && !stage.session.isOver)
      stage.wait(0.001)
    }
    let said = stage.said()
    #expect(stage.failure == failure)
    #expect(said.last == "fail" && said.count { $0 == "fail" } == 1)
    #expect(failure.remedy == remedy && failure.reconnectingHelps == (remedy == .reconnect))
    #expect(stage.session.isOver && stage.session.nextDeadline == .distantFuture)
    #expect(remedy != .newToken || failure.description.contains("--token-env"))
    // Whatever comes now changes nothing; a new connection starts anew.
    for wire in wires { try stage.receive(wire) }
    stage.wait(1000)
    #expect(stage.said().isEmpty)
    stage.connect()
    #expect(stage.said() == [Wire.clientSetup])
  }

  @Test("a timeout is told to the server before the session fails")
  func timeoutIsTold() throws {
    var stage = Stage()
    stage.connect()
    stage.wait(10)
    let said = stage.said()
    #expect(
      said.suffix(2) == [#"{"type":"ERROR","channel":0,"error":"TIMEOUT","message":"no SETUP"}"#, "fail"])
  }

  static let keepalives: [(Double, Double?, Double)] = [
    (60, 60, 20), (60, 30, 10), (30, 60, 10), (60, nil, 20), (60, 0, 1.0 / 3), (9, 60, 3), (60, 1e9, 20),
  ]

  @Test("a KEEPALIVE goes out after a third of the smaller time-out in silence", arguments: keepalives)
  func keepalive(own: Double, server: Double?, expected: Double) throws {
    var stage = Stage { $0.keepaliveSeconds = own }
    stage.connect()
    stage.session.received(.setup(Setup(version: "1", keepaliveTimeout: server)), now: stage.now)
    stage.session.received(.authState(AuthState(.authorized)), now: stage.now)
    stage.session.received(.channelOpened(channel: 1, ChannelService(.auto)), now: stage.now)
    _ = stage.said()
    for _ in 0..<5 {
      stage.session.receivedAnything(now: stage.now)
      stage.wait(expected - 0.01)
      #expect(stage.said().isEmpty)
      stage.wait(0.01)
      #expect(stage.said() == [Wire.keepalive])
    }
  }

  @Test("any inbound byte feeds the watchdog, our own messages do not")
  func watchdog() throws {
    var stage = Stage()
    try stage.makeReady()
    for _ in 0..<10 {
      stage.wait(89)
      stage.session.receivedAnything(now: stage.now)
    }
    stage.wait(89.9)
    stage.collect()
    #expect(stage.failure == nil)
    stage.wait(0.1)
    stage.collect()
    #expect(stage.failure == .silence(seconds: 90))
  }

  @Test("a repeated SETUP changes the time-outs and nothing else")
  func setupAgain() throws {
    var stage = Stage()
    try stage.makeReady()
    try stage.receive(#"{"type":"SETUP","channel":0,"keepaliveTimeout":6,"version":"2"}"#)
    #expect(stage.said().isEmpty)
    stage.wait(2)
    #expect(stage.said() == [Wire.keepalive])
    stage.wait(7)
    stage.collect()
    #expect(stage.failure == .silence(seconds: 9) && stage.session.serverVersion == "2")
  }

  @Test("a fresh token goes out on the living connection and keeps the channel")
  func tokenRefresh() throws {
    var stage = Stage(token: "t0")
    stage.connect()
    for wire in [Wire.setup, Wire.unauthorized, Wire.authorized, Wire.opened] { try stage.receive(wire) }
    _ = stage.said()
    stage.session.updateToken("t1", now: stage.now)
    #expect(stage.said() == [#"!{"type":"AUTH","channel":0,"token":"t1"}"#])
    try stage.receive(Wire.authorized)
    #expect(stage.said().isEmpty && stage.session.isReady)
    // The server lets it expire; we are asked for another one, and have it in time.
    try stage.receive(Wire.unauthorized)
    try stage.receive(Wire.unauthorized)
    #expect(stage.said() == ["wantsToken"])
    stage.wait(9)
    stage.session.updateToken("t2", now: stage.now)
    #expect(stage.said() == [#"!{"type":"AUTH","channel":0,"token":"t2"}"#])
    try stage.receive(Wire.authorized)
    stage.wait(20)
    #expect(stage.said() == [Wire.keepalive] && stage.session.isReady)
    stage.session.updateToken("t3", now: stage.now)
    try stage.receive(Wire.unauthorized)
    stage.collect()
    #expect(stage.failure == .tokenRefused)
  }

  @Test("a token given before the server asks is the one that is sent")
  func tokenBeforeAuth() throws {
    var stage = Stage(token: "old")
    stage.session.updateToken("t0", now: stage.now)
    stage.connect()
    try stage.receive(Wire.setup)
    stage.session.updateToken("t0", now: stage.now)
    try stage.receive(Wire.unauthorized)
    #expect(stage.said() == [Wire.clientSetup, Wire.auth])
  }

  @Test("a channel that the server closes is requested again on the next odd number, later each time")
  func channelClosed() throws {
    var stage = Stage { $0.channelAttempts = 3 }
    stage.subscribe([Subscription(.quote, "A")])
    try stage.makeReady()
    var number = 1
    for attempt in 1...3 {
      try stage.receive(#"{"type":"CHANNEL_CLOSED","channel":\#(number)}"#)
      stage.wait(Double(attempt) - 0.01)
      #expect(stage.said().isEmpty && !stage.session.isReady)
      stage.wait(0.01)
      number += 2
      #expect(
        stage.said() == [
          #"{"type":"CHANNEL_REQUEST","channel":\#(number),"service":"FEED","parameters":{"contract":"AUTO"}}"#
        ])
      // Late messages for the old number say nothing.
      try stage.receive(#"{"type":"CHANNEL_CLOSED","channel":\#(number - 2)}"#)
      stage.session.received(.channelOpened(channel: number, ChannelService(.auto)), now: stage.now)
      let said = stage.said()
      #expect(said.count == 2 && said[0].contains("FEED_SETUP") && said[1].contains(#""reset":true,"add":[{"#))
    }
    try stage.receive(Wire.error("BAD_ACTION", channel: number))
    try stage.receive(#"{"type":"CHANNEL_CLOSED","channel":\#(number)}"#)
    stage.collect()
    #expect(
      stage.failure
        == .channelRefused(attempts: 4, lastError: ErrorNotice(code: "BAD_ACTION", message: "why")))
  }

  @Test("a channel that stayed open for long is forgiven its earlier ends")
  func channelForgiven() throws {
    var stage = Stage { $0.channelAttempts = 1 }
    try stage.makeReady()
    var number = 1
    for _ in 0..<5 {
      stage.wait(60)
      stage.session.receivedAnything(now: stage.now)
      try stage.receive(#"{"type":"CHANNEL_CLOSED","channel":\#(number)}"#)
      stage.wait(1)
      number += 2
      stage.session.received(.channelOpened(channel: number, ChannelService(.auto)), now: stage.now)
    }
    stage.collect()
    #expect(stage.failure == nil && stage.session.isReady)
  }

  @Test("subscriptions go out at the pace, and new types have their fields told first")
  func pace() throws {
    var stage = Stage { $0.pace = Pace(maximumItems: 2, chunksPerInterval: 1, intervalMillis: 100) }
    stage.subscribe((0..<5).map { Subscription(.quote, "S\($0)") })
    stage.connect()
    for wire in [Wire.setup, Wire.authorized, Wire.opened] { try stage.receive(wire) }
    #expect(stage.said().count { $0.contains("FEED_SUBSCRIPTION") } == 1)
    #expect(stage.session.nextDeadline == stage.now.advanced(bySeconds: 0.1))
    stage.wait(0.099)
    #expect(stage.said().isEmpty)
    stage.wait(0.001)
    #expect(stage.said().count == 1)
    stage.wait(0.1)
    #expect(stage.said().count == 1 && stage.session.pendingSubscriptions == 0)
    stage.wait(1)
    stage.subscribe([Subscription(.trade, "S0")])
    let said = stage.said()
    #expect(said.count == 2 && said[0].contains(#""acceptEventFields":{"Trade":["#))
    #expect(said[1] == #"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Trade","symbol":"S0"}]}"#)
    let refused = stage.session.changeSubscriptions(
      add: [Subscription(.quote, "")], remove: [Subscription(.quote, "S4")], now: stage.now.advanced(bySeconds: 1))
    #expect(refused.count == 1 && refused.first?.refusal == .emptySymbol)
    #expect(stage.said().last?.contains(#""remove":[{"type":"Quote","symbol":"S4"}]"#) == true)
  }

  @Test("errors are counted, a few are kept and cut, and most end nothing")
  func errors() throws {
    var stage = Stage()
    try stage.makeReady()
    for i in 0..<5000 {
      let notice = ErrorNotice(code: "BAD_ACTION", message: String(repeating: "\(i % 10)", count: 10_000))
      stage.session.received(.error(channel: 1, notice), now: stage.now)
    }
    for code in ["TIMEOUT", "INVALID_MESSAGE", "UNKNOWN", "NEW_CODE"] { try stage.receive(Wire.error(code)) }
    #expect(stage.session.errors.count == 5004)
    #expect(stage.session.errors.kept.count == ProtocolLimits.keptErrors)
    #expect(stage.session.errors.kept.allSatisfy { $0.notice.message.utf8.count <= ProtocolLimits.keptErrorBytes })
    #expect(stage.session.errors.kept.last?.text == "the server says NEW_CODE: why")
    #expect(stage.session.errors.kept[0].text.hasPrefix("the server says on channel 1: BAD_ACTION: "))
    #expect(stage.said().isEmpty && stage.session.isReady)
  }

  @Test("a reconnect replays everything, with reset in the first message")
  func reconnect() throws {
    var stage = Stage()
    stage.subscribe([Subscription(.quote, "A"), Subscription(.trade, "A")])
    for _ in 0..<3 {
      stage.connect()
      for wire in [Wire.setup, Wire.authorized, Wire.opened] { try stage.receive(wire) }
      let said = stage.said()
      #expect(said.count == 5 && said[0] == Wire.clientSetup && said[2] == "ready")
      #expect(
        said[4] == #"{"type":"FEED_SUBSCRIPTION","channel":1,"reset":true,"add":[{"type":"Quote","symbol":"A"},"#
          + #"{"type":"Trade","symbol":"A"}]}"#)
      stage.session.disconnected()
      #expect(stage.session.nextDeadline == .distantFuture && !stage.session.isReady)
      stage.nanos += 5_000_000_000
    }
  }

  @Test("each contract is asked for by its name", arguments: Contract.allCases)
  func contracts(contract: Contract) throws {
    var stage = Stage { $0.contract = contract }
    stage.connect()
    for wire in [Wire.setup, Wire.authorized] { try stage.receive(wire) }
    let wanted = #""channel":1,"service":"FEED","parameters":{"contract":"\#(contract.rawValue)"}"#
    #expect(stage.said().last?.contains(wanted) == true)
  }

  @Test(
    "random messages at random times: never a crash, a deadline that moves on, one failure at most", .tags(.property),
    arguments: 1...30)
  func random(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var stage = Stage(token: seed % 2 == 0 ? "t0" : nil)
    let wires =
      MessageTests.wire.map(\.1) + [Wire.setup, Wire.authorized, Wire.opened, Wire.unauthorized]
      + [Wire.error("UNAUTHORIZED"), #"{"type":"CHANNEL_CLOSED","channel":1}"#]
    stage.connect()
    var failures = 0
    for _ in 0..<500 {
      switch random.next() % 6 {
      case 0: stage.wait(Double(random.next() % 40))
      case 1: stage.session.updateToken("t\(random.next() % 3)", now: stage.now)
      case 2:
        stage.subscribe([Subscription(.quote, "S\(random.next() % 50)")])
      default: try stage.receive(wires[Int(random.next() % UInt64(wires.count))])
      }
      failures += stage.said().count { $0 == "fail" }
      if stage.session.isOver {
        #expect(failures <= 1, "seed \(seed)")
        failures = 0
        stage.connect()
      }
      #expect(stage.session.nextDeadline >= stage.now, "seed \(seed)")
    }
  }
}
