import DXLink
import IO
import Market
import Recording
import Rings
import Simulator
import Sinks
import Synchronization
import TestSupport
import Testing

@testable import Ingest

@Suite("Lanes against a server with limits", .tags(.unit))
struct LaneBudgetTests {
  private func settings(_ server: ServerThread, symbols: Int, lanes: Int) throws -> IngestSettings {
    var lane = LaneSettings(url: try FeedURL(parsing: "ws://\(server.address)/"))
    lane.subscriptions = [EventType.quote, .trade].flatMap { type in
      (0..<symbols).map { Subscription(type, "SYM\($0)") }
    }
    lane.session.confirmSeconds = 0.3
    lane.session.retryFirstSeconds = 0.3
    lane.session.pace.intervalMillis = 10
    lane.backoff.firstSeconds = 0.05
    lane.bePatient()
    var settings = IngestSettings(lane: lane)
    settings.lanes = lanes
    settings.seconds = Double(60 * Sanitizer.patience)
    settings.run.sinks = [try SinkSpec(parsing: "null:")]
    return settings
  }

  private func server(_ limits: String) throws -> ServerThread {
    var configuration = ServerConfiguration(feed: .answers(AnswerSpec()))
    configuration.limits.setupTimeoutMillis *= Int64(Sanitizer.patience)
    configuration.limits.take(try LimitsSpec(limits))
    return try ServerThread(configuration)
  }

  private func topics(_ status: RunStatus) -> TopicCounts {
    status.lanes.reduce(into: TopicCounts()) { $0 += $1.topics }
  }

  @Test("lanes whose budgets are just large enough get every topic past the server's limits")
  func exact() throws {
    let server = try server("topics=1000,message-topics=200,changes=2000")
    var settings = try settings(server, symbols: 2000, lanes: 4)
    settings.laneCapacity.topics = 1000
    settings.lane.session.pace.changesPerMinute = 2000
    var hooks = RunHooks(attention: try Wakeup())
    let live = Atomic<Int>(0)
    hooks.tick = { live.store(topics($0).live, ordering: .relaxed) }
    hooks.request = { live.load(ordering: .relaxed) == 4000 ? .drain : .none }
    let report = try IngestRun.run(settings, hooks).report
    #expect(report.topics.live == 4000 && report.topics.wanted == 4000 && report.missingTopics == 0)
    #expect(report.lanes.map(\.topics.live) == [1000, 1000, 1000, 1000])
    #expect(report.totals.events == 4000 && report.isLossless && server.stats[.errorsSent] == 0)
  }

  @Test("what a server refuses is found out, listed, and had once others make room")
  func refused() throws {
    let server = try server("topics=1000,message-topics=200")
    let settings = try settings(server, symbols: 600, lanes: 1)
    let said = Said()
    var hooks = RunHooks(attention: try Wakeup())
    hooks.say = { said.add($0) }
    var router: SubscriptionRouter?
    var refused = TopicCounts()
    var counts = TopicCounts()
    hooks.started = { router = $0 }
    hooks.tick = { status in
      counts = topics(status)
      guard refused.wanted == 0, counts.refused == 200, counts.live == 1000 else { return }
      refused = counts
      var change = SubscriptionChange()
      change.remove = (0..<100).flatMap { n in
        [EventType.quote, .trade].map { Subscription($0, "SYM\(n)") }
      }
      _ = router?.change(change)
    }
    hooks.request = { counts.live == 1000 && counts.wanted == 1000 ? .drain : .none }
    let report = try IngestRun.run(settings, hooks).report
    #expect(refused.wanted == 1200 && refused.refused == 200)
    #expect(report.topics.live == 1000 && report.topics.refused == 0 && report.missingTopics == 0)
    #expect(said.sentences.contains { $0.contains("the server refused") && $0.contains("size is too big") })
  }

  @Test("topics that stay refused are listed by name, and are a loss")
  func listed() throws {
    let server = try server("topics=10")
    let settings = try settings(server, symbols: 8, lanes: 1)
    var hooks = RunHooks(attention: try Wakeup())
    var counts = TopicCounts()
    hooks.tick = { counts = topics($0) }
    hooks.request = { counts.live == 10 && counts.refused == 6 ? .drain : .none }
    let report = try IngestRun.run(settings, hooks).report
    #expect(report.missingTopics == 6 && !report.isLossless)
    #expect(Set(report.listedTopics) == Set((2..<8).map { "Trade SYM\($0)" }))
    #expect(report.json().contains(#""refused":6,"unplaced":0,"listed":["Trade SYM"#))
  }

  @Test("what no lane has room for is refused before anything is sent, with the lanes that are needed")
  func unplaced() throws {
    let server = try server("topics=1000")
    var settings = try settings(server, symbols: 50, lanes: 2)
    settings.laneCapacity.topics = 20
    let said = Said()
    var hooks = RunHooks(attention: try Wakeup())
    hooks.say = { said.add($0) }
    var counts = TopicCounts()
    hooks.tick = { counts = topics($0) }
    hooks.request = { counts.live == 40 ? .drain : .none }
    let report = try IngestRun.run(settings, hooks).report
    #expect(report.unplacedTopics == 60 && report.listedTopics.count == 60 && report.topics.wanted == 40)
    #expect(said.sentences.contains { $0.contains("60 topics are not subscribed") && $0.contains("5 lanes") })
  }

  @Test("a lane that loses its connection comes back with its symbols, while no other stops")
  func killed() throws {
    let spec = try GenerateSpec("seed=1,symbols=400,rate=4000,mix=Quote:4/Trade:1", endless: true)
    let generator = try Generator(spec)
    let symbols = generator.symbols
    var configuration = ServerConfiguration(feed: .generator(spec, speed: .factor(1)))
    configuration.faults = [try Fault("drop-tcp=after:40,once")]
    let server = try ServerThread(configuration)
    var settings = try settings(server, symbols: 0, lanes: 4)
    settings.lane.subscriptions = symbols.map { Subscription(.quote, $0) }
    var hooks = RunHooks(attention: try Wakeup())
    var atLoss: [Int]?
    var isBack = false
    hooks.tick = { status in
      let lost = status.lanes.contains { $0.reconnects > 0 || $0.state == .waiting }
      if lost, atLoss == nil { atLoss = status.lanes.map(\.events) }
      guard let atLoss, status.lanes.allSatisfy({ $0.state == .streaming }) else { return }
      let went = zip(status.lanes, atLoss).allSatisfy { $0.events > $1 + 50 }
      isBack = went && topics(status).live == symbols.count
    }
    hooks.request = { isBack ? .drain : .none }
    let report = try IngestRun.run(settings, hooks).report
    #expect(isBack && report.lanes.map(\.gaps).sorted() == [0, 0, 0, 1])
    #expect(report.lanes.map(\.reconnects).sorted() == [0, 0, 0, 1])
    #expect(report.topics.live == symbols.count && report.missingTopics == 0)
  }
}
