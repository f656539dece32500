import Bytes
import Conversion
import IO
import Ingest
import Market
import Rings
import Sinks
import Synchronization

/// Recordings as files of rows: a replay into a sink, or where rows are selected or split, into a conversion.
enum RecordingConversion {
  static func run(_ plan: ConvertPlan, _ files: [String], _ arguments: Arguments) throws(CommandFailure) -> ExitCode {
    var settings = ReplaySettings(files: files)
    settings.run.force = plan.settings.force
    settings.isOneThread = plan.settings.threads == 1
    settings.start = plan.settings.filter.start.map { WallNanos(rawValue: $0) }
    settings.stop = plan.settings.filter.stop.map { WallNanos(rawValue: $0) }
    let console = Console()
    let selects = plan.settings.filter.symbols != nil || plan.settings.filter.types != nil
    if selects || (plan.settings.split ?? .type) != .type || (plan.to == .ndjson && plan.settings.split != nil) {
      return try select(plan, settings, console, arguments)
    }
    let kind = plan.to == .ndjson ? "ndjson" : plan.to.rawValue
    let codec = plan.settings.codec.map { "?codec=\($0)" } ?? ""
    do { settings.run.sinks = [try SinkSpec(parsing: "\(kind):\(plan.settings.output)\(codec)")] } catch {
      throw .usage("\(error)")
    }
    settings.run.limit = plan.settings.limit
    settings.run.wantsDigest = arguments.has("stats")
    let outcome = try play(settings, console, arguments)
    console.clear()
    if outcome.failure == nil && !outcome.wasInterrupted {
      let totals = outcome.report.totals
      let written = outcome.report.sinks.reduce(0) { $0 + $1.written }
      console.say(
        "\(plan.output): \(totals.decodedRows + totals.malformedRows) rows read, \(written) written, "
          + "\(totals.malformedRows) refused")
    }
    return try RunEnd.close(outcome, console, arguments)
  }

  private static func play(
    _ settings: ReplaySettings, _ console: Console, _ arguments: Arguments
  ) throws(CommandFailure) -> RunOutcome {
    let hooks = try RunEnd.hooks(console, arguments)
    do { return try ReplayRun.run(settings, hooks) } catch {
      console.clear()
      throw CommandFailure(error.description, RunEnd.exitCode(error.kind))
    }
  }

  /// The conversion on the replay's thread, and why it ended.
  private struct Selection {
    let conversion: EventConversion
    var failure: ConversionError?
  }

  private static func select(
    _ plan: ConvertPlan, _ replay: ReplaySettings, _ console: Console, _ arguments: Arguments
  ) throws(CommandFailure) -> ExitCode {
    var rows = plan.settings
    // A single file of several types is NDJSON alone.
    rows.isFolder = rows.format != .ndjson || rows.split != nil
    let conversion: EventConversion
    do { conversion = try EventConversion(rows) } catch { throw ConvertCommand.failure(error) }
    let shared = Mutex(Handover(Selection(conversion: conversion)))
    let stop: StopFlag
    do { stop = try StopFlag() } catch { throw CommandFailure("\(error)") }
    var settings = replay
    settings.run.wantsDigest = false
    settings.run.stop = stop
    do { settings.run.sinks = [try SinkSpec(parsing: "null:")] } catch { throw .usage("\(error)") }
    let box = SharedSelection(shared)
    settings.run.receive = { batch, texts in
      if !box.take(batch, texts) { stop.drain() }
    }
    let outcome = try play(settings, console, arguments)
    console.clear()
    if let failure = outcome.failure { throw CommandFailure(failure.description, RunEnd.exitCode(failure.kind)) }
    var report: ConversionReport
    do { report = try box.finish(isWhole: !outcome.wasInterrupted) } catch { throw ConvertCommand.failure(error) }
    report.rowsRead += outcome.report.totals.malformedRows
    report.rowsRefused += outcome.report.totals.malformedRows
    report.bytesRead = outcome.report.totals.bytes
    report.seconds = outcome.report.seconds
    report.cpuSeconds = outcome.report.cpuSeconds
    return try ConvertCommand.close(report, plan, console, arguments)
  }

  private final class SharedSelection: Sendable {
    private let selection: Mutex<Handover<Selection>>

    init(_ selection: consuming sending Mutex<Handover<Selection>>) { self.selection = selection }

    /// False when no more events are wanted.
    func take(_ batch: borrowing EventBatch, _ texts: TextStore) -> Bool {
      selection.withLock { handover in
        var mine = handover.take()
        defer { handover = Handover(mine) }
        if mine.failure != nil || mine.conversion.isLimited { return false }
        do throws(ConversionError) { try mine.conversion.take(batch, texts) } catch { mine.failure = error }
        return mine.failure == nil && !mine.conversion.isLimited
      }
    }

    func finish(isWhole: Bool) throws(ConversionError) -> ConversionReport {
      let mine = selection.withLock { $0.take() }
      if let failure = mine.failure { throw failure }
      if isWhole { return try mine.conversion.finish() }
      var report = mine.conversion.report
      report.wasInterrupted = true
      return report
    }
  }

  // MARK: frame text

  /// By way of a recording beside the output, which goes away.
  static func runFrames(_ plan: ConvertPlan, _ arguments: Arguments) throws(CommandFailure) -> ExitCode {
    var recordings: [String] = []
    defer { for path in recordings { try? File.remove(path) } }
    for (i, path) in plan.paths.enumerated() {
      let recording = "\(plan.settings.output).frames-\(i)-\(RandomBytes.next() as UInt64 % 1_000_000).qwr"
      recordings.append(recording)
      _ = try FrameConversion.record(path, recording, arguments)
    }
    return try run(plan, recordings, arguments)
  }
}
