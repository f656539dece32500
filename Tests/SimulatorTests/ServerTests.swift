import Bytes
import DXLink
import Glibc
import IO
import Market
import Recording
import TestSupport
import Testing
import WebSocket

@testable import Simulator

extension Decoding {
  func take(all texts: [String]) {
    for text in texts { unsafe take(Array(text.utf8).span.bytes) }
  }
}

@Suite("Server", .serialized)
struct ServerTests {
  static let spec = "seed=21,symbols=40,rate=3000,mix=all,duration=2s,nan=0.01,fields=full,candles=3x30"

  @Test(
    "a client that asks for everything gets the recording's events exactly, then 1000 end of recording",
    arguments: ["COMPACT", "FULL"])
  func exact(_ format: String) throws {
    let recording = try TestRecording(Self.spec)
    let server = try ServerThread(recording.configuration())
    let client = try TestClient(server)
    try client.subscribe(format: format)
    let (messages, end) = try client.all()
    #expect(end == .closed(1000, EndOfFeed.reason))
    let decoding = Decoding()
    decoding.take(all: messages)
    #expect(decoding.refused == 0 && decoding.decoder.counters.rowsMalformed == 0)
    #expect(decoding.eventCount == recording.summary.eventsDecoded)
    #expect(decoding.digest == recording.summary.digest)
    #expect(server.failure == nil)
  }

  @Test("two clients at once get each its own: all types the one, quotes of some symbols the other")
  func twoClients() throws {
    let recording = try TestRecording(Self.spec)
    let server = try ServerThread(recording.configuration())
    let one = try TestClient(server)
    let two = try TestClient(server)
    try one.subscribe()
    try two.subscribe([.quote, .trade])
    let (first, _) = try one.all()
    let (second, end) = try two.all()
    let all = Decoding()
    let some = Decoding()
    all.take(all: first)
    some.take(all: second)
    #expect(end == .closed(1000, EndOfFeed.reason))
    #expect(all.digest == recording.summary.digest)
    #expect(Set(some.digests.keys) == [.quote, .trade])
    #expect(some.digest(.quote) == all.digest(.quote) && some.digest(.trade) == all.digest(.trade))
    #expect(server.stats[.clientsAccepted] == 2)
  }

