import Bytes
import Formats
import Market
import Rings
import Synchronization

/// What a conversion asks of whoever started it.
package struct ConversionHooks: Sendable {
  /// Whether the conversion is to end without a result. Asked some times a second.
  package var isCancelled: @Sendable () -> Bool = { false }
  /// Called some times a second with the bytes read and those of all inputs.
  package var tick: @Sendable (_ bytes: Int, _ of: Int) -> Void = { _, _ in }
  package init() {}
}

/// Starts the workers, waits for their end, and completes the files.
package enum ConversionRun {
  /// Threads that convert at once.
  package static let maximumThreads = 64
  /// Inputs of one conversion.
  package static let maximumInputs = 512
  private static let tickNanos: Int64 = 50_000_000

  /// What the one whose turn it is writes to.
  private final class Desk {
    let outputs: OutputSet
    var report = ConversionReport()
    init(_ outputs: OutputSet) { self.outputs = outputs }
  }

  /// Everything that the workers share.
  private final class Shared: Sendable {
    let turn: UnitTurn
    let desk: Mutex<Handover<Desk>>
    let plan: Mutex<(plan: UnitPlan, number: Int)>
    let arrow: Mutex<Handover<ArrowSource>>
    let sizes: [Int]
    let bytes = Atomic<Int>(0)
    let working: Atomic<Int>
    let ended = Bell()

    init(_ settings: ConversionSettings, _ outputs: OutputSet, sizes: [Int], workers: Int) {
      turn = UnitTurn(workers: workers)
      desk = Mutex(Handover(Desk(outputs)))
      plan = Mutex((UnitPlan(settings), 0))
      arrow = Mutex(Handover(ArrowSource(settings.inputs)))
      self.sizes = sizes
      working = Atomic(workers)
    }
  }

  package static func run(
    _ settings: ConversionSettings, _ hooks: ConversionHooks
  ) throws(ConversionError) -> ConversionReport {
    let startedAt = MonotonicNanos.now()
    let cpuBefore = CPUTime.processNanos()
    let sizes = try sizes(settings)
    let outputs = try OutputSet(settings)
    var report: ConversionReport
    if settings.merges || settings.split == .symbol || settings.split == .day {
      report = try EventConversion.run(settings, outputs, hooks, total: sizes.reduce(0, +))
    } else {
      report = try convertUnits(settings, outputs, sizes, hooks)
    }
    if report.wasInterrupted { return report }
    try outputs.finish(&report, single: settings.inputs.first?.type ?? report.singleType)
    report.seconds = MonotonicNanos.now().seconds(since: startedAt)
    report.cpuSeconds = Double(CPUTime.processNanos() - cpuBefore) / 1e9
    report.peakResidentBytes = ProcessMemory.peakResidentBytes()
    return report
  }

  private static func sizes(_ settings: ConversionSettings) throws(ConversionError) -> [Int] {
    guard settings.inputs.count <= maximumInputs else {
      throw .usage("a conversion reads at most \(maximumInputs) files, not \(settings.inputs.count)")
    }
    var sizes: [Int] = []
    for input in settings.inputs { sizes.append(try TextInput(input.path).size) }
    return sizes
  }

  private static func convertUnits(
    _ settings: ConversionSettings, _ outputs: OutputSet, _ sizes: [Int], _ hooks: ConversionHooks
  ) throws(ConversionError) -> ConversionReport {
    // Who counts up to a limit must be one.
    let workers = settings.limit == nil ? max(1, min(settings.threads, maximumThreads)) : 1
    let shared = Shared(settings, outputs, sizes: sizes, workers: workers)
    var threads: [Handover<WorkerThread>] = []
    do throws(ThreadError) {
      for number in 0..<workers {
        threads.append(
          Handover(
            try WorkerThread("qw-convert-\(number)") {
              do throws(ConversionError) { try work(settings, shared, number) } catch { shared.turn.fail(error) }
              shared.working.subtract(1, ordering: .releasing)
              shared.ended.ring()
            }))
      }
    } catch {
      shared.turn.stop()
      throw .file("\(error)")
    }
    var isCancelled = false
    let total = sizes.reduce(0, +)
    while shared.working.load(ordering: .acquiring) > 0 {
      shared.ended.wait(timeoutNanos: tickNanos) { shared.working.load(ordering: .acquiring) == 0 }
      hooks.tick(shared.bytes.load(ordering: .relaxed), total)
      if !isCancelled && hooks.isCancelled() {
        isCancelled = true
        shared.turn.stop()
      }
    }
    for thread in threads { thread.take().join() }
    if let failure = shared.turn.failure { throw failure }
    var report = shared.desk.withLock { $0.take().report }
    report.torn = shared.arrow.withLock { $0.take().torn }
    report.bytesRead = shared.bytes.load(ordering: .relaxed)
    report.wasInterrupted = isCancelled
    return report
  }

  /// One worker's thread.
  private static func work(
    _ settings: ConversionSettings, _ shared: Shared, _ me: Int
  ) throws(ConversionError) {
    let worker = UnitWorker(settings) { shared.bytes.add($0, ordering: .relaxed) }
    let isArrow = settings.inputs.first?.format == .arrow
    while !shared.turn.isStopped {
      if isArrow {
        guard let next = try nextRows(worker, shared) else { return }
        let number = next.0
        var outcome = next.1
        worker.encodeRows(&outcome)
        guard shared.turn.wait(number, worker: me) != nil else { return }
        try deliver(outcome, nil, 0, worker, settings, shared)
        continue
      }
      let next = shared.plan.withLock { state -> (TextUnit, Int)? in
        guard let unit = state.plan.next(shared.sizes) else { return nil }
        state.number += 1
        return (unit, state.number - 1)
      }
      guard let (unit, number) = next else { return }
      var outcome = try worker.read(unit, from: nil)
      guard let truth = shared.turn.wait(number, worker: me) else { return }
      if unit.start > 0 && truth.start != outcome.start {
        worker.discard()
        outcome = try worker.read(unit, from: truth.start)
      }
      try deliver(outcome, unit, unit.start == 0 ? 0 : truth.lines, worker, settings, shared)
    }
  }

  private static func nextRows(
    _ worker: UnitWorker, _ shared: Shared
  ) throws(ConversionError) -> (Int, UnitWorker.Outcome)? {
    var found: (Int, UnitWorker.Outcome)?
    try shared.arrow.withLock { handover throws(ConversionError) in
      let source = handover.take()
      defer { handover = Handover(source) }
      guard let outcome = try worker.read(source) else { return }
      found = (shared.plan.withLock { state in
        state.number += 1
        return state.number - 1
      }, outcome)
    }
    return found
  }

  private static func deliver(
    _ outcome: UnitWorker.Outcome, _ unit: TextUnit?, _ lines: Int, _ worker: UnitWorker,
    _ settings: ConversionSettings, _ shared: Shared
  ) throws(ConversionError) {
    try shared.desk.withLock { handover throws(ConversionError) in
      let desk = handover.take()
      defer { handover = Handover(desk) }
      try worker.deliver(outcome, to: desk.outputs, &desk.report)
      desk.report.rowsRefused += outcome.refused
      if let unit {
        let room = ConversionReport.maximumRefusals - desk.report.refusals.count
        for refusal in outcome.refusals.prefix(max(0, room)) {
          desk.report.refusals.append("\(settings.inputs[unit.input].path): \(refusal.moved(by: lines))")
        }
      }
    }
    if outcome.isLimited { return shared.turn.stop() }
    shared.turn.pass(start: outcome.end, lines: lines + outcome.lines)
  }
}

extension ConversionReport {
  /// The type of all rows that were written, where it is one.
  var singleType: EventType? {
    let types = EventType.allCases.filter { rowsByType[$0.index] > 0 }
    return types.count == 1 ? types[0] : nil
  }
}
