import Bytes
import EventSupport
import Formats
import Market
import Rings
import TestSupport
import Testing

/// Rows as they are told in docs/formats.md, made of strings, slowly.
private struct RowModel {
  let isJSON: Bool
  let nanForm: CSVEncoder.NaNForm
  let texts: TextStore

  func row(_ event: EventRef) -> String {
    guard let type = event.type else { return "" }
    let schema = Schema.of(type)
    var cells = schema.fields.map { ($0.name, cell(event, $0)) }
    cells.append(("receivedNanos", "\(event.receivedNanos)"))
    if !isJSON { return cells.map(\.1).joined(separator: ",") + "\n" }
    let pairs = [("eventType", quoted(schema.name))] + cells
    return "{" + pairs.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}\n"
  }

  private func cell(_ event: EventRef, _ field: Field) -> String {
    switch field.kind {
    case .double: return double(event.load(field.offset))
    case .int64: return "\(event.load(field.offset, as: Int64.self))"
    case .int32: return "\(event.load(field.offset, as: Int32.self))"
    case .flags: return "\(event.load(field.offset, as: UInt8.self))"
    case .bool: return event.load(field.offset, as: UInt8.self) != 0 ? "true" : "false"
    case .code:
      let names = field.codes?.names ?? []
      let code = Int(event.load(field.offset, as: UInt8.self))
      return code < names.count ? (isJSON ? quoted(names[code]) : names[code]) : null
    case .char: return char(event.load(field.offset, as: UInt16.self))
    case .symbol:
      return event.symbol.rawValue == 0 ? null : text(string(event.symbol, texts))
    case .text, .json:
      let value = event.load(field.offset, as: Text.self)
      guard let content = content(value) else { return null }
      if !isJSON || field.kind == .text { return text(content) }
      if content.isEmpty { return null }
      return String(content.map { $0 == "\n" || $0 == "\r" || $0 == "\r\n" ? " " : $0 })
    }
  }

  private var null: String { isJSON ? "null" : "" }

  private func content(_ text: Text) -> String? {
    if let id = text.id { return string(id, texts) }
    guard let count = text.inlineCount else { return nil }
    return String(decoding: (0..<count).map { UInt8(truncatingIfNeeded: text.word >> UInt64(8 * $0)) }, as: UTF8.self)
  }

  private func double(_ value: Double) -> String {
    if value.isFinite { return value.description }
    let name = value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity"
    if isJSON { return quoted(name) }
    return value.isNaN && nanForm == .empty ? "" : name
  }

  private func char(_ unit: UInt16) -> String {
    if unit == 0 { return isJSON ? "\"\"" : "" }
    let scalar = Unicode.Scalar(unit)
    let isControl = unit < 0x20 || unit == 0x7F
    guard let scalar, isJSON || !isControl else {
      let digits = String(unit, radix: 16, uppercase: true)
      let escape = "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      return isJSON ? "\"\(escape)\"" : escape
    }
    return text(String(scalar))
  }

  private func text(_ content: String) -> String {
    if isJSON { return quoted(content) }
    let bytes = Array(content.utf8)
    let blanks: [UInt8] = [0x20, 0x09]
    let hasBlank = bytes.first.map(blanks.contains) ?? true || bytes.last.map(blanks.contains) ?? true
    let isSpecial = bytes.contains { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }
    if !hasBlank && !isSpecial { return content }
    return "\"" + content.unicodeScalars.map { $0 == "\"" ? "\"\"" : String($0) }.joined() + "\""
  }

  private func quoted(_ content: String) -> String {
    let escaped = content.unicodeScalars.map { scalar in
      switch scalar {
      case "\"": return "\\\""
      case "\\": return "\\\\"
      case "\n": return "\\n"
      case "\r": return "\\r"
      case "\t": return "\\t"
      default:
        if scalar.value >= 0x20 { return String(scalar) }
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }
    }
    return "\"" + escaped.joined() + "\""
  }
}

@Suite("Rows against a plain model", .tags(.property))
struct RowModelTests {
  private func check(_ batch: borrowing EventBatch, _ texts: TextStore, _ type: EventType, _ note: String) {
    var out = ByteWriter(capacity: 64)
    var wrong: [String] = []
    func compare(_ model: RowModel, _ event: EventRef, _ write: (inout ByteWriter) -> Void) {
      out.removeAll()
      write(&out)
      let expected = model.row(event)
      if out.array != Array(expected.utf8), wrong.count < 3 { wrong.append("\(out.string) is not \(expected)") }
    }
    let encoders = [CSVEncoder.NaNForm.empty, .name].map { CSVEncoder(type, nanForm: $0) }
    let ndjson = NDJSONEncoder()
    batch.forEach { event in
      for encoder in encoders {
        let model = RowModel(isJSON: false, nanForm: encoder.nanForm, texts: texts)
        compare(model, event) { encoder.append(event, texts, to: &$0) }
      }
      compare(RowModel(isJSON: true, nanForm: .empty, texts: texts), event) { ndjson.append(event, texts, to: &$0) }
    }
    #expect(wrong.isEmpty, "\(note): \(wrong)")
  }

  @Test("rows of every type with values of every kind are the model's, byte by byte", arguments: EventType.allCases)
  func values(type: EventType) {
    var source = EventSource(seed: 4000 + UInt64(type.rawValue))
    var batch = EventBatch(capacity: 512)
    var texts = TextTable()
    source.fill(&batch, type, 250, &texts)
    check(batch, texts.store, type, "seed \(source.random.seed)")
  }

  @Test("symbols of every length, with every byte at every place, are the model's")
  func symbols() {
    var batch = EventBatch(capacity: 8192)
    var texts = TextTable()
    let special = ["\"", ",", "\\", "\n", "\r", "\t", " ", "\u{1}", "\u{1F}", "!", "\u{7F}", "é", "€", "#", "-", "["]
    for count in 0...20 {
      for character in special {
        for place in 0...count {
          var quote = Quote()
          let symbol = String(repeating: "A", count: place) + character + String(repeating: "B", count: count - place)
          quote.head.symbol = texts.intern(symbol) ?? TextID(rawValue: 0)
          add(quote, to: &batch)
        }
      }
    }
    check(batch, texts.store, .quote, "symbols")
  }

  @Test("an event without a symbol, and one whose symbol was never given, are the model's")
  func noSymbol() {
    var batch = EventBatch(capacity: 8)
    let texts = TextTable()
    for id: UInt32 in [0, 77] {
      var trade = Trade()
      trade.head.symbol = TextID(rawValue: id)
      add(trade, to: &batch)
    }
    check(batch, texts.store, .trade, "no symbol")
  }
}
