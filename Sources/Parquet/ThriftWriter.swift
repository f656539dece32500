import Bytes

/// Thrift's compact protocol, as far as Parquet needs it.
///
///     field      distance to the last field's number << 4 | type, the value
///     number     zigzag varint            text   count varint, bytes
///     list       count << 4 | type, or F << 4 | type and the count; the elements
struct ThriftWriter: ~Copyable {
  enum Kind: UInt8 {
    case yes = 1, no = 2, byte = 3, short = 4, int = 5, long = 6, text = 8, list = 9, structure = 12
  }

  private var out = ByteWriter(capacity: 4096)
  /// The last field's number in each structure that is open.
  private var last: [Int16] = [0]

  var bytes: ByteWriter {
    _read { yield out }
  }

  mutating func removeAll() {
    out.removeAll()
    last.removeAll(keepingCapacity: true)
    last.append(0)
  }

  private mutating func field(_ number: Int16, _ kind: Kind) {
    let distance = number - last[last.count - 1]
    precondition(distance > 0 && distance < 16, "fields come in the order of their numbers")
    out.append(UInt8(distance) << 4 | kind.rawValue)
    last[last.count - 1] = number
  }

  mutating func int(_ number: Int16, _ value: Int32) {
    field(number, .int)
    varint(zigzag: Int64(value))
  }

  mutating func short(_ number: Int16, _ value: Int16) {
    field(number, .short)
    varint(zigzag: Int64(value))
  }

  mutating func byte(_ number: Int16, _ value: Int8) {
    field(number, .byte)
    out.append(UInt8(bitPattern: value))
  }

  mutating func long(_ number: Int16, _ value: Int64) {
    field(number, .long)
    varint(zigzag: value)
  }

  mutating func bool(_ number: Int16, _ value: Bool) { field(number, value ? .yes : .no) }

  mutating func text(_ number: Int16, _ bytes: [UInt8]) {
    field(number, .text)
    element(bytes)
  }

  mutating func text(_ number: Int16, _ text: String) { self.text(number, Array(text.utf8)) }

  mutating func begin(_ number: Int16) {
    field(number, .structure)
    last.append(0)
  }

  /// A structure that is an element of a list.
  mutating func beginElement() { last.append(0) }

  mutating func end() {
    out.append(UInt8(0))
    last.removeLast()
  }

  /// Ends the outermost structure.
  mutating func endAll() { out.append(UInt8(0)) }

  mutating func list(_ number: Int16, _ kind: Kind, _ count: Int) {
    field(number, .list)
    if count < 15 {
      out.append(UInt8(count) << 4 | kind.rawValue)
    } else {
      out.append(0xF0 | kind.rawValue)
      Varint.append(UInt64(count), to: &out)
    }
  }

  mutating func element(_ value: Int32) { varint(zigzag: Int64(value)) }
  mutating func element(_ value: Int64) { varint(zigzag: value) }
  mutating func element(_ value: Bool) { out.append(value ? Kind.yes.rawValue : Kind.no.rawValue) }
  mutating func element(_ bytes: [UInt8]) {
    Varint.append(UInt64(bytes.count), to: &out)
    out.append(bytes)
  }

  private mutating func varint(zigzag value: Int64) { Varint.append(Varint.zigzag(value), to: &out) }
}

/// Numbers of seven bits a byte, lowest first.
enum Varint {
  static func zigzag(_ value: Int64) -> UInt64 { UInt64(bitPattern: value << 1 ^ value >> 63) }

  static func append(_ value: UInt64, to out: inout ByteWriter) {
    var left = value
    while left >= 0x80 {
      out.append(UInt8(truncatingIfNeeded: left) | 0x80)
      left >>= 7
    }
    out.append(UInt8(left))
  }
}
