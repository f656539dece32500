import Bytes
import Columns
import JSON
import Market

/// One field of an indexed record, read strictly into its column: what the fast ways left over.
struct CSVField: ~Copyable {
  enum Outcome: Sendable {
    case good
    /// The field's kind does not allow it.
    case bad
    /// No room for another text.
    case tableFull
    /// The record is too long.
    case tooLong
  }

  /// A field without the quotes around it, doubled ones within made single.
  @unsafe struct Content {
    let bytes: UnsafeRawBufferPointer
    let isQuoted: Bool
  }

  private var scanner = Scanner()
  private var scratch = ByteWriter(capacity: 256)

  /// Good until the next call.
  @unsafe mutating func content(
    _ records: CSVRecords, _ separators: UnsafePointer<UInt32>, _ row: Int, _ column: Int, _ width: Int
  ) -> Content {
    let at = row * width + column
    let start = unsafe Int(separators[at] &+ 1)
    var end = unsafe Int(separators[at + 1])
    let text = unsafe UnsafeRawBufferPointer(records.bytes)
    if unsafe column == width - 1 && end > start && text[end - 1] == 0x0D { end -= 1 }
    let whole = unsafe UnsafeRawBufferPointer(rebasing: text[start..<end])
    guard unsafe whole.count > 0 && whole[0] == 0x22 else { return unsafe Content(bytes: whole, isQuoted: false) }
    let inner = unsafe UnsafeRawBufferPointer(rebasing: whole[1..<whole.count - 1])
    guard unsafe inner.contains(0x22) else { return unsafe Content(bytes: inner, isQuoted: true) }
    scratch.removeAll()
    var i = 0
    while i < inner.count {
      let byte = unsafe inner[i]
      scratch.append(byte)
      // Of two quotes the first.
      i += byte == 0x22 ? 2 : 1
    }
    return unsafe scratch.withBytes { b in unsafe Content(bytes: b, isQuoted: true) }
  }

  /// - Parameter out: of the run's first row.
  mutating func read(
    _ records: CSVRecords, _ separators: UnsafePointer<UInt32>, _ row: Int, _ i: Int, _ header: CSVHeader,
    _ out: UnsafeMutableRawPointer, _ dictionary: TextDictionary?
  ) -> Outcome {
    let content = unsafe content(records, separators, row, i, header.columns.count)
    let column = header.columns[i]
    let type = ColumnSchema.of(header.type).columns[column.position].type
    let to = unsafe out + row * type.width
    let whole = unsafe content.bytes
    let bare = unsafe content.isQuoted ? whole : Blanks.trimmed(whole, 0, whole.count)
    switch type {
    case .double: return unsafe Self.store(FieldValue.double(bare), Double.nan, to)
    case .int64, .timestampMillis, .timestampNanos: return unsafe Self.store(FieldValue.integer(bare), 0, to)
    case .int32: return unsafe Self.store(FieldValue.integer(bare).flatMap { Int32(exactly: $0) }, 0, to)
    case .flags: return unsafe Self.store(FieldValue.integer(bare).flatMap { UInt8(exactly: $0) }, 0, to)
    case .bool: return unsafe Self.store(FieldValue.bool(bare).map { $0 ? 1 : 0 }, UInt8(0), to)
    case .char: return unsafe Self.store(FieldValue.char(whole)?.rawValue, 0, to)
    case .code:
      let code = unsafe column.codes?.code(of: bare) ?? CodeNames.unknown
      return unsafe Self.store(code, 0, to)
    case .symbol, .text:
      let isNull = unsafe whole.count == 0 && !content.isQuoted
      if isNull { return unsafe type == .text ? Self.store(Column.nullText, 0, to) : .bad }
      let isJSON = column.kind == .json && whole.count > 0
      guard unsafe isJSON ? self.isJSON(whole) : FieldValue.isUTF8(whole) else {
        // The row is not kept; the value is one nevertheless.
        _ = unsafe Self.store(Int32(0), 0, to)
        return .bad
      }
      guard let code = unsafe dictionary?.code(of: whole) else {
        _ = unsafe Self.store(Int32(0), 0, to)
        return .tableFull
      }
      return unsafe Self.store(code, 0, to)
    }
  }

  private static func store<T: BitwiseCopyable>(_ value: T?, _ other: T, _ to: UnsafeMutableRawPointer) -> Outcome {
    unsafe to.storeBytes(of: value ?? other, as: T.self)
    return value == nil ? .bad : .good
  }

  private mutating func isJSON(_ text: UnsafeRawBufferPointer) -> Bool {
    do {
      try unsafe scanner.validateCopy(text.bytes)
      return true
    } catch {
      return false
    }
  }
}
