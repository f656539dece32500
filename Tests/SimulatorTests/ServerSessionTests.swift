import Bytes
import DXLink
import Market
import Rings
import TestSupport
import Testing

@testable import Simulator

/// A session with a clock of its own: texts in, texts out.
final class Script {
  var session: ServerSession
  var now = MonotonicNanos(rawValue: 1_000_000_000)
  var out = MessageQueue()
  private var buffer = ReceiveBuffer(capacity: 1 << 20)

  init(token: String? = nil, faults: [Fault] = [], _ change: (inout ServerSession.Options) -> Void = { _ in }) {
    var options = ServerSession.Options()
    options.token = token
    change(&options)
    session = ServerSession(options, faults: FaultPlan(faults, connection: 0), now: now)
  }

  /// Sends texts in one go and gives what the server says to them.
  func send(_ texts: String...) -> [String] {
    for text in texts {
      buffer.removeAll()
      let bytes = Array(text.utf8)
      _ = buffer.makeRoom(bytes.count)
      unsafe _ = buffer.fill { room in
        unsafe bytes.withUnsafeBytes { unsafe room.copyMemory(from: $0) }
        return bytes.count
      }
      unsafe session.receive(buffer.withReadable { unsafe $0 }, now: now, &out)
    }
    return drain()
  }

  func pass(seconds: Double) -> [String] {
    now = now.advanced(bySeconds: seconds)
    session.tick(now, &out)
    return drain()
  }

  /// Gives events to the session as a recording would.
  func play(_ spec: String, types: Set<EventType>? = nil) throws -> [String] {
    var generator = try Generator(try GenerateSpec(spec))
    var batch = EventBatch(capacity: 8)
    while generator.next(into: &batch) != nil {
      batch.forEach { event in
        if types?.contains(event.type!) ?? true { session.deliver(event, generator.texts.store, &out) }
      }
      batch.removeAll()
    }
    session.flush(&out)
    return drain()
  }

  func drain() -> [String] {
    var texts: [String] = []
    while out.takeFirst({ _, text in
      texts.append(unsafe text.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) })
    }) {
      session.sent(at: now)
    }
    return texts
  }

  var closing: ServerSession.Closing? { session.closing }
  var mayHaveData: Bool { session.mayHaveData }
  var subscriptionCount: Int { session.subscriptionCount }
  var deadline: MonotonicNanos { session.deadline }
  var refusedTopics: Int { session.counters.refusedTopics }
  var topics: Set<Subscriptions.Topic> { session.subscriptions.topics }

  /// SETUP and one AUTO channel.
  func open(_ channel: Int = 1, contract: String = "AUTO") {
    _ = send(
      #"{"type":"SETUP","channel":0,"version":"0.1-test/1","keepaliveTimeout":60,"acceptKeepaliveTimeout":60}"#,
      #"{"type":"CHANNEL_REQUEST","channel":\#(channel),"service":"FEED","parameters":{"contract":"\#(contract)"}}"#)
  }
}

@Suite("Server session")
struct ServerSessionTests {
  static let setup =
    #"{"type":"SETUP","channel":0,"version":"0.1-SWIFT/1.0","keepaliveTimeout":60,"acceptKeepaliveTimeout":60}"#

