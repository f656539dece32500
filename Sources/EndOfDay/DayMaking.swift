import IO
import Ingest
import Market
import Parquet
import Rings
import Sinks
import Synchronization

/// Makes the files of a day in its work folder.
struct DayMaking {
  private let settings: EndOfDaySettings
  private let plan: DayPlan
  private let workPath: String
  private let parts: Parts

  /// What the replay's thread fills; before and after it this one has it.
  private final class Parts {
    let encoders: BlockEncoders
    let ticks: TickStore
    let candles = CandleCheck()
    let gaps = GapRows()
    var texts: TextStore?

    init(_ settings: EndOfDaySettings, _ workPath: String) {
      encoders = BlockEncoders(jobs: settings.jobs, folder: workPath)
      ticks = TickStore(folder: workPath)
    }
  }

  init(_ settings: EndOfDaySettings, _ plan: DayPlan, workPath: String) {
    self.settings = settings
    self.plan = plan
    self.workPath = workPath
    parts = Parts(settings, workPath)
  }

  private var makesBars: Bool { settings.makesBars && BarPeriod.allCases.contains { plan.wants($0.fileName) } }

  func make(options: String, sums: [FileSum], _ hooks: RunHooks) throws(EndOfDayError) -> EndOfDayOutcome {
    let reading = try Reading(settings.recordings)
    let totals = try replay(hooks)
    let summaries = try reading.result()
    var manifest = Manifest(options: options, inputs: [])
    for (i, path) in settings.recordings.enumerated() {
      let name = path.split(separator: "/").last.map { String($0) } ?? path
      manifest.inputs.append(.init(name: name, sum: sums[i], summary: summaries[i]))
    }
    manifest.counts = Self.counts(totals, gaps: parts.gaps.count)
    var rows: [String: Int] = [:]
    try finishEvents(totals, &rows)
    let barCounts = try finishBars(&manifest, &rows)
    try finishGaps(&rows)
    var outcome = EndOfDayOutcome(manifest: manifest)
    try describe(rows, &outcome)
    let disk = try rowsOnDisk(outcome.made)
    let broken = Reconciliation.broken(outcome.manifest, rowsOnDisk: disk, barCounts: barCounts)
    if !broken.isEmpty { throw .notReconciled(broken) }
    return outcome
  }

  // MARK: the replay

  private func replay(_ hooks: RunHooks) throws(EndOfDayError) -> PipelineTotals {
    var replay = ReplaySettings(files: settings.recordings)
    replay.run.wantsDigest = false
    let wanted = Set(EventType.allCases.filter { plan.wants(OutputName.of($0)) })
    let (parts, takesTicks, jobs, codec) = (Handover(parts), makesBars, settings.jobs, settings.codec)
    replay.ports = { texts in
      let parts = parts.take()
      parts.texts = texts
      let encoders = parts.encoders
      do throws(EndOfDayError) { try encoders.start(jobs, texts, codec: codec) } catch { encoders.trouble.note(error) }
      var ports: [any SinkPort] = [BlockPort(encoders.queue, wanted: wanted, gaps: parts.gaps)]
      if takesTicks { ports.append(TickPort(parts.ticks, parts.candles, texts)) }
      return ports
    }
    let trouble = self.parts.encoders.trouble
    var hooks = hooks
    let request = hooks.request
    hooks.request = { trouble.error == nil ? request() : .abandon }
    let outcome: RunOutcome
    do throws(RunFailure) { outcome = try ReplayRun.run(replay, hooks) } catch {
      self.parts.encoders.join()
      throw error.kind == .usage ? .usage(error.description) : .replay(error.description)
    }
    self.parts.encoders.join()
    if let error = trouble.error { throw error }
    if let error = self.parts.ticks.failure { throw error }
    if let failure = outcome.failure { throw .replay(failure.description) }
    if outcome.wasInterrupted { throw .interrupted }
    return outcome.report.totals
  }

  /// Reads the recordings beside the replay.
  private struct Reading: ~Copyable {
    private let thread: WorkerThread
    private let found: Found

    private final class Found: Sendable {
      let summaries = Mutex<[InputSummary]>([])
      let error = Mutex<EndOfDayError?>(nil)
    }

    init(_ paths: [String]) throws(EndOfDayError) {
      let found = Found()
      self.found = found
      do {
        thread = try WorkerThread("qw-inspect") {
          do throws(EndOfDayError) {
            for path in paths {
              let summary = try InputSummary.of(path)
              found.summaries.withLock { $0.append(summary) }
            }
          } catch { found.error.withLock { $0 = error } }
        }
      } catch { throw .thread("\(error)") }
    }

    consuming func result() throws(EndOfDayError) -> [InputSummary] {
      let found = found
      thread.join()
      if let error = found.error.withLock({ $0 }) { throw error }
      return found.summaries.withLock { $0 }
    }
  }

