import Bytes
import Columns
package import Market

/// The header line of a CSV file: which column of the text is which field of an event type, whatever their order.
package struct CSVHeader: Sendable {
  package struct Column: Sendable {
    package let name: String
    /// Nil for a name that the schema does not have.
    let kind: FieldKind?
    /// Byte offset in the event.
    let offset: Int
    let codes: CodeNames?
    /// In the type's `ColumnSchema`; -1 for an unknown name.
    let position: Int
  }

  package let type: EventType
  package let columns: [Column]
  /// Columns that the schema does not have; they are ignored.
  package var unknownCount: Int { columns.count { $0.kind == nil } }

  /// Reads a header line without its line break; doubled quotes within are made single in place.
  init(
    _ record: UnsafeMutableRawBufferPointer, line: Int, _ type: EventType, limit: Int
  ) throws(FormatError) {
    var header = unsafe record
    if unsafe record.count >= 3 && record[0] == 0xEF && record[1] == 0xBB && record[2] == 0xBF {
      unsafe header = UnsafeMutableRawBufferPointer(rebasing: record[3...])
    }
    var fields: [CSVSplitter.Field] = []
    let found = unsafe CSVSplitter.split(header, &fields, limit: limit)
    guard found <= limit else { throw .tooManyColumns(line: line, limit: limit) }
    var read: [Column] = []
    for field in fields {
      let text = unsafe Blanks.trimmed(UnsafeRawBufferPointer(header), field.start, field.count)
      let column = Self.column(unsafe String(decoding: text, as: UTF8.self), type)
      if column.kind != nil, read.contains(where: { $0.position == column.position }) {
        throw .duplicateColumn(line: line, name: column.name)
      }
      read.append(column)
    }
    guard read.contains(where: { $0.kind == .symbol }) else { throw .noSymbolColumn(line: line) }
    self.type = type
    columns = read
  }

  private static func column(_ name: String, _ type: EventType) -> Column {
    let position = ColumnSchema.of(type).position(of: name) ?? -1
    if name == RowProgram.receivedNanosName {
      return Column(name: name, kind: .int64, offset: EventHead.receivedOffset, codes: nil, position: position)
    }
    guard let known = Schema.of(type).field(name) else {
      return Column(name: name, kind: nil, offset: 0, codes: nil, position: -1)
    }
    return Column(name: known.name, kind: known.kind, offset: known.offset, codes: known.codes, position: position)
  }
}

/// Blanks and tabs around values that have none.
enum Blanks {
  static func trimmed(_ text: UnsafeRawBufferPointer, _ first: Int, _ count: Int) -> UnsafeRawBufferPointer {
    var start = first
    var end = first + count
    while unsafe start < end && (text[start] == 0x20 || text[start] == 0x09) { start += 1 }
    while unsafe end > start && (text[end - 1] == 0x20 || text[end - 1] == 0x09) { end -= 1 }
    return unsafe UnsafeRawBufferPointer(rebasing: text[start..<end])
  }
}
