import Bytes
import Columns
import Formats
import IO
import Market

/// Converts units on one thread: reads their rows, filters and encodes them, and keeps the outcome for its turn.
final class UnitWorker {
  /// What reading one unit came to.
  struct Outcome {
    var start = 0
    /// Where the next unit begins.
    var end = 0
    var rowsRead = 0
    var refused = 0
    var refusals: [FormatError] = []
    var lines = 0
    var gaps: [Gap] = []
    var unknownFields = 0
    /// Whether the limit was reached.
    var isLimited = false
  }

  private let settings: ConversionSettings
  private var inputs: [TextInput?]
  private var headers: [CSVHeader?]
  /// By `EventType.index`; rows of the unit under way.
  private var rows: [TypeRows?] = Array(repeating: nil, count: EventType.count)
  /// Events of NDJSON on their way to NDJSON, which keep their order across types.
  private let lines = NDJSONEncoder()
  private var lineText = ByteWriter(capacity: 64 << 10)
  private var lineCounts = [Int](repeating: 0, count: EventType.count)
  private var lineFiltered = 0
  private var batch = EventBatch(capacity: 4096)
  private var texts = TextTable()
  private let block = ReadBlock(byteCount: NDJSONDecoder.blockBytes)
  /// Rows that may still be written; only one worker counts them.
  private var left: Int
  /// Called with the bytes that were read since the last call.
  private let progress: @Sendable (Int) -> Void

  /// With more texts the table begins anew at the next unit.
  private static let manyTexts = 1 << 18

  init(_ settings: ConversionSettings, progress: @escaping @Sendable (Int) -> Void) {
    self.settings = settings
    self.progress = progress
    inputs = settings.inputs.map { _ in nil }
    headers = settings.inputs.map { _ in nil }
    left = settings.limit ?? .max
  }

  var keepsOrderOfTypes: Bool { settings.format == .ndjson }

  private func input(_ i: Int) throws(ConversionError) -> TextInput {
    if let known = inputs[i] { return known }
    let new = try TextInput(settings.inputs[i].path)
    inputs[i] = new
    return new
  }

  private func rows(_ type: EventType) throws(ConversionError) -> TypeRows {
    if let known = rows[type.index] { return known }
    let new = try TypeRows(type, settings)
    rows[type.index] = new
    return new
  }

  /// Forgets what an earlier reading left behind.
  func discard() {
    for i in rows.indices where rows[i] != nil { rows[i] = nil }
    lineText.removeAll()
    lineFiltered = 0
    lineCounts = lineCounts.map { _ in 0 }
  }

  /// Reads a unit. `start` is where it truly begins, nil where that is to be guessed.
  func read(_ unit: TextUnit, from start: Int?) throws(ConversionError) -> Outcome {
    let input = try input(unit.input)
    var outcome = Outcome()
    outcome.start = unit.start
    if let start {
      outcome.start = start
    } else if unit.start > 0 {
      // Not beyond the goal: a line of many units would be looked through by each of them.
      outcome.start = try input.lineEnd(from: unit.start - 1, limit: unit.goal)
    }
    outcome.end = outcome.start
    // A record of the unit before may reach across all of this one.
    if outcome.start >= unit.goal && !unit.isLast { return outcome }
    switch settings.inputs[unit.input].format {
    case .csv: try readCSV(unit, input, &outcome)
    default: try readNDJSON(unit, input, &outcome)
    }
    return outcome
  }

  // MARK: CSV

  /// The header of an input, read from its beginning.
  private func header(_ i: Int, _ type: EventType) throws(ConversionError) -> CSVHeader? {
    if let known = headers[i] { return known }
    let input = try input(i)
    var reader = CSVColumnReader(type)
    var none = ColumnBatch(type, capacity: 64)
    var at = 0
    while reader.header == nil && at < input.size {
      at += try unsafe reader.fill { room throws(ConversionError) in
        unsafe try input.read(into: room, at: at, upTo: input.size)
      }
      if at == input.size { reader.finish() }
      do { _ = try reader.read(into: &none) } catch {
        throw .unreadable(path: input.path, reason: "\(error)")
      }
    }
    headers[i] = reader.header
    return reader.header
  }

  private func readCSV(_ unit: TextUnit, _ input: TextInput, _ outcome: inout Outcome) throws(ConversionError) {
    guard let type = settings.inputs[unit.input].type else { return }
    let header = outcome.start == 0 ? nil : try header(unit.input, type)
    let rows = try rows(type)
    var reader = CSVColumnReader(type, header: header)
    var goal = unit.goal
    while !outcome.isLimited {
      while outcome.end < goal {
        let got = try unsafe reader.fill { room throws(ConversionError) in
          unsafe try input.read(into: room, at: outcome.end, upTo: goal)
        }
        if got == 0 { throw .file("\(input.path): it became shorter while it was read") }
        outcome.end += got
        progress(got)
        try drain(&reader, input, rows, &outcome)
      }
      if unit.isLast || reader.isAtRecordEnd { break }
      // The record that lies across the goal.
      goal = try input.lineEnd(from: outcome.end)
      if goal == outcome.end { break }
    }
    if outcome.end == input.size {
      reader.finish()
      try drain(&reader, input, rows, &outcome)
    }
    outcome.rowsRead = reader.rowCount + reader.refusedCount
    outcome.refused = reader.refusedCount
    outcome.refusals = reader.refusals
    outcome.lines = reader.line - 1
    if unit.start == 0 { outcome.unknownFields = reader.header?.unknownCount ?? 0 }
  }

