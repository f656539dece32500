import TestSupport
import Testing

@testable import Simulator

@Suite("Limits of a server's session", .tags(.unit))
struct SessionLimitTests {
  private func subscription(_ symbols: Range<Int>) -> String {
    let items = symbols.map { #"{"type":"Quote","symbol":"S\#($0)"}"# }.joined(separator: ",")
    return #"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[\#(items)]}"#
  }

  @Test("changes beyond the limit are refused, and taken again when a minute has passed")
  func changes() {
    let script = Script { $0.limits.changesPerMinute = 10 }
    script.open()
    _ = script.send(subscription(0..<6))
    _ = script.pass(seconds: 30)
    #expect(!script.send(subscription(6..<10)).contains { $0.contains("ERROR") } && script.subscriptionCount == 10)
    let refusal = script.send(subscription(10..<11))
    #expect(refusal.contains { $0.contains("Your subscription rate is too high") } && script.refusedTopics == 1)
    _ = script.pass(seconds: 29)
    #expect(script.send(subscription(10..<11)).contains { $0.contains("ERROR") } && script.subscriptionCount == 10)
    _ = script.pass(seconds: 1)
    #expect(!script.send(subscription(10..<16)).contains { $0.contains("ERROR") } && script.subscriptionCount == 16)
  }

  @Test("a token has so many sessions, and one that ends makes room")
  func sessions() {
    let sessions = TokenSessions(limit: 2)
    var one = sessions.place("a")
    let two = sessions.place("a")
    #expect(one != nil && two != nil && sessions.place("a") == nil && sessions.place("b") != nil)
    one = nil
    #expect(sessions.place("a") != nil)
    withExtendedLifetime(two) {}
  }
}
