import IO
import Market
import Simulator
import Synchronization
import TestSupport
import Testing

@testable import Quotewire

// One after the other: each has a server that sends all the while.
@Suite("Clients", .serialized, .tags(.unit), .timeLimit(.minutes(30)))
struct ClientTests {
  private static func failure<S: AsyncSequence>(of sequence: S) async -> QuotewireError?
  where S.Failure == QuotewireError {
    do throws(QuotewireError) {
      for try await _ in sequence {}
      return nil
    } catch { return error }
  }

  @Test("a loop gives the quotes of its symbols")
  func quotes() async throws {
    let fixture = try Fixture.answers()
    let symbols = (1...50).map { "S\($0)" }
    var prices: [String: Double] = [:]
    for try await quote in try fixture.client().events(Quotewire.Quote.self, symbols: symbols) {
      prices[quote.eventSymbol] = quote.bidPrice
      #expect(quote.receivedNanos > 1_700_000_000_000_000_000)
      if prices.count == symbols.count { break }
    }
    #expect(prices == Dictionary(uniqueKeysWithValues: symbols.map { ($0, AnswerSpec().price($0)) }))
    try await fixture.waitUntilLeft()
    #expect(fixture.server.stats[.clientsAccepted] == 1)
  }

  @Test("lanes share the symbols, and every symbol comes")
  func lanes() async throws {
    let fixture = try Fixture.answers()
    let symbols = (1...200).map { "S\($0)" }
    var seen = Set<String>()
    let client = try fixture.client { $0.lanes = 4 }
    for try await event in client.events(types: [.quote, .trade], symbols: symbols) {
      seen.insert("\(event.eventType) \(event.eventSymbol)")
      if seen.count == 400 {
        let lanes = client.status.lanes
        #expect(lanes.map(\.number) == [0, 1, 2, 3] && lanes.allSatisfy { $0.state == .streaming })
        #expect(lanes.reduce(0) { $0 + $1.events } == 400)
        break
      }
    }
    #expect(fixture.server.stats[.clientsAccepted] == 4)
    try await fixture.waitUntilLeft()
  }

  @Test("an unending loop ends when its task is cancelled: no error, no connection, no thread, no feed")
  func cancelled() async throws {
    let fixture = try Fixture.market()
    let client = try fixture.client()
    let seen = Atomic<Int>(0)
    let count = CountBox()
    let task = Task {
      for try await _ in client.events(Quotewire.Quote.self, symbols: ["*"]) { count.add() }
    }
    try await eventually("no event came") { count.value > 100 }
    #expect(client.status.feeds.count == 1 && client.status.feeds[0].taken > 100)
    task.cancel()
    try await task.value
    // Cancelled, a loop ends once its connections are closed.
    #expect(client.status.feeds.isEmpty)
    seen.store(count.value, ordering: .relaxed)
    try await fixture.waitUntilLeft()
    #expect(Threads.sockets(to: fixture.server.address.port) == 0)
    #expect(seen.load(ordering: .relaxed) == count.value)
  }

  @Test("a loop that waits for its first event ends when its task is cancelled")
  func cancelledWhileWaiting() async throws {
    let fixture = try Fixture.answers()
    let client = try fixture.client()
    let task = Task {
      for try await _ in client.events(Quotewire.Candle.self, symbols: ["NOTHING{=1m}"]) {}
    }
    try await eventually("no connection stood") { client.status.lanes.first?.state == .streaming }
    task.cancel()
    try await task.value
    try await fixture.waitUntilLeft()
  }

  @Test("loops that are left again and again leave no connection, no feed and no thread behind")
  func left() async throws {
    let fixture = try Fixture.market()
    let client = try fixture.client()
    for _ in 0..<20 {
      for try await _ in client.events(Quotewire.Quote.self, symbols: ["*"]) { break }
    }
    // An iterator that is dropped is a loop that is left.
    do {
      var iterator = client.events(Quotewire.Trade.self, symbols: ["*"]).makeAsyncIterator()
      _ = try await iterator.next()
    }
    try await eventually("a loop goes on") { client.status.feeds.isEmpty }
    try await fixture.waitUntilLeft()
    #expect(fixture.server.stats[.clientsAccepted] == 21)
    #expect(Threads.sockets(to: fixture.server.address.port) == 0)
  }

  @Test("a feed and what it holds go away with its loop")
  func released() async throws {
    let fixture = try Fixture.market()
    let client = try fixture.client()
    weak var feed: Feed?
    do {
      let sequence = client.events(Quotewire.Quote.self, symbols: ["*"])
      let reader = EventReader(sequence.start)
      try await reader.refill(isolation: nil)
      feed = reader.feed
      #expect(feed != nil)
    }
    try await eventually("the feed is still there") { feed == nil }
    try await fixture.waitUntilLeft()
  }

