import Bytes
import Market
import TestSupport
import Testing

@testable import DXLink

@Suite("The table of topics", .tags(.unit))
struct TopicTableTests {
  private struct Topic: Hashable {
    var type: EventType
    var symbol: String
    var source: String?
  }

  @Test("random insertions and removals leave exactly what a dictionary has", .tags(.property), arguments: 1...10)
  func model(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var table = TopicTable()
    var model: [Topic: Int] = [:]
    for _ in 0..<5000 {
      let topic = Topic(
        type: [.quote, .trade, .order].randomElement(using: &random) ?? .quote,
        // An empty source is another topic than none, and "ab" with source "c" another than "a" with "bc".
        symbol: String("ABAB".prefix(Int(random.next() % 4) + 1)) + "\(random.next() % 60)",
        source: [nil, "", "B", "NTV"].randomElement(using: &random) ?? nil)
      if random.next() % 3 < 2 {
        let (number, isNew) = table.insert(topic.type, topic.symbol, topic.source)
        #expect(isNew == (model[topic] == nil) && model[topic] ?? number == number, "seed \(seed)")
        model[topic] = number
        table.set(TopicTable.Times(wanted: Int64(number), told: nil), number)
      } else if let number = model.removeValue(forKey: topic) {
        table.remove(number)
      }
      #expect(table.count == model.count)
    }
    #expect(Set(model.values).count == model.count)
    for (topic, number) in model {
      #expect(table.find(topic.type, topic.symbol, topic.source) == number, "seed \(seed): \(topic)")
      #expect(table.type(number) == topic.type && table.symbol(number) == topic.symbol)
      #expect(table.source(number) == topic.source && table.times(number).wanted == Int64(number))
    }
    #expect(table.indices.count { table.marks($0).contains(.taken) } == model.count)
  }

  @Test("the texts of removed topics are given back")
  func texts() {
    var table = TopicTable()
    for round in 0..<50 {
      let numbers = (0..<1000).map { table.insert(.quote, "A LONG SYMBOL OF ROUND \(round) \($0)", nil).number }
      for number in numbers { table.remove(number) }
    }
    #expect(table.count == 0 && table.indices.count == 1000)
    // All fifty rounds would be 1.5 MB.
    #expect(table.byteCount < 200_000, "\(table.byteCount)")
  }

  @Test("half a million topics take 64 bytes each at most beyond their text, told or not")
  func memory() throws {
    let count = 500_000
    var book = SubscriptionBook(contract: .auto, maximumTopics: count)
    var textBytes = 0
    for number in 0..<count {
      let symbol = ".SYM\(number / 2)C\(number % 977)"
      textBytes += symbol.utf8.count
      try book.add(Subscription(number % 2 == 0 ? .quote : .trade, symbol))
    }
    book.forgetTold()
    #expect(book.counts.wanted == count)
    let wanted = book.byteCount - textBytes
    #expect(wanted <= 64 * count, "\(Double(wanted) / Double(count)) bytes a topic")
    var out = ByteWriter()
    while book.writeChunk(
      channel: 1, maximumBytes: 60_000, maximumItems: 5000, now: MonotonicNanos(rawValue: 0), to: &out) > 0
    { out.removeAll() }
    let told = book.byteCount - textBytes
    #expect(book.counts.sent == count && told <= 64 * count, "\(Double(told) / Double(count)) bytes a topic")
    // The worst case: one topic more than the arrays were grown for doubles them.
    #expect(told >= 16 * count)
  }
}
