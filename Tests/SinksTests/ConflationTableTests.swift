import Market
import TestSupport
import Testing

@testable import Sinks

@Suite("Conflation table", .tags(.unit))
struct ConflationTableTests {
  private struct Entry: Equatable {
    var key: String
    var number: Int
  }

  @Test("the table does what a list of the waiting does", .tags(.property))
  func model() {
    for seed in UInt64(1)...30 {
      var random = SeededRandom(seed: seed)
      let source = EventSource()
      var table = ConflationTable()
      var model: [Entry] = []
      for _ in 0..<400 {
        if Int.random(in: 0..<3, using: &random) > 0 {
          let type = [EventType.quote, .trade, .profile].randomElement(using: &random) ?? .quote
          let symbol = "S\(Int.random(in: 0..<9, using: &random))"
          let batch = source.batch([(type, symbol)])
          let key = "\(type) \(symbol)"
          var replaced = false
          batch.forEach { replaced = table.replace($0) }
          let known = model.firstIndex { $0.key == key }
          #expect(replaced == (known != nil), "seed \(seed)")
          if let known { model[known].number = source.made } else { model.append(Entry(key: key, number: source.made)) }
        } else {
          let most = Int.random(in: 0...6, using: &random)
          var taken: [Came] = []
          table.drain { event in
            guard taken.count < most else { return false }
            taken.append(Came(event))
            return true
          }
          #expect(taken == Came.events(model.prefix(most).map(\.number)), "seed \(seed)")
          model.removeFirst(min(most, model.count))
        }
        #expect(table.count == model.count && table.isEmpty == model.isEmpty, "seed \(seed)")
      }
    }
  }

  @Test("a table that never empties holds no more slots than twice what waits, and the spare ones")
  func bounded() {
    let source = EventSource()
    var table = ConflationTable()
    for i in 0..<20_000 {
      let batch = source.batch([(.quote, "S\(i % 300)"), (.trade, "S\(i % 300)")])
      batch.forEach { _ = table.replace($0) }
      var left = 2
      table.drain { _ in
        left -= 1
        return left >= 0 && i > 100
      }
      #expect(table.slotCount <= 2 * table.count + ConflationTable.spareSlots)
    }
    #expect(table.count > 0)
  }
}
