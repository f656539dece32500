import BenchmarkKit
import Bytes
import DXLink
import Market

/// Wishes to messages.
enum SubscriptionSuite {
  static var all: [Benchmark] {
    [
      Benchmark("subscribe/100,000", input: "new symbols, messages written (smoke: 1,000)") { size in
        let symbols = symbols(size)
        let out = WriterBox()
        return Work(Units(items: symbols.count)) { try subscribe(symbols, out) }
      }
    ]
  }

  static func symbols(_ size: InputSize) -> [String] {
    (0..<(size == .smoke ? 1000 : 100_000)).map { i in "." + String(i * 7919 % 1_000_003, radix: 36) + "C\(i)" }
  }

  private static func subscribe(_ symbols: [String], _ box: WriterBox) throws -> UInt64 {
    var book = SubscriptionBook(contract: .stream, maximumTopics: 200_000)
    for symbol in symbols { try book.add(Subscription(.quote, symbol)) }
    var messages = 0
    var bytes = 0
    while true {
      box.writer.removeAll()
      let items = book.writeChunk(
        channel: 1, maximumBytes: 8 << 10, maximumItems: 1000, now: MonotonicNanos(rawValue: 0), to: &box.writer)
      if items == 0 { break }
      messages += 1
      bytes += box.writer.count
    }
    return UInt64(bytes) << 20 | UInt64(messages)
  }
}
