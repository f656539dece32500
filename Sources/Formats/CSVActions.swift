import CShims
import Columns
import Market

/// What is to be done for each column of a CSV file, in the form that `qw_csv.h` takes.
struct CSVActions {
  private var actions: [Int32] = []
  /// Of all columns, one behind the other.
  private var names: [qw_csv_name] = []
  private var nameRanges: [Range<Int>] = []
  /// Columns of the schema that the text does not have.
  private(set) var missing: [Int] = []

  init() {}

  init(_ header: CSVHeader) {
    let schema = ColumnSchema.of(header.type)
    for column in header.columns {
      let kind = column.position < 0 ? ColumnType.double : schema.columns[column.position].type
      actions.append(Self.action(kind))
      let first = names.count
      if kind == .code, let codes = column.codes { names += codes.names.map { Self.name($0) } }
      nameRanges.append(first..<names.count)
    }
    missing = schema.columns.indices.filter { i in !header.columns.contains { $0.position == i } }
  }

  private static func action(_ type: ColumnType) -> Int32 {
    let action =
      switch type {
      case .double: QW_CSV_DOUBLE
      case .int64, .timestampMillis, .timestampNanos: QW_CSV_INT64
      case .int32: QW_CSV_INT32
      case .flags: QW_CSV_FLAGS
      case .char: QW_CSV_CHAR
      case .bool: QW_CSV_BOOL
      case .code: QW_CSV_CODE
      case .symbol: QW_CSV_SYMBOL
      case .text: QW_CSV_TEXT
      }
    return Int32(action)
  }

  /// Zeros, which no text is equal to, for a longer name: the strict way knows it.
  private static func name(_ text: String) -> qw_csv_name {
    let bytes = Array(text.utf8)
    guard bytes.count <= 16 else { return qw_csv_name(low: 0, high: 0) }
    func word(_ from: Int) -> UInt64 {
      bytes.dropFirst(from).prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
    return qw_csv_name(low: word(0), high: word(8))
  }

  /// Lends column `i` of the text as C takes it.
  func withColumn<R>(
    _ i: Int, _ records: CSVRecords, _ separators: UnsafePointer<UInt32>, _ width: Int, _ out: UnsafeMutableRawPointer,
    _ dictionary: TextDictionary?, _ body: (Int32, qw_csv_column) -> R
  ) -> R {
    let slots = dictionary?.slots
    return unsafe names.withUnsafeBufferPointer { names in
      let column = unsafe qw_csv_column(
        text: records.text, separators: separators + 1, width: width, column: i,
        out: out.assumingMemoryBound(to: UInt8.self),
        names: names.baseAddress.map { unsafe $0 + nameRanges[i].lowerBound }, name_count: nameRanges[i].count,
        slots: slots.map { unsafe UnsafePointer($0.base) }, mask: UInt64(slots?.mask ?? 0))
      return unsafe body(actions[i], column)
    }
  }
}
