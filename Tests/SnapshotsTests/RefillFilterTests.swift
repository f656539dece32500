import Market
import Snapshots
import TestSupport
import Testing

/// A stage and a filter, with what comes out of both.
private struct Refill: ~Copyable {
  var stage = SnapshotStage()
  var filter = RefillFilter()
  var duplicates = 0
  private var batch = EventBatch(capacity: 4)

  init() {}

  /// Rows that go on, as flags, time and close.
  mutating func take(_ flags: UInt8, _ time: Int64, _ close: Double = 1, sequence: Int64 = 0) -> [Out] {
    var candle = Candle()
    candle.head.symbol = TextID(rawValue: 1)
    candle.head.eventFlags = EventFlags(rawValue: flags)
    candle.time = time
    candle.index = time << 22 + sequence
    candle.close = close
    candle.receivedNanos = Int64(stage.counts.taken)
    batch.removeAll()
    precondition(batch.append(candle))
    var out: [Out] = []
    batch.forEach { event in
      _ = stage.take(
        event, commit: { filter.begin($0) },
        each: { commit, row in
          guard let one = row.event(as: Candle.self) else { return }
          switch filter.verdict(commit, row) {
          case .pass: out.append(Out(one.head.eventFlags.rawValue, one.time, one.close))
          case .update(let flags): out.append(Out(flags.rawValue, one.time, one.close))
          case .duplicate: duplicates += 1
          }
        })
    }
    return out
  }

  mutating func lose() -> [Int64] {
    let points = filter.interrupt(stage)
    stage.interrupt()
    return points.map(\.fromTime)
  }
}

private struct Out: Equatable {
  let flags: UInt8
  let time: Int64
  let close: Double
  init(_ flags: UInt8, _ time: Int64, _ close: Double = 1) {
    self.flags = flags
    self.time = time
    self.close = close
  }
}

@Suite("Refills after a gap", .tags(.unit))
struct RefillFilterTests {
  private func whole() -> Refill {
    var it = Refill()
    _ = it.take(4, 30)
    _ = it.take(0, 20)
    _ = it.take(10, 10)
    return it
  }

  @Test("the history is asked for from the newest row on; the same row does not go on again, a changed one does")
  func refill() {
    var it = whole()
    #expect(it.take(0, 30, 2) == [Out(0, 30, 2)])
    #expect(it.lose() == [30])
    #expect(it.take(4, 50).isEmpty && it.take(0, 40).isEmpty && it.take(0, 30, 2).isEmpty)
    #expect(it.take(10, 30 - 1) == [Out(0, 50), Out(0, 40)])
    let (duplicates, filled, again) = (it.duplicates, it.filter.takeFilled(), it.filter.takeFilled())
    #expect(duplicates == 2 && filled == 1 && again == nil)
    #expect(it.lose() == [50])
    #expect(it.take(12, 50, 7) == [Out(0, 50, 7)])
  }

  @Test("a snapshot that was lost on its way comes again as a snapshot, from where it began")
  func midSnapshot() {
    var it = Refill()
    _ = it.take(4, 30)
    #expect(it.lose().isEmpty)
    #expect(it.take(4, 30).isEmpty)
    #expect(it.take(8, 20) == [Out(4, 30), Out(8, 20)])
    let filled = it.filter.takeFilled()
    #expect(filled == 1)
  }

  @Test("a second loss in mid-refill, after live rows, asks from the same time; those rows do not go on again")
  func twice() {
    var it = whole()
    #expect(it.lose() == [30])
    #expect(it.take(0, 60) == [Out(0, 60)], "a live row before BEGIN")
    _ = it.take(4, 60)
    #expect(it.lose() == [30])
    _ = it.take(4, 60)
    _ = it.take(0, 50)
    #expect(it.take(8, 30) == [Out(0, 50)])
    let filled = it.filter.takeFilled()
    #expect(filled == 1)
    #expect(it.lose() == [60])
  }

  @Test("rows of one millisecond are told apart by their index; a removal of a known one goes on")
  func sameTime() {
    var it = Refill()
    _ = it.take(4, 30, sequence: 2)
    _ = it.take(8, 30, sequence: 1)
    #expect(it.lose() == [30])
    _ = it.take(4, 30, sequence: 3)
    _ = it.take(2, 30, sequence: 2)
    _ = it.take(2, 30, sequence: 9)
    #expect(it.take(8, 30, sequence: 1) == [Out(0, 30), Out(2, 30)])
  }

  @Test("a new snapshot without a loss goes on whole, and series without snapshots are left alone")
  func unasked() {
    var it = whole()
    _ = it.take(4, 30)
    #expect(it.take(8, 20) == [Out(4, 30), Out(8, 20)])
    var stream = Refill()
    #expect(stream.take(0, 10) == [Out(0, 10)])
    #expect(stream.lose().isEmpty)
    #expect(stream.take(0, 10) == [Out(0, 10)])
    let filled = stream.filter.takeFilled()
    #expect(filled == nil)
  }
}
