package import Bytes
import DXLink
package import Market
package import Rings

/// How the rows of one event type are written: one step a column.
///
/// Doubles stand as Java writes them (`100.0`, `1.3743299E7`, `"NaN"`), which reads back to the same bits; a name that
/// the model does not have gives `null` in its column, as the hostile preset and tests want it.
package struct RowPlan: Sendable {
  package let type: EventType
  package let names: [String]
  private let steps: [Step]

  private enum Step: Sendable {
    case typeName
    case field(Field)
    case unknown
  }

  package init(_ type: EventType, _ names: [String]) {
    self.type = type
    self.names = names
    let schema = Schema.of(type)
    steps = names.map { name in
      if name == "eventType" { return .typeName }
      return schema.field(name).map { .field($0) } ?? .unknown
    }
  }

  /// Appends the values of one COMPACT row, `1,2,"x"`.
  package func appendCompact(_ event: EventRef, _ texts: TextStore, to out: inout ByteWriter) {
    for i in steps.indices {
      if i > 0 { out.append(UInt8(ascii: ",")) }
      append(steps[i], event, texts, &out)
    }
  }

  /// Appends one FULL object. `eventType` is its first key: the Java client relies on it.
  package func appendFull(_ event: EventRef, _ texts: TextStore, to out: inout ByteWriter) {
    out.append("{\"eventType\":")
    append(.typeName, event, texts, &out)
    for i in steps.indices {
      if case .typeName = steps[i] { continue }
      out.append(UInt8(ascii: ","))
      JSONText.append(names[i], to: &out)
      out.append(UInt8(ascii: ":"))
      append(steps[i], event, texts, &out)
    }
    out.append(UInt8(ascii: "}"))
  }

  private func append(_ step: Step, _ event: EventRef, _ texts: TextStore, _ out: inout ByteWriter) {
    switch step {
    case .typeName:
      out.append(UInt8(ascii: "\""))
      out.append(type.name)
      out.append(UInt8(ascii: "\""))
    case .unknown: out.append("null")
    case .field(let field): append(field, event, texts, &out)
    }
  }

  private func append(_ field: Field, _ event: EventRef, _ texts: TextStore, _ out: inout ByteWriter) {
    switch field.kind {
    case .symbol: unsafe texts.withText(event.symbol.rawValue) { unsafe JSONText.append(string: $0, to: &out) }
    case .double: Self.append(event.load(field.offset, as: Double.self), &out)
    case .int64: out.append(decimal: event.load(field.offset, as: Int64.self))
    case .int32: out.append(decimal: Int64(event.load(field.offset, as: Int32.self)))
    case .flags: out.append(decimal: UInt64(event.load(field.offset, as: UInt8.self)))
    case .bool: out.append(event.load(field.offset, as: UInt8.self) != 0 ? "true" : "false")
    case .code: append(code: Int(event.load(field.offset, as: UInt8.self)), field, &out)
    case .char: Self.append(unit: event.load(field.offset, as: UInt16.self), &out)
    case .text, .json: Self.append(event.load(field.offset, as: Text.self), field.kind == .json, texts, &out)
    }
  }

  private static func append(_ value: Double, _ out: inout ByteWriter) {
    if value.isFinite {
      out.append(javaForm: value)
    } else {
      out.append(value.isNaN ? "\"NaN\"" : value > 0 ? "\"Infinity\"" : "\"-Infinity\"")
    }
  }

  /// A name that was not known when it was decoded comes out as a name that nobody knows.
  private func append(code: Int, _ field: Field, _ out: inout ByteWriter) {
    let names = field.codes?.names ?? []
    out.append(UInt8(ascii: "\""))
    out.append(code < names.count ? names[code] : "?")
    out.append(UInt8(ascii: "\""))
  }

  private static func append(unit: UInt16, _ out: inout ByteWriter) {
    guard unit != 0 else { return out.append("\"\"") }
    if let scalar = Unicode.Scalar(unit) { return JSONText.append(String(Character(scalar)), to: &out) }
    // Half of a surrogate pair stands only as an escape.
    out.append("\"\\u" + String(unit, radix: 16) + "\"")
  }

  private static func append(_ text: Text, _ isJSON: Bool, _ texts: TextStore, _ out: inout ByteWriter) {
    if let id = text.id {
      unsafe texts.withText(id.rawValue) { bytes in
        if isJSON { unsafe out.append(contentsOf: bytes) } else { unsafe JSONText.append(string: bytes, to: &out) }
      }
    } else if let count = text.inlineCount {
      var word = text.word
      unsafe withUnsafeBytes(of: &word) { bytes in
        let own = unsafe UnsafeRawBufferPointer(rebasing: bytes[..<count])
        // An attachment without any text is none.
        if isJSON { unsafe count == 0 ? out.append("null") : out.append(contentsOf: own) } else {
          unsafe JSONText.append(string: own, to: &out)
        }
      }
    } else {
      out.append("null")
    }
  }
}
