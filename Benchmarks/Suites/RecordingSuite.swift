import BenchmarkKit
import Bytes
import Recording

/// Payloads into a recording and out of it, in memory.
enum RecordingSuite {
  static var all: [Benchmark] {
    [
      Benchmark("recording/append", input: "mix, memory only", allocations: 0) { size in
        let market = try MarketInput(MarketInput.mix, size)
        let loop = AppendLoop()
        return market.work(market.units) { try loop.pass(market) }
      },
      Benchmark("recording/read", input: "mix, every check made") { size in
        let market = try MarketInput(MarketInput.mix, size)
        return market.work(market.units) { try read(market) }
      },
    ]
  }

  static func read(_ market: MarketInput) throws(RecordingError) -> UInt64 {
    var reader = unsafe try RecordingReader(market.file.all)
    var sum: UInt64 = 0
    while let entry = reader.next() {
      sum = unsafe Fold.add(sum, UInt64(entry.payload.count) ^ UInt64(bitPattern: entry.arrival.wall.rawValue))
    }
    return Fold.add(sum, reader.verdict == .clean ? 1 : 0)
  }
}

/// A writer that goes on from pass to pass, its bytes taken as a file would take them.
final class AppendLoop {
  private var writer: RecordingWriter

  init() {
    writer = RecordingWriter(fileID: 1, created: WallNanos(rawValue: 0))
  }

  func pass(_ market: MarketInput) throws(RecordingError) -> UInt64 {
    let arrival = Arrival(wall: WallNanos(rawValue: 1), monotonic: MonotonicNanos(rawValue: 1))
    var taken = 0
    for i in 0..<market.payloads.count {
      try unsafe writer.append(.received, lane: 0, arrival: arrival, payload: market.payloads[i])
      if writer.pendingCount >= 1 << 18 {
        taken += writer.pendingCount
        writer.removePending(writer.pendingCount)
      }
    }
    taken += writer.pendingCount
    writer.removePending(writer.pendingCount)
    // Segment ends come at other places in each pass, so entries are what all have in common.
    return taken > market.payloads.byteCount ? UInt64(market.payloads.count) : 0
  }
}
