import Bytes
import DXLink
import Market
import TestSupport
import Testing

@testable import Simulator

/// The depth that a test gives to the channels of a script.
extension Script {
  fileprivate static func serving() -> Script {
    let script = Script { $0.servesDOM = true }
    script.open()
    return script
  }

  fileprivate func openDOM(_ channel: Int, _ symbol: String = "AAPL", sources: String = #"["ntv"]"#) -> [String] {
    send(
      #"{"type":"CHANNEL_REQUEST","channel":\#(channel),"service":"DOM","parameters":"#
        + #"{"symbol":"\#(symbol)","sources":\#(sources)}}"#)
  }

  /// Lets the session send what is due, and gives the snapshots with their channels.
  fileprivate func dom(after seconds: Double = 0, _ make: (DOMTopic, Int) -> DOMSnapshot?) -> [(Int, DOMSnapshot)] {
    now = now.advanced(bySeconds: seconds)
    session.sendDOM(now, &out, make)
    var reader = MessageReader()
    return drain().compactMap { text in
      let message = try? unsafe reader.readCopy(Array(text.utf8).span.bytes)
      guard case .domSnapshot(let channel, let snapshot)? = message else { return nil }
      return (channel, snapshot)
    }
  }
}

/// A book of so many levels whose sizes say which one it is.
private func levels(_ depth: Int, _ size: Double) -> DOMSnapshot {
  DOMSnapshot(
    time: 7, bids: (0..<depth).map { DOMLevel(price: Double(100 - $0), size: size) },
    asks: (0..<depth).map { DOMLevel(price: Double(101 + $0), size: size) })
}

@Suite("The DOM service of a server")
struct DOMTests {
  @Test("nothing flows before DOM_SETUP, which is answered with what was granted")
  func setup() {
    let script = Script.serving()
    #expect(
      script.openDOM(3) == [
        #"{"type":"CHANNEL_OPENED","channel":3,"service":"DOM","parameters":{"symbol":"AAPL","sources":["ntv"]}}"#
      ])
    #expect(script.dom(after: 60) { levels($1, 1) }.isEmpty && script.session.takeNewDOM().isEmpty)
    let told = script.send(#"{"type":"DOM_SETUP","channel":3}"#)
    #expect(told.count == 1 && told[0].hasPrefix(#"{"type":"DOM_CONFIG","channel":3,"aggregationPeriod":1"#), "\(told)")
    #expect(told[0].contains(#""depthLimit":10"#) && told[0].contains(#""orderFields":["price","size"]"#), "\(told)")
    #expect(script.session.takeNewDOM() == [DOMTopic(symbol: "AAPL", sources: ["ntv"])])
    #expect(script.session.takeNewDOM().isEmpty)
    let first = script.dom { levels($1, 1) }
    #expect(first.count == 1 && first[0].0 == 3 && first[0].1 == levels(10, 1))
  }

