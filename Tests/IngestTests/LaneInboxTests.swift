import Bytes
import DXLink
import IO
import Market
import Rings
import Simulator
import Sinks
import Synchronization
import TestSupport
import Testing

@testable import Ingest

/// Symbols that events came for.
private final class Arrived: Sendable {
  private let names = Mutex<Set<String>>([])
  var symbols: Set<String> { names.withLock { $0 } }
  func add(_ name: String) { names.withLock { _ = $0.insert(name) } }
}

@Suite("Changes of a running ingest", .tags(.unit))
struct LaneInboxTests {
  private func change(add: [String] = [], remove: [String] = []) -> SubscriptionChange {
    var change = SubscriptionChange()
    change.add = add.map { Subscription(.quote, $0) }
    change.remove = remove.map { Subscription(.quote, $0) }
    return change
  }

  @Test("an inbox gives changes in their order, once, and wakes its lane")
  func order() throws {
    let inbox = try LaneInbox()
    #expect(inbox.take() == nil && !inbox.wakeup.clear())
    #expect(inbox.post(change(add: ["A"])) && inbox.post(change(remove: ["A"])) && inbox.post(change()))
    #expect(inbox.wakeup.clear())
    let taken = try #require(inbox.take())
    #expect(taken.map(\.add.count) == [1, 0] && taken.map(\.remove.count) == [0, 1])
    #expect(inbox.take() == nil)
  }

  @Test("an inbox that nobody empties refuses what is beyond its limit, whole")
  func limit() throws {
    let inbox = try LaneInbox()
    var most = SubscriptionChange()
    most.add = Array(repeating: Subscription(.quote, "A"), count: LaneInbox.maximumTopics)
    #expect(inbox.post(most) && !inbox.post(change(remove: ["A"])))
    #expect(inbox.take()?.count == 1)
    #expect(inbox.post(change(remove: ["A"])))
  }

  @Test("symbols added while lanes run get their data, and the end of the run reaches lanes that wait")
  func routed() throws {
    let server = try ServerThread(ServerConfiguration(feed: .answers(AnswerSpec())))
    let url = try FeedURL(parsing: "ws://\(server.address)/")
    var lane = LaneSettings(url: url)
    let first = (0..<10).map { "FIRST\($0)" }
    let later = (0..<30).map { "LATER\($0)" }
    lane.subscriptions = first.map { Subscription(.quote, $0) }
    lane.bePatient()
    var settings = IngestSettings(lane: lane)
    settings.lanes = 3
    settings.seconds = Double(60 * Sanitizer.patience)
    settings.run.sinks = [try SinkSpec(parsing: "null:")]
    let arrived = Arrived()
    settings.run.receive = { batch, texts in
      batch.forEach { event in
        arrived.add(unsafe texts.withText(event.symbol.rawValue) { unsafe String(decoding: $0, as: UTF8.self) })
      }
    }
    var hooks = RunHooks(attention: try Wakeup())
    var router: SubscriptionRouter?
    var receipt: SubscriptionRouter.Receipt?
    hooks.started = { router = $0 }
    hooks.tick = { _ in
      if receipt == nil, arrived.symbols == Set(first) { receipt = router?.change(change(add: later, remove: first)) }
    }
    hooks.request = { arrived.symbols == Set(first + later) ? .drain : .none }
    let outcome = try IngestRun.run(settings, hooks)
    #expect(outcome.failure == nil && outcome.wasInterrupted)
    #expect(receipt?.routed == 40 && receipt?.refused.isEmpty == true)
    #expect(arrived.symbols == Set(first + later))
  }

  @Test("the wildcard is refused where there are several lanes")
  func wildcard() throws {
    let router = SubscriptionRouter([try LaneInbox(), try LaneInbox()], LanePlan(lanes: 2))
    let receipt = router.change(change(add: ["*", "A"]))
    #expect(receipt.routed == 1 && receipt.refused.map(\.subscription.symbol) == ["*"])
  }
}
