import Bytes
package import Market
package import Rings

/// Writes events as FEED_DATA, the server's side of the decoder. A message is handed out when the next row would make
/// it too long, when the type changes (unless many pairs are allowed), and on `flush`.
///
///     COMPACT  {"type":"FEED_DATA","channel":1,"data":["Quote",["AAPL",231.52,231.53]]}
///     FULL     {"type":"FEED_DATA","channel":1,"data":[{"eventType":"Quote","eventSymbol":"AAPL","bidPrice":231.52}]}
package struct RowWriter: ~Copyable {
  package let channel: Int
  package let format: DataFormat
  /// Bytes of one message at most.
  package let maximumBytes: Int
  /// Whether one message may hold several types. Real servers send one; clients exist that read only the first.
  package let allowsManyPairs: Bool
  /// Rows that alone are longer than a message; they were left out.
  package private(set) var rowsTooLong = 0
  package private(set) var messageCount = 0

  private var plans: [WritePlan]
  private var message = ByteWriter(capacity: 64 << 10)
  private var row = ByteWriter()
  /// `EventType.index` of the section that is open.
  private var openType: Int?

  /// `fields` must have names of the model only (`FieldLists.accepted`); others are left out.
  package init(
    channel: Int, format: DataFormat = .compact, fields: FieldLists = .standard, maximumBytes: Int = 60 << 10,
    allowsManyPairs: Bool = false
  ) {
    precondition(maximumBytes < ProtocolLimits.messageBytes)
    self.channel = channel
    self.format = format
    self.maximumBytes = maximumBytes
    self.allowsManyPairs = allowsManyPairs
    plans = Schema.all.map { WritePlan($0, fields[$0.type]) }
  }

  /// Changes the fields of a type, as after a further FEED_SETUP. Call `flush` first.
  package mutating func setFields(_ names: [String], for type: EventType) {
    plans[type.index] = WritePlan(Schema.of(type), names)
  }

  /// Adds one event; `send` gets each message that is complete, valid for the call.
  package mutating func append(
    _ event: EventRef, _ texts: TextStore, send: (UnsafeRawBufferPointer) -> Void
  ) {
    guard let type = event.type else { return }
    row.removeAll()
    plans[type.index].append(event, texts, format, to: &row)
    if !message.isEmpty {
      let isOther = openType != type.index
      if (isOther && !allowsManyPairs) || message.count + rowCost(type, isNew: isOther) > maximumBytes {
        unsafe flush(send: send)
      }
    }
    if message.isEmpty { begin() }
    if message.count + rowCost(type, isNew: openType != type.index) > maximumBytes {
      rowsTooLong += 1
      message.removeAll()
      return
    }
    openSection(type)
    unsafe row.withBytes { b in unsafe message.append(contentsOf: b) }
  }

  /// Hands out the message that is begun, if any.
  package mutating func flush(send: (UnsafeRawBufferPointer) -> Void) {
    guard !message.isEmpty else { return }
    message.append(format == .compact ? "]]}" : "]}")
    messageCount += 1
    unsafe message.withBytes { b in unsafe send(b) }
    message.removeAll()
    openType = nil
  }

  private mutating func begin() {
    MessageWriter.begin("FEED_DATA", channel, &message)
    message.append(",\"data\":[")
    openType = nil
  }

  /// Bytes that the row adds, with what closes the message after it.
  private func rowCost(_ type: EventType, isNew: Bool) -> Int {
    let section = isNew && format == .compact ? plans[type.index].sectionHead.count + 2 : 1
    return row.count + section + 3
  }

  private mutating func openSection(_ type: EventType) {
    if openType == type.index || (format == .full && openType != nil) {
      message.append(UInt8(ascii: ","))
    } else if format == .compact {
      if openType != nil { message.append("],") }
      message.append(plans[type.index].sectionHead)
    }
    openType = type.index
  }
}

/// The columns of one type, ready to be written.
struct WritePlan {
  private struct Column {
    let kind: FieldKind
    let offset: Int
    /// `"bidPrice":`
    let key: [UInt8]
    /// Quoted names of a code.
    let names: [[UInt8]]
    var isTypeName = false
  }

