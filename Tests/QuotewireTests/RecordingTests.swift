import Bytes
import IO
import Ingest
import Market
import Recording
import Simulator
import Sinks
import TestSupport
import Testing

@testable import Quotewire

@Suite("Recordings as sequences", .tags(.unit), .timeLimit(.minutes(30)))
struct RecordingTests {
  private static func path(_ name: String) -> String { Places.packageRoot + "/recordings/" + name }

  private struct Played {
    var events: [String] = []
    var error: QuotewireError?
  }

  /// All fields of every event but the time of arrival, as `print` shows them.
  private static func play(_ sequence: EventSequence<AnyEvent>) async -> Played {
    var played = Played()
    do throws(QuotewireError) {
      for try await event in sequence { played.events.append(words(event)) }
    } catch { played.error = error }
    return played
  }

  private static func words(_ event: AnyEvent) -> String {
    let text = "\(event.event)"
    return text.split(separator: ", receivedNanos").first.map { String($0) } ?? text
  }

  /// Rows that the command line's replay gives of a type.
  private static func rows(_ name: String, _ type: Market.EventType) throws -> [Substring] {
    let folder = TemporaryFolder()
    var settings = ReplaySettings(files: [path(name)])
    settings.run.sinks = [try SinkSpec(parsing: "ndjson:\(folder.file("out"))")]
    let outcome = try ReplayRun.run(settings, RunHooks(attention: try Wakeup()))
    #expect(outcome.failure == nil)
    let text = String(decoding: Places.read(folder.file("out")) ?? [], as: UTF8.self)
    return text.split(separator: "\n").filter { $0.contains("\"eventType\":\"\(type.name)\"") }
  }

  @Test(
    "a recording gives the quotes that a replay gives, in their order, in a buffer of any size", arguments: [1, 16_384])
  func quotes(size: Int) async throws {
    let rows = try Self.rows("opening-burst.qwr", .quote)
    var count = 0
    let recording = Quotewire.Recording(Self.path("opening-burst.qwr"))
    for try await quote in recording.events(Quotewire.Quote.self, buffer: EventBuffer(size: size)) {
      let row = try #require(count < rows.count ? rows[count] : nil)
      let wanted = "\"eventSymbol\":\"\(quote.eventSymbol)\""
      guard row.contains(wanted), row.contains("\"receivedNanos\":\(quote.receivedNanos)") else {
        Issue.record("event \(count): \(quote.eventSymbol) is not in \(row)")
        return
      }
      count += 1
    }
    #expect(count == rows.count && count > 1_000)
  }

  @Test(
    "a live feed and the replay of what it sends give the same events, whatever the type",
    arguments: ["options-greeks.qwr", "opening-burst.qwr"])
  func liveAndReplayed(name: String) async throws {
    let replayed = await Self.play(Quotewire.Recording(Self.path(name)).events(types: EventType.allCases))
    #expect(replayed.error == nil && replayed.events.count > 1_000)
    let fixture = try Fixture(.recording(path: Self.path(name), speed: .max, isLooped: false))
    let client = try fixture.client()
    let live = await Self.play(client.events(types: EventType.allCases, symbols: ["*"], buffer: EventBuffer(size: 64)))
    #expect(live.error == nil)
    #expect(live.events == replayed.events)
  }

  @Test("symbols, times and speed choose what is given")
  func choices() async throws {
    let recording = Quotewire.Recording(Self.path("quiet-hour.qwr"))
    var all: [Quotewire.Quote] = []
    for try await quote in recording.events(Quotewire.Quote.self) { all.append(quote) }
    let symbol = all[0].eventSymbol
    var some: [Int] = []
    for try await quote in recording.events(Quotewire.Quote.self, symbols: [symbol], speed: .times(1e9)) {
      #expect(quote.eventSymbol == symbol)
      some.append(quote.receivedNanos)
    }
    #expect(some == all.filter { $0.eventSymbol == symbol }.map(\.receivedNanos))
    let (from, to) = (all[100].receivedNanos, all[200].receivedNanos)
    var part: [Int] = []
    for try await quote in recording.events(Quotewire.Quote.self, from: from, to: to) {
      part.append(quote.receivedNanos)
    }
    #expect(part == all.map(\.receivedNanos).filter { $0 >= from && $0 <= to })
  }

  @Test("a torn recording gives what is whole, then an error that says so; one that is not there gives an error")
  func damaged() async throws {
    let folder = TemporaryFolder()
    let bytes = try #require(Places.read(Self.path("quiet-hour.qwr")))
    var file = try File(folder.file("torn.qwr"), .create())
    let cut = Array(bytes.dropLast(1_000))
    try unsafe file.write(cut.span.bytes)
    try file.close()
    let whole = await Self.play(Quotewire.Recording(Self.path("quiet-hour.qwr")).events(types: [.quote, .trade]))
    let torn = await Self.play(Quotewire.Recording(folder.file("torn.qwr")).events(types: [.quote, .trade]))
    #expect(torn.error?.kind == .recording && torn.error?.description.contains("torn.qwr") == true)
    #expect(torn.events.count > 1_000 && torn.events == Array(whole.events.prefix(torn.events.count)))
    let missing = await Self.play(Quotewire.Recording("no/such.qwr").events(types: [.quote]))
    #expect(missing.error?.kind == .recording && missing.error?.description.contains("no/such.qwr") == true)
    let none = await Self.play(Quotewire.Recording(paths: []).events(types: [.quote]))
    #expect(none.error?.kind == .configuration)
    let backwards = await Self.play(
      Quotewire.Recording(Self.path("quiet-hour.qwr")).events(types: [.quote], speed: .times(-1)))
    #expect(backwards.error?.kind == .configuration)
  }

  @Test("a replay that is left or cancelled ends, also one that waits for its time")
  func left() async throws {
    let recording = Quotewire.Recording(Self.path("quiet-hour.qwr"))
    weak var feed: Feed?
    do {
      let reader = EventReader(recording.events(Quotewire.Quote.self, speed: .times(1)).start)
      try await reader.refill(isolation: nil)
      feed = reader.feed
      #expect(feed != nil)
    }
    try await eventually("the replay goes on") { feed == nil }
    let count = CountBox()
    let task = Task {
      for try await _ in recording.events(Quotewire.Quote.self, speed: .times(1)) { count.add() }
    }
    try await eventually("no event came") { count.value > 0 }
    task.cancel()
    try await task.value
  }
}
