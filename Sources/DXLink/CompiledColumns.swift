import CShims
import JSON
import Market

/// Columns for the readers in C, and the memory that they need. Lives as long as whoever reads with them.
///
/// Columns can be compiled where each is a known field of plain values that stands once.
@safe
final class CompiledColumns {
  private var blocks: [UnsafeMutableRawBufferPointer] = unsafe []
  private let state: UnsafeMutablePointer<qw_row_state>
  private let level: SIMDLevel

  /// The longest name that a code may have in quotes, and the longest key in quotes with its colon.
  private static let nameBytes = 16
  private static let keyBytes = 32

  init(_ level: SIMDLevel) {
    self.level = level
    unsafe state = .allocate(capacity: 1)
    unsafe state.initialize(to: qw_row_state())
  }

  deinit {
    unsafe state.deallocate()
    for unsafe block in unsafe blocks { unsafe block.deallocate() }
  }

  /// The columns of rows, or, with `names`, of objects with these keys; nil where they cannot be compiled. `opening` is
  /// what stands in front of each symbol.
  func columns(
    _ ops: [ColumnOp], names: [[UInt8]]? = nil, opening: [UInt8] = [], _ keys: FieldKeys
  ) -> UnsafePointer<qw_columns>? {
    guard !ops.isEmpty, Self.arePlain(ops, keys) else { return nil }
    var columns: [qw_column] = []
    for (i, op) in ops.enumerated() {
      let run = names == nil ? min(ops[i...].prefix { $0.action == .double }.count, 4) : 1
      if names != nil { columns.append(Self.keyColumn(i, names?[i].count ?? 0)) }
      columns.append(Self.column(op, run: run, before: names == nil ? 0x2C : 0x3A, keys))
    }
    guard names?.allSatisfy({ $0.count + 3 <= Self.keyBytes }) != false else { return nil }
    let codeNames = keys.codes.flatMap(\.names).map(Self.name)
    let blank = Schema.of(keys.type).template
    let first = unsafe keep(columns + [qw_column()])
    let compiled = unsafe keep([
      qw_columns(
        columns: first, count: columns.count, names: keep(codeNames),
        keys: keep((names ?? []).map { Self.key([0x22] + $0 + [0x22, 0x3A]) }),
        blank: keep(blank), blank_bytes: blank.count, name: Self.key(opening), name_bytes: opening.count,
        shape: Int32(QW_SHAPE_OTHER), state: state)
    ])
    unsafe qw_columns_link(level.rawValue, compiled, first)
    return unsafe UnsafePointer(compiled)
  }

  private static func arePlain(_ ops: [ColumnOp], _ keys: FieldKeys) -> Bool {
    guard Set(ops.map(\.offset)).count == ops.count else { return false }
    guard keys.codes.allSatisfy({ $0.names.allSatisfy { $0.utf8.count + 2 <= nameBytes } }) else { return false }
    return ops.allSatisfy { ![.symbol, .eventType, .skip].contains($0.action) }
  }

  private static func keyColumn(_ number: Int, _ count: Int) -> qw_column {
    qw_column(
      read: nil, offset: 0, first_name: UInt16(number), action: UInt8(QW_COLUMN_KEY), run: UInt8(min(count, 200) + 3),
      name_count: 0, before: 0)
  }

  private static func column(_ op: ColumnOp, run: Int, before: UInt8, _ keys: FieldKeys) -> qw_column {
    var column = qw_column(
      read: nil, offset: UInt16(op.offset), first_name: 0,
      action: run > 1 ? UInt8(QW_COLUMN_DOUBLES) : action(op.action), run: UInt8(run), name_count: 0, before: before)
    if op.action == .code {
      let code = Int(op.codes)
      column.first_name = UInt16(keys.codes[..<code].reduce(0) { $0 + $1.names.count })
      column.name_count = UInt8(keys.codes[code].names.count)
    }
    return column
  }

  private static func action(_ action: ColumnOp.Action) -> UInt8 {
    let value =
      switch action {
      case .double: QW_COLUMN_DOUBLE
      case .int64: QW_COLUMN_INT64
      case .int32: QW_COLUMN_INT32
      case .char: QW_COLUMN_CHAR
      case .bool: QW_COLUMN_BOOL
      case .code: QW_COLUMN_CODE
      case .text: QW_COLUMN_TEXT
      case .json: QW_COLUMN_JSON
      case .flags: QW_COLUMN_FLAGS
      case .symbol, .eventType, .skip: preconditionFailure("\(action) is no column of its own")
      }
    return UInt8(value)
  }

  /// A name in its quotes.
  private static func name(_ text: String) -> qw_name {
    var name = qw_name(low: 0, high: 0)
    for (i, byte) in "\"\(text)\"".utf8.enumerated() {
      if i < 8 { name.low |= UInt64(byte) << UInt64(8 * i) } else { name.high |= UInt64(byte) << UInt64(8 * i - 64) }
    }
    return name
  }

  /// A text to compare with.
  static func key(_ text: [UInt8]) -> qw_key {
    var key = qw_key()
    unsafe withUnsafeMutableBytes(of: &key.words) { words in
      for (i, byte) in text.prefix(keyBytes).enumerated() { unsafe words[i] = byte }
    }
    unsafe withUnsafeMutableBytes(of: &key.masks) { masks in
      for i in 0..<min(text.count, keyBytes) { unsafe masks[i] = 0xFF }
    }
    return key
  }

  /// A copy of the values in memory that lives as long as this object.
  private func keep<T: BitwiseCopyable>(_ values: [T]) -> UnsafeMutablePointer<T> {
    let block = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(1, values.count) * MemoryLayout<T>.stride, alignment: 64)
    unsafe blocks.append(block)
    let typed = unsafe block.bindMemory(to: T.self)
    for (i, value) in values.enumerated() { unsafe typed[i] = value }
    return typed.baseAddress!
  }
}
