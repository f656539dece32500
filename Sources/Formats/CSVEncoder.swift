package import Bytes
package import Market
package import Rings

/// Events of one type as CSV (RFC 4180): a header line with the names of the schema's fields and `receivedNanos`, then
/// a row an event.
///
///     eventSymbol,eventTime,sequence,…,bidPrice,bidSize,…,askSize,receivedNanos
///     AAPL,0,0,…,171.25,300.0,…,500.0,1772461800125000000
///
/// Lines end in LF. A text is quoted where it holds a comma, a quote, CR or LF, begins or ends with a blank, or is
/// empty: an empty field is null, `""` the empty text.
package struct CSVEncoder: Sendable {
  /// How NaN, the feed's "not available", is written.
  package enum NaNForm: Sendable {
    /// An empty field.
    case empty
    /// `NaN`.
    case name
  }

  package let type: EventType
  package let nanForm: NaNForm
  private let program: RowProgram

  package init(_ type: EventType, nanForm: NaNForm = .empty) {
    self.type = type
    self.nanForm = nanForm
    program = RowProgram(
      [Schema.of(type)],
      RowProgram.Spelling(prefix: { _, i, _ in i == 0 ? "" : "," }, code: { $0 }, suffixCount: 1))
  }

  /// The header line.
  package func appendHeader(to out: inout ByteWriter) {
    for (i, name) in RowProgram.columnNames(Schema.of(type)).enumerated() {
      if i > 0 { out.append(0x2C) }
      out.append(name)
    }
    out.append(0x0A)
  }

  /// One row; the event must be of the encoder's type.
  package func append(_ event: EventRef, _ texts: TextStore, to out: inout ByteWriter) {
    precondition(event.typeByte == type.rawValue, "an encoder writes one type of event")
    let row = unsafe program.rows + type.index
    let symbol = unsafe texts.loan(event.symbol.rawValue)
    var room = unsafe row.pointee.room &+ CSVText.room(symbol.count)
    if unsafe row.pointee.hasTexts { room = unsafe room &+ program.textRoom(event, row, texts, CSVText.room) }
    unsafe out.appendUnsafe(room: room) { start in
      var p = unsafe start
      // An id of 0 is no text.
      if event.symbol.rawValue != 0 { unsafe p += CSVText.write(symbol, p) }
      unsafe p = appendFields(event, row, texts, p)
      unsafe p[0] = 0x0A
      return unsafe p - start + 1
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
      unsafe p[0] = 0x2C
      unsafe p += 1
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
        }
      case .char: unsafe p += CSVText.write(field.loadUnaligned(as: CharCode.self), p)
      case .symbol, .text, .json: unsafe p += writeText(field.loadUnaligned(as: Text.self), texts, p)
      }
      unsafe operation += 1
    }
    return unsafe p
  }

  @inline(__always)
  private func writeDouble(_ value: Double, _ to: UnsafeMutablePointer<UInt8>) -> Int {
    if value.isFinite { return unsafe NumberText.writeShortest(value, to) }
    if value.isNaN {
      if nanForm == .empty { return 0 }
      unsafe to[0] = 0x4E
      unsafe to[1] = 0x61
      unsafe to[2] = 0x4E
      return 3
    }
    return unsafe InfinityText.write(value, to)
  }

  @inline(never)
  private func writeText(_ text: Text, _ texts: TextStore, _ to: UnsafeMutablePointer<UInt8>) -> Int {
    if text.isNull { return 0 }
    var count = 0
    unsafe text.withBytes(texts) { b in unsafe count = CSVText.write(b, to) }
    return count
  }
}

/// Texts and characters as CSV fields.
enum CSVText {
  /// Bytes that a text of so many may take: quotes around it, each byte doubled.
  static func room(_ count: Int) -> Int { 2 &* count &+ 2 }

  /// There must be `room` for the text. Returns what was written.
  @inline(__always)
  static func write(_ text: UnsafeRawBufferPointer, _ to: UnsafeMutablePointer<UInt8>) -> Int {
    let count = text.count
    if count > 0, unsafe TextBytes.copy(text, to, suspect: 0x2C), unsafe to[0] != 0x20 && to[count &- 1] != 0x20 {
      return count
    }
    return unsafe writeWithCare(text, to)
  }

  @inline(never)
  private static func writeWithCare(_ text: UnsafeRawBufferPointer, _ to: UnsafeMutablePointer<UInt8>) -> Int {
    guard unsafe needsQuotes(text) else {
      // Copied already: what was suspect is none of ours.
      return text.count
    }
    unsafe to[0] = 0x22
    var at = 1
    for i in 0..<text.count {
      let byte = unsafe text[i]
      if byte == 0x22 {
        unsafe to[at] = byte
        at &+= 1
      }
      unsafe to[at] = byte
      at &+= 1
    }
    unsafe to[at] = 0x22
    return at &+ 1
  }

  private static func needsQuotes(_ text: UnsafeRawBufferPointer) -> Bool {
    let count = text.count
    if count == 0 { return true }
    if unsafe isBlank(text[0]) || isBlank(text[count &- 1]) { return true }
    for i in 0..<count {
      switch unsafe text[i] {
      case 0x22, 0x2C, 0x0A, 0x0D: return true
      default: continue
      }
    }
    return false
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  /// Nothing for none. What UTF-8 or a line cannot hold, lone surrogates and control characters, as `\uD800`.
  @inline(__always)
  static func write(_ char: CharCode, _ to: UnsafeMutablePointer<UInt8>) -> Int {
    let unit = char.rawValue
    if unit == 0 { return 0 }
    // Letters and digits, which are nearly all.
    if unit &- 0x30 < 0x4B {
      unsafe to[0] = UInt8(truncatingIfNeeded: unit)
      return 1
    }
    return unsafe writeRare(unit, to)
  }

  @inline(never)
  private static func writeRare(_ unit: UInt16, _ to: UnsafeMutablePointer<UInt8>) -> Int {
    if unit < 0x20 || unit == 0x7F || unit & 0xF800 == 0xD800 { return unsafe Hexadecimal.writeEscape(unit, to) }
    var count = 0
    unsafe UTF8Unit(unit).withBytes { b in unsafe count = write(b, to) }
    return count
  }
}