  private static func counts(_ totals: PipelineTotals, gaps: Int) -> Manifest.Counts {
    var counts = Manifest.Counts()
    counts.frames = totals.frames
    counts.malformedFrames = totals.malformedMessages
    counts.rows = totals.rows
    counts.decoded = totals.decodedRows
    counts.malformed = totals.malformedRows
    counts.unknownType = totals.unknownTypes
    counts.refusedTexts = totals.refusedTexts
    counts.gaps = gaps
    for type in EventType.allCases where totals.eventsByType[type.index] > 0 {
      counts.byType[type.name] = totals.eventsByType[type.index]
    }
    return counts
  }

  // MARK: files

  private func finishEvents(_ totals: PipelineTotals, _ rows: inout [String: Int]) throws(EndOfDayError) {
    for type in EventType.allCases where totals.eventsByType[type.index] > 0 {
      let name = OutputName.of(type)
      if plan.wants(name) {
        do throws(IOError) { _ = try parts.encoders.files[type.index].finish() } catch { throw .io(error) }
      }
      rows[name] = totals.eventsByType[type.index]
    }
  }

  /// Returns the sum of the trades of all minute bars, and of all day bars.
  private func finishBars(
    _ manifest: inout Manifest, _ rows: inout [String: Int]
  ) throws(EndOfDayError) -> (minutes: Int, days: Int) {
    guard settings.makesBars else { return (0, 0) }
    if case .some(_, let known, _) = plan, !makesBars {
      manifest.ticks = known.ticks
      manifest.candles = known.candles
      for period in BarPeriod.allCases { rows[period.fileName] = known.output(period.fileName)?.rows }
      return (known.ticks?.used ?? 0, known.ticks?.used ?? 0)
    }
    guard let texts = parts.texts else { return (0, 0) }
    let bars = try DayBars.make(parts.ticks, texts, jobs: settings.jobs)
    manifest.ticks = bars.counts
    var covered: ClosedRange<Int64>?
    for input in manifest.inputs {
      guard let one = input.summary.covered else { continue }
      let all = covered ?? one
      covered = min(all.lowerBound, one.lowerBound)...max(all.upperBound, one.upperBound)
    }
    manifest.candles = parts.candles.report(minutes: bars.minutes, days: bars.days, texts, covered: covered)
    for (period, some) in [(BarPeriod.minute, bars.minutes), (.day, bars.days)] {
      rows[period.fileName] = some.count
      guard plan.wants(period.fileName) else { continue }
      do throws(IOError) {
        try BarFile.write(some, texts, to: workPath + "/" + period.fileName, codec: settings.codec)
      } catch { throw .io(error) }
    }
    return (bars.minutes.reduce(0) { $0 + Int($1.count) }, bars.days.reduce(0) { $0 + Int($1.count) })
  }

  private func finishGaps(_ rows: inout [String: Int]) throws(EndOfDayError) {
    if parts.gaps.count == 0 { return }
    rows[OutputName.gaps] = parts.gaps.count
    guard plan.wants(OutputName.gaps) else { return }
    do throws(IOError) {
      var file = try File(workPath + "/" + OutputName.gaps, .overwrite())
      try parts.gaps.write(to: &file)
      try file.synchronize()
    } catch { throw .io(error) }
  }

  /// Lists the outputs: those that were made, by their contents on disk, and those that stay.
  private func describe(_ rows: [String: Int], _ outcome: inout EndOfDayOutcome) throws(EndOfDayError) {
    var known: Manifest?
    switch plan {
    case .some(_, let manifest, let reasons):
      known = manifest
      outcome.reasons = reasons
    case .all(let reasons): outcome.reasons = reasons
    case .nothing: break
    }
    outcome.made = rows.keys.filter { plan.wants($0) }
    let sums = try FileSum.of(outcome.made.map { workPath + "/" + $0 }, jobs: settings.jobs)
    for name in rows.keys.sorted() {
      if let i = outcome.made.firstIndex(of: name), let sum = sums[i] {
        if let old = known?.output(name), old.sum != sum {
          outcome.reasons.append("\(name) was made anew with other bytes than the manifest said")
        }
        outcome.manifest.outputs.append(.init(name: name, rows: rows[name] ?? 0, sum: sum))
      } else if let old = known?.output(name) {
        outcome.manifest.outputs.append(old)
      }
    }
  }

  /// What the files that were made say of their rows themselves.
  private func rowsOnDisk(_ names: [String]) throws(EndOfDayError) -> [String: Int] {
    var rows: [String: Int] = [:]
    for name in names {
      let map: MappedFile
      do throws(IOError) { map = try MappedFile(workPath + "/" + name) } catch { throw .io(error) }
      rows[name] = unsafe map.withBytes { bytes in
        if name != OutputName.gaps { return unsafe ParquetFooter.rowCount(bytes) ?? -1 }
        // A header line, and line feeds stand at the ends of rows alone.
        return unsafe bytes.count { $0 == 0x0A } - 1
      }
    }
    return rows
  }
}
