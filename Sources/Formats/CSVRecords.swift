import Bytes
import CShims

/// A piece of CSV text in memory, and where the separators of its records stand.
///
///     | front padding | done with | indexed records | not indexed | room | back padding |
///     0              64       indexStart        indexEnd        filled
///
/// Offsets count from the end of the front padding. `separators[0]` stands in front of the first indexed record, so
/// that field i of record r begins behind `separators[r's first + i]` and ends at the next.
@safe
final class CSVRecords {
  private let memory: UnsafeMutablePointer<UInt8>
  private let capacity: Int
  private let separatorMemory: UnsafeMutablePointer<UInt32>
  private let rowMemory: UnsafeMutablePointer<UInt32>
  private let level: Int32
  /// Bytes of the text.
  private(set) var filled = 0
  private(set) var indexStart = 0
  private(set) var indexEnd = 0
  private(set) var rowCount = 0
  private(set) var hasInnerLines = false
  /// One record has more separators than are kept.
  private(set) var isTooWide = false

  /// Separators that are kept at once: 64 KiB.
  static let separatorRoom = 16_384

  init(capacity: Int, level: Int32) {
    self.capacity = capacity
    self.level = level
    let bytes = Padding.front + capacity + Padding.back
    unsafe memory = .allocate(capacity: bytes)
    unsafe memory.initialize(repeating: 0, count: bytes)
    let slack = Int(QW_CSV_SLACK) + 1
    unsafe separatorMemory = .allocate(capacity: Self.separatorRoom + slack)
    unsafe separatorMemory.initialize(repeating: 0, count: Self.separatorRoom + slack)
    unsafe rowMemory = .allocate(capacity: Self.separatorRoom + slack)
    unsafe rowMemory.initialize(repeating: 0, count: Self.separatorRoom + slack)
  }

  deinit {
    unsafe memory.deallocate()
    unsafe separatorMemory.deallocate()
    unsafe rowMemory.deallocate()
  }

  /// The text's first byte.
  var text: UnsafeMutablePointer<UInt8> { unsafe memory + Padding.front }
  var bytes: UnsafeMutableRawBufferPointer { unsafe UnsafeMutableRawBufferPointer(start: text, count: filled) }
  var waitingCount: Int { filled - indexEnd }

  /// Forgets what is done with, which must be all that is indexed, and lends the room behind the text.
  func fill<E: Error>(_ body: (UnsafeMutableRawBufferPointer) throws(E) -> Int) throws(E) -> Int {
    if indexEnd > 0 {
      unsafe text.update(from: text + indexEnd, count: filled - indexEnd)
      filled -= indexEnd
      indexStart = 0
      indexEnd = 0
      rowCount = 0
    }
    let room = unsafe UnsafeMutableRawBufferPointer(start: text + filled, count: capacity - filled)
    let count = try unsafe body(room)
    precondition(count >= 0 && count <= room.count)
    filled += count
    return count
  }

  /// Adds a line feed behind the last byte, in the padding if need be.
  func closeLastLine() {
    unsafe text[filled] = 0x0A
    filled += 1
  }

  /// Passes bytes that are not indexed.
  func skip(_ count: Int) {
    precondition(count <= waitingCount)
    indexEnd += count
    indexStart = indexEnd
    rowCount = 0
  }

  /// Indexes the records behind those that are indexed, as many as there is room for. False where there is none.
  func index() -> Bool {
    var found = unsafe qw_csv_records(
      separators: separatorMemory + 1, separator_room: Self.separatorRoom, rows: rowMemory,
      row_room: Self.separatorRoom, row_count: 0, end: 0, has_inner_lines: 0, is_full: 0)
    unsafe separatorMemory[0] = UInt32(truncatingIfNeeded: indexEnd - 1)
    unsafe qw_csv_index(level, text, indexEnd, filled, &found)
    indexStart = indexEnd
    unsafe indexEnd = found.end
    unsafe rowCount = found.row_count
    unsafe hasInnerLines = found.has_inner_lines != 0
    unsafe isTooWide = found.is_full != 0 && rowCount == 0
    return rowCount > 0
  }

  /// Separators in front of a record of the index.
  func separatorCount(before row: Int) -> Int {
    row == 0 ? 0 : unsafe Int(rowMemory[row - 1] & ~QW_CSV_FAULTY)
  }

  /// Fields of a record; nil where its quotes are misplaced.
  func fieldCount(_ row: Int) -> Int? {
    let end = unsafe rowMemory[row]
    return end & QW_CSV_FAULTY == 0 ? Int(end) - separatorCount(before: row) : nil
  }

  /// How many records from `row` on, at most `limit`, have `width` fields.
  func run(from row: Int, width: Int, limit: Int) -> Int {
    let end = min(rowCount, row + limit)
    var next = UInt32(truncatingIfNeeded: separatorCount(before: row) + width)
    var i = row
    while unsafe i < end && rowMemory[i] == next {
      next &+= UInt32(truncatingIfNeeded: width)
      i &+= 1
    }
    return i - row
  }

  /// The separator in front of a record's first field; those of its fields follow.
  func separators(of row: Int) -> UnsafePointer<UInt32> {
    unsafe UnsafePointer(separatorMemory) + separatorCount(before: row)
  }

  /// A record without its line break.
  func record(_ row: Int) -> UnsafeMutableRawBufferPointer {
    let before = unsafe separatorMemory[separatorCount(before: row)]
    let start = Int(before &+ 1)
    var end = unsafe Int(separatorMemory[Int(rowMemory[row] & ~QW_CSV_FAULTY)])
    if unsafe end > start && text[end - 1] == 0x0D { end -= 1 }
    return unsafe UnsafeMutableRawBufferPointer(start: text + start, count: end - start)
  }

  /// Line feeds of the index in front of a record; of the whole index for `rowCount`.
  func lines(before row: Int) -> Int {
    if !hasInnerLines { return row }
    let end = unsafe row == rowCount ? indexEnd : Int(separatorMemory[separatorCount(before: row)] &+ 1)
    return unsafe qw_csv_lines(text + indexStart, end - indexStart)
  }

  /// Reads values of a column in the records [row, rows), which count from the column's first; where it stopped.
  func read(_ action: Int32, _ column: qw_csv_column, from row: Int, _ rows: Int) -> Int {
    unsafe withUnsafePointer(to: column) { unsafe qw_csv_read(level, action, $0, row, rows) }
  }
}
