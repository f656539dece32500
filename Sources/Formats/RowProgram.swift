import Market
import Rings

/// Schemas compiled for an encoder: for each type one operation a column, with the bytes that stand before its value
/// at hand. The constant pieces lie in blocks of fixed size, so that they are copied whole, by a few wide moves, and
/// cut to their length by where the next piece goes.
///
///     one allocation:  rows (by EventType.index) | operations, row after row | code names
///
/// Invariant: nothing in it changes after `init`; a row's `first` and `count`, and an operation's `codes`, lie inside.
@safe
final class RowProgram: Sendable {
  /// What stands before a value; at most 32 bytes count.
  typealias Piece = SIMD32<UInt8>

  /// A row of one type.
  struct Row: BitwiseCopyable {
    /// What stands before the first value.
    var head = SIMD64<UInt8>()
    var headCount: UInt16 = 0
    /// Position of the second column's operation; the first column is the symbol.
    var first: UInt16 = 0
    /// Operations.
    var count: UInt16 = 0
    /// Whether a column holds a text.
    var hasTexts = false
    /// Bytes that the row takes at most, beside its symbol and its texts, and the blocks copied beyond its end.
    var room = 0
  }

  /// A column's operation.
  struct Operation: BitwiseCopyable {
    var prefix = Piece()
    var prefixCount: UInt8 = 0
    var kind = FieldKind.int64
    /// The code names; a value from here on is unknown.
    var codeCount: UInt8 = 0
    /// Byte offset of the field in the event.
    var offset: UInt16 = 0
    /// Position of the first code name.
    var firstCode: UInt16 = 0
  }

  struct Code: BitwiseCopyable {
    var name = Piece()
    var count = 0
  }

  /// How a format spells a row. `prefix` gives what stands before the value of the column with this position and name,
  /// `code` a code's name as it is to stand in the row, `suffix` what ends a row.
  struct Spelling {
    var prefix: (Schema, Int, String) -> String
    var code: (String) -> String
    var suffixCount: Int
  }

  static let receivedNanosName = "receivedNanos"
  /// More than any value takes whose length does not depend on the event: a number, a code, a character, a text in
  /// place with every byte an escape.
  private static let valueRoom = 64
  private static let blockRoom = MemoryLayout<Row>.size

  // Written by `init`, read until `deinit`.
  nonisolated(unsafe) private let base: UnsafeMutableRawPointer
  nonisolated(unsafe) let rows: UnsafePointer<Row>
  nonisolated(unsafe) let operations: UnsafePointer<Operation>
  nonisolated(unsafe) let codes: UnsafePointer<Code>

  init(_ schemas: [Schema], _ spelling: Spelling) {
    var rows = [Row](repeating: Row(), count: EventType.count)
    var operations: [Operation] = []
    var codes: [Code] = []
    for schema in schemas {
      rows[schema.type.index] = Self.compile(schema, spelling, &operations, &codes)
    }
    let rowBytes = rows.count * MemoryLayout<Row>.stride
    let operationBytes = operations.count * MemoryLayout<Operation>.stride
    unsafe base = .allocate(
      byteCount: rowBytes + operationBytes + codes.count * MemoryLayout<Code>.stride, alignment: 64)
    unsafe self.rows = UnsafePointer(base.initializeMemory(as: Row.self, from: rows, count: rows.count))
    unsafe self.operations = UnsafePointer(
      (base + rowBytes).initializeMemory(as: Operation.self, from: operations, count: operations.count))
    unsafe self.codes = UnsafePointer(
      (base + rowBytes + operationBytes).initializeMemory(as: Code.self, from: codes, count: codes.count))
  }

  deinit { unsafe base.deallocate() }

  private static func compile(
    _ schema: Schema, _ spelling: Spelling, _ operations: inout [Operation], _ codes: inout [Code]
  ) -> Row {
    var row = Row()
    row.headCount = fill(&row.head, spelling.prefix(schema, 0, columnNames(schema)[0]))
    row.first = UInt16(operations.count)
    row.room = blockRoom + Int(row.headCount) + spelling.suffixCount
    precondition(schema.fields[0].kind == .symbol, "the symbol is an event's first field")
    for field in schema.fields.dropFirst() {
      var operation = Operation(kind: field.kind, offset: UInt16(field.offset))
      if let names = field.codes?.names {
        operation.firstCode = UInt16(codes.count)
        operation.codeCount = UInt8(names.count)
        for name in names {
          var code = Code()
          code.count = Int(fill(&code.name, spelling.code(name)))
          codes.append(code)
        }
      }
      row.hasTexts = row.hasTexts || field.kind == .text || field.kind == .json
      operations.append(operation)
    }
    operations.append(Operation(kind: .int64, offset: UInt16(EventHead.receivedOffset)))
    for (i, name) in columnNames(schema).enumerated().dropFirst() {
      let at = Int(row.first) + i - 1
      operations[at].prefixCount = UInt8(fill(&operations[at].prefix, spelling.prefix(schema, i, name)))
      row.room += Int(operations[at].prefixCount) + valueRoom
    }
    row.count = UInt16(operations.count) - row.first
    return row
  }

  private static func fill<V: SIMD<UInt8>>(_ block: inout V, _ text: String) -> UInt16 {
    precondition(text.utf8.count <= V.scalarCount, "\(text) is longer than its block")
    for (i, byte) in text.utf8.enumerated() { block[i] = byte }
    return UInt16(text.utf8.count)
  }

  /// What an event's texts behind the symbol may take; `room` tells it of a text of so many bytes.
  @inline(never)
  func textRoom(_ event: EventRef, _ row: UnsafePointer<Row>, _ texts: TextStore, _ room: (Int) -> Int) -> Int {
    var sum = 0
    let count = unsafe Int(row.pointee.count)
    for i in 0..<count {
      let operation = unsafe operations + (Int(row.pointee.first) &+ i)
      guard unsafe operation.pointee.kind == .text || operation.pointee.kind == .json else { continue }
      let text = unsafe event.base.loadUnaligned(fromByteOffset: Int(operation.pointee.offset), as: Text.self)
      if let id = text.id { unsafe sum &+= room(texts.loan(id.rawValue).count) }
    }
    return sum
  }

  /// The names of the columns: the schema's fields in their order, then the receive time.
  static func columnNames(_ schema: Schema) -> [String] { schema.fields.map(\.name) + [receivedNanosName] }
}
