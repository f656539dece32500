import Bytes
import DXLink
import Market
import TestSupport
import Testing

@testable import Simulator

@Suite("Answers to any symbol", .tags(.unit))
struct AnswerTests {
  private static let setup =
    #"{"type":"SETUP","channel":0,"version":"0.1-test/1","keepaliveTimeout":60,"acceptKeepaliveTimeout":60}"#
  private static let channel =
    #"{"type":"CHANNEL_REQUEST","channel":1,"service":"FEED","parameters":{"contract":"TICKER"}}"#
  private static let fields =
    #"{"type":"FEED_SETUP","channel":1,"acceptAggregationPeriod":0,"acceptDataFormat":"COMPACT","#
    + #""acceptEventFields":{"Quote":["eventSymbol","bidPrice","askPrice","bidSize"],"#
    + #""Greeks":["eventSymbol","rho"],"Profile":["eventSymbol","description"]}}"#

  private static func wish(_ items: [(String, String)], _ list: String = "add") -> String {
    let texts = items.map { #"{"type":"\#($0.0)","symbol":"\#($0.1)"}"# }
    return #"{"type":"FEED_SUBSCRIPTION","channel":1,"\#(list)":[\#(texts.joined(separator: ","))]}"#
  }

  @Test("a symbol has the same price in every connection, and each connection its own number")
  func connections() throws {
    let server = try ServerThread(ServerConfiguration(feed: .answers(AnswerSpec())))
    let price = Double(AnswerSpec().hundredths("BRK/B")) / 100
    let ask = Double(AnswerSpec().hundredths("BRK/B") + 1) / 100
    for number in 1...2 {
      let client = try TestClient(server)
      try client.send(Self.setup, Self.channel, Self.fields, Self.wish([("Quote", "BRK/B")]))
      let data = try client.wait(for: "FEED_DATA")
      #expect(data == #"{"type":"FEED_DATA","channel":1,"data":["Quote",["BRK/B",\#(price),\#(ask),\#(number).0]]}"#)
      try client.close()
    }
  }

  @Test("silent symbols, greeks of stocks and types without a latest event get no answer, the others do")
  func silence() throws {
    let server = try ServerThread(ServerConfiguration(feed: .answers(try AnswerSpec("seed=7,silent=GONE+LOST"))))
    let client = try TestClient(server)
    let wishes = [
      ("Quote", "GONE"), ("Greeks", "IBM"), ("Candle", "IBM{=d}"), ("Quote", "LOST"), ("Greeks", ".IBM260116C200"),
      ("Profile", "IBM"),
    ]
    try client.send(Self.setup, Self.channel, Self.fields, Self.wish(wishes))
    var all = try client.wait(for: "FEED_DATA") + client.wait(for: "FEED_DATA")
    #expect(all.contains(#"["Greeks",[".IBM260116C200",1.0]]"#) && all.contains("IBM on connection 1"), "\(all)")
    // What the first wishes bring is there before the answer to the last one.
    try client.send(Self.wish([("Quote", "LAST")]))
    all += try client.wait(for: "FEED_DATA")
    #expect(all.contains("LAST"))
    for absent in ["GONE", "LOST", "Candle", #""Greeks",["IBM""#] {
      #expect(!all.contains(absent), "\(absent): \(all)")
    }
  }

  @Test("prices lie between 10 and 1,000, differ between symbols and seeds, and never change")
  func prices() throws {
    let symbols = (0..<1000).map { "S\($0)" }
    let prices = symbols.map { AnswerSpec().hundredths($0) }
    #expect(prices.allSatisfy { (1_000...99_999).contains($0) })
    #expect(Set(prices).count > 950)
    #expect(prices != symbols.map { (try? AnswerSpec("seed=2"))?.hundredths($0) })
    #expect(AnswerSpec().hundredths("AAPL") == 77_610)
  }

  @Test("a spec with another key or value is refused", arguments: ["seed", "seed=x", "hush=A", "seed=1,seed=2"])
  func refused(text: String) { #expect(throws: SimulatorError.self) { try AnswerSpec(text) } }

  // MARK: the delay

  private static func delayed(_ millis: Int64) -> Script { Script { $0.answerDelayMillis = millis } }

  @Test("a delayed subscription takes effect when its time has come, and the session asks to be woken then")
  func delay() {
    let script = Self.delayed(50)
    script.open()
    let start = script.now
    let told = script.send(Self.wish([("Quote", "A")]))
    #expect(told.count == 1 && told[0].contains("FEED_CONFIG"))
    #expect(script.subscriptionCount == 0 && !script.mayHaveData)
    #expect(script.deadline == start.advanced(byNanos: 50_000_000))
    script.session.beginDue(start.advanced(byNanos: 49_999_999))
    #expect(script.subscriptionCount == 0)
    script.now = start.advanced(byNanos: 20_000_000)
    _ = script.send(Self.wish([("Quote", "B")]))
    script.session.beginDue(start.advanced(byNanos: 50_000_000))
    #expect(script.topics.map(\.symbol) == ["A"] && script.mayHaveData)
    #expect(script.session.takeNewTopics().map(\.topic.symbol) == ["A"])
    script.session.beginDue(start.advanced(byNanos: 70_000_000))
    #expect(Set(script.topics.map(\.symbol)) == ["A", "B"])
    #expect(script.deadline > start.advanced(byNanos: 1_000_000_000))
  }

  @Test("what is taken back, reset or closed before its time never takes effect")
  func takenBack() {
    for end in [
      Self.wish([("Quote", "A")], "remove"), #"{"type":"FEED_SUBSCRIPTION","channel":1,"reset":true}"#,
      #"{"type":"CHANNEL_CANCEL","channel":1}"#,
    ] {
      let script = Self.delayed(50)
      script.open()
      _ = script.send(Self.wish([("Quote", "A")]))
      _ = script.send(end)
      script.session.beginDue(.distantFuture)
      #expect(script.subscriptionCount == 0 && script.session.takeNewTopics().isEmpty, "\(end)")
    }
  }

  @Test("subscriptions that wait count against the limit")
  func limit() {
    let script = Script {
      $0.answerDelayMillis = 50
      $0.limits.maximumTopics = 2
    }
    script.open()
    let told = script.send(Self.wish([("Quote", "A"), ("Quote", "B"), ("Quote", "C")]))
    #expect(script.refusedTopics == 1 && told.contains { $0.contains("subscription size is too big") })
  }

  @Test("over a socket, a delayed answer comes without anything else that happens")
  func late() throws {
    var configuration = ServerConfiguration(feed: .answers(AnswerSpec()))
    configuration.session.answerDelayMillis = 30
    let server = try ServerThread(configuration)
    let client = try TestClient(server)
    try client.send(Self.setup, Self.channel, Self.fields, Self.wish([("Quote", "A")]))
    #expect(try client.wait(for: "FEED_DATA").contains(#"["A","#))
  }
}
