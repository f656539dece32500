import Bytes

/// Writes a flatbuffer front to back: a table first, what it refers to behind it, so that every offset points forward.
///
///     root offset | … | vtable: its bytes, table's bytes, offset of each slot | table: distance to vtable, slots
///     vector: count UInt32, elements          text: count UInt32, bytes, 0
struct FlatWriter: ~Copyable {
  /// What a table's slot holds; `reference` is set by what is written `from` its place.
  enum Slot {
    case none, byte(UInt8), short(Int16), int(Int32), long(Int64), reference

    var width: Int {
      switch self {
      case .none: 0
      case .byte: 1
      case .short: 2
      case .int, .reference: 4
      case .long: 8
      }
    }
  }

  private var out = ByteWriter(capacity: 4096)

  /// Room for the root's offset.
  init() { out.append(raw: UInt32(0)) }

  /// Where the root's offset stands.
  static var root: Int { 0 }
  var bytes: [UInt8] { out.array }

  /// Writes a table, refers to it from the slot at `from`, and returns where each of its own slots stands.
  mutating func table(from: Int, _ slots: [Slot]) -> [Int] {
    let vtableBytes = 4 + 2 * slots.count
    let table = (out.count + vtableBytes + 7) / 8 * 8
    pad(to: table - vtableBytes)
    var offsets = [Int](repeating: 0, count: slots.count)
    var end = 4
    for width in [8, 4, 2, 1] {
      for i in slots.indices where slots[i].width == width {
        end = (end + width - 1) / width * width
        offsets[i] = end
        end += width
      }
    }
    out.append(raw: UInt16(vtableBytes))
    out.append(raw: UInt16(end))
    for offset in offsets { out.append(raw: UInt16(offset)) }
    out.append(raw: Int32(vtableBytes))
    pad(to: table + end)
    for (i, slot) in slots.enumerated() {
      let at = table + offsets[i]
      switch slot {
      case .none, .reference: break
      case .byte(let value): out.overwrite(at: at, raw: value)
      case .short(let value): out.overwrite(at: at, raw: value)
      case .int(let value): out.overwrite(at: at, raw: value)
      case .long(let value): out.overwrite(at: at, raw: value)
      }
    }
    refer(from, table)
    return offsets.map { table + $0 }
  }

  /// Begins a vector of `count` references and returns where they stand.
  mutating func references(from: Int, _ count: Int) -> [Int] {
    vector(from: from, count, elementBytes: 4, alignment: 4)
  }

  /// Begins a vector of elements that are all zero, and returns where each stands.
  mutating func vector(from: Int, _ count: Int, elementBytes: Int, alignment: Int) -> [Int] {
    pad(to: (out.count + 4 + alignment - 1) / alignment * alignment - 4)
    refer(from, out.count)
    out.append(raw: UInt32(count))
    let first = out.count
    pad(to: first + count * elementBytes)
    return (0..<count).map { first + $0 * elementBytes }
  }

  mutating func text(from: Int, _ text: String) {
    pad(to: (out.count + 3) / 4 * 4)
    refer(from, out.count)
    out.append(raw: UInt32(text.utf8.count))
    out.append(text)
    out.append(UInt8(0))
  }

  mutating func set<T: BitwiseCopyable>(_ at: Int, _ value: T) { out.overwrite(at: at, raw: value) }

  private mutating func refer(_ from: Int, _ to: Int) { out.overwrite(at: from, raw: UInt32(to - from)) }

  private mutating func pad(to count: Int) {
    while out.count < count { out.append(UInt8(0)) }
  }
}
