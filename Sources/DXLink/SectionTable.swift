import CShims
import JSON
import Market

/// One event type's COMPACT section as a channel sends it, ready for the predicted layout. Plain memory, owned by a
/// `SectionTable`.
@unsafe
struct Section {
  /// What follows the symbol in a row. First, because its address is the section's.
  var columns: qw_columns
  /// Reads these columns with the chosen instruction set.
  var read: qw_columns_function
  /// `"Quote",[` in three words, zeros behind it, and the masks of its second and third word.
  var opening: InlineArray<3, UInt64>
  var openingMasks: InlineArray<3, UInt64>
  /// Bytes of the opening; 0 where rows of this type cannot be predicted.
  var openingCount: Int
  /// Bytes of `"Quote",` in front of each symbol, where the type's name is the first column; else 0.
  var nameCount: Int
  /// 128 or 256.
  var eventBytes: Int
}

/// The sections of all types on one channel, compiled from its column plans. Immutable.
///
/// A type's rows can be predicted where the symbol is the first column, or the second one behind the type's name, and
/// every other column is a known field that is asked for once.
@safe
final class SectionTable {
  private let sections: UnsafeMutablePointer<Section>
  /// `EventType.index` by a hash of the first eight bytes of `"Quote",[`; 0xFF for none.
  private let index: UnsafeMutablePointer<UInt8>
  private let state: UnsafeMutablePointer<qw_row_state>
  private var blocks: [UnsafeMutableRawBufferPointer] = unsafe []

  static let indexBits = 6
  /// The longest name that a code may have in quotes.
  private static let nameBytes = 16

  init(_ plans: [ColumnPlan], _ keys: [FieldKeys], _ level: SIMDLevel) {
    unsafe sections = .allocate(capacity: plans.count)
    unsafe index = .allocate(capacity: 1 << Self.indexBits)
    unsafe state = .allocate(capacity: 1)
    unsafe state.initialize(to: qw_row_state())
    unsafe index.initialize(repeating: 0xFF, count: 1 << Self.indexBits)
    for (i, plan) in plans.enumerated() {
      unsafe (sections + i).initialize(to: section(plan, keys[i], level))
      unsafe index[SectionView.slot(sections[i].opening[0], Self.multiplier)] = UInt8(i)
    }
  }

  deinit {
    unsafe sections.deallocate()
    unsafe index.deallocate()
    unsafe state.deallocate()
    for unsafe block in unsafe blocks { unsafe block.deallocate() }
  }

  /// Good as long as this object.
  var view: SectionView {
    unsafe SectionView(sections: UnsafePointer(sections), index: UnsafePointer(index), multiplier: Self.multiplier)
  }

  // MARK: Compiling

  private func section(_ plan: ColumnPlan, _ keys: FieldKeys, _ level: SIMDLevel) -> Section {
    var opening = InlineArray<3, UInt64>(repeating: 0)
    var masks = InlineArray<3, UInt64>(repeating: 0)
    let text = [0x22] + keys.typeName + [0x22, 0x2C, 0x5B]
    for (i, byte) in text.enumerated() {
      opening[i / 8] |= UInt64(byte) << UInt64(i % 8 * 8)
      masks[i / 8] |= 0xFF << UInt64(i % 8 * 8)
    }
    let hasName = plan.ops.first?.action == .eventType
    let rest = Array(plan.ops.dropFirst(hasName ? 2 : 1))
    let isPredictable = plan.ops.dropFirst(hasName ? 1 : 0).first?.action == .symbol && Self.arePlain(rest, keys)
    let columns = isPredictable ? Self.columns(rest, keys) : []
    let names = keys.codes.flatMap(\.names).map(Self.name)
    let blank = Schema.of(plan.type).template
    let first = unsafe keep(columns + [qw_column()])
    var kept = unsafe qw_columns(
      columns: first, count: columns.count, names: keep(names), blank: keep(blank), blank_bytes: blank.count,
      state: state)
    return unsafe Section(
      columns: kept, read: qw_columns_link(level.rawValue, &kept, first), opening: opening, openingMasks: masks,
      openingCount: columns.isEmpty ? 0 : text.count,
      nameCount: hasName ? text.count - 1 : 0, eventBytes: blank.count)
  }

  private static func arePlain(_ ops: [ColumnOp], _ keys: FieldKeys) -> Bool {
    guard Set(ops.map(\.offset)).count == ops.count else { return false }
    guard keys.codes.allSatisfy({ $0.names.allSatisfy { $0.utf8.count + 2 <= nameBytes } }) else { return false }
    return ops.allSatisfy { ![.symbol, .eventType, .skip].contains($0.action) }
  }

  private static func columns(_ ops: [ColumnOp], _ keys: FieldKeys) -> [qw_column] {
    var columns: [qw_column] = []
    for (i, op) in ops.enumerated() {
      let run = min(ops[i...].prefix { $0.action == .double }.count, 4)
      var column = unsafe qw_column(
        read: nil, action: run > 1 ? UInt8(QW_COLUMN_DOUBLES) : action(op.action), run: UInt8(run),
        offset: UInt16(op.offset), first_name: 0, name_count: 0)
      if op.action == .code {
        let code = Int(op.codes)
        column.first_name = UInt16(keys.codes[..<code].reduce(0) { $0 + $1.names.count })
        column.name_count = UInt16(keys.codes[code].names.count)
      }
      columns.append(column)
    }
    return columns
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

  /// A copy of the values in memory that lives as long as this object.
  private func keep<T: BitwiseCopyable>(_ values: [T]) -> UnsafeMutablePointer<T> {
    let block = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(1, values.count) * MemoryLayout<T>.stride, alignment: 64)
    unsafe blocks.append(block)
    let typed = unsafe block.bindMemory(to: T.self)
    for (i, value) in values.enumerated() { unsafe typed[i] = value }
    return typed.baseAddress!
  }

  /// A factor that gives each type's first word a slot of its own.
  private static let multiplier: UInt64 = {
    let words = Schema.all.map { schema in
      Array("\"\(schema.name)\",[".utf8).prefix(8).reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
    }
    var factor: UInt64 = 0x9E37_79B9_7F4A_7C15
    while Set(words.map { unsafe SectionView.slot($0, factor) }).count < words.count {
      factor = factor &* 0xD134_2543_DE82_EF95 &+ 2
    }
    return factor
  }()
}

/// A look at a `SectionTable` that costs nothing to copy.
@unsafe
struct SectionView {
  let sections: UnsafePointer<Section>
  let index: UnsafePointer<UInt8>
  let multiplier: UInt64

  @inline(__always)
  static func slot(_ word: UInt64, _ multiplier: UInt64) -> Int {
    Int(truncatingIfNeeded: (word &* multiplier) &>> UInt64(64 - SectionTable.indexBits))
  }
}
