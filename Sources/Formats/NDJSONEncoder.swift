package import Bytes
package import Market
package import Rings

/// Events of all types as NDJSON: one JSON object (RFC 8259) a line, keys in a fixed order, every field of the schema
/// always present, so that tables made of it have stable columns.
///
///     {"eventType":"Quote","eventSymbol":"AAPL","eventTime":0,…,"bidPrice":171.25,…,"receivedNanos":1772461800125}
///
/// NaN and the infinities are the strings that the wire has (`"NaN"`). Integers can exceed 2^53.
package struct NDJSONEncoder: Sendable {
  private let program: RowProgram

  package init() {
    program = RowProgram(
      Schema.all,
      RowProgram.Spelling(
        prefix: { schema, i, name in (i == 0 ? "{\"eventType\":\"\(schema.name)\",\"" : ",\"") + name + "\":" },
        code: { "\"\($0)\"" }, suffixCount: 2))
  }

  /// One line. Bytes that are no event, such as a gap mark, give none: see `append(_:to:)`.
  package func append(_ event: EventRef, _ texts: TextStore, to out: inout ByteWriter) {
    guard let type = event.type else { return }
    let row = unsafe program.rows + type.index
    let symbol = unsafe texts.loan(event.symbol.rawValue)
    var room = unsafe row.pointee.room &+ NDJSONText.room(symbol.count)
    if unsafe row.pointee.hasTexts { room = unsafe room &+ program.textRoom(event, row, texts, NDJSONText.room) }
    unsafe out.appendUnsafe(room: room) { start in
      unsafe UnsafeMutableRawPointer(start).storeBytes(of: row.pointee.head, as: SIMD64<UInt8>.self)
      var p = unsafe start + Int(row.pointee.headCount)
      // An id of 0 is no text.
      unsafe p = p + (event.symbol.rawValue == 0 ? NDJSONText.writeNull(p) : NDJSONText.write(symbol, p))
      unsafe p = appendFields(event, row, texts, p)
      unsafe p[0] = 0x7D
      unsafe p[1] = 0x0A
      return unsafe p - start + 2
    }
  }

  /// All columns but the first. There is room for them, by `RowProgram.Row.room` and `RowProgram.textRoom`.
  @inline(__always)
  private func appendFields(
    _ event: EventRef, _ row: UnsafePointer<RowProgram.Row>, _ texts: TextStore, _ start: UnsafeMutablePointer<UInt8>
  ) -> UnsafeMutablePointer<UInt8> {
    var p = unsafe start
    var operation = unsafe program.operations + Int(row.pointee.first)
    let end = unsafe operation + Int(row.pointee.count)
    while unsafe operation < end {
      unsafe UnsafeMutableRawPointer(p).storeBytes(of: operation.pointee.prefix, as: RowProgram.Piece.self)
      unsafe p += Int(operation.pointee.prefixCount)
      let field = unsafe event.base + Int(operation.pointee.offset)
      switch unsafe operation.pointee.kind {
      case .double: unsafe p += writeDouble(field.loadUnaligned(as: Double.self), p)
      case .int64: unsafe p += NumberText.write(field.loadUnaligned(as: Int64.self), p)
      case .int32: unsafe p += NumberText.write(Int64(field.loadUnaligned(as: Int32.self)), p)
      case .flags: unsafe p += NumberText.write(UInt64(field.loadUnaligned(as: UInt8.self)), p)
      case .bool: unsafe p += BoolText.write(field.loadUnaligned(as: UInt8.self) != 0, p)
      case .code:
        let code = unsafe field.loadUnaligned(as: UInt8.self)
        if unsafe code < operation.pointee.codeCount {
          let name = unsafe program.codes + (Int(operation.pointee.firstCode) &+ Int(code))
          unsafe UnsafeMutableRawPointer(p).storeBytes(of: name.pointee.name, as: RowProgram.Piece.self)
          unsafe p += name.pointee.count
        } else {
          unsafe p += NDJSONText.writeNull(p)
        }
      case .char: unsafe p += NDJSONText.write(field.loadUnaligned(as: CharCode.self), p)
      case .symbol, .text: unsafe p += writeText(field.loadUnaligned(as: Text.self), texts, p)
      case .json: unsafe p += writeRaw(field.loadUnaligned(as: Text.self), texts, p)
      }
      unsafe operation += 1
    }
    return unsafe p
  }

  @inline(__always)
  private func writeDouble(_ value: Double, _ to: UnsafeMutablePointer<UInt8>) -> Int {
    if value.isFinite { return unsafe NumberText.writeShortest(value, to) }
    if value.isNaN {
      let word: UInt64 = 0x22_4E61_4E22
      unsafe UnsafeMutableRawPointer(to).storeBytes(of: word.littleEndian, as: UInt64.self)
      return 5
    }
    unsafe to[0] = 0x22
    let count = unsafe InfinityText.write(value, to + 1)
    unsafe to[count &+ 1] = 0x22
    return count &+ 2
  }

  @inline(never)
  private func writeText(_ text: Text, _ texts: TextStore, _ to: UnsafeMutablePointer<UInt8>) -> Int {
    if text.isNull { return unsafe NDJSONText.writeNull(to) }
    var count = 0
    unsafe text.withBytes(texts) { b in unsafe count = NDJSONText.write(b, to) }
    return count
  }

  /// An attachment, which is JSON already. Line breaks can stand only between its tokens: they become blanks.
  @inline(never)
  private func writeRaw(_ text: Text, _ texts: TextStore, _ to: UnsafeMutablePointer<UInt8>) -> Int {
    // Empty is no JSON value.
    if text.isNull || text == .empty { return unsafe NDJSONText.writeNull(to) }
    var count = 0
    unsafe text.withBytes(texts) { b in
      count = b.count
      for i in 0..<count {
        let byte = unsafe b[i]
        unsafe to[i] = byte == 0x0A || byte == 0x0D ? 0x20 : byte
      }
    }
    return count
  }
}

