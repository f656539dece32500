import Bytes
import Columns
import Formats
import Market
import Parquet
import Sinks

/// What one worker makes of rows of one type before its turn to write comes. Belongs to one thread.
protocol PartEncoder: AnyObject {
  /// Takes all rows of a batch, which is empty after.
  func take(_ columns: inout ColumnBatch)
  /// Gives the file what was taken. `columns` is the batch that all of it came through.
  func deliver(_ columns: borrowing ColumnBatch, to file: OutputFile) throws(ConversionError)
}

/// Rows as pages of a row group.
final class ParquetPart: PartEncoder {
  private let group: ParquetRowGroup
  /// Rows of a page.
  static let pageRows = 1 << 16

  init(_ schema: ColumnSchema, _ codec: String?) throws(ConversionError) {
    do { group = ParquetRowGroup(schema, compression: try PageCompression.make(codec)) } catch {
      throw .file("\(error)")
    }
  }

  func take(_ columns: inout ColumnBatch) {
    var row = 0
    while row < columns.rowCount {
      let end = min(row + Self.pageRows, columns.rowCount)
      group.append(columns, row..<end, isFull: columns.isFull)
      row = end
    }
    columns.removeAll()
  }

  func deliver(_ columns: borrowing ColumnBatch, to file: OutputFile) throws(ConversionError) {
    do { try file.append(group, columns) } catch { throw .file("\(error)") }
    columns.forgetTexts()
  }
}

/// Rows as lines of CSV or NDJSON.
final class TextPart: PartEncoder {
  private let csv: CSVEncoder?
  private let ndjson = NDJSONEncoder()
  private var rows: EventRows
  private var batch = EventBatch(capacity: 4096)
  private var texts = TextTable()
  private var out = ByteWriter(capacity: 1 << 20)
  /// With more texts the table begins anew: a batch adds fewer than it has room for then.
  private static let manyTexts = 1 << 17
  private var generation = 0

  init(_ type: EventType, _ format: ConversionFormat) {
    rows = EventRows(type)
    csv = format == .csv ? CSVEncoder(type) : nil
  }

  func take(_ columns: inout ColumnBatch) {
    var row = 0
    if generation != columns.textGeneration {
      generation = columns.textGeneration
      rows.removeAll()
    }
    while row < columns.rowCount {
      if texts.count > Self.manyTexts { forget() }
      let end = min(row + 2048, columns.rowCount)
      guard let taken = try? rows.append(row..<end, from: columns, into: &batch, &texts) else {
        forget()
        continue
      }
      row += taken
      if let csv {
        batch.forEach { event in csv.append(event, texts.store, to: &out) }
      } else {
        batch.forEach { event in ndjson.append(event, texts.store, to: &out) }
      }
      batch.removeAll()
    }
    columns.removeAll()
  }

  private func forget() {
    texts = TextTable()
    rows.removeAll()
  }

  func deliver(_ columns: borrowing ColumnBatch, to file: OutputFile) throws(ConversionError) {
    do { try file.append(out) } catch { throw .file("\(error)") }
    out.removeAll()
  }
}

/// Rows as they are, for the one who knows the texts of the file.
final class ArrowPart: PartEncoder {
  private final class Box {
    var columns: ColumnBatch
    init(_ type: EventType, _ capacity: Int) { columns = ColumnBatch(type, capacity: capacity) }
  }

  private let type: EventType
  /// Those in front hold rows. All share no texts with the batch that rows come through, so codes are kept for each.
  private var boxes: [Box] = []
  private var boxCodes: [ColumnCodes] = []
  private var fileCodes: [ColumnCodes] = []
  private var filled = 0

  init(_ type: EventType) { self.type = type }

  func take(_ columns: inout ColumnBatch) {
    var row = 0
    while row < columns.rowCount {
      if filled == boxes.count {
        boxes.append(Box(type, columns.capacity))
        boxCodes.append(ColumnCodes(columns.schema))
        fileCodes.append(ColumnCodes(columns.schema))
      }
      row += boxes[filled].columns.append(row..<columns.rowCount, from: columns, &boxCodes[filled])
      filled += 1
    }
    columns.removeAll()
  }

  func deliver(_ columns: borrowing ColumnBatch, to file: OutputFile) throws(ConversionError) {
    for i in 0..<filled {
      try file.append(boxes[i].columns, &fileCodes[i])
      boxes[i].columns.removeAllAndManyTexts()
    }
    filled = 0
  }
}