  @Test("a client that is closed ends its loops without an error, closes its connections and takes no new loop")
  func closed() async throws {
    let fixture = try Fixture.market()
    let client = try fixture.client()
    let count = CountBox()
    let task = Task {
      for try await _ in client.events(Quotewire.Quote.self, symbols: ["*"]) { count.add() }
    }
    try await eventually("no event came") { count.value > 10 }
    await client.close()
    #expect(client.status.feeds.isEmpty)
    try await task.value
    try await fixture.waitUntilLeft()
    let error = await Self.failure(of: client.events(Quotewire.Quote.self, symbols: ["A"]))
    #expect(error?.kind == .configuration)
  }

  @Test("a lost connection is made again, and the gap stands among the events")
  func gap() async throws {
    let fixture = try Fixture.market { $0.faults = [try Fault("drop-tcp=after:20,once")] }
    let client = try fixture.client()
    var (before, after, gaps) = (0, 0, 0)
    for try await item in client.events(Quotewire.Quote.self, symbols: ["*"]).markingLosses() {
      switch item {
      case .event: if gaps == 0 { before += 1 } else { after += 1 }
      case .gap(let gap):
        gaps += 1
        #expect(gap.reason == .connectionLost && gap.lane == 0 && gap.toNanos > gap.fromNanos && gap.attempts >= 1)
      case .dropped: Issue.record("nothing was dropped")
      }
      if after == 100 { break }
      if after == 1 {
        let lane = try #require(client.status.lanes.first)
        #expect(lane.gaps == 1 && lane.reconnects >= 1)
      }
    }
    #expect(before > 0 && gaps == 1)
  }

  @Test("a feed that refuses the token is a refusal with the server's reason, without the token")
  func refused() async throws {
    let fixture = try Fixture.answers { $0.session.token = "right" }
    let client = try fixture.client { $0.token = .value("wrong-secret") }
    let error = await Self.failure(of: client.events(Quotewire.Quote.self, symbols: ["A"]))
    #expect(error?.kind == .refused && error?.description.contains("wrong-secret") == false)
  }

  @Test("an address where nobody listens is unreachable")
  func unreachable() async throws {
    let fixture = try Fixture.answers()
    let url = fixture.url
    fixture.server.stop()
    let client = try Client(Client.Configuration(url: url))
    let error = await Self.failure(of: client.events(Quotewire.Quote.self, symbols: ["A"]))
    #expect(error?.kind == .unreachable && error?.description.contains("127.0.0.1") == true)
  }

  @Test("a provider is asked for the token, and its token is taken")
  func provider() async throws {
    let fixture = try Fixture.answers { $0.session.token = "right" }
    let asked = CountBox()
    let client = try fixture.client {
      $0.token = .provider {
        asked.add()
        return "right"
      }
      // The pool that runs providers may be busy with other tests.
      $0.answerSeconds = 3600
    }
    for try await quote in client.events(Quotewire.Quote.self, symbols: ["A"]) {
      #expect(quote.bidPrice == AnswerSpec().price("A"))
      break
    }
    #expect(asked.value == 1)
  }

  private struct NoToken: Error, CustomStringConvertible { let description = "the login is down" }

  @Test("a provider that fails, is empty or takes too long, and a file that is not there, end the loop and say so")
  func noToken() async throws {
    let fixture = try Fixture.answers { $0.session.token = "right" }
    let tokens: [(Client.Token, String)] = [
      (.provider { throw NoToken() }, "the login is down"), (.provider { "" }, "empty"),
      (
        .provider {
          try await Task.sleep(for: .seconds(3600))
          return "late"
        }, "took longer"
      ), (.file("no/such/token"), "no/such/token"),
    ]
    for (token, words) in tokens {
      let client = try fixture.client {
        $0.token = token
        // The others answer as soon as they are let.
        $0.answerSeconds = words == "took longer" ? 0.3 : 3600
      }
      let error = await Self.failure(of: client.events(Quotewire.Quote.self, symbols: ["A"]))
      #expect(error?.kind == .token && error?.description.contains(words) == true, "\(words): \(error as Any)")
    }
  }