  @Test("a client that subscribes in chunks gets everything from the first event")
  func chunks() throws {
    let recording = try TestRecording(Self.spec)
    let server = try ServerThread(recording.configuration())
    let client = try TestClient(server)
    try client.subscribe([.quote])
    for type in EventType.allCases where type != .quote {
      let names = Schema.of(type).fields.map { "\"\($0.name)\"" }.joined(separator: ",")
      try client.send(
        #"{"type":"FEED_SETUP","channel":1,"acceptEventFields":{"\#(type.name)":[\#(names)]}}"#,
        #"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"\#(type.name)","symbol":"*"}]}"#)
    }
    let decoding = Decoding()
    decoding.take(all: try client.all().messages)
    #expect(decoding.digest == recording.summary.digest)
  }

  @Test("a looped recording goes on from its start")
  func looped() throws {
    let recording = try TestRecording("seed=2,symbols=10,rate=500,duration=1s,mix=Quote:1")
    let server = try ServerThread(recording.configuration(isLooped: true))
    let client = try TestClient(server)
    try client.subscribe([.quote], full: false)
    var rows = 0
    let decoding = Decoding()
    while rows < recording.summary.eventsDecoded * 3 {
      decoding.take(all: [try client.wait(for: "\"type\"")])
      rows = decoding.eventCount
    }
    try client.close()
    #expect(try client.all().end == .closed(1000, ""))
  }

  @Test("recorded time is kept at speed, so a fast recording takes its part of the time")
  func paced() throws {
    let recording = try TestRecording("seed=2,symbols=10,rate=500,duration=2s,mix=Quote:1")
    let server = try ServerThread(recording.configuration(speed: .factor(4)))
    let client = try TestClient(server)
    try client.subscribe([.quote])
    let start = MonotonicNanos.now()
    let decoding = Decoding()
    decoding.take(all: try client.all().messages)
    #expect(MonotonicNanos.now().seconds(since: start) > 0.4)
    #expect(decoding.digest == recording.summary.digest && decoding.eventCount == recording.summary.eventsDecoded)
  }

  @Test("a slow client is waited for: the server holds little, and the client misses nothing")
  func backPressure() throws {
    let recording = try TestRecording(
      "seed=5,symbols=100,rate=60000,duration=2s,period=5ms,mix=Quote:2/Greeks:3,fields=full")
    var configuration = recording.configuration()
    configuration.limits.maximumQueuedBytes = 128 << 10
    let server = try ServerThread(configuration)
    var options = TCPConnection.Options()
    options.receiveBufferBytes = 32 << 10
    let slow = try TestClient(server, options: options)
    try slow.subscribe([.quote, .greeks])
    // A second client comes, is served whole and goes, while the first has not read a byte.
    let quick = try TestClient(server)
    try quick.subscribe([.quote, .greeks])
    let (messages, end) = try quick.all()
    #expect(end == .closed(1000, EndOfFeed.reason))
    let total = messages.reduce(0) { $0 + $1.utf8.count }
    let unread = server.stats[.bytesSent] - total
    #expect(total > 10_000_000, "more than the kernel holds")
    #expect(unread < total / 2, "the server waited: \(unread) of \(total) bytes went out unread")
    let decoding = Decoding()
    decoding.take(all: try slow.all().messages)
    #expect(decoding.eventCount == recording.summary.eventsDecoded && decoding.digest == digestOf(messages))
  }

  private func digestOf(_ messages: [String]) -> String {
    let decoding = Decoding()
    decoding.take(all: messages)
    return decoding.digest
  }

  @Test("over TLS it is the same")
  func tls() throws {
    let folder = TemporaryFolder()
    guard try TestAuthority.make(in: folder) else { return }
    let recording = try TestRecording(Self.spec)
    var configuration = recording.configuration()
    configuration.certificateFile = folder.file("server.pem")
    configuration.keyFile = folder.file("server.key")
    let server = try ServerThread(configuration)
    let client = try TestClient(server, tls: try TLSContext.client(trust: .file(folder.file("server.pem"))))
    try client.subscribe()
    let (messages, end) = try client.all()
    #expect(end == .closed(1000, EndOfFeed.reason))
    #expect(digestOf(messages) == recording.summary.digest)
  }

  @Test("a client beyond the limit is refused with 503, and stopping says 1001")
  func limits() throws {
    let recording = try TestRecording("seed=2,symbols=10,rate=500,duration=1s,mix=Quote:1")
    var configuration = recording.configuration()
    configuration.limits.maximumClients = 1
    let server = try ServerThread(configuration)
    let client = try TestClient(server)
    try client.send(ServerSessionTests.setup)
    _ = try client.wait(for: "AUTH_STATE")
    #expect(throws: WebSocketError.self) { try TestClient(server) }
    #expect(server.stats[.clientsRefused] == 1)
    server.stop()
    #expect(try client.all().end == .closed(1001, "server stops"))
  }

  @Test("a message beyond 64 KiB ends with 1009, pings are answered, a silent client gets Bye")
  func connection() throws {
    let recording = try TestRecording("seed=2,symbols=10,rate=500,duration=1s,mix=Quote:1")
    let server = try ServerThread(recording.configuration())
    let big = try TestClient(server)
    try big.ping()
    #expect(try big.next() == .message("PONG"))
    try big.send("{\"x\":\"" + String(repeating: "y", count: 70_000) + "\"}")
    guard case .closed(let code, _) = try big.all().end else {
      Issue.record("no Close came")
      return
    }
    #expect(code == 1009)
    let silent = try TestClient(server)
    try silent.send(
      #"{"type":"SETUP","channel":0,"version":"0.1","keepaliveTimeout":0.3,"acceptKeepaliveTimeout":0.1}"#)
    let (messages, end) = try silent.all()
    #expect(end == .closed(1000, "Bye"))
    #expect(messages.contains { $0.contains("KEEPALIVE") })
  }

  // MARK: Live

  @Test("a live generator gives initial values, candle snapshots from new to old, and goes on in real time")
  func live() throws {
    let spec = try GenerateSpec(
      "seed=3,symbols=20,rate=2000,duration=forever,mix=Quote:5/Trade:3/Order:2,universe=stocks")
    let server = try ServerThread(ServerConfiguration(feed: .generator(spec, speed: .factor(1))))
    let symbol = try #require(try Generator(spec).symbols.last)
    let client = try TestClient(server)
    try client.subscribe([.order])
    try client.send(
      #"{"type":"FEED_SETUP","channel":1,"acceptEventFields":{"Profile":["eventSymbol","description"],"#
        + #""Candle":["eventFlags","eventSymbol","time"]}}"#,
      #"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Profile","symbol":"\#(symbol)"},{"type":"Candle","#
        + #""symbol":"\#(symbol){=1h}","fromTime":\#((Generator.startSeconds - 36_000) * 1000)}]}"#
    )
    let profile = try client.wait(for: #""data":["Profile""#)
    #expect(profile.contains("\"\(symbol)\""))
    // Candles may have come first; ask for them anew.
    try client.send(
      #"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Candle","symbol":"\#(symbol){=h}","#
        + #""fromTime":\#((Generator.startSeconds - 36_000) * 1000)}]}"#
    )
    let candles = try client.wait(for: #""data":["Candle",[4,"\#(symbol){=h}""#)
    #expect(candles.contains(#",10,"\#(symbol){=h}""#))
    _ = try client.wait(for: #"["Order","#)
    _ = try client.wait(for: #"["Order","#)
  }

  @Test("a finite generator ends with 1000 as a recording does")
  func liveEnd() throws {
    let spec = try GenerateSpec("seed=3,symbols=20,rate=2000,duration=1s,mix=Quote:1,universe=stocks")
    let server = try ServerThread(ServerConfiguration(feed: .generator(spec, speed: .factor(2))))
    let client = try TestClient(server)
    try client.subscribe([.quote])
    let (messages, end) = try client.all()
    #expect(end == .closed(1000, EndOfFeed.reason))
    let decoding = Decoding()
    decoding.take(all: messages)
    #expect(decoding.eventCount > 0 && decoding.eventCount <= 2200)
  }

  @Test(
    "a client too slow for a live feed is let go, or gets the latest values",
    arguments: ServerConfiguration.SlowClients.allCases)
  func slowLive(_ policy: ServerConfiguration.SlowClients) throws {
    let spec = try GenerateSpec("seed=3,symbols=200,rate=400000,duration=1s,mix=Quote:5/TimeAndSale:5,universe=stocks")
    var configuration = ServerConfiguration(feed: .generator(spec, speed: .max))
    configuration.slowClients = policy
    configuration.limits.maximumQueuedBytes = 64 << 10
    let server = try ServerThread(configuration)
    var options = TCPConnection.Options()
    options.receiveBufferBytes = 16 << 10
    let client = try TestClient(server, options: options)
    try client.subscribe([.quote, .timeAndSale])
    let watched: ServerStats.Name = policy == .disconnect ? .slowClients : .eventsSkipped
    let deadline = MonotonicNanos.now().advanced(bySeconds: 30)
    while server.stats[watched] == 0, MonotonicNanos.now() < deadline { sched_yield() }
    #expect(server.stats[watched] > 0)
    let end = try client.all().end
    #expect(end == (policy == .disconnect ? .closed(1008, "too slow") : .closed(1000, EndOfFeed.reason)))
  }

  // MARK: Faults

  private func run(_ faults: String...) throws -> (messages: [String], end: TestClient.Seen) {
    let recording = try TestRecording("seed=2,symbols=10,rate=500,duration=2s,mix=Quote:1")
    var configuration = recording.configuration()
    configuration.faults = try faults.map { try Fault($0) }
    let server = try ServerThread(configuration)
    let client = try TestClient(server)
    try client.subscribe([.quote])
    return try client.all()
  }

  private func data(_ messages: [String]) -> [String] { messages.filter { $0.contains("FEED_DATA") } }

  @Test("faults of the link: cut, stall, pieces, fragments, duplicates, garbage, goodbyes")
  func linkFaults() throws {
    let plain = try run()
    #expect(plain.end == .closed(1000, EndOfFeed.reason) && data(plain.messages).count > 12)
    let cut = try run("drop-tcp=after:5")
    #expect(cut.end == .lost && data(cut.messages).count <= 5)
    let start = MonotonicNanos.now()
    let stalled = try run("stall=after:3,seconds:1")
    #expect(MonotonicNanos.now().seconds(since: start) >= 1)
    #expect(stalled.messages == plain.messages)
    #expect(try run("split=7").messages == plain.messages)
    #expect(try run("fragment=11").messages == plain.messages)
    let doubled = try run("duplicate=every:1")
    #expect(data(doubled.messages).count == 2 * data(plain.messages).count)
    let garbage = try run("garbage=every:2")
    #expect(garbage.messages.count > plain.messages.count)
    let decoding = Decoding()
    decoding.take(all: garbage.messages)
    #expect(decoding.refused > 3)
    let bye = try run("bye=after:4")
    #expect(bye.end == .closed(1000, "Bye") && data(bye.messages).count == 4)
    #expect(try run("close=1011").end == .closed(1011, "simulated"))
    #expect(data(try run("close=1011").messages).isEmpty)
    #expect(try run("close=1006,after:2").end == .lost)
  }

  @Test("faults of the session reach the client: FULL, expiry, a closed channel, errors")
  func sessionFaults() throws {
    let full = try run("full-switch=after:3").messages
    #expect(
      full.contains { $0.contains(#""dataFormat":"FULL""#) } && full.last?.contains(#"[{"eventType":"Quote""#) == true)
    let decoding = Decoding()
    decoding.take(all: full)
    #expect(decoding.refused == 0 && decoding.eventCount > 900)
    #expect(try run("errors=5").messages.count { $0.contains("rate is too high") } == 5)
    let recording = try TestRecording("seed=2,symbols=10,rate=500,duration=2s,mix=Quote:1")
    var configuration = recording.configuration(speed: .factor(4))
    configuration.faults = [try Fault("unauthorized-late=after:2")]
    let server = try ServerThread(configuration)
    let client = try TestClient(server)
    try client.subscribe([.quote])
    _ = try client.wait(for: "UNAUTHORIZED")
    try client.send(#"{"type":"AUTH","channel":0,"token":"fresh"}"#)
    let rest = try client.all()
    #expect(rest.end == .closed(1000, EndOfFeed.reason) && rest.messages.contains { $0.contains("AUTHORIZED") })
    #expect(data(rest.messages).count > 5)
    configuration.faults = [try Fault("close-channel=after:2"), try Fault("silent")]
    let second = try ServerThread(configuration)
    let loser = try TestClient(second)
    try loser.subscribe([.quote])
    _ = try loser.wait(for: "CHANNEL_CLOSED")
    try loser.close()
  }

  @Test("a fault that is to happen once spares the second connection")
  func once() throws {
    let recording = try TestRecording("seed=2,symbols=10,rate=500,duration=1s,mix=Quote:1")
    var configuration = recording.configuration()
    configuration.faults = [try Fault("close=1011,once")]
    let server = try ServerThread(configuration)
    for expected in [TestClient.Seen.closed(1011, "simulated"), .closed(1000, EndOfFeed.reason)] {
      let client = try TestClient(server)
      try client.subscribe([.quote])
      #expect(try client.all().end == expected)
    }
  }
}
