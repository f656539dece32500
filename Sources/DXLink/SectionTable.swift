import CShims
import JSON
import Market

/// The sections of all types on one channel, compiled from its column plans. Immutable.
///
/// A type's rows can be predicted where the symbol is the first column, or the second one behind the type's name, and
/// every other column is a known field that is asked for once.
@safe
final class SectionTable {
  private let sections: UnsafeMutablePointer<qw_section>
  /// `EventType.index` by a hash of the first eight bytes of `"Quote",[`; 0xFF for none.
  private let index: UnsafeMutablePointer<UInt8>
  private let memory: CompiledColumns

  init(_ plans: [ColumnPlan], _ keys: [FieldKeys], _ level: SIMDLevel) {
    unsafe sections = .allocate(capacity: plans.count)
    unsafe index = .allocate(capacity: 1 << Int(QW_SECTION_BITS))
    memory = CompiledColumns(level)
    unsafe index.initialize(repeating: UInt8(QW_NO_SECTION), count: 1 << Int(QW_SECTION_BITS))
    for (i, plan) in plans.enumerated() {
      unsafe (sections + i).initialize(to: Self.section(plan, keys[i], memory))
      unsafe index[SectionView.slot(sections[i].opening.words.0, Self.multiplier)] = UInt8(i)
    }
  }

  deinit {
    unsafe sections.deallocate()
    unsafe index.deallocate()
  }

  /// Good as long as this object.
  var view: SectionView {
    unsafe SectionView(sections: UnsafePointer(sections), index: UnsafePointer(index), multiplier: Self.multiplier)
  }

  // MARK: Compiling

  private static func section(_ plan: ColumnPlan, _ keys: FieldKeys, _ memory: CompiledColumns) -> qw_section {
    let text = [0x22] + keys.typeName + [0x22, 0x2C, 0x5B]
    let hasName = plan.ops.first?.action == .eventType
    let rest = Array(plan.ops.dropFirst(hasName ? 2 : 1))
    let hasSymbol = plan.ops.dropFirst(hasName ? 1 : 0).first?.action == .symbol
    let name = hasName ? Array(text.dropLast()) : []
    let columns = hasSymbol ? unsafe memory.columns(rest, opening: name, keys) : nil
    return unsafe qw_section(columns: columns, opening: CompiledColumns.key(text), opening_bytes: text.count)
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
  let sections: UnsafePointer<qw_section>
  let index: UnsafePointer<UInt8>
  let multiplier: UInt64

  @inline(__always)
  static func slot(_ word: UInt64, _ multiplier: UInt64) -> Int {
    Int(qw_section_slot(word, multiplier))
  }
}

/// A text of up to `8 * count` bytes to compare with, as words.
struct Words<let count: Int> {
  /// Zeros stand behind the text.
  var words = InlineArray<count, UInt64>(repeating: 0)
  var masks = InlineArray<count, UInt64>(repeating: 0)
  var byteCount: Int

  init(_ text: [UInt8]) {
    precondition(text.count <= 8 * count)
    byteCount = text.count
    for (i, byte) in text.enumerated() {
      words[i / 8] |= UInt64(byte) << UInt64(i % 8 * 8)
      masks[i / 8] |= 0xFF << UInt64(i % 8 * 8)
    }
  }

  /// Whether the text stands at `start`.
  @inline(__always)
  func stands(at start: UnsafeRawPointer) -> Bool {
    var different: UInt64 = 0
    for i in 0..<count {
      different |= unsafe (start.loadUnaligned(fromByteOffset: 8 &* i, as: UInt64.self) ^ words[i]) & masks[i]
    }
    return different == 0
  }
}