  /// `"Quote",[`
  let sectionHead: [UInt8]
  private let quotedType: [UInt8]
  private let columns: [Column]

  init(_ schema: Schema, _ names: [String]) {
    quotedType = Array("\"\(schema.name)\"".utf8)
    sectionHead = quotedType + Array(",[".utf8)
    columns = names.compactMap { name in
      if name == "eventType" { return Column(kind: .text, offset: 0, key: [], names: [], isTypeName: true) }
      guard let field = schema.field(name) else { return nil }
      return Column(
        kind: field.kind, offset: field.offset, key: Array("\"\(name)\":".utf8),
        names: field.codes?.names.map { Array("\"\($0)\"".utf8) } ?? [])
    }
  }

  func append(_ event: EventRef, _ texts: TextStore, _ format: DataFormat, to out: inout ByteWriter) {
    if format == .full {
      // Readers exist that want the type as first key.
      out.append("{\"eventType\":")
      out.append(quotedType)
      for column in columns where !column.isTypeName {
        out.append(UInt8(ascii: ","))
        out.append(column.key)
        append(column, event, texts, to: &out)
      }
      out.append(UInt8(ascii: "}"))
      return
    }
    var isFirst = true
    for column in columns {
      if !isFirst { out.append(UInt8(ascii: ",")) }
      isFirst = false
      if column.isTypeName { out.append(quotedType) } else { append(column, event, texts, to: &out) }
    }
  }

  private func append(_ column: Column, _ event: EventRef, _ texts: TextStore, to out: inout ByteWriter) {
    switch column.kind {
    case .double: Self.append(event.load(column.offset, as: Double.self), to: &out)
    case .int64: out.append(decimal: event.load(column.offset, as: Int64.self))
    case .int32: out.append(decimal: Int64(event.load(column.offset, as: Int32.self)))
    case .flags: out.append(decimal: Int64(event.load(column.offset, as: UInt8.self)))
    case .bool: out.append(event.load(column.offset, as: UInt8.self) != 0 ? "true" : "false")
    case .symbol: Self.append(TextID(rawValue: event.load(column.offset)), texts, to: &out)
    case .char: Self.append(character: event.load(column.offset, as: UInt16.self), to: &out)
    case .code:
      let code = Int(event.load(column.offset, as: UInt8.self))
      // A name that the model did not know is lost; this one no model knows.
      if code < column.names.count { out.append(column.names[code]) } else { out.append("\"UNKNOWN\"") }
    case .text: Self.append(event.load(column.offset, as: Text.self), texts, isRaw: false, to: &out)
    case .json: Self.append(event.load(column.offset, as: Text.self), texts, isRaw: true, to: &out)
    }
  }

  private static func append(_ value: Double, to out: inout ByteWriter) {
    if value.isFinite {
      out.append(javaForm: value)
    } else {
      out.append(value.isNaN ? "\"NaN\"" : value < 0 ? "\"-Infinity\"" : "\"Infinity\"")
    }
  }

  private static func append(_ id: TextID, _ texts: TextStore, to out: inout ByteWriter) {
    unsafe texts.withText(id.rawValue) { b in unsafe JSONText.append(string: b, to: &out) }
  }

  private static func append(_ text: Text, _ texts: TextStore, isRaw: Bool, to out: inout ByteWriter) {
    if text.isNull {
      out.append("null")
    } else if let id = text.id {
      unsafe texts.withText(id.rawValue) { b in
        if isRaw { unsafe out.append(contentsOf: b) } else { unsafe JSONText.append(string: b, to: &out) }
      }
    } else if let count = text.inlineCount {
      var word = text.word.littleEndian
      unsafe withUnsafeBytes(of: &word) { b in
        let content = unsafe UnsafeRawBufferPointer(rebasing: b[..<count])
        if isRaw { unsafe out.append(contentsOf: content) } else { unsafe JSONText.append(string: content, to: &out) }
      }
    }
  }

  private static func append(character unit: UInt16, to out: inout ByteWriter) {
    if unit == 0 { return out.append("\"\"") }
    // Half of a surrogate pair is no character.
    let scalar = Unicode.Scalar(unit) ?? "\u{FFFD}"
    JSONText.append(String(Character(scalar)), to: &out)
  }
}
