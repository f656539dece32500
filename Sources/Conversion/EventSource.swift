import Arrow
import Bytes
import Columns
import Formats
import IO
import Market

/// One input as events in their order, batch after batch.
final class EventSource {
  /// Rows of an Arrow file that are not events yet.
  private final class ArrowRows {
    var columns: ColumnBatch
    var rows: EventRows
    var next = 0
    init(_ type: EventType) {
      columns = ColumnBatch(type, capacity: 1 << 14)
      rows = EventRows(type)
    }
  }

  private let input: ConversionInput
  private let text: TextInput
  private var at = 0
  private var csv: CSVDecoder?
  private var ndjson: NDJSONDecoder?
  private var arrow: ArrowSource?
  private var arrowRows: ArrowRows?
  private var isFinished = false
  private(set) var rowsRead = 0
  private(set) var gaps: [Gap] = []
  private(set) var refused = 0
  private(set) var refusals: [FormatError] = []
  var torn: [TornFile] { arrow?.torn ?? [] }
  private let block = ReadBlock(byteCount: CSVDecoder.blockBytes)

  init(_ input: ConversionInput) throws(ConversionError) {
    self.input = input
    text = try TextInput(input.path)
    switch input.format {
    case .csv: if let type = input.type { csv = CSVDecoder(type) }
    case .arrow: arrow = ArrowSource([input])
    default: ndjson = NDJSONDecoder()
    }
  }

  /// Puts the next events into an empty batch; false behind the last. `progress` is told the bytes that were read.
  func fill(
    _ batch: inout EventBatch, _ texts: inout TextTable, _ progress: (Int) -> Void
  ) throws(ConversionError) -> Bool {
    if arrow != nil { return try fillFromArrow(&batch, &texts, progress) }
    while batch.isEmpty {
      var step: DecodeStep?
      do throws(FormatError) {
        step = csv != nil ? try csv?.decode(into: &batch, &texts) : try ndjson?.decode(into: &batch, &texts)
      } catch { try refuse(error) }
      if case .gap(let gap)? = step { gaps.append(gap) }
      if step == .needMore && batch.isEmpty {
        if isFinished { return false }
        try append(progress)
      }
    }
    rowsRead += batch.eventCount
    return true
  }

  private func refuse(_ error: FormatError) throws(ConversionError) {
    switch error {
    case .noSymbolColumn, .duplicateColumn, .tooManyColumns: throw .unreadable(path: input.path, reason: "\(error)")
    default: break
    }
    refused += 1
    rowsRead += 1
    if refusals.count < ConversionReport.maximumRefusals { refusals.append(error) }
  }

  private func append(_ progress: (Int) -> Void) throws(ConversionError) {
    let place = at
    unsafe try block.fill { room throws(ConversionError) in
      unsafe try text.read(into: room, at: place, upTo: .max)
    }
    at += block.count
    progress(block.count)
    if block.count == 0 {
      isFinished = true
      csv?.finish()
      ndjson?.finish()
      return
    }
    // A block is taken whole when all records of the last were read.
    _ = unsafe csv?.append(block.bytes().bytes)
    _ = unsafe ndjson?.append(block.bytes().bytes)
  }

  private func fillFromArrow(
    _ batch: inout EventBatch, _ texts: inout TextTable, _ progress: (Int) -> Void
  ) throws(ConversionError) -> Bool {
    if arrowRows == nil || arrowRows?.next == arrowRows?.columns.rowCount {
      guard let arrow, let type = try arrow.nextType() else { return false }
      let rows = arrowRows ?? ArrowRows(type)
      arrowRows = rows
      rows.columns.removeAll()
      rows.next = 0
      _ = try arrow.read(into: &rows.columns, progress)
    }
    guard let rows = arrowRows else { return false }
    do {
      rows.next += try rows.rows.append(rows.next..<rows.columns.rowCount, from: rows.columns, into: &batch, &texts)
    } catch { throw .unreadable(path: input.path, reason: "\(error)") }
    rowsRead += batch.eventCount
    return true
  }
}