  private func drain(
    _ reader: inout CSVColumnReader, _ input: TextInput, _ rows: TypeRows, _ outcome: inout Outcome
  ) throws(ConversionError) {
    while !outcome.isLimited {
      let start = rows.columns.rowCount
      let before = rows.written
      let step: CSVColumnReader.Step
      do { step = try reader.read(into: &rows.columns) } catch {
        throw .unreadable(path: input.path, reason: "\(error)")
      }
      outcome.isLimited = rows.admit(from: start, most: left)
      left -= left == .max ? 0 : rows.written - before
      if step == .needMore { return }
    }
  }

  // MARK: NDJSON

  private func readNDJSON(_ unit: TextUnit, _ input: TextInput, _ outcome: inout Outcome) throws(ConversionError) {
    if texts.count > Self.manyTexts { texts = TextTable() }
    var decoder = NDJSONDecoder()
    let end = unit.isLast ? unit.goal : try input.lineEnd(from: unit.goal - 1)
    while outcome.end < end && !outcome.isLimited {
      let at = outcome.end
      unsafe try block.fill { room throws(ConversionError) in unsafe try input.read(into: room, at: at, upTo: end) }
      if block.count == 0 { throw .file("\(input.path): it became shorter while it was read") }
      var taken = 0
      while taken < block.count {
        taken += unsafe decoder.append(block.bytes(from: taken).bytes)
        try drain(&decoder, &outcome)
      }
      outcome.end += block.count
      progress(block.count)
    }
    decoder.finish()
    try drain(&decoder, &outcome)
    outcome.rowsRead = decoder.rowCount + outcome.refused
    outcome.unknownFields = decoder.unknownKeyCount
    outcome.lines = decoder.line - 1
  }

  private func drain(_ decoder: inout NDJSONDecoder, _ outcome: inout Outcome) throws(ConversionError) {
    while true {
      var step: DecodeStep?
      do { step = try decoder.decode(into: &batch, &texts) } catch {
        outcome.refused += 1
        if outcome.refusals.count < ConversionReport.maximumRefusals { outcome.refusals.append(error) }
      }
      try settle(&outcome)
      if case .gap(let gap)? = step { take(gap, &outcome) }
      if step == .needMore { return }
    }
  }

  private func take(_ gap: Gap, _ outcome: inout Outcome) {
    outcome.gaps.append(gap)
    if keepsOrderOfTypes { GapRow.appendNDJSON(gap, to: &lineText) }
  }

  /// Hands the events of the batch on.
  private func settle(_ outcome: inout Outcome) throws(ConversionError) {
    defer { batch.removeAll() }
    try batch.forEach { event throws(ConversionError) in
      guard let type = event.type else { return }
      guard left > 0, settings.filter.wants(event, texts.store) else {
        lineFiltered += 1
        outcome.isLimited = left == 0
        return
      }
      left -= left == .max ? 0 : 1
      if keepsOrderOfTypes {
        lines.append(event, texts.store, to: &lineText)
        lineCounts[type.index] += 1
        return
      }
      let rows = try rows(type)
      while !rows.columns.append(event, texts.store) {
        // Full, of rows or of texts.
        rows.encoder.take(&rows.columns)
      }
      lineCounts[type.index] += 1
    }
  }

  // MARK: Arrow

  /// Takes the next rows of Arrow files; nil where there are no more.
  func read(_ source: ArrowSource) throws(ConversionError) -> Outcome? {
    guard let type = try source.nextType() else { return nil }
    var outcome = Outcome()
    if !settings.filter.wants(type) {
      outcome.rowsRead = try source.skip(progress)
      lineFiltered += outcome.rowsRead
      return outcome
    }
    if rows[type.index] == nil { rows[type.index] = try TypeRows(type, settings, batchRows: ArrowSource.unitRows) }
    let rows = try rows(type)
    outcome.rowsRead = try source.read(into: &rows.columns, progress)
    return outcome
  }

  /// Encodes what the last `read` took. In a step of its own, so that others can read meanwhile.
  func encodeRows(_ outcome: inout Outcome) {
    for case let one? in rows where one.columns.rowCount > 0 {
      let before = one.written
      outcome.isLimited = one.admit(from: 0, most: left)
      left -= left == .max ? 0 : one.written - before
      one.encoder.take(&one.columns)
    }
  }

  // MARK: in turn

  /// Writes what the last unit left behind.
  func deliver(_ outcome: Outcome, to outputs: OutputSet, _ report: inout ConversionReport) throws(ConversionError) {
    for i in rows.indices {
      guard let one = rows[i] else { continue }
      let written = one.written + lineCounts[i]
      report.rowsFiltered += one.filtered
      report.rowsWritten += written
      report.rowsByType[i] += written
      one.resetCounts()
      lineCounts[i] = 0
      if written > 0 { try one.deliver(to: outputs.file(keepsOrderOfTypes ? nil : one.type)) }
    }
    if lineText.count > 0 {
      let file = try outputs.file(nil)
      do { try file.append(lineText) } catch { throw .file("\(error)") }
      lineText.removeAll()
    }
    for i in lineCounts.indices {
      report.rowsWritten += lineCounts[i]
      report.rowsByType[i] += lineCounts[i]
      lineCounts[i] = 0
    }
    report.rowsFiltered += lineFiltered
    lineFiltered = 0
    report.gaps += outcome.gaps.count
    if !keepsOrderOfTypes { for gap in outcome.gaps { outputs.append(gap) } }
    report.rowsRead += outcome.rowsRead
    report.unknownFields += outcome.unknownFields
  }
}
