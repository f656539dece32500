import Bytes
import JSON
package import Market

/// Events of one type from CSV: what `CSVEncoder` writes, and CSV of others whose header names fields of the schema in
/// any order. Takes bytes in blocks of any size; does no I/O.
///
///     while let block = next() {
///       decoder.append(block)                    // takes at most `blockBytes`, says how many
///       while try decoder.decode(into: &batch, &texts) == .batchFull { drain(&batch) }
///     }
///     decoder.finish()
///     while try decoder.decode(into: &batch, &texts) == .batchFull { drain(&batch) }
package struct CSVDecoder: ~Copyable {
  package struct Limits: Sendable {
    /// The longest record, with its line breaks.
    package var maximumRecordBytes: Int
    package var maximumColumns: Int
    package init(maximumRecordBytes: Int = 1 << 20, maximumColumns: Int = 256) {
      self.maximumRecordBytes = maximumRecordBytes
      self.maximumColumns = maximumColumns
    }
  }

  /// The most that one `append` takes.
  package static let blockBytes = RecordBuffer.blockBytes

  package let type: EventType
  package let limits: Limits
  /// Rows that became events.
  package private(set) var rowCount = 0
  /// Columns of the header that the schema does not have; they are ignored.
  package private(set) var unknownColumnCount = 0

  private var buffer: RecordBuffer
  private var splitter = CSVSplitter()
  private var fields: [CSVSplitter.Field] = []
  private var columns: [CSVHeader.Column] = []
  /// Without a header no row can be read: every call throws this again.
  private var headerFault: FormatError?
  private var scanner = Scanner()

  package init(_ type: EventType, limits: Limits = Limits()) {
    self.type = type
    self.limits = limits
    buffer = RecordBuffer(maximumRecordBytes: limits.maximumRecordBytes)
  }

  /// Takes the next bytes of the text, at most `blockBytes`, and says how many. Takes all of a block of that size when
  /// `decode` has said `needMore` since the last.
  package mutating func append(_ bytes: RawSpan) -> Int { buffer.append(bytes) }

  /// Says that there are no more bytes: a last line without its line break counts.
  package mutating func finish() { buffer.finish() }

  /// Decodes until the batch is full or more bytes are needed. A row that throws is passed and leaves no event;
  /// a header that throws is not.
  package mutating func decode(
    into batch: inout EventBatch, _ texts: inout TextTable
  ) throws(FormatError) -> DecodeStep {
    if let headerFault { throw headerFault }
    while true {
      if buffer.isSkipping {
        guard buffer.skipRecord() else { return .needMore }
        splitter = CSVSplitter()
      }
      guard batch.recordCount + type.recordCount <= batch.capacity else { return .batchFull }
      guard let record = try nextRecord() else { return .needMore }
      let line = buffer.line
      defer {
        buffer.consume(record.consumed, lines: 1 + splitter.innerLines)
        splitter = CSVSplitter()
      }
      if splitter.isFaulty { throw .misplacedQuote(line: line) }
      if record.count > limits.maximumRecordBytes {
        throw .recordTooLong(line: line, limit: limits.maximumRecordBytes)
      }
      let bytes = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer.readable[..<record.count])
      if bytes.count == 0 { continue }
      if columns.isEmpty {
        do {
          unsafe try readHeader(bytes, line)
        } catch {
          headerFault = error
          throw error
        }
      } else {
        unsafe try readRow(bytes, line, &batch, &texts)
      }
    }
  }

  /// The bytes of the next record, with and without its line break.
  private mutating func nextRecord() throws(FormatError) -> (count: Int, consumed: Int)? {
    let bytes = unsafe UnsafeRawBufferPointer(buffer.readable)
    var count = bytes.count
    var consumed = count
    if let end = unsafe splitter.findEnd(bytes, from: buffer.scanned) {
      count = end
      consumed = end + 1
    } else {
      buffer.scanned = bytes.count
      guard buffer.isFinished else {
        try buffer.checkLength()
        return nil
      }
      if bytes.count == 0 { return nil }
      if splitter.isInQuotes {
        defer { buffer.consume(consumed, lines: 1 + splitter.innerLines) }
        throw .unterminatedQuote(line: buffer.line)
      }
    }
    if unsafe count > 0 && bytes[count - 1] == 0x0D { count -= 1 }
    return (count, consumed)
  }

  private mutating func readHeader(_ bytes: UnsafeMutableRawBufferPointer, _ line: Int) throws(FormatError) {
    let header = unsafe try CSVHeader(bytes, line: line, type, limit: limits.maximumColumns)
    columns = header.columns
    unknownColumnCount = header.unknownCount
  }

  private mutating func readRow(
    _ record: UnsafeMutableRawBufferPointer, _ line: Int, _ batch: inout EventBatch, _ texts: inout TextTable
  ) throws(FormatError) {
    let found = unsafe CSVSplitter.split(record, &fields, limit: columns.count)
    guard found == columns.count else {
      throw .wrongFieldCount(line: line, found: found, expected: columns.count)
    }
    let mark = batch.mark
    // `decode` made sure of the room.
    guard let event = unsafe batch.append(type) else { return }
    do {
      for i in columns.indices {
        guard let kind = columns[i].kind else { continue }
        unsafe try store(fields[i], i, kind, UnsafeRawBufferPointer(record), event, &texts, line)
      }
    } catch {
      batch.rollBack(to: mark)
      throw error
    }
    rowCount += 1
  }

  private mutating func store(
    _ field: CSVSplitter.Field, _ i: Int, _ kind: FieldKind, _ record: UnsafeRawBufferPointer,
    _ event: UnsafeMutableRawPointer, _ texts: inout TextTable, _ line: Int
  ) throws(FormatError) {
    let offset = columns[i].offset
    let whole = unsafe UnsafeRawBufferPointer(rebasing: record[field.start..<field.start + field.count])
    let bare = unsafe field.isQuoted ? whole : Blanks.trimmed(record, field.start, field.count)
    var isValid = true
    switch kind {
    case .double:
      let value = unsafe FieldValue.double(bare)
      unsafe event.storeBytes(of: value ?? .nan, toByteOffset: offset, as: Double.self)
      isValid = value != nil
    case .int64, .int32, .flags:
      let value = unsafe FieldValue.integer(bare)
      isValid = unsafe value != nil && FieldValue.store(value ?? 0, kind, event, offset)
    case .bool:
      let value = unsafe FieldValue.bool(bare)
      unsafe event.storeBytes(of: value ?? false, toByteOffset: offset, as: Bool.self)
      isValid = value != nil
    case .code:
      let code = unsafe columns[i].codes?.code(of: bare) ?? CodeNames.unknown
      unsafe event.storeBytes(of: code, toByteOffset: offset, as: UInt8.self)
    case .char:
      let char = unsafe FieldValue.char(whole)
      unsafe event.storeBytes(of: char ?? .none, toByteOffset: offset, as: CharCode.self)
      isValid = char != nil
    case .symbol:
      isValid = unsafe (field.isQuoted || whole.count > 0) && FieldValue.isUTF8(whole)
      if isValid {
        guard let id = unsafe texts.intern(whole) else { throw .textTableFull(line: line) }
        unsafe event.storeBytes(of: id, toByteOffset: offset, as: TextID.self)
      }
    case .text, .json:
      if whole.count == 0 && !field.isQuoted { return }
      isValid = unsafe kind == .json && whole.count > 0 ? isJSON(whole) : FieldValue.isUTF8(whole)
      if isValid {
        guard let text = unsafe FieldValue.text(whole, &texts) else { throw .textTableFull(line: line) }
        unsafe event.storeBytes(of: text, toByteOffset: offset, as: Text.self)
      }
    }
    if !isValid { throw .badValue(line: line, field: columns[i].name, text: unsafe excerpt(whole)) }
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