/// Texts and characters as JSON strings.
enum NDJSONText {
  /// Bytes that a text of so many may take: quotes around it, each byte an escape of six.
  static func room(_ count: Int) -> Int { 6 &* count &+ 2 }

  @inline(__always)
  static func writeNull(_ to: UnsafeMutablePointer<UInt8>) -> Int {
    let word: UInt32 = 0x6C6C_756E
    unsafe UnsafeMutableRawPointer(to).storeBytes(of: word.littleEndian, as: UInt32.self)
    return 4
  }

  /// There must be `room` for the text. Returns what was written.
  @inline(__always)
  static func write(_ text: UnsafeRawBufferPointer, _ to: UnsafeMutablePointer<UInt8>) -> Int {
    unsafe to[0] = 0x22
    if unsafe TextBytes.copy(text, to + 1, suspect: 0x5C) {
      unsafe to[text.count &+ 1] = 0x22
      return text.count &+ 2
    }
    return unsafe writeWithEscapes(text, to)
  }

  @inline(never)
  private static func writeWithEscapes(_ text: UnsafeRawBufferPointer, _ to: UnsafeMutablePointer<UInt8>) -> Int {
    unsafe to[0] = 0x22
    var at = 1
    for i in 0..<text.count {
      let byte = unsafe text[i]
      if byte >= 0x20 && byte != 0x22 && byte != 0x5C {
        unsafe to[at] = byte
        at &+= 1
      } else {
        unsafe at &+= writeEscape(byte, to + at)
      }
    }
    unsafe to[at] = 0x22
    return at &+ 1
  }

  /// One character, `""` for none; a lone surrogate as its escape.
  @inline(__always)
  static func write(_ char: CharCode, _ to: UnsafeMutablePointer<UInt8>) -> Int {
    let unit = char.rawValue
    unsafe to[0] = 0x22
    if unit == 0 {
      unsafe to[1] = 0x22
      return 2
    }
    // Letters and digits, which are nearly all.
    if unit &- 0x30 < 0x2B {
      unsafe to[1] = UInt8(truncatingIfNeeded: unit)
      unsafe to[2] = 0x22
      return 3
    }
    return unsafe writeRare(unit, to)
  }

  @inline(never)
  private static func writeRare(_ unit: UInt16, _ to: UnsafeMutablePointer<UInt8>) -> Int {
    var count = 0
    if unit & 0xF800 == 0xD800 {
      unsafe count = 1 &+ Hexadecimal.writeEscape(unit, to + 1)
      unsafe to[count] = 0x22
      return count &+ 1
    }
    unsafe UTF8Unit(unit).withBytes { b in unsafe count = write(b, to) }
    return count
  }

  private static func writeEscape(_ byte: UInt8, _ to: UnsafeMutablePointer<UInt8>) -> Int {
    let letter: UInt8
    switch byte {
    case 0x22, 0x5C: letter = byte
    case 0x0A: letter = 0x6E
    case 0x0D: letter = 0x72
    case 0x09: letter = 0x74
    default: return unsafe Hexadecimal.writeEscape(UInt16(byte), to)
    }
    unsafe to[0] = 0x5C
    unsafe to[1] = letter
    return 2
  }
}
