import Market
import Snapshots
import TestSupport
import Testing

@testable import History

@Suite("Candle series", .tags(.unit))
struct CandleSeriesTests {
  private func bar(_ index: Int64, _ flags: UInt8 = 0, close: Double = 1) -> Candle {
    var bar = Candle()
    (bar.index, bar.time, bar.close) = (index, index, close)
    bar.head.eventFlags = EventFlags(rawValue: flags)
    return bar
  }

  private func indices(_ bars: [Candle]) -> [Int64] { bars.map(\.index) }

  @Test("a snapshot is given out ascending and without flags when it is whole, and once")
  func once() {
    var series = CandleSeries()
    for (index, flags) in [(9, 4), (8, 0), (7, 0)] as [(Int64, UInt8)] { series.take(bar(index, flags)) }
    #expect(series.takeFinished(goesOn: false).isEmpty && series.state == .absent)
    series.take(bar(0, 10))
    let finished = series.takeFinished(goesOn: false)
    #expect(indices(finished) == [7, 8, 9] && finished.allSatisfy { $0.head.eventFlags.isEmpty })
    #expect(series.state == .complete)
    series.take(bar(10))
    #expect(series.takeFinished(goesOn: false).isEmpty)
  }

  @Test("updates before and in a snapshot replace, removals remove, and a snapshot that begins anew starts over")
  func changes() {
    var series = CandleSeries()
    series.take(bar(9))
    series.take(bar(5, 4))
    series.take(bar(9, 4, close: 2))
    series.take(bar(8))
    series.take(bar(7))
    series.take(bar(8, 2))
    series.take(bar(9, close: 3))
    series.take(bar(6, 16))
    let finished = series.takeFinished(goesOn: false)
    #expect(indices(finished) == [6, 7, 9] && finished.last?.close == 3 && series.state == .cutOff)
  }

  @Test("a snapshot without rows is empty, and one whose END is in a transaction waits for its end")
  func ends() {
    var empty = CandleSeries()
    empty.take(bar(0, 14))
    #expect(empty.state == .empty && empty.takeFinished(goesOn: false).isEmpty)
    var open = CandleSeries()
    open.take(bar(9, 4))
    open.take(bar(8, 9))
    #expect(open.takeFinished(goesOn: false).isEmpty && open.state == .absent)
    open.take(bar(9, close: 5))
    #expect(open.takeFinished(goesOn: false).map(\.close) == [1, 5] && open.state == .complete)
  }

  @Test("a series that goes on keeps the forming bar until the next one begins")
  func follows() {
    var series = CandleSeries()
    series.take(bar(9, 4))
    series.take(bar(8, 8))
    #expect(indices(series.takeFinished(goesOn: true)) == [8])
    series.take(bar(9, close: 4))
    #expect(series.takeFinished(goesOn: true).isEmpty)
    series.take(bar(10))
    #expect(series.takeFinished(goesOn: true).map(\.close) == [4])
    series.take(bar(8, close: 7))
    #expect(series.takeFinished(goesOn: true).isEmpty && series.lateUpdates == 1)
    #expect(indices(series.takeFinished(goesOn: false)) == [10])
  }

  @Test("after a loss nothing is given out until what was missed has come, in whatever order")
  func interrupted() {
    var series = CandleSeries()
    series.take(bar(9, 4))
    series.take(bar(8, 8))
    _ = series.takeFinished(goesOn: true)
    series.interrupt()
    series.take(bar(13))
    #expect(series.takeFinished(goesOn: true).isEmpty)
    for index in [12, 11, 10, 9] as [Int64] { series.take(bar(index)) }
    series.resume()
    #expect(indices(series.takeFinished(goesOn: true)) == [9, 10, 11, 12])
  }
}