  @Test(
    "the depth is what was wanted, 500 levels at most and for all",
    arguments: [("1", 1), ("5", 5), ("500", 500), ("501", 500), ("9223372036854775807", 500), ("0", 500), ("-1", 500)])
  func depth(_ wish: String, _ granted: Int) {
    let script = Script.serving()
    _ = script.openDOM(3)
    let told = script.send(#"{"type":"DOM_SETUP","channel":3,"acceptDepthLimit":\#(wish)}"#)
    #expect(told.count == 1 && told[0].contains(#""depthLimit":\#(granted),"#), "\(told)")
    let sent = script.dom { levels($1, 2) }
    #expect(sent.count == 1 && sent[0].1.bids.count == granted && sent[0].1.asks.count == granted)
  }

  @Test("a snapshot comes once a period, and only when a level has changed")
  func period() {
    let script = Script.serving()
    _ = script.openDOM(3)
    _ = script.send(#"{"type":"DOM_SETUP","channel":3,"acceptAggregationPeriod":2.5,"acceptDepthLimit":1}"#)
    #expect(script.dom { levels($1, 1) }.count == 1)
    #expect(script.dom(after: 2.4) { levels($1, 2) }.isEmpty)
    #expect(script.dom(after: 0.1) { levels($1, 2) }.count == 1)
    #expect(script.dom(after: 2.5) { levels($1, 2) }.isEmpty)
    #expect(script.dom(after: 2.5) { levels($1, 3) }.count == 1)
    // Books that are not whole are left for the next period.
    #expect(script.dom(after: 2.5) { _, _ in nil }.isEmpty)
    // Another DOM_SETUP changes the period and sends the snapshot at once.
    let told = script.send(#"{"type":"DOM_SETUP","channel":3,"acceptAggregationPeriod":0}"#)
    #expect(told.count == 1 && told[0].contains(#""aggregationPeriod":0"#) && told[0].contains(#""depthLimit":1,"#))
    #expect(script.dom { levels($1, 3) }.count == 1 && script.dom { levels($1, 4) }.count == 1)
  }

  @Test(
    "a period that is none is the default, a long one is cut to an hour",
    arguments: [(#""NaN""#, "1"), ("-4", "1"), (#""Infinity""#, "1"), ("1e300", "3600")])
  func strangePeriod(_ wish: String, _ granted: String) {
    let script = Script.serving()
    _ = script.openDOM(3)
    let told = script.send(#"{"type":"DOM_SETUP","channel":3,"acceptAggregationPeriod":\#(wish)}"#)
    #expect(told.first?.contains(#""aggregationPeriod":\#(granted)"#) == true, "\(told)")
    #expect(script.dom { levels($1, 1) }.count == 1)
  }

  @Test("channels are apart, and one that is cancelled sends nothing more and cannot be used again")
  func channels() {
    let script = Script.serving()
    for (channel, symbol) in [(3, "AAPL"), (5, "SPY")] {
      _ = script.openDOM(channel, symbol)
      _ = script.send(#"{"type":"DOM_SETUP","channel":\#(channel),"acceptDepthLimit":\#(channel)}"#)
    }
    let both = script.dom { topic, depth in levels(depth, topic.symbol == "SPY" ? 2 : 1) }
    #expect(both.map(\.0) == [3, 5] && both.map(\.1) == [levels(3, 1), levels(5, 2)])
    let closed = script.send(#"{"type":"CHANNEL_CANCEL","channel":3}"#)
    #expect(closed == [#"{"type":"CHANNEL_CLOSED","channel":3}"#])
    #expect(script.dom(after: 2) { levels($1, 9) }.map(\.0) == [5])
    #expect(script.openDOM(3).first?.contains("used before") == true)
    #expect(script.send(#"{"type":"DOM_SETUP","channel":7}"#).first?.contains("not open") == true)
    #expect(script.send(DOMTests.fromServer).first?.contains("for the server to send") == true)
  }

  private static let fromServer = #"{"type":"DOM_SNAPSHOT","channel":5,"time":1,"bids":[],"asks":[]}"#

  @Test(
    "a request without a symbol or with no sources or too many is refused with a sentence, and its channel closed",
    arguments: ["", #""symbol":"AAPL""#, #""symbol":"AAPL","sources":[]"#, #""symbol":"","sources":["ntv"]"#, "many"])
  func refused(_ parameters: String) {
    let sources = (0..<65).map { "\"s\($0)\"" }.joined(separator: ",")
    let wish = parameters == "many" ? #""symbol":"AAPL","sources":[\#(sources)]"# : parameters
    let script = Script.serving()
    let said = script.send(
      #"{"type":"CHANNEL_REQUEST","channel":3,"service":"DOM","parameters":{\#(wish)}}"#)
    #expect(said.count == 2 && said[0].contains(#""error":"BAD_ACTION""#), "\(said)")
    #expect(said[0].contains("needs a symbol and 1 to 64 sources") && said[1].contains("CHANNEL_CLOSED"), "\(said)")
    // Late messages of a channel that is gone are nothing to complain about.
    #expect(script.send(#"{"type":"DOM_SETUP","channel":3}"#).isEmpty && script.dom { levels($1, 1) }.isEmpty)
  }

  @Test("a server with nothing to show does not have the service")
  func unsupported() {
    let script = Script()
    script.open()
    let said = script.openDOM(3)
    #expect(said.count == 2 && said[0].contains("Unsupported service: 'DOM'") && said[1].contains("CHANNEL_CLOSED"))
  }

  @Test("DOM channels count against the limit of channels")
  func limit() {
    let script = Script {
      $0.servesDOM = true
      $0.limits.maximumChannels = 3
    }
    script.open()
    #expect(script.openDOM(3)[0].contains("OPENED") && script.openDOM(5)[0].contains("OPENED"))
    #expect(script.openDOM(7).first?.contains("Too many channels: the limit is 3") == true)
  }
}

@Suite("The depth of a generated market")
struct DOMFeedTests {
  private func feed(_ spec: String) throws -> LiveFeed {
    try LiveFeed(try GenerateSpec(spec), factor: 1, now: MonotonicNanos(rawValue: 0))
  }

  private func isInOrder(_ snapshot: DOMSnapshot) -> Bool {
    zip(snapshot.bids, snapshot.bids.dropFirst()).allSatisfy { $0.price > $1.price }
      && zip(snapshot.asks, snapshot.asks.dropFirst()).allSatisfy { $0.price < $1.price }
      && (snapshot.bids + snapshot.asks).allSatisfy { $0.price > 0 && $0.size > 0 }
  }

  @Test("an unknown symbol has no depth, with orders or without", arguments: ["Order:100", "Quote:100"])
  func unknown(_ mix: String) throws {
    let feed = try feed("seed=5,symbols=4,rate=500,mix=\(mix)")
    let topic = DOMTopic(symbol: "NOSUCH", sources: ["ntv"])
    feed.watchDOM(topic)
    for step in 1...20 { feed.advance(to: MonotonicNanos(rawValue: Int64(step) * 50_000_000)) { _ in } }
    #expect(feed.dom(topic, depth: 5) == nil)
    let known = DOMTopic(symbol: "AAPL", sources: ["ntv"])
    // Nobody has opened this one: its books are not kept.
    #expect((feed.dom(known, depth: 5) == nil) == (mix == "Order:100"))
  }

  @Test("the books of the wanted sources are summed by price, within the depth, once their snapshots are whole")
  func orders() throws {
    let feed = try feed("seed=5,symbols=4,rate=5000,orders=20,mix=Order:100")
    let single = ["ntv", "DEX"].map { DOMTopic(symbol: "AAPL", sources: [$0]) }
    let both = DOMTopic(symbol: "AAPL", sources: ["ntv", "DEX"])
    feed.watchDOM(both)
    #expect(feed.dom(both, depth: 5) == nil)
    var compared = 0
    for step in 1...200 {
      feed.advance(to: MonotonicNanos(rawValue: Int64(step) * 10_000_000)) { _ in }
      guard let a = feed.dom(single[0], depth: 500), let b = feed.dom(single[1], depth: 500),
        let sum = feed.dom(both, depth: 500), let few = feed.dom(both, depth: 3)
      else { continue }
      compared += 1
      for (own, other, all, top) in [(a.bids, b.bids, sum.bids, few.bids), (a.asks, b.asks, sum.asks, few.asks)] {
        let wanted = Dictionary((own + other).map { ($0.price, $0.size) }, uniquingKeysWith: +)
        #expect(Dictionary(uniqueKeysWithValues: all.map { ($0.price, $0.size) }) == wanted)
        #expect(top == Array(all.prefix(3)))
      }
      #expect(isInOrder(sum))
    }
    #expect(compared > 50)
    #expect(feed.dom(DOMTopic(symbol: "AAPL", sources: ["none"]), depth: 5) == nil)
  }

  @Test("without orders the levels stand around bid and ask, as many as wanted, the same at each look of a moment")
  func quotes() throws {
    let feed = try feed("seed=5,symbols=4,rate=500,mix=Quote:100")
    let topic = DOMTopic(symbol: "AAPL", sources: ["ntv"])
    let first = try #require(feed.dom(topic, depth: 7))
    #expect(first.bids.count == 7 && first.asks.count == 7 && isInOrder(first))
    #expect(first.bids[0].price < first.asks[0].price && feed.dom(topic, depth: 7) == first)
    #expect(feed.dom(topic, depth: 2).map { $0.bids == Array(first.bids.prefix(2)) } == true)
    feed.advance(to: MonotonicNanos(rawValue: 5_000_000_000)) { _ in }
    #expect(feed.dom(topic, depth: 7) != first)
  }
}
