import Bytes
import Columns
import Formats
package import Market
package import Rings

/// The way of a conversion that needs the order of events: merged inputs, files by symbol or day, recordings. Belongs
/// to one thread at a time.
package final class EventConversion {
  /// The file of a part, and rows on their way to it. What is gathered lies in the batch that is being taken.
  @safe
  private final class Part {
    let file: OutputFile
    let rows: TypeRows?
    let csv: CSVEncoder?
    var text = ByteWriter(capacity: 4096)
    var gathered: [UnsafeRawPointer] = unsafe []
    /// Since the last delivery.
    var waiting = 0

    init(_ file: OutputFile, _ rows: TypeRows?, _ csv: CSVEncoder?) {
      self.file = file
      self.rows = rows
      self.csv = csv
    }
  }

  /// Which file an event goes to.
  private struct Key: Hashable {
    var type: Int
    /// The symbol's id or the day; 0 for all.
    var part: Int
  }

  private let settings: ConversionSettings
  private let outputs: OutputSet
  private let ndjson = NDJSONEncoder()
  private var parts: [Key: Part] = [:]
  private var touched: [Part] = []
  private var left: Int
  private var open: RowFilter
  package private(set) var report = ConversionReport()

  /// Rows of one part's batch where there may be hundreds.
  private static let partRows = 1024
  /// Rows after which a part's row group ends.
  private static let groupRows = 1 << 19
  private static let textBytes = 64 << 10
  private static let nanosPerDay: Int64 = 86_400_000_000_000

  init(_ settings: ConversionSettings, _ outputs: OutputSet) {
    self.settings = settings
    self.outputs = outputs
    left = settings.limit ?? .max
    open = settings.filter
  }

  /// For events that come from elsewhere: `take`, then `finish`.
  package convenience init(_ settings: ConversionSettings) throws(ConversionError) {
    self.init(settings, try OutputSet(settings))
  }

  /// Whether as many rows are written as were asked for.
  package var isLimited: Bool { left == 0 }

  /// Takes a batch's events.
  package func take(_ batch: borrowing EventBatch, _ texts: TextStore) throws(ConversionError) {
    try batch.forEach { event throws(ConversionError) in try take(event, texts) }
    try settle(texts)
  }

  private func take(_ event: EventRef, _ texts: TextStore) throws(ConversionError) {
    report.rowsRead += 1
    guard let type = event.type, left > 0, open.wants(event, texts) else {
      report.rowsFiltered += 1
      return
    }
    left -= left == .max ? 0 : 1
    report.rowsWritten += 1
    report.rowsByType[type.index] += 1
    let part = try part(type, event, texts)
    if part.rows != nil {
      if unsafe part.gathered.isEmpty { touched.append(part) }
      unsafe part.gathered.append(event.base)
      return
    }
    if let csv = part.csv {
      csv.append(event, texts, to: &part.text)
    } else {
      ndjson.append(event, texts, to: &part.text)
    }
    if part.text.count >= Self.textBytes { try write(part) }
  }

  private func part(_ type: EventType, _ event: EventRef, _ texts: TextStore) throws(ConversionError) -> Part {
    let isLines = settings.format == .ndjson && settings.split == nil
    var key = Key(type: isLines ? -1 : type.index, part: 0)
    switch settings.split {
    case .symbol: key.part = Int(event.symbol.rawValue)
    case .day: key.part = Int(event.receivedNanos.dividedRoundingDown(by: Self.nanosPerDay))
    default: break
    }
    if let known = parts[key] { return known }
    let new = try makePart(isLines ? nil : type, name(key, event, texts))
    parts[key] = new
    return new
  }

  private func name(_ key: Key, _ event: EventRef, _ texts: TextStore) -> String? {
    switch settings.split {
    case .symbol: unsafe texts.withText(event.symbol.rawValue) { bytes in unsafe PartName.symbol([UInt8](bytes)) }
    case .day: PartName.day(key.part)
    default: nil
    }
  }

  private func makePart(_ type: EventType?, _ name: String?) throws(ConversionError) -> Part {
    let file = try outputs.file(type, part: name)
    guard let type else { return Part(file, nil, nil) }
    switch settings.format {
    case .csv: return Part(file, nil, CSVEncoder(type))
    case .ndjson: return Part(file, nil, nil)
    default:
      var unfiltered = settings
      unfiltered.filter = RowFilter()
      let rows = settings.split == .symbol ? Self.partRows : TypeRows.batchRows / 4
      return Part(file, try TypeRows(type, unfiltered, batchRows: rows), nil)
    }
  }

  /// Moves what was gathered into columns: the events' memory is somebody else's.
  private func settle(_ texts: TextStore) throws(ConversionError) {
    for part in touched {
      guard let rows = part.rows else { continue }
      try unsafe part.gathered.withUnsafeBufferPointer { all throws(ConversionError) in
        var rest = unsafe all
        while rest.count > 0 {
          let start = rows.columns.rowCount
          let taken = unsafe rows.columns.append(rest, texts)
          unsafe rest = UnsafeBufferPointer(rebasing: rest[taken...])
          part.waiting += taken
          let isStuck = taken == 0 && !rows.columns.isFull
          _ = rows.admit(from: start, most: .max)
          if isStuck || part.waiting >= Self.groupRows { try write(part) }
        }
      }
      unsafe part.gathered.removeAll(keepingCapacity: true)
    }
    touched.removeAll(keepingCapacity: true)
  }

  private func write(_ part: Part) throws(ConversionError) {
    if let rows = part.rows {
      try rows.deliver(to: part.file)
      part.waiting = 0
      return
    }
    do { try part.file.append(part.text) } catch { throw .file("\(error)") }
    part.text.removeAll()
  }

  package func take(_ gap: Gap) throws(ConversionError) {
    report.gaps += 1
    guard settings.format == .ndjson, settings.split == nil else { return outputs.append(gap) }
    let key = Key(type: -1, part: 0)
    if parts[key] == nil { parts[key] = try makePart(nil, nil) }
    guard let part = parts[key] else { return }
    GapRow.appendNDJSON(gap, to: &part.text)
  }

  /// Gives the files everything.
  private func flush() throws(ConversionError) {
    for part in parts.values { try write(part) }
  }

  /// Completes the files of events that came from elsewhere.
  ///
  /// - Parameter single: the type of a file that no event came for.
  package func finish(single: EventType? = nil) throws(ConversionError) -> ConversionReport {
    try flush()
    try outputs.finish(&report, single: single ?? report.singleType)
    report.peakResidentBytes = ProcessMemory.peakResidentBytes()
    return report
  }

  // MARK: inputs

  /// Converts files, merged by arrival or one after the other.
  static func run(
    _ settings: ConversionSettings, _ outputs: OutputSet, _ hooks: ConversionHooks, total: Int
  ) throws(ConversionError) -> ConversionReport {
    let conversion = EventConversion(settings, outputs)
    var merge = try EventMerge(settings.inputs, isMerged: settings.merges)
    var out = EventBatch(capacity: 512)
    var bytes = 0
    var batches = 0
    while !conversion.isLimited {
      out.removeAll()
      guard try merge.fill(&out, { bytes += $0 }) else { break }
      try conversion.take(out, merge.texts)
      batches += 1
      if batches % 256 == 0 {
        hooks.tick(bytes, total)
        if hooks.isCancelled() {
          conversion.report.wasInterrupted = true
          return conversion.report
        }
      }
    }
    try conversion.flush()
    for gap in merge.gaps { try conversion.take(gap) }
    try conversion.flush()
    conversion.report.bytesRead = bytes
    merge.count(&conversion.report)
    return conversion.report
  }
}

extension Int64 {
  fileprivate func dividedRoundingDown(by divisor: Int64) -> Int64 {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}
