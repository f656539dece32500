package import Columns
package import JSON
package import Market

/// Rows of CSV as columns: what `CSVDecoder` reads as events, some times as fast. Takes bytes in blocks of any size;
/// does no I/O.
///
///     while reader.fill({ room in read(into: room) }) > 0 {
///       while try reader.read(into: &columns) == .batchFull { drain(&columns) }
///     }
///     reader.finish()
///     while try reader.read(into: &columns) == .batchFull { drain(&columns) }
///
/// Some thousand records are indexed at once, then read column after column (`qw_csv.h`). A value that the fast ways do
/// not take is read by the strict one (`CSVField`), which decides.
///
/// A row that cannot be read is refused: it is counted, and the first ones are kept with line and reason. It leaves no
/// row, but texts of it may stay in dictionaries.
package struct CSVColumnReader: ~Copyable {
  package enum Step: Equatable, Sendable {
    /// All whole records are read; fill in more bytes, or finish. After `finish`: the end.
    case needMore
    /// The batch has no room for another row.
    case batchFull
  }

  package let type: EventType
  package let limits: CSVDecoder.Limits
  /// Nil before the header was read.
  package private(set) var header: CSVHeader?
  /// Rows that were read.
  package private(set) var rowCount = 0
  /// Rows that were refused.
  package private(set) var refusedCount = 0
  /// Why, for the first `maximumRefusals` of them.
  package private(set) var refusals: [FormatError] = []
  package static let maximumRefusals = 20

  private let records: CSVRecords
  private var actions = CSVActions()
  private var field = CSVField()
  private var nextRow = 0
  /// Of the index.
  private var firstLine = 1
  private var isFinished = false
  private var hasClosed = false
  private var isStarted: Bool
  private var isSkipping = false
  private var marks: RowMarks

  /// Bytes that `fill` has room for at least when `read` has said `needMore`.
  package static let blockBytes = 256 << 10

  /// - Parameters:
  ///   - header: of the text's columns, where the bytes begin behind it.
  ///   - level: one that this processor has.
  package init(
    _ type: EventType, header: CSVHeader? = nil, limits: CSVDecoder.Limits = CSVDecoder.Limits(),
    level: SIMDLevel = .preferred
  ) {
    precondition(header == nil || header?.type == type)
    self.type = type
    self.limits = limits
    records = CSVRecords(
      capacity: limits.maximumRecordBytes + Self.blockBytes, level: level.rawValue)
    marks = RowMarks(capacity: CSVRecords.separatorRoom)
    isStarted = header != nil
    self.header = header
    if let header { actions = CSVActions(header) }
  }

  /// Right behind `needMore`: whether the bytes so far end with a record.
  package var isAtRecordEnd: Bool { records.waitingCount == 0 && !isSkipping }
  /// The line at which the bytes begin that are not indexed.
  package var line: Int { firstLine + records.lines(before: records.rowCount) }

  /// Lends room for the next bytes; `body` says how many there were. Only after `needMore`.
  package mutating func fill<E: Error>(
    _ body: (UnsafeMutableRawBufferPointer) throws(E) -> Int
  ) throws(E) -> Int {
    precondition(!isFinished && nextRow == records.rowCount, "bytes behind the end, or before all records were read")
    firstLine += records.lines(before: records.rowCount)
    nextRow = 0
    return try unsafe records.fill(body)
  }

  /// Takes the next bytes, at most `blockBytes`, and says how many. Only after `needMore`.
  package mutating func append(_ bytes: RawSpan) -> Int {
    unsafe bytes.withUnsafeBytes { from in
      unsafe fill { room in
        let count = min(from.count, room.count, Self.blockBytes)
        unsafe room.copyMemory(from: UnsafeRawBufferPointer(rebasing: from[..<count]))
        return count
      }
    }
  }

  /// Says that there are no more bytes: a last line without its line break counts.
  package mutating func finish() { isFinished = true }

  /// Appends rows to a batch until it is full or more bytes are needed.
  /// - Throws: what is wrong with the header; then nothing can be read.
  package mutating func read(into batch: inout ColumnBatch) throws(FormatError) -> Step {
    precondition(batch.schema.type == type)
    while true {
      if nextRow == records.rowCount, try !advance() { return .needMore }
      guard let header else {
        try readHeader()
        continue
      }
      if batch.isFull { return .batchFull }
      let width = header.columns.count
      let count = width == 1 ? 0 : records.run(from: nextRow, width: width, limit: batch.room)
      if count > 0 {
        readRows(count, header, &batch)
      } else {
        readOdd(header, &batch)
      }
    }
  }

  // MARK: records

  /// Indexes further records; false when there are none.
  private mutating func advance() throws(FormatError) -> Bool {
    firstLine += records.lines(before: records.rowCount)
    nextRow = 0
    if !isStarted {
      guard records.waitingCount >= 3 || isFinished else { return false }
      isStarted = true
      let isMarked = unsafe records.bytes.starts(with: [0xEF, 0xBB, 0xBF])
      if isMarked { records.skip(3) }
    }
    while true {
      if isSkipping && !skipRecord() { return false }
      if records.index() { return true }
      if records.waitingCount == 0 { return false }
      if records.isTooWide, passWideRecord() { continue }
      if isFinished {
        if hasClosed {
          // Nothing ends the last record but its missing quote.
          refuse(.unterminatedQuote(line: firstLine))
          records.skip(records.waitingCount)
          return false
        }
        hasClosed = true
        records.closeLastLine()
        continue
      }
      guard records.waitingCount > limits.maximumRecordBytes else { return false }
      refuse(.recordTooLong(line: firstLine, limit: limits.maximumRecordBytes))
      isSkipping = true
    }
  }

  /// Goes on with dropping a record that is too long; false when its line has not ended yet.
  private mutating func skipRecord() -> Bool {
    let rest = unsafe UnsafeRawBufferPointer(records.bytes).suffix(records.waitingCount)
    guard let end = unsafe rest.firstIndex(of: 0x0A) else {
      records.skip(records.waitingCount)
      return false
    }
    isSkipping = false
    unsafe records.skip(end + 1 - rest.startIndex)
    firstLine += 1
    return true
  }

  /// Refuses a record of more fields than are indexed at once; false where it has not ended yet.
  private mutating func passWideRecord() -> Bool {
    let first = records.indexEnd
    let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: records.bytes[first...])
    var splitter = CSVSplitter()
    guard let end = unsafe splitter.findEnd(UnsafeRawBufferPointer(rest), from: 0) else { return false }
    var fields: [CSVSplitter.Field] = []
    if splitter.isFaulty {
      refuse(.misplacedQuote(line: firstLine))
    } else {
      let record = unsafe UnsafeMutableRawBufferPointer(rebasing: rest[..<end])
      let found = unsafe CSVSplitter.split(record, &fields, limit: 0)
      refuse(.wrongFieldCount(line: firstLine, found: found, expected: header?.columns.count ?? limits.maximumColumns))
    }
    firstLine += 1 + splitter.innerLines
    records.skip(end + 1)
    return true
  }

  private mutating func readHeader() throws(FormatError) {
    let line = firstLine + records.lines(before: nextRow)
    let record = unsafe records.record(nextRow)
    if record.count > 0 {
      // What follows a faulty header has no meaning; the record stays, so that each call says so again.
      guard records.fieldCount(nextRow) != nil else { throw .misplacedQuote(line: line) }
      let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: record.count, alignment: 1)
      defer { unsafe copy.deallocate() }
      unsafe copy.copyMemory(from: UnsafeRawBufferPointer(record))
      let read = unsafe try CSVHeader(copy, line: line, type, limit: limits.maximumColumns)
      header = read
      actions = CSVActions(read)
    }
    nextRow += 1
  }

  /// A record that is none of a run: blank, too long, or of another width than the header.
  private mutating func readOdd(_ header: CSVHeader, _ batch: inout ColumnBatch) {
    let row = nextRow
    let record = unsafe records.record(row)
    let width = header.columns.count
    if record.count == 0 {
      nextRow += 1
    } else if records.fieldCount(row) == nil {
      nextRow += 1
      refuse(.misplacedQuote(line: line(of: row)))
    } else if record.count > limits.maximumRecordBytes {
      nextRow += 1
      refuse(.recordTooLong(line: line(of: row), limit: limits.maximumRecordBytes))
    } else if let found = records.fieldCount(row), found != width {
      nextRow += 1
      refuse(.wrongFieldCount(line: line(of: row), found: found, expected: width))
    } else {
      readRows(1, header, &batch)
    }
  }

  /// 0 where no more rows are named: it may be that the whole index is looked through for a line's number.
  private func line(of row: Int) -> Int {
    refusals.count < Self.maximumRefusals ? firstLine + records.lines(before: row) : 0
  }

  private mutating func refuse(_ error: FormatError) {
    refusedCount += 1
    if refusals.count < Self.maximumRefusals { refusals.append(error) }
  }

  // MARK: rows

  /// Reads records that have the header's width and fit into the batch.
  private mutating func readRows(_ count: Int, _ header: CSVHeader, _ batch: inout ColumnBatch) {
    let separators = unsafe records.separators(of: nextRow)
    for position in actions.missing { batch.fillDefault(position, rows: count) }
    for (i, column) in header.columns.enumerated() where column.position >= 0 {
      let out = unsafe batch.column(column.position)
      let dictionary = batch.dictionary(column.position)
      var row = 0
      while true {
        row = unsafe actions.withColumn(i, records, separators, header.columns.count, out, dictionary) { action, c in
          unsafe records.read(action, c, from: row, count)
        }
        if row == count { break }
        let kept = unsafe field.read(records, separators, row, i, header, out, dictionary)
        if kept != .good { marks.set(row, i, kept) }
        row += 1
      }
    }
    markLongRecords(count)
    batch.commit(rows: count)
    if marks.count > 0 { dropMarked(count, header, &batch) }
    rowCount += count - marks.count
    nextRow += count
    marks.removeAll()
  }

  /// A record that is longer than the limit may still lie in the buffer as a whole.
  private mutating func markLongRecords(_ count: Int) {
    if records.indexEnd - records.indexStart <= limits.maximumRecordBytes { return }
    for row in 0..<count where unsafe records.record(nextRow + row).count > limits.maximumRecordBytes {
      marks.set(row, 0, .tooLong)
    }
  }

  private mutating func dropMarked(_ count: Int, _ header: CSVHeader, _ batch: inout ColumnBatch) {
    for (row, mark) in marks.sorted() {
      guard refusals.count < Self.maximumRefusals else {
        refusedCount += 1
        continue
      }
      let line = line(of: nextRow + row)
      switch mark.outcome {
      case .tableFull: refuse(.textTableFull(line: line))
      case .tooLong: refuse(.recordTooLong(line: line, limit: limits.maximumRecordBytes))
      default:
        let separators = unsafe records.separators(of: nextRow)
        let text = unsafe field.content(records, separators, row, mark.column, header.columns.count)
        refuse(.badValue(line: line, field: header.columns[mark.column].name, text: unsafe excerpt(text.bytes)))
      }
    }
    unsafe marks.withKept(count) { keep in unsafe batch.retain(from: batch.rowCount - count, keep) }
  }
}
