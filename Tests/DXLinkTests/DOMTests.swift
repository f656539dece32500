import Bytes
import DXLink
import Market
import TestSupport
import Testing

private enum DOMWire {
  static let request = #"{"type":"CHANNEL_REQUEST","channel":3,"service":"DOM","parameters":"#
    + #"{"symbol":"AAPL","sources":["ntv"]}}"#
  static let setup = #"{"type":"DOM_SETUP","channel":3,"acceptAggregationPeriod":1,"acceptDepthLimit":5,"#
    + #""acceptDataFormat":"FULL","acceptOrderFields":["price","size"]}"#
  static let config = #"{"type":"DOM_CONFIG","channel":3,"aggregationPeriod":1,"depthLimit":5,"#
    + #""dataFormat":"FULL","orderFields":["price","size"]}"#
  static let snapshot = #"{"type":"DOM_SNAPSHOT","channel":3,"time":1757595600123,"bids":[{"price":231.52,"size":300},"#
    + #"{"price":231.51,"size":120}],"asks":[{"price":231.53,"size":200}]}"#
  static func opened(_ channel: Int, _ symbol: String = "AAPL") -> String {
    #"{"type":"CHANNEL_OPENED","channel":\#(channel),"service":"DOM","parameters":"#
      + #"{"symbol":"\#(symbol)","sources":["ntv"]}}"#
  }
  static func closed(_ channel: Int) -> String { #"{"type":"CHANNEL_CLOSED","channel":\#(channel)}"# }
}

@Suite("DOM messages", .tags(.unit))
struct DOMMessageTests {
  private static let topic = DOMTopic(symbol: "AAPL", sources: ["ntv"])

