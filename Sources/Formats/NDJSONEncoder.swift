package import Bytes
package import Market
package import Rings

/// Events of all types as NDJSON: one JSON object (RFC 8259) a line, keys in a fixed order, every field of the schema
/// always present, so that tables made of it have stable columns.
///
///    
/// {"eventType":"Quote","eventSymbol":"AAPL","eventTime":0,…,"bidPrice":171.25,…,"receivedNanos":1772461800125000000}
///
/// NaN and the infinities are the strings that the wire has (`"NaN"`). Integers can exceed 2^53.
package struct NDJSONEncoder: Sendable {
  /// By `EventType.index`.
  private let plans: [RowPlan]

  package init() {
    plans = Schema.all.map { schema in
      RowPlan(
        schema,
        prefix: { i, name in (i == 0 ? "{\"eventType\":\"\(schema.name)\",\"" : ",\"") + name + "\":" },
        code: { "\"\($0)\"" },
        suffix: "}\n")
    }
  }

  /// One line. Bytes that are no event, such as a gap mark, give none: see `append(_:to:)`.
  package func append(_ event: EventRef, _ texts: TextStore, to out: inout ByteWriter) {
    guard let type = event.type else { return }
    let plan = plans[type.index]
    unsafe plan.bytes.withUnsafeBytes { bytes in
      for step in plan.steps {
        unsafe out.append(contentsOf: bytes.part(step.prefix))
        switch step.kind {
        case .double: appendDouble(event.load(step.offset), &out)
        case .int64: out.append(decimal: event.load(step.offset, as: Int64.self))
        case .int32: out.append(decimal: Int64(event.load(step.offset, as: Int32.self)))
        case .flags: out.append(decimal: Int64(event.load(step.offset, as: UInt8.self)))
        case .bool:
          if event.load(step.offset, as: UInt8.self) != 0 { out.append("true") } else { out.append("false") }
        case .code:
          let code = event.load(step.offset, as: UInt8.self)
          if code < step.codeCount {
            unsafe out.append(contentsOf: bytes.part(plan.codes[step.firstCode &+ Int(code)]))
          } else {
            out.append("null")
          }
        case .char: JSONText.append(event.load(step.offset, as: CharCode.self), to: &out)
        case .symbol: appendSymbol(event.symbol, texts, &out)
        case .text: appendText(event.load(step.offset), texts, &out)
        case .json: appendRaw(event.load(step.offset), texts, &out)
        }
      }
      unsafe out.append(contentsOf: bytes.part(plan.suffix))
    }
  }

  private func appendDouble(_ value: Double, _ out: inout ByteWriter) {
    if value.isFinite {
      out.append(shortest: value)
    } else if value.isNaN {
      out.append("\"NaN\"")
    } else if value < 0 {
      out.append("\"-Infinity\"")
    } else {
      out.append("\"Infinity\"")
    }
  }

  private func appendSymbol(_ id: TextID, _ texts: TextStore, _ out: inout ByteWriter) {
    if id.rawValue == 0 {
      out.append("null")
    } else {
      unsafe texts.withText(id.rawValue) { b in unsafe JSONText.append(b, to: &out) }
    }
  }

  private func appendText(_ text: Text, _ texts: TextStore, _ out: inout ByteWriter) {
    if text.isNull {
      out.append("null")
    } else {
      unsafe text.withBytes(texts) { b in unsafe JSONText.append(b, to: &out) }
    }
  }

  /// An attachment, which is JSON already. Line breaks can stand only between its tokens: they become blanks.
  private func appendRaw(_ text: Text, _ texts: TextStore, _ out: inout ByteWriter) {
    // Empty is no JSON value.
    if text.isNull || text == .empty {
      out.append("null")
      return
    }
    unsafe text.withBytes(texts) { b in
      let count = b.count
      unsafe out.appendUnsafe(room: count) { p in
        for i in 0..<count {
          let byte = unsafe b[i]
          unsafe p[i] = byte == 0x0A || byte == 0x0D ? 0x20 : byte
        }
        return count
      }
    }
  }
}

/// Texts and characters as JSON strings.
enum JSONText {
  static func append(_ text: UnsafeRawBufferPointer, to out: inout ByteWriter) {
    out.append(0x22)
    var copied = 0
    for i in 0..<text.count {
      let byte = unsafe text[i]
      if byte >= 0x20 && byte != 0x22 && byte != 0x5C { continue }
      unsafe out.append(contentsOf: UnsafeRawBufferPointer(rebasing: text[copied..<i]))
      appendEscape(byte, to: &out)
      copied = i &+ 1
    }
    unsafe out.append(contentsOf: UnsafeRawBufferPointer(rebasing: text[copied...]))
    out.append(0x22)
  }

  /// One character, `""` for none; a lone surrogate as its escape.
  static func append(_ char: CharCode, to out: inout ByteWriter) {
    let unit = char.rawValue
    if unit == 0 {
      out.append("\"\"")
    } else if unit & 0xF800 == 0xD800 {
      out.append(0x22)
      Hexadecimal.appendEscape(unit, to: &out)
      out.append(0x22)
    } else {
      unsafe UTF8Unit(unit).withBytes { b in unsafe append(b, to: &out) }
    }
  }

  private static func appendEscape(_ byte: UInt8, to out: inout ByteWriter) {
    switch byte {
    case 0x22: out.append("\\\"")
    case 0x5C: out.append("\\\\")
    case 0x0A: out.append("\\n")
    case 0x0D: out.append("\\r")
    case 0x09: out.append("\\t")
    default: Hexadecimal.appendEscape(UInt16(byte), to: &out)
    }
  }
}