  @Test("settings that make no sense are told before anything is tried")
  func configuration() async throws {
    func refused(_ change: (inout Client.Configuration) -> Void) -> Bool {
      var configuration = Client.Configuration(url: "ws://127.0.0.1:1/")
      change(&configuration)
      do throws(QuotewireError) {
        _ = try Client(configuration)
        return false
      } catch { return error.kind == .configuration }
    }
    #expect(refused { $0.url = "http://127.0.0.1/" })
    #expect(refused { $0.url = "ws://192.0.2.1/" })
    #expect(!refused { ($0.url, $0.allowsPlaintext) = ("ws://192.0.2.1/", true) })
    #expect(refused { $0.lanes = 0 } && refused { $0.lanes = 65 })
    #expect(refused { $0.keepaliveSeconds = 0 } && refused { $0.keepaliveSeconds = .nan })
    #expect(refused { $0.answerSeconds = 0 } && refused { $0.batchMicros = -1 })
    #expect(refused { $0.reconnect = .attempts(-1) })
    #expect(refused { ($0.url, $0.authorityFile) = ("wss://127.0.0.1:1/", "no/such/file") })
    #expect(!refused { _ in })
    let client = try Client(Client.Configuration(url: "ws://127.0.0.1:1/"))
    let requests = [
      client.events(types: [], symbols: ["A"]), client.events(types: [.quote], symbols: []),
      client.events(types: [.quote], symbols: ["A"], buffer: EventBuffer(size: 0)),
    ]
    for request in requests { #expect(await Self.failure(of: request)?.kind == .configuration) }
  }

  @Test("over TLS the authorities of a file are trusted, and nobody else", .enabled(if: TestAuthority.shared != nil))
  func tls() async throws {
    let authority = try #require(TestAuthority.shared)
    let fixture = try Fixture.answers {
      $0.certificateFile = authority.certificateFile(.good)
      $0.keyFile = authority.keyFile(.good)
    }
    let url = "wss://localhost:\(fixture.server.address.port)/"
    let client = try fixture.client { ($0.url, $0.authorityFile) = (url, authority.rootFile) }
    for try await quote in client.events(Quotewire.Quote.self, symbols: ["A"]) {
      #expect(quote.bidPrice == AnswerSpec().price("A"))
      break
    }
    let stranger = try fixture.client { ($0.url, $0.authorityFile) = (url, authority.folder.file("other.pem")) }
    let error = await Self.failure(of: stranger.events(Quotewire.Quote.self, symbols: ["A"]))
    #expect(error?.kind == .refused)
  }

  @Test("a loop that is too slow drops or conflates, and the figures tell of every event")
  func slow() async throws {
    for policy in [EventBuffer.Policy.dropNewest, .dropOldest, .conflate] {
      let fixture = try Fixture.market()
      let client = try fixture.client()
      let sequence = client.events(
        Quotewire.Quote.self, symbols: ["*"], buffer: EventBuffer(size: 8, policy: policy))
      var (events, dropped) = (0, 0)
      for try await item in sequence.markingLosses() {
        switch item {
        case .event: events += 1
        case .dropped(let count): dropped += count
        case .gap: Issue.record("no gap was made")
        }
        if events == 1 {
          try await eventually("the buffer never ran over") {
            client.status.feeds.first.map { $0.dropped + $0.conflated > 100 } == true
          }
        }
        if events == 40 { break }
      }
      #expect(policy == .conflate || dropped > 100)
    }
  }

  @Test("the status comes again and again until the task is cancelled")
  func statuses() async throws {
    let fixture = try Fixture.market()
    let client = try fixture.client()
    let task = Task {
      for try await _ in client.events(Quotewire.Quote.self, symbols: ["*"]) {}
    }
    var looks = 0
    for await status in client.statuses(every: .milliseconds(5)) {
      looks += 1
      if status.lanes.first?.events ?? 0 > 0 || looks > 4_000 * Sanitizer.patience { break }
    }
    #expect(client.status.lanes.first?.events ?? 0 > 0)
    task.cancel()
    try await task.value
    let idle = Task {
      var count = 0
      for await _ in client.statuses(every: .seconds(3600)) { count += 1 }
      return count
    }
    idle.cancel()
    #expect(await idle.value <= 1)
  }
}

/// A count that tasks add to.
final class CountBox: Sendable {
  private let count = Atomic<Int>(0)
  var value: Int { count.load(ordering: .relaxed) }
  func add() { count.wrappingAdd(1, ordering: .relaxed) }
}

/// What this process holds, as the kernel tells it.
enum Threads {
  /// Connected sockets whose other end is a port of this machine.
  static func sockets(to port: UInt16) -> Int {
    let remote = ":" + String(port, radix: 16, uppercase: true).leftPadded(to: 4)
    let table = Places.read("/proc/self/net/tcp").map { String(decoding: $0, as: UTF8.self) } ?? ""
    return table.split(separator: "\n").count { line in
      let words = line.split(separator: " ")
      // 01 is ESTABLISHED; the last column but some is the inode, 0 once nobody holds the socket.
      return words.count > 9 && words[2].hasSuffix(remote) && words[9] != "0"
    }
  }
}

extension String {
  fileprivate func leftPadded(to count: Int) -> String {
    String(repeating: "0", count: Swift.max(0, count - self.count)) + self
  }
}