  static let all: [(SessionMessage, String)] = [
    (.channelRequest(channel: 3, ChannelService(dom: topic)), DOMWire.request),
    (
      .domSetup(
        channel: 3,
        DOMSetup(acceptAggregationPeriod: 1, acceptDepthLimit: 5, acceptOrderFields: ["price", "size"])), DOMWire.setup
    ),
    (
      .domConfig(channel: 3, DOMConfig(aggregationPeriod: 1, depthLimit: 5, orderFields: ["price", "size"])),
      DOMWire.config
    ),
    (
      .domSnapshot(
        channel: 3,
        DOMSnapshot(
          time: 1_757_595_600_123,
          bids: [DOMLevel(price: 231.52, size: 300), DOMLevel(price: 231.51, size: 120)],
          asks: [DOMLevel(price: 231.53, size: 200)])), DOMWire.snapshot
    ),
    (.domSetup(channel: 5, DOMSetup()), #"{"type":"DOM_SETUP","channel":5}"#),
    (.domConfig(channel: 5, DOMConfig()), #"{"type":"DOM_CONFIG","channel":5}"#),
    (.domSnapshot(channel: 5, DOMSnapshot()), #"{"type":"DOM_SNAPSHOT","channel":5}"#),
  ]

  @Test("the transcript of the reference is read, and what is written is read back equal", arguments: all)
  func roundTrip(_ message: SessionMessage, _ wire: String) throws {
    #expect(try read(wire) == message)
    #expect(try read(text(message)) == message)
  }

  @Test("a server's numbers may be written otherwise, keys stand in any order and unknown ones are passed over")
  func layouts() throws {
    let wire = #"{"asks":[],"x":{"bids":[1]},"bids":[{"size":3.0E2,"count":7,"price":2.3152e2,"more":[{}]}],"#
      + #""time":1.757595600123E12,"channel":3,"type":"DOM_SNAPSHOT"}"#
    let wanted = DOMSnapshot(time: 1_757_595_600_123, bids: [DOMLevel(price: 231.52, size: 300)])
    #expect(try read(wire) == .domSnapshot(channel: 3, wanted))
    let nulls = #"{"type":"DOM_SNAPSHOT","channel":3,"time":null,"bids":null,"asks":null}"#
    #expect(try read(nulls) == .domSnapshot(channel: 3, DOMSnapshot()))
  }

  @Test("what a level leaves out, or has as the string NaN, is NaN; infinite values stay so and go round")
  func levels() throws {
    let wire = #"{"type":"DOM_SNAPSHOT","channel":3,"bids":[{},{"price":1},{"price":"NaN","size":null}],"#
      + #""asks":[{"price":"Infinity","size":"-Infinity"}]}"#
    guard case .domSnapshot(3, let snapshot) = try read(wire) else { return #expect(Bool(false)) }
    #expect(snapshot.bids.count == 3 && snapshot.bids[0].price.isNaN && snapshot.bids[0].size.isNaN)
    #expect(snapshot.bids[1].price == 1 && snapshot.bids[1].size.isNaN)
    #expect(snapshot.bids[2].price.isNaN && snapshot.bids[2].size.isNaN)
    #expect(snapshot.asks == [DOMLevel(price: .infinity, size: -.infinity)])
    let again = text(.domSnapshot(channel: 3, snapshot))
    #expect(again.contains(#"{"price":"NaN","size":"NaN"}"#) && again.contains(#""asks":[{"price":"Infinity","#))
    guard case .domSnapshot(3, let second) = try read(again) else { return #expect(Bool(false)) }
    #expect(second.asks == snapshot.asks && second.bids.map(\.price.isNaN) == [true, false, true])
  }

  @Test(
    "values of the wrong kind are refused with their key and place",
    arguments: [
      (#"{"type":"DOM_SNAPSHOT","channel":3,"bids":{}}"#, "bids"),
      (#"{"type":"DOM_SNAPSHOT","channel":3,"asks":"none"}"#, "asks"),
      (#"{"type":"DOM_SNAPSHOT","channel":3,"bids":[[231.52,300]]}"#, "bids"),
      (#"{"type":"DOM_SNAPSHOT","channel":3,"bids":[null]}"#, "bids"),
      (#"{"type":"DOM_SNAPSHOT","channel":3,"bids":[{"price":"dear"}]}"#, "price"),
      (#"{"type":"DOM_SNAPSHOT","channel":3,"bids":[{"size":[]}]}"#, "size"),
      (#"{"type":"DOM_SNAPSHOT","channel":3,"time":"now"}"#, "time"),
      (#"{"type":"DOM_SNAPSHOT","channel":3,"time":1.5}"#, "time"),
      (#"{"type":"DOM_SNAPSHOT","channel":3,"time":1e999}"#, "time"),
      (#"{"type":"DOM_CONFIG","channel":3,"depthLimit":9223372036854775808}"#, "depthLimit"),
      (#"{"type":"DOM_CONFIG","channel":3,"depthLimit":true}"#, "depthLimit"),
      (#"{"type":"DOM_CONFIG","channel":3,"aggregationPeriod":"soon"}"#, "aggregationPeriod"),
      (#"{"type":"DOM_CONFIG","channel":3,"orderFields":"price"}"#, "orderFields"),
      (#"{"type":"DOM_SETUP","channel":3,"acceptOrderFields":[1]}"#, "acceptOrderFields"),
      (#"{"type":"DOM_SETUP","channel":3,"acceptDepthLimit":0.5}"#, "acceptDepthLimit"),
      (#"{"type":"DOM_SNAPSHOT","bids":[]}"#, "channel"),
    ])
  func wrong(_ wire: String, _ key: String) throws {
    let error = #expect(throws: FeedError.self) { try read(wire) }
    #expect(error.map { "\($0)".contains("\"\(key)\"") && $0.offset <= wire.utf8.count } == true, "\(error as Any)")
  }

  @Test("a number beyond doubles is infinite or refused, never a finite price")
  func overflow() throws {
    let wire = #"{"type":"DOM_SNAPSHOT","channel":3,"bids":[{"price":1e999,"size":-1e999}]}"#
    guard case .domSnapshot(3, let snapshot)? = try? read(wire) else { return }
    #expect(snapshot.bids == [DOMLevel(price: .infinity, size: -.infinity)])
  }

  @Test("ten thousand levels a side are taken, one more is refused with the limit in the sentence")
  func limit() throws {
    func wire(_ count: Int) -> String {
      let levels = (0..<count).map { #"{"price":\#($0),"size":1}"# }.joined(separator: ",")
      return #"{"type":"DOM_SNAPSHOT","channel":3,"bids":[],"asks":[\#(levels)]}"#
    }
    guard case .domSnapshot(3, let snapshot) = try read(wire(10_000)) else { return #expect(Bool(false)) }
    #expect(snapshot.asks.count == 10_000 && snapshot.asks.last?.price == 9999)
    for count in [10_001, 50_000] {
      let error = #expect(throws: FeedError.self) { try read(wire(count)) }
      #expect(error.map { "\($0)".contains("more than 10000 levels") } == true)
    }
    let fields = (0..<5000).map { "\"f\($0)\"" }.joined(separator: ",")
    #expect(throws: FeedError.self) { try read(#"{"type":"DOM_CONFIG","channel":3,"orderFields":[\#(fields)]}"#) }
  }
}

@Suite("The DOM service in the feed's own document", .tags(.unit))
struct DOMDocumentTests {
  /// The JSON texts between fences that speak of the DOM service, without the commas that stand before a bracket.
  private static func texts() -> [String]? {
    guard let path = Places.shared("captures/asyncapi.yml"), let bytes = Places.read(path) else {
      print("skipped: ../shared/captures/asyncapi.yml is absent")
      return nil
    }
    var texts: [String] = []
    var open: String?
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      let words = line.drop { $0 == " " }
      if words.hasPrefix("```") {
        if let text = open, text.contains("\"DOM") { texts.append(text.replacing(",}", with: "}")) }
        open = words == "```json" ? "" : nil
      } else {
        open?.append(contentsOf: words)
      }
    }
    return texts
  }

  @Test("each of its examples is read as it means, and what we write of it has its keys and reads back equal")
  func examples() throws {
    guard let texts = Self.texts() else { return }
    func side(_ prices: [Double], _ sizes: [Double]) -> [DOMLevel] {
      zip(prices, sizes).map { DOMLevel(price: $0, size: $1) }
    }
    let fields = ["price", "size"]
    let wanted: [SessionMessage] = [
      .channelRequest(channel: 1, ChannelService(dom: DOMTopic(symbol: "AAPL", sources: ["ntv"]))),
      .domSetup(channel: 1, DOMSetup()),
      .domSnapshot(
        channel: 1,
        DOMSnapshot(
          time: 1_710_262_466_056,
          bids: side([172.33, 172.32, 172.31, 172.3, 172.29], [376, 381, 405, 388, 356]),
          asks: side([172.34, 172.35, 172.36, 172.37, 172.38], [165, 301, 300, 490, 608]))),
      .domSetup(
        channel: 1, DOMSetup(acceptAggregationPeriod: 10, acceptDepthLimit: 5, acceptOrderFields: fields)),
      .domConfig(channel: 1, DOMConfig(aggregationPeriod: 10, depthLimit: 5, orderFields: fields)),
    ]
    #expect(texts.count == wanted.count)
    for (wire, message) in zip(texts, wanted) {
      #expect(try read(wire) == message)
      let ours = text(message)
      #expect(try read(ours) == message)
      for key in ["acceptAggregationPeriod", "acceptDepthLimit", "orderFields", "bids", "time", "sources"] {
        #expect(ours.contains("\"\(key)\":") == wire.contains("\"\(key)\":"), "\(key) of \(wire)")
      }
    }
  }
}

@Suite("DOM channels of a session", .tags(.unit))
struct DOMChannelTests {
  private func stage(_ symbols: [String] = ["AAPL"], _ change: (inout Session.Options) -> Void = { _ in }) -> Stage {
    Stage {
      $0.dom = symbols.map { DOMTopic(symbol: $0, sources: ["ntv"]) }
      $0.domDepth = 5
      $0.domPeriodSeconds = 1
      change(&$0)
    }
  }

  /// The numbers of the channels that texts ask for.
  private func requested(_ said: [String]) -> [Int] {
    said.filter { $0.contains("CHANNEL_REQUEST") }.compactMap { text in
      guard case .channelRequest(let channel, _)? = try? read(text) else { return nil }
      return channel
    }
  }

  @Test("a channel a topic is requested once the feed channel is open, and set up once it is open itself")
  func transcript() throws {
    var stage = stage()
    stage.connect()
    try stage.receive(Wire.setup)
    try stage.receive(Wire.authorized)
    #expect(!stage.said().contains { $0.contains("DOM") })
    try stage.receive(Wire.opened)
    #expect(stage.said().last == DOMWire.request)
    #expect(stage.session.openDOMCount == 0 && stage.session.domTopic(channel: 3)?.symbol == "AAPL")
    try stage.receive(DOMWire.opened(3))
    #expect(stage.said() == [DOMWire.setup])
    #expect(stage.session.openDOMCount == 1)
    // A second CHANNEL_OPENED says nothing new.
    try stage.receive(DOMWire.opened(3))
    #expect(stage.said().isEmpty)
    stage.session.close(now: stage.now)
    #expect(stage.said().contains(#"{"type":"CHANNEL_CANCEL","channel":3}"#))
  }

  @Test("what a DOM_CONFIG leaves out stays, a new channel begins with nothing, and fewer levels than wanted are told")
  func config() throws {
    var stage = stage()
    try stage.makeReady()
    try stage.receive(DOMWire.opened(3))
    _ = stage.said()
    try stage.receive(#"{"type":"DOM_CONFIG","channel":3,"aggregationPeriod":2,"depthLimit":5}"#)
    #expect(stage.said().isEmpty)
    try stage.receive(#"{"type":"DOM_CONFIG","channel":3,"depthLimit":2,"orderFields":["price","size"]}"#)
    #expect(stage.said() == ["limited AAPL 2"])
    try stage.receive(#"{"type":"DOM_CONFIG","channel":3,"aggregationPeriod":4,"depthLimit":null}"#)
    #expect(stage.said().isEmpty)
    let merged = DOMConfig(aggregationPeriod: 4, depthLimit: 2, orderFields: ["price", "size"])
    #expect(stage.session.domConfig(channel: 3) == merged)
    try stage.receive(#"{"type":"DOM_CONFIG","channel":99,"depthLimit":1}"#)
    #expect(stage.said().isEmpty && stage.session.domConfig(channel: 99) == nil)
    try stage.receive(DOMWire.closed(3))
    stage.wait(1)
    #expect(stage.session.domConfig(channel: 5) == DOMConfig() && stage.session.domConfig(channel: 3) == nil)
  }

  @Test("a channel that the server closes is requested again, later each time, then given up; the feed goes on")
  func closed() throws {
    var stage = stage { $0.channelAttempts = 3 }
    try stage.makeReady()
    var number = 3
    for attempt in 1...3 {
      try stage.receive(DOMWire.opened(number))
      _ = stage.said()
      try stage.receive(Wire.error("BAD_ACTION", channel: number))
      try stage.receive(DOMWire.closed(number))
      #expect(stage.said() == ["closed AAPL"])
      stage.wait(Double(attempt) - 0.01)
      #expect(requested(stage.said()).isEmpty)
      stage.wait(0.01)
      #expect(requested(stage.said()) == [number + 2])
      // Late words about the number before change nothing.
      try stage.receive(DOMWire.closed(number))
      try stage.receive(DOMWire.opened(number))
      #expect(stage.said().isEmpty && stage.session.domTopic(channel: number) == nil)
      number += 2
    }
    try stage.receive(DOMWire.closed(number))
    #expect(stage.said() == ["closed AAPL, given up"])
    for _ in 0..<20 {
      stage.wait(10)
      stage.session.receivedAnything(now: stage.now)
    }
    #expect(requested(stage.said()).isEmpty && stage.session.isReady && !stage.session.isOver)
    // Another connection tries again from the first odd number.
    stage.session.disconnected()
    try stage.makeReady()
    #expect(stage.session.domTopic(channel: 3)?.symbol == "AAPL" && stage.session.openDOMCount == 0)
  }

  @Test("a channel that stayed open for long is forgiven its earlier ends")
  func forgiven() throws {
    var stage = stage { $0.channelAttempts = 1 }
    try stage.makeReady()
    var number = 3
    for _ in 0..<4 {
      try stage.receive(DOMWire.opened(number))
      stage.wait(40)
      stage.session.receivedAnything(now: stage.now)
      stage.wait(40)
      _ = stage.said()
      try stage.receive(DOMWire.closed(number))
      #expect(stage.said() == ["closed AAPL"])
      stage.wait(1)
      number += 2
      #expect(requested(stage.said()) == [number])
    }
  }

  @Test("a request without an answer is cancelled and made again, and an answer that comes after all is ignored")
  func unanswered() throws {
    var stage = stage()
    try stage.makeReady()
    stage.wait(10)
    let said = stage.said()
    #expect(said.contains(#"{"type":"CHANNEL_CANCEL","channel":3}"#) && said.contains("closed AAPL"))
    try stage.receive(DOMWire.opened(3))
    try stage.receive(DOMWire.closed(3))
    #expect(stage.said().isEmpty && stage.session.openDOMCount == 0)
    stage.wait(1)
    #expect(requested(stage.said()) == [5])
  }

  @Test("numbers are odd and used once a connection, of feed and DOM channels together, whatever is closed")
  func numbers() throws {
    var stage = stage(["A", "B", "C", "D"]) { $0.channelAttempts = 1000 }
    stage.connect()
    try stage.receive(Wire.setup)
    try stage.receive(Wire.authorized)
    var open: [Int] = []
    var all: [Int] = []
    var random = SeededRandom(seed: 19)
    for turn in 0..<1200 {
      for text in stage.said() where text.contains("CHANNEL_REQUEST") {
        guard case .channelRequest(let channel, let service) = try read(text) else { continue }
        all.append(channel)
        open.append(channel)
        stage.session.received(.channelOpened(channel: channel, service), now: stage.now)
      }
      if turn % 2 == 0, !open.isEmpty {
        let channel = open.remove(at: Int(random.next() >> 33) % open.count)
        stage.session.received(.channelClosed(channel: channel), now: stage.now)
      }
      // Below the time that a request may wait for its answer.
      stage.wait(Double((random.next() >> 33) % 8))
      stage.session.receivedAnything(now: stage.now)
    }
    #expect(all.count > 30 && stage.failure == nil)
    #expect(Set(all).count == all.count && all.allSatisfy { $0 % 2 == 1 && $0 > 0 }, "\(all)")
  }

  @Test("topics beyond the limit of a session are not asked for")
  func manyTopics() throws {
    var stage = stage((0..<1100).map { "S\($0)" })
    stage.connect()
    for wire in [Wire.setup, Wire.authorized, Wire.opened] { try stage.receive(wire) }
    #expect(requested(stage.said()).filter { $0 > 1 }.count == 1000)
  }
}
