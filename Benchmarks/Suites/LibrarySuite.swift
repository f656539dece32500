import BenchmarkKit
import Bytes
import IO
import Quotewire
import Synchronization

/// Loops over the library's sequences: a replay at full speed, each event a struct in the hands of a task. Beside
/// `replay/null`, the same replay without a loop.
enum LibrarySuite {
  static var all: [Benchmark] {
    [
      Benchmark("library/replay", input: "quotes, for try await over Quote") { size in
        try replay(MarketInput("Quote:1", size)) { path in
          var sum: UInt64 = 0
          for try await quote in Quotewire.Recording(path).events(Quotewire.Quote.self) {
            sum = sum &* 31 &+ quote.bidPrice.bitPattern &+ UInt64(quote.eventSymbol.utf8.count)
          }
          return sum
        }
      },
      Benchmark("library/replay-any", input: "mix, for try await over AnyEvent") { size in
        try replay(MarketInput(MarketInput.mix, size)) { path in
          var sum: UInt64 = 0
          let types: [Quotewire.EventType] = [.quote, .trade, .greeks, .timeAndSale]
          for try await event in Quotewire.Recording(path).events(types: types) {
            sum = sum &* 31 &+ UInt64(event.eventSymbol.utf8.count)
          }
          return sum
        }
      },
    ]
  }

  private static func replay(
    _ market: MarketInput, _ body: @escaping @Sendable (_ path: String) async throws -> UInt64
  ) throws -> Work {
    let folder = try TemporaryPlace()
    let path = folder.file("in.qwr")
    try market.write(to: path)
    return market.work(market.units) {
      try withExtendedLifetime(folder) { try wait { try await body(path) } }
    }
  }

  private final class Outcome: Sendable {
    let value = Mutex<Result<UInt64, any Error>?>(nil)
  }

  /// Runs a task to its end.
  private static func wait(_ body: @escaping @Sendable () async throws -> UInt64) throws -> UInt64 {
    let (done, outcome) = (try Wakeup(), Outcome())
    Task {
      let result: Result<UInt64, any Error>
      do { result = .success(try await body()) } catch { result = .failure(error) }
      outcome.value.withLock { $0 = result }
      done.signal()
    }
    _ = try done.wait(until: .distantFuture)
    guard let result = outcome.value.withLock({ $0 }) else { throw BenchmarkError.skipped("the task left no answer") }
    return try result.get()
  }
}
