import Metrics
import Synchronization

/// Latencies of one way while it is being measured: each from an intended time to the moment of the call, on one clock.
///
/// One thread records, any thread asks for the figures.
package final class LatencyRecorder: Sendable {
  private let name: String
  private let clock: @Sendable () -> Int64
  private let histogram = Histogram()
  private let count = Atomic<Int>(0)
  /// Events of the first call; the rate is taken between the first call and the last.
  private let countAtFirst = Atomic<Int>(0)
  private let firstIntended = Atomic<Int64>(0)
  private let firstArrival = Atomic<Int64>(0)
  private let lastArrival = Atomic<Int64>(0)

  /// - Parameter clock: nanoseconds from any point, the one from which intended times count.
  package init(_ name: String, clock: @escaping @Sendable () -> Int64) {
    self.name = name
    self.clock = clock
  }

  /// Events that were intended for one time have arrived now.
  package func arrived(intended: Int64, events: Int = 1) { arrived(intended: intended, at: clock(), events: events) }

  /// The same with a reading of the clock that several calls share.
  package func arrived(intended: Int64, at now: Int64, events: Int = 1) {
    guard events > 0 else { return }
    histogram.record(now - intended, times: events)
    let before = count.load(ordering: .relaxed)
    if before == 0 {
      firstIntended.store(intended, ordering: .relaxed)
      firstArrival.store(now, ordering: .relaxed)
    }
    if now == firstArrival.load(ordering: .relaxed) { countAtFirst.store(before + events, ordering: .relaxed) }
    lastArrival.store(now, ordering: .relaxed)
    count.store(before + events, ordering: .releasing)
  }

  /// Events that have arrived.
  package var total: Int { count.load(ordering: .acquiring) }

  package func figures(ratePerSecond: Double) -> LatencyFigures {
    let all = count.load(ordering: .acquiring)
    let snapshot = histogram.snapshot()
    return LatencyFigures(
      name: name, ratePerSecond: ratePerSecond, achievedPerSecond: achieved(all), count: all,
      percentiles: LatencyPoint.standard.map { LatencyPoint(percentile: $0, nanos: snapshot.percentile($0)) })
  }

  /// Where everything came at one moment there is no time between arrivals, and the intended time of the first stands
  /// in.
  private func achieved(_ all: Int) -> Double {
    let last = lastArrival.load(ordering: .relaxed)
    let between = last - firstArrival.load(ordering: .relaxed)
    if between > 0 { return Double(all - countAtFirst.load(ordering: .relaxed)) / Double(between) * 1e9 }
    let since = last - firstIntended.load(ordering: .relaxed)
    return since > 0 ? Double(all) / Double(since) * 1e9 : 0
  }
}
