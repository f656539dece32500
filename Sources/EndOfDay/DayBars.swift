import IO
import Rings
import Synchronization

/// The bars of a day, by symbol and time, and how they came about.
struct DayBars {
  var minutes: [Bar] = []
  var days: [Bar] = []
  var counts = TickCounts()

  /// Folds all ticks of a store, on several threads. The same ticks give the same bars, however many these are.
  static func make(_ store: TickStore, _ texts: TextStore, jobs: Int) throws(EndOfDayError) -> DayBars {
    let work = Work(store)
    try Threads.run("qw-bars", jobs) { _ in work.run() }
    if let failure = work.failure.withLock({ $0 }) { throw failure }
    var bars = DayBars()
    let folds = work.folds.withLock { $0 }
    for fold in folds { if let fold { bars.counts += fold.counts } }
    guard folds.reduce(0, { $0 + ($1?.minutes.count ?? 0) }) <= BarFile.maximumBars else {
      throw .tooManyBars(limit: BarFile.maximumBars)
    }
    bars.minutes = sorted(folds.compactMap { $0?.minutes }, texts)
    bars.days = sorted(folds.compactMap { $0?.days }, texts)
    return bars
  }

  /// By the bytes of the symbol; within a symbol they are in order already.
  private static func sorted(_ parts: [[Bar]], _ texts: TextStore) -> [Bar] {
    var runs: [(name: [UInt8], part: Int, range: Range<Int>)] = []
    for (number, bars) in parts.enumerated() {
      var first = 0
      for i in bars.indices where i + 1 == bars.count || bars[i + 1].symbol != bars[i].symbol {
        let name = unsafe texts.withText(bars[i].symbol) { unsafe [UInt8]($0) }
        runs.append((name, number, first..<i + 1))
        first = i + 1
      }
    }
    runs.sort { $0.name.lexicographicallyPrecedes($1.name) }
    var all: [Bar] = []
    all.reserveCapacity(parts.reduce(0) { $0 + $1.count })
    for run in runs { all.append(contentsOf: parts[run.part][run.range]) }
    return all
  }

  private final class Work: Sendable {
    let partitions: [Handover<TickStore.Partition>]
    let salesAreMarked: Bool
    let next = Atomic<Int>(0)
    let folds: Mutex<[TickFold?]>
    let failure = Mutex<EndOfDayError?>(nil)

    init(_ store: TickStore) {
      partitions = store.partitions.map { Handover($0) }
      salesAreMarked = store.salesAreMarked
      folds = Mutex(Array(repeating: nil, count: store.partitions.count))
    }

    func run() {
      while failure.withLock({ $0 == nil }) {
        let i = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard i < partitions.count else { return }
        do throws(IOError) {
          var fold = TickFold(salesAreMarked: salesAreMarked)
          fold.fold(try partitions[i].take().all())
          let done = fold
          folds.withLock { $0[i] = done }
        } catch { failure.withLock { $0 = $0 ?? .io(error) } }
      }
    }
  }
}
