import Bytes
import DXLink
import Ingest
import Market
import TestSupport
import Testing

@testable import Collect

@Suite("A window of outstanding symbols", .tags(.unit))
struct SymbolWindowTests {
  private final class Closed { var count = 0 }
  private static let second: Int64 = 1_000_000_000

  private static func window(_ symbols: [String], size: Int, _ closed: Closed) -> SymbolWindow {
    SymbolWindow(symbols: symbols, types: [.quote, .trade], size: size, answerNanos: 5 * second) { closed.count += 1 }
  }

  private static func at(_ seconds: Int64) -> MonotonicNanos { MonotonicNanos(rawValue: seconds * second) }

  private static func names(_ all: [Subscription]?) -> [String] { (all ?? []).map { "\($0.type.name) \($0.symbol)" } }

  @Test("one at a time: the next is asked for, and the last taken back, when it has answered")
  func sequential() {
    let closed = Closed()
    let window = Self.window(["A", "B"], size: 1, closed)
    let first = window.change(now: Self.at(1))
    #expect(Self.names(first?.add) == ["Quote A", "Trade A"] && first?.remove.isEmpty == true)
    #expect(window.change(now: Self.at(2)) == nil && window.nextLook == Self.at(6))
    window.answered(0)
    let second = window.change(now: Self.at(3))
    #expect(Self.names(second?.add) == ["Quote B", "Trade B"] && Self.names(second?.remove) == ["Quote A", "Trade A"])
    window.answered(1)
    let third = window.change(now: Self.at(4))
    #expect(Self.names(third?.add) == [] && Self.names(third?.remove) == ["Quote B", "Trade B"])
    #expect(window.change(now: Self.at(5)) == nil && window.nextLook == .distantFuture && closed.count == 2)
  }

  @Test("a symbol that is silent for too long gives its place to the next; its late answer does not count again")
  func silent() {
    let closed = Closed()
    let window = Self.window(["A", "B", "C"], size: 2, closed)
    _ = window.change(now: Self.at(0))
    window.answered(1)
    #expect(Self.names(window.change(now: Self.at(1))?.add) == ["Quote C", "Trade C"])
    #expect(window.nextLook == Self.at(5))
    let change = window.change(now: Self.at(5))
    #expect(Self.names(change?.remove) == ["Quote A", "Trade A"] && change?.add.isEmpty == true)
    window.answered(0)
    window.answered(2)
    window.answered(2)
    #expect(closed.count == 3)
  }

  @Test("at most so many are outstanding, and each is asked for once, whatever the order of the answers")
  func bound() {
    var random = SeededRandom(seed: 3)
    let symbols = (0..<200).map { "S\($0)" }
    let closed = Closed()
    let window = Self.window(symbols, size: 7, closed)
    var outstanding: [Int] = []
    var asked: [String] = []
    while closed.count < symbols.count {
      if let change = window.change(now: Self.at(1)) {
        for wish in change.add where wish.type == .quote {
          asked.append(wish.symbol)
          outstanding.append(symbols.firstIndex(of: wish.symbol) ?? -1)
        }
      }
      #expect((1...7).contains(outstanding.count))
      for _ in 0..<Int.random(in: 1...3, using: &random) where !outstanding.isEmpty {
        window.answered(outstanding.remove(at: Int.random(in: outstanding.indices, using: &random)))
      }
    }
    #expect(asked == symbols)
  }
}