  @Test("the complete transcript of a client that needs a token")
  func transcript() {
    let script = Script(token: "t0")
    let greeting = script.send(Self.setup)
    #expect(greeting.count == 2)
    #expect(greeting[0].hasPrefix(#"{"type":"SETUP","channel":0,"#) && greeting[0].contains(#""keepaliveTimeout":60"#))
    #expect(greeting[1] == #"{"type":"AUTH_STATE","channel":0,"state":"UNAUTHORIZED"}"#)
    #expect(
      script.send(#"{"type":"AUTH","channel":0,"token":"t0"}"#)
        == [#"{"type":"AUTH_STATE","channel":0,"state":"AUTHORIZED","userId":"simulator"}"#])
    #expect(
      script.send(#"{"type":"CHANNEL_REQUEST","channel":1,"service":"FEED","parameters":{"contract":"AUTO"}}"#)
        == [
          #"{"type":"CHANNEL_OPENED","channel":1,"service":"FEED","parameters":{"contract":"AUTO","subFormat":"LIST"}}"#
        ])
    #expect(
      script.send(
        #"{"type":"FEED_SETUP","channel":1,"acceptAggregationPeriod":0,"acceptDataFormat":"COMPACT","#
          + #""acceptEventFields":{"Quote":["eventSymbol","nonsense","askPrice","bidPrice"]}}"#
      ) == [#"{"type":"FEED_CONFIG","channel":1,"dataFormat":"COMPACT","aggregationPeriod":0.0}"#])
    #expect(
      script.send(
        #"{"type":"FEED_SUBSCRIPTION","channel":1,"reset":true,"add":[{"type":"Quote","symbol":"SPY"}]}"#
      ) == [
        #"{"type":"FEED_CONFIG","channel":1,"dataFormat":"COMPACT","aggregationPeriod":0.0,"#
          + #""eventFields":{"Quote":["eventSymbol","askPrice","bidPrice"]}}"#
      ])
    #expect(script.send(#"{"type":"CHANNEL_CANCEL","channel":1}"#) == [#"{"type":"CHANNEL_CLOSED","channel":1}"#])
    // Late messages of a cancelled channel are nothing to complain about.
    #expect(script.send(#"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[]}"#) == [])
  }

  @Test("a client that sends everything in one go, AUTH included, is served (QuantConnect, Java)")
  func allAtOnce() {
    let script = Script(token: "t0")
    let said = script.send(
      Self.setup, #"{"type":"AUTH","channel":0,"token":"t0"}"#,
      #"{"type":"CHANNEL_REQUEST","channel":3,"service":"FEED","parameters":{"contract":"STREAM"}}"#,
      #"{"type":"FEED_SETUP","channel":3,"acceptAggregationPeriod":"NaN","acceptDataFormat":"COMPACT"}"#,
      #"{"type":"FEED_SUBSCRIPTION","channel":3,"reset":false,"remove":[],"add":[{"type":"Trade","symbol":"*"}]}"#)
    #expect(said.count == 6)
    #expect(said[5].contains(#""eventFields":{"Trade":["eventSymbol""#))
    #expect(script.mayHaveData)
  }

  @Test("tastyware's habits: KEEPALIVE right after SETUP, AUTH for every UNAUTHORIZED, a channel per type, white space")
  func tastyware() {
    let script = Script(token: "good")
    var said = script.send(
      #"{"type": "SETUP", "channel": 0, "version": "0.1-DXF-JS/0.3.0", "keepaliveTimeout": 60,"#
        + #" "acceptKeepaliveTimeout": 60}"#,
      #"{"type": "KEEPALIVE", "channel": 0}"#)
    #expect(said.count == 2)
    var answers = 0
    while said.contains(where: { $0.contains("UNAUTHORIZED\"}") }), script.closing == nil, answers < 100 {
      said = script.send(#"{"type": "AUTH", "channel": 0, "token": "bad"}"#)
      answers += 1
    }
    // A client that never gives up is given up.
    #expect(answers == ServerSession.maximumWrongTokens)
    #expect(script.closing == ServerSession.Closing(code: 1000, reason: "Bye"))

    let other = Script(token: "good")
    _ = other.send(Self.setup, #"{"channel": 0, "token": "good", "type": "AUTH"}"#)
    for (channel, type) in [(1, "Candle"), (3, "Greeks"), (7, "Quote")] {
      let opened = other.send(
        #"{"type": "CHANNEL_REQUEST", "channel": \#(channel), "service": "FEED", "parameters": {"contract": "AUTO"}}"#)
      #expect(opened.first?.contains("CHANNEL_OPENED") == true)
      let symbol = type == "Candle" ? #"AAPL{tho=TRUE,=1H}", "fromTime": 0"# : #"AAPL""#
      let told = other.send(
        #"{"type": "FEED_SETUP", "channel": \#(channel), "acceptAggregationPeriod": 0.1,"#
          + #" "acceptDataFormat": "COMPACT", "acceptEventFields": {"\#(type)": ["eventSymbol", "eventTime"]}}"#,
        #"{"type": "FEED_SUBSCRIPTION", "channel": \#(channel), "add": [{"symbol": "\#(symbol), "type": "\#(type)"}]}"#)
      #expect(told.count == 2 && told[1].contains(#"{"\#(type)":["eventSymbol","eventTime"]}"#), "\(told)")
    }
    #expect(other.subscriptionCount == 3)
    #expect(other.topics.contains { $0.symbol == "AAPL{=h,tho=true}" })
  }

  @Test(
    "wrong messages give the error of the protocol's table",
    arguments: [
      (
        #"{"type":"CHANNEL_REQUEST","channel":2,"service":"FEED","parameters":{"contract":"AUTO"}}"#, 2, "BAD_ACTION",
        "even channel"
      ),
      (
        #"{"type":"CHANNEL_REQUEST","channel":1,"service":"FEED","parameters":{"contract":"AUTO"}}"#, 1, "BAD_ACTION",
        "used"
      ),
      (
        #"{"type":"CHANNEL_REQUEST","channel":5,"service":"DOM","parameters":{"symbol":"A"}}"#, 5, "BAD_ACTION",
        "Unsupported service: 'DOM'"
      ),
      (
        #"{"type":"CHANNEL_REQUEST","channel":5,"service":"FEED","parameters":{"contract":"x"}}"#, 5, "BAD_ACTION",
        "contract"
      ),
      (#"{"type":"FEED_SUBSCRIPTION","channel":9,"add":[]}"#, 9, "BAD_ACTION", "not open"),
      (#"{"type":"MYSTERY","channel":1}"#, 1, "BAD_ACTION", "MYSTERY"),
      (#"{"type":"FEED_DATA","channel":1,"data":[]}"#, 0, "BAD_ACTION", "server"),
      (#"hello"#, 0, "INVALID_MESSAGE", ""), (#"[]"#, 0, "INVALID_MESSAGE", ""), ("", 0, "INVALID_MESSAGE", ""),
      (#"{"channel":1}"#, 0, "INVALID_MESSAGE", "type"),
      (#"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"symbol":"A"}]}"#, 0, "INVALID_MESSAGE", "type"),
    ])
  func errors(_ text: String, _ channel: Int, _ code: String, _ words: String) {
    let script = Script()
    script.open()
    let said = script.send(text)
    #expect(
      said.first?.hasPrefix(#"{"type":"ERROR","channel":\#(channel),"error":"\#(code)","message":""#) == true, "\(said)"
    )
    #expect(said.first?.contains(words) == true, "\(said)")
    #expect(script.closing == nil)
    if text.contains("DOM") { #expect(said.last == #"{"type":"CHANNEL_CLOSED","channel":5}"#) }
  }

  @Test("without a token nothing is opened; a version that nobody knows ends the connection; SETUP comes first")
  func refusals() {
    let closed = Script(token: "t")
    _ = closed.send(Self.setup)
    let said = closed.send(#"{"type":"CHANNEL_REQUEST","channel":1,"service":"FEED","parameters":{"contract":"AUTO"}}"#)
    #expect(said.count == 1 && said[0].contains(#""error":"UNAUTHORIZED""#))
    let odd = Script()
    #expect(odd.send(#"{"type":"SETUP","channel":0,"version":"9.0"}"#).first?.contains("UNSUPPORTED_PROTOCOL") == true)
    #expect(odd.closing?.code == 1000)
    let early = Script(token: "t")
    #expect(early.send(#"{"type":"AUTH","channel":0,"token":"t"}"#).first?.contains("BAD_ACTION") == true)
  }

  @Test("a second FEED_SETUP adds types, and tells changed fields of types in use again")
  func laterSetup() {
    let script = Script()
    script.open()
    _ = script.send(
      #"{"type":"FEED_SETUP","channel":1,"acceptDataFormat":"COMPACT","acceptEventFields":{"Quote":["eventSymbol","#
        + #""bidPrice"]}}"#,
      #"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Quote","symbol":"A"}]}"#)
    let added = script.send(#"{"type":"FEED_SETUP","channel":1,"acceptEventFields":{"Trade":["eventSymbol","price"]}}"#)
    #expect(added.count == 1 && !added[0].contains("eventFields"))
    let changed = script.send(
      #"{"type":"FEED_SETUP","channel":1,"acceptEventFields":{"Quote":["askPrice","eventSymbol"]}}"#)
    #expect(changed.count == 2 && changed[1].contains(#""eventFields":{"Quote":["askPrice","eventSymbol"]}"#))
    let trade = script.send(#"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Trade","symbol":"A"}]}"#)
    #expect(trade.first?.contains(#"{"Trade":["eventSymbol","price"]}"#) == true)
  }

  @Test("reset works before remove, remove before add; unknown types and symbols are silent")
  func subscriptionOrder() {
    let script = Script()
    script.open()
    let said = script.send(
      #"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Quote","symbol":"A"},{"type":"Quote","#
        + #""symbol":"B"},{"type":"Nothing","symbol":"C"}]}"#
    )
    #expect(said.count == 1)
    _ = script.send(
      #"{"type":"FEED_SUBSCRIPTION","channel":1,"remove":[{"type":"Quote","symbol":"A"}],"add":[{"type":"Quote","#
        + #""symbol":"A"}]}"#
    )
    #expect(script.subscriptionCount == 2)
    _ = script.send(
      #"{"type":"FEED_SUBSCRIPTION","channel":1,"reset":true,"add":[{"type":"Order","symbol":"A","#
        + #""source":"NTV"},{"type":"Order","symbol":"A","source":"DEX"}]}"#
    )
    #expect(script.subscriptionCount == 2)
    _ = script.send(
      #"{"type":"FEED_SUBSCRIPTION","channel":1,"remove":[{"type":"Order","symbol":"A","source":"NTV"}]}"#)
    #expect(script.subscriptionCount == 1)
    _ = script.send(#"{"type":"FEED_SUBSCRIPTION","channel":1,"remove":[{"type":"Order","symbol":"A"}]}"#)
    #expect(script.subscriptionCount == 0)
  }

  @Test(
    "a wildcard gets everything on AUTO and STREAM and an error on TICKER", arguments: ["AUTO", "STREAM", "TICKER"])
  func wildcard(_ contract: String) throws {
    let script = Script()
    script.open(1, contract: contract)
    let said = script.send(#"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Quote","symbol":"*"}]}"#)
    #expect(said.contains { $0.contains("ERROR") } == (contract == "TICKER"))
    let data = try script.play("seed=1,symbols=20,rate=500,duration=1s,mix=Quote:1/Trade:1")
    #expect(data.isEmpty == (contract == "TICKER"))
    #expect(data.allSatisfy { $0.contains("FEED_DATA") && !$0.contains("Trade") })
  }

  @Test("rows come in the client's form: COMPACT with its columns, FULL with eventType first")
  func forms() throws {
    for format in ["COMPACT", "FULL"] {
      let script = Script()
      script.open()
      _ = script.send(
        #"{"type":"FEED_SETUP","channel":1,"acceptDataFormat":"\#(format)","#
          + #""acceptEventFields":{"Quote":["askPrice","eventType","eventSymbol"]}}"#,
        #"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Quote","symbol":"*"}]}"#)
      let data = try script.play("seed=1,symbols=1,rate=10,duration=1s,mix=Quote:1,universe=stocks")
      let start = format == "FULL" ? #""data":[{"eventType":"Quote","askPrice":"# : #""data":["Quote",["#
      #expect(data.count == 1 && data[0].contains(start), "\(data)")
      if format == "COMPACT" { #expect(data[0].contains(#","Quote",""#)) }
    }
  }

  @Test("a source is respected, no source means all; one event can go to two channels")
  func sources() throws {
    func rows(_ items: String) throws -> Int {
      let script = Script()
      script.open()
      _ = script.send(
        #"{"type":"FEED_SETUP","channel":1,"acceptDataFormat":"COMPACT","#
          + #""acceptEventFields":{"Order":["eventSymbol"]}}"#,
        #"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[\#(items)]}"#)
      let data = try script.play("seed=1,symbols=1,rate=900,duration=1s,mix=Order:1,universe=stocks")
      return data.reduce(0) { $0 + $1.count { $0 == "," } }
    }
    let symbol = try #require(
      try Generator(try GenerateSpec("seed=1,symbols=1,mix=Order:1,universe=stocks")).symbols.first)
    let all = try rows(#"{"type":"Order","symbol":"\#(symbol)"}"#)
    let one = try rows(#"{"type":"Order","symbol":"\#(symbol)","source":"NTV"}"#)
    let none = try rows(#"{"type":"Order","symbol":"\#(symbol)","source":"XXXX"}"#)
    #expect(all > one * 3 && one > 50 && none == 0)
  }

  @Test("limits: topics, channels and fields are refused beyond theirs, and said so")
  func limits() {
    let script = Script { options in
      options.limits.maximumTopics = 2
      options.limits.maximumChannels = 2
    }
    script.open()
    let said = script.send(
      #"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Quote","symbol":"A"},{"type":"Quote","#
        + #""symbol":"B"},{"type":"Quote","symbol":"C"},{"type":"Quote","symbol":"A"}]}"#
    )
    #expect(said.first?.contains("Your subscription size is too big") == true)
    #expect(script.subscriptionCount == 2 && script.refusedTopics == 1)
    let channels = script.send(
      #"{"type":"CHANNEL_REQUEST","channel":3,"service":"FEED","parameters":{"contract":"AUTO"}}"#,
      #"{"type":"CHANNEL_REQUEST","channel":5,"service":"FEED","parameters":{"contract":"AUTO"}}"#)
    #expect(channels.count == 2 && channels[1].contains("Too many channels"))
  }

  @Test("KEEPALIVE goes out every half time-out, and a silent client gets 1000 Bye without an ERROR")
  func silence() {
    let script = Script()
    script.open()
    #expect(script.pass(seconds: 29) == [])
    #expect(script.pass(seconds: 2) == [#"{"type":"KEEPALIVE","channel":0}"#])
    #expect(script.deadline > script.now)
    #expect(script.pass(seconds: 28) == [])
    #expect(script.pass(seconds: 2) == [])
    #expect(script.closing == ServerSession.Closing(code: 1000, reason: "Bye"))

    let living = Script { $0.announcesTimeout = true }
    living.open()
    for _ in 0..<10 {
      _ = living.pass(seconds: 50)
      _ = living.send(#"{"type":"KEEPALIVE","channel":0}"#)
    }
    #expect(living.closing == nil)
    #expect(living.pass(seconds: 61).contains { $0.contains("TIMEOUT") })
    let mute = Script()
    #expect(mute.pass(seconds: 11).first?.contains("TIMEOUT") == true)
    #expect(mute.closing?.code == 1000)
  }

  @Test(
    "session faults: order, fewer or no fields, errors, silence, a refused token, expiry, FULL, a lost channel"
  )
  func faults() throws {
    func subscribe(_ fault: String) throws -> (Script, [String]) {
      let script = Script(faults: [try Fault(fault)])
      script.open()
      return (
        script,
        script.send(
          #"{"type":"FEED_SETUP","channel":1,"acceptDataFormat":"COMPACT","#
            + #""acceptEventFields":{"Quote":["eventSymbol","bidPrice","askPrice"]}}"#,
          #"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Quote","symbol":"*"}]}"#)
      )
    }
    #expect(!(try subscribe("reorder-config").1[1].contains(#"["eventSymbol","bidPrice","askPrice"]"#)))
    #expect(try subscribe("config-fewer-fields").1[1].contains(#"["eventSymbol","bidPrice"]"#))
    #expect(try subscribe("no-fields").1.count == 1)
    #expect(try subscribe("errors=7").1.count { $0.contains("ERROR") } == 7)
    #expect(try subscribe("silent").0.pass(seconds: 40) == [])
    let (full, _) = try subscribe("full-switch")
    var queue = MessageQueue()
    full.session.switchToFull(&queue)
    let told = queue.count
    #expect(told == 1)
    #expect(try full.play("seed=1,rate=10,duration=1s,mix=Quote:1").allSatisfy { $0.contains(#"[{"eventType""#) })
    let (expired, _) = try subscribe("unauthorized-late")
    expired.session.revoke(&queue)
    #expect(!expired.mayHaveData)
    #expect(expired.send(#"{"type":"AUTH","channel":0,"token":"new"}"#).first?.contains("AUTHORIZED") == true)
    #expect(expired.mayHaveData)
    let (closed, _) = try subscribe("close-channel")
    closed.session.closeLowestChannel(&queue)
    #expect(closed.subscriptionCount == 0)
    let refused = Script(faults: [try Fault("refuse-token")])
    _ = refused.send(Self.setup)
    #expect(
      refused.send(#"{"type":"AUTH","channel":0,"token":"x"}"#) == [
        #"{"type":"AUTH_STATE","channel":0,"state":"UNAUTHORIZED"}"#
      ])
    let pairs = Script(faults: [try Fault("pairs")])
    pairs.open()
    _ = pairs.send(
      #"{"type":"FEED_SETUP","channel":1,"acceptDataFormat":"COMPACT"}"#,
      #"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Quote","symbol":"*"},{"type":"Trade","symbol":"*"}]}"#)
    let data = try pairs.play("seed=1,symbols=4,rate=50,duration=1s,mix=Quote:1/Trade:1")
    #expect(data.count == 1 && data[0].contains(#"],"Trade",["#))
  }
}

@Suite("Fault specs")
struct FaultTests {
  @Test("every kind is in the table, and each reads with what its row says")
  func table() throws {
    #expect(Fault.table.map(\.kind) == Fault.Kind.allCases)
    for text in [
      "refuse-token", "unauthorized-late=after:3", "drop-tcp=after:100", "stall=after:50,seconds:5", "split=7",
      "fragment=3",
      "duplicate", "duplicate=every:2", "garbage=every:3,seed:9", "reorder-config", "config-fewer-fields", "no-fields",
      "full-switch=after:9", "errors=1000", "silent", "bye=after:2", "close=1011,after:2,once", "close=1006",
      "close-channel", "pairs",
    ] { _ = try Fault(text) }
    let stall = try Fault("stall=after:50,seconds:7")
    #expect(stall.after == 50 && stall.number == 7 && stall.connection == nil)
    #expect(try Fault("close=1011,once").connection == 1)
    #expect(try Fault("drop-tcp=after:5,connection:3").connection == 3)
  }

  @Test(
    "nonsense is refused with what is allowed",
    arguments: [
      ("explode", "refuse-token"), ("split", "N"), ("split=0", "N"), ("close=99", "CODE"), ("stall=fast", "seconds:S"),
      ("silent=3", "once"),
      ("close=1000,1001", "CODE"), ("bye=every:2", "after:N"), ("bye=connection:0", "connection:K"),
    ])
  func refusals(_ text: String, _ expected: String) {
    let error = #expect(throws: SimulatorError.self) { try Fault(text) }
    #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
  }

  @Test("once means the first connection only")
  func once() throws {
    let faults = [try Fault("silent"), try Fault("close=1011,once")]
    #expect(FaultPlan(faults, connection: 0).has(.close) && !FaultPlan(faults, connection: 1).has(.close))
    #expect(FaultPlan(faults, connection: 1).has(.silent))
  }

  @Test("each connection can have a fault of its own")
  func connections() throws {
    let faults = try (1...3).map { try Fault("drop-tcp=after:\($0 * 10),connection:\($0)") }
    #expect((0..<4).map { FaultPlan(faults, connection: $0)[.dropTCP]?.after } == [10, 20, 30, nil])
  }
}
