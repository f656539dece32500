import Bytes
import Market
import TestSupport
import Testing

@testable import Simulator

@Suite("Limits of the server", .tags(.unit))
struct LimitTests {
  @Test("a queue that is never emptied holds little more than what waits in it")
  func queue() {
    var queue = MessageQueue()
    let message = [UInt8](repeating: 7, count: 1000)
    for _ in 0..<100 { unsafe queue.append(data: message.span.bytes) }
    for round in 0..<10_000 {
      unsafe queue.append(data: message.span.bytes)
      var taken = 0
      let sent = queue.takeFirst { _, bytes in taken = bytes.byteCount }
      guard sent, taken == 1000, queue.count == 100, queue.byteCount == 100_000, queue.heldBytes <= 136_000 else {
        Issue.record("round \(round): \(queue.count) messages, \(queue.byteCount) bytes, \(queue.heldBytes) held")
        return
      }
    }
  }

  private func topic(_ symbol: String, _ source: String? = nil, channel: Int = 1) -> Subscriptions.Topic {
    Subscriptions.Topic(channel: channel, type: .order, symbol: symbol, source: source)
  }

  @Test("all clients together have so many bytes for subscriptions, and a client that goes gives its own back")
  func budget() {
    let budget = SubscriptionBudget(limit: 10_000)
    var one = Subscriptions(budget)
    var added = 0
    for number in 0..<1000 where one.add(topic("S\(number)")) { added += 1 }
    #expect(added > 20 && added < 100 && one.count == added)
    do {
      var two = Subscriptions(budget)
      #expect(!two.add(topic("ANOTHER")) && two.isEmpty)
      one.remove(topic("S0"))
      #expect(two.add(topic("S0")) && two.count == 1)
      // A second time it takes no more room.
      #expect(two.add(topic("S0")) && two.count == 1)
    }
    let left = budget.usedBytes
    #expect(one.add(topic("S0")) && budget.usedBytes > left)
    one.removeAll(channel: 1)
    #expect(budget.usedBytes == 0 && one.isEmpty && one.topics.isEmpty)
  }

  @Test("a symbol has so many topics at most, and a removal without a source takes them all")
  func matches() {
    var all = Subscriptions()
    for number in 0..<300 { _ = all.add(topic("A", "#\(number)")) }
    #expect(all.count == Subscriptions.maximumMatches)
    #expect(!all.add(topic("A")) && all.contains(topic("A", "#7")) && !all.contains(topic("A", "#299")))
    _ = all.add(topic("B", channel: 3))
    all.remove(topic("A"))
    #expect(all.count == 1 && all.topics == [topic("B", channel: 3)])
  }
}
