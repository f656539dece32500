import Columns
import Market

/// Rows of one type on their way through one worker: a batch, the filter, and what becomes of them.
final class TypeRows {
  let type: EventType
  var columns: ColumnBatch
  let encoder: any PartEncoder
  private var filter: ColumnFilter
  /// Since the last delivery.
  private(set) var written = 0
  private(set) var filtered = 0

  /// Rows of the batch.
  static let batchRows = 1 << 16

  init(_ type: EventType, _ settings: ConversionSettings, batchRows: Int = TypeRows.batchRows) throws(ConversionError) {
    self.type = type
    columns = ColumnBatch(type, capacity: batchRows)
    filter = ColumnFilter(settings.filter, columns.schema)
    switch settings.format {
    case .parquet: encoder = try ParquetPart(columns.schema, settings.codec)
    case .arrow: encoder = ArrowPart(type)
    default: encoder = TextPart(type, settings.format)
    }
  }

  /// Filters the rows that were added behind the first `start`, and lets at most `most` of them go on; whether more
  /// would have. Those beyond count as left out.
  func admit(from start: Int, most: Int) -> Bool {
    filtered += filter.apply(&columns, from: start)
    let beyond = columns.rowCount - start - most
    if beyond > 0 {
      columns.removeLast(beyond)
      filtered += beyond
    }
    written += columns.rowCount - start
    if columns.isFull { encoder.take(&columns) }
    return beyond >= 0
  }

  func deliver(to file: OutputFile) throws(ConversionError) {
    if columns.rowCount > 0 { encoder.take(&columns) }
    try encoder.deliver(columns, to: file)
    columns.removeAllAndManyTexts()
  }

  func resetCounts() {
    written = 0
    filtered = 0
  }
}
