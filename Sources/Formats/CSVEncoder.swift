package import Bytes
package import Market
package import Rings

/// Events of one type as CSV (RFC 4180): a header line with the names of the schema's fields and `receivedNanos`, then
/// a
/// row an event.
///
///     eventSymbol,eventTime,sequence,…,bidPrice,bidSize,…,askSize,receivedNanos
///     AAPL,0,0,…,171.25,300.0,…,500.0,1772461800125000000
///
/// Lines end in LF. A text is quoted where it holds a comma, a quote, CR or LF, begins or ends with a blank, or is
/// empty:
/// an empty field is null, `""` the empty text.
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
  private let plan: RowPlan

  package init(_ type: EventType, nanForm: NaNForm = .empty) {
    self.type = type
    self.nanForm = nanForm
    plan = RowPlan(
      Schema.of(type), prefix: { i, _ in i == 0 ? "" : "," }, code: { $0 }, suffix: "\n")
  }

  /// The header line.
  package func appendHeader(to out: inout ByteWriter) {
    for (i, name) in RowPlan.columnNames(Schema.of(type)).enumerated() {
      if i > 0 { out.append(0x2C) }
      out.append(name)
    }
    out.append(0x0A)
  }

  /// One row; the event must be of the encoder's type.
  package func append(_ event: EventRef, _ texts: TextStore, to out: inout ByteWriter) {
    precondition(event.typeByte == type.rawValue, "an encoder writes one type of event")
    unsafe plan.bytes.withUnsafeBytes { bytes in
      var isFirst = true
      for step in plan.steps {
        if !isFirst { out.append(0x2C) }
        isFirst = false
        unsafe appendField(event, step, texts, bytes, &out)
      }
    }
    out.append(0x0A)
  }

  private func appendField(
    _ event: EventRef, _ step: RowPlan.Step, _ texts: TextStore, _ bytes: UnsafeRawBufferPointer,
    _ out: inout ByteWriter
  ) {
    switch step.kind {
    case .double: appendDouble(event.load(step.offset), &out)
    case .int64: out.append(decimal: event.load(step.offset, as: Int64.self))
    case .int32: out.append(decimal: Int64(event.load(step.offset, as: Int32.self)))
    case .flags: out.append(decimal: Int64(event.load(step.offset, as: UInt8.self)))
    case .bool:
      if event.load(step.offset, as: UInt8.self) != 0 { out.append("true") } else { out.append("false") }
    case .code:
      let code = event.load(step.offset, as: UInt8.self)
      if code < step.codeCount { unsafe out.append(contentsOf: bytes.part(plan.codes[step.firstCode &+ Int(code)])) }
    case .char: CSVText.append(event.load(step.offset, as: CharCode.self), to: &out)
    case .symbol:
      let id = event.load(step.offset, as: TextID.self)
      if id.rawValue != 0 { unsafe texts.withText(id.rawValue) { b in unsafe CSVText.append(b, to: &out) } }
    case .text, .json:
      let text = event.load(step.offset, as: Text.self)
      if !text.isNull { unsafe text.withBytes(texts) { b in unsafe CSVText.append(b, to: &out) } }
    }
  }

  private func appendDouble(_ value: Double, _ out: inout ByteWriter) {
    if value.isFinite {
      out.append(shortest: value)
    } else if !value.isNaN {
      if value < 0 { out.append("-Infinity") } else { out.append("Infinity") }
    } else if nanForm == .name {
      out.append("NaN")
    }
  }
}

/// Texts and characters as CSV fields.
enum CSVText {
  static func append(_ text: UnsafeRawBufferPointer, to out: inout ByteWriter) {
    if unsafe needsQuotes(text) { unsafe appendQuoted(text, to: &out) } else { unsafe out.append(contentsOf: text) }
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

  private static func appendQuoted(_ text: UnsafeRawBufferPointer, to out: inout ByteWriter) {
    out.append(0x22)
    for i in 0..<text.count {
      let byte = unsafe text[i]
      if byte == 0x22 { out.append(0x22) }
      out.append(byte)
    }
    out.append(0x22)
  }

  /// Nothing for none. What UTF-8 or a line cannot hold, lone surrogates and control characters, as `\uD800`.
  static func append(_ char: CharCode, to out: inout ByteWriter) {
    let unit = char.rawValue
    if unit == 0 { return }
    if unit < 0x20 || unit == 0x7F || unit & 0xF800 == 0xD800 {
      Hexadecimal.appendEscape(unit, to: &out)
      return
    }
    unsafe UTF8Unit(unit).withBytes { b in unsafe append(b, to: &out) }
  }
}
