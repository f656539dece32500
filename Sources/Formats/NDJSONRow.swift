import Bytes
import JSON
import Market

/// Reads one line's object into an event. A value that its field does not allow ends the reading as `fault`, because
/// the
/// scanner's closure can throw nothing but what is wrong with the JSON.
@safe
struct NDJSONRow {
  private(set) var fault: FormatError?
  private(set) var unknownKeys = 0
  private var line = 0
  /// The line's bytes: good until the decoder takes the next.
  private var bytes = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
  /// Names of each type's fields, by `EventType.index`.
  private let names: [[[UInt8]]] = Schema.all.map { $0.fields.map { Array($0.name.utf8) } }

  mutating func begin(_ bytes: UnsafeRawBufferPointer, _ line: Int) {
    unsafe self.bytes = bytes
    self.line = line
    fault = nil
    unknownKeys = 0
  }

  /// The gap mark if the line is one; else its event is in the batch, or `fault` is set.
  mutating func read(
    _ cursor: inout Cursor, _ batch: inout EventBatch, _ texts: inout TextTable
  ) throws(JSONError) -> Gap? {
    guard let typeName = try eventType(cursor) else {
      fault = .unknownEventType(line: line, name: "")
      return nil
    }
    if typeName == GapRow.eventType.description { return try readGap(&cursor) }
    // The decoder made sure of the room.
    guard let type = EventType(name: typeName), let event = unsafe batch.append(type) else {
      fault = .unknownEventType(line: line, name: typeName)
      return nil
    }
    try cursor.enterObject()
    let fields = Schema.of(type).fields
    var expected = 0
    var hasSymbol = false
    while let key = try cursor.nextKey() {
      if key.equals("eventType") {
        try cursor.skipValue()
      } else if let i = position(of: key, type, &expected) {
        let field = fields[i]
        try unsafe store(&cursor, field, event, &texts)
        if fault != nil { return nil }
        if field.kind == .symbol { hasSymbol = true }
      } else if key.equals("receivedNanos") {
        let value = try cursor.readInt64()
        unsafe event.storeBytes(of: value, toByteOffset: EventHead.receivedOffset, as: Int64.self)
      } else {
        unknownKeys += 1
        try cursor.skipValue()
      }
    }
    if !hasSymbol { fault = .badValue(line: line, field: "eventSymbol", text: "") }
    return nil
  }

  /// The `eventType`, wherever it stands among the keys; nil where there is none.
  private func eventType(_ start: Cursor) throws(JSONError) -> String? {
    var cursor = start
    try cursor.enterObject()
    while let key = try cursor.nextKey() {
      if key.equals("eventType"), cursor.kind == .string { return try cursor.readString().string }
      try cursor.skipValue()
    }
    return nil
  }

  /// The field with that name or alias. `expected` is where it would stand in the order that we write.
  private func position(of key: StringToken, _ type: EventType, _ expected: inout Int) -> Int? {
    let names = names[type.index]
    var found: Int?
    unsafe key.withRaw { raw in
      if unsafe expected < names.count && raw.elementsEqual(names[expected]) {
        found = expected
      } else {
        found = names.firstIndex { name in unsafe raw.elementsEqual(name) }
      }
    }
    if found == nil {
      let name = key.string
      found = Schema.of(type).fields.firstIndex { $0.name == name || $0.alias == name }
    }
    if let found { expected = found + 1 }
    return found
  }

  private mutating func store(
    _ cursor: inout Cursor, _ field: Field, _ event: UnsafeMutableRawPointer, _ texts: inout TextTable
  ) throws(JSONError) {
    let start = cursor.offset
    // Null is what the field has from its template, except for codes, where it stands for an unknown name.
    if cursor.kind == .null, field.kind != .code {
      try cursor.readNull()
      return
    }
    var isValid = true
    switch field.kind {
    case .double:
      if cursor.kind == .string {
        let value = unsafe try cursor.readString().withRaw { raw in unsafe FieldValue.notFinite(raw) }
        unsafe event.storeBytes(of: value ?? .nan, toByteOffset: field.offset, as: Double.self)
        isValid = value != nil
      } else {
        unsafe event.storeBytes(of: try cursor.readDouble(), toByteOffset: field.offset, as: Double.self)
      }
    case .int64, .int32, .flags:
      isValid = unsafe FieldValue.store(try cursor.readInt64(), field.kind, event, field.offset)
    case .bool:
      unsafe event.storeBytes(of: try cursor.readBool(), toByteOffset: field.offset, as: Bool.self)
    case .code:
      let code = try readCode(&cursor, field)
      unsafe event.storeBytes(of: code, toByteOffset: field.offset, as: UInt8.self)
    case .char:
      let char = char(try cursor.readString())
      unsafe event.storeBytes(of: char ?? .none, toByteOffset: field.offset, as: CharCode.self)
      isValid = char != nil
    case .symbol:
      guard let id = intern(try cursor.readString(), &texts) else { return }
      unsafe event.storeBytes(of: id, toByteOffset: field.offset, as: TextID.self)
    case .text:
      guard let text = text(try cursor.readString(), &texts) else { return }
      unsafe event.storeBytes(of: text, toByteOffset: field.offset, as: Text.self)
    case .json:
      let range = try cursor.rawValue()
      let raw = unsafe UnsafeRawBufferPointer(rebasing: bytes[range])
      guard let text = unsafe checked(FieldValue.text(raw, &texts)) else { return }
      unsafe event.storeBytes(of: text, toByteOffset: field.offset, as: Text.self)
    }
    if !isValid {
      let text = unsafe excerpt(UnsafeRawBufferPointer(rebasing: bytes[start..<max(start, cursor.offset)]))
      fault = .badValue(line: line, field: field.name, text: text)
    }
  }

  private func readCode(_ cursor: inout Cursor, _ field: Field) throws(JSONError) -> UInt8 {
    if cursor.kind == .null {
      try cursor.readNull()
      return CodeNames.unknown
    }
    return unsafe try cursor.readString().withRaw { raw in unsafe field.codes?.code(of: raw) ?? CodeNames.unknown }
  }

  /// One code unit; its escape may be a lone surrogate, which no UTF-8 text can hold.
  private func char(_ token: StringToken) -> CharCode? {
    let escaped = unsafe token.withRaw { raw in unsafe Hexadecimal.unit(ofEscape: raw) }
    if let escaped { return CharCode(rawValue: escaped) }
    return unsafe content(token) { bytes in
      bytes.count == 0 ? CharCode.none : unsafe UTF8Unit.unit(of: bytes).map { CharCode(rawValue: $0) }
    }
  }

  private mutating func text(_ token: StringToken, _ texts: inout TextTable) -> Text? {
    unsafe checked(content(token) { bytes in unsafe FieldValue.text(bytes, &texts) })
  }

  private mutating func intern(_ token: StringToken, _ texts: inout TextTable) -> TextID? {
    unsafe checked(content(token) { bytes in unsafe texts.intern(bytes) })
  }

  private mutating func checked<T>(_ value: T?) -> T? {
    if value == nil { fault = .textTableFull(line: line) }
    return value
  }

  /// Lends a string's bytes without their escapes.
  private func content<R>(_ token: StringToken, _ body: (UnsafeRawBufferPointer) -> R) -> R {
    if !token.hasEscapes { return unsafe token.withRaw { raw in unsafe body(raw) } }
    var decoded = ByteWriter(capacity: token.rawCount)
    token.decode(into: &decoded)
    return unsafe decoded.withBytes { b in unsafe body(b) }
  }

  private mutating func readGap(_ cursor: inout Cursor) throws(JSONError) -> Gap? {
    var gap = Gap(reason: .connectionLost, lane: 0, fromNanos: 0, toNanos: 0)
    try cursor.enterObject()
    while let key = try cursor.nextKey() {
      guard let column = GapRow.Column(rawValue: key.string) else {
        if !key.equals("eventType") { unknownKeys += 1 }
        try cursor.skipValue()
        continue
      }
      if column == .reason {
        let name = try cursor.readString().string
        guard let reason = GapRow.reason(named: name) else {
          fault = .badValue(line: line, field: column.rawValue, text: String(name.prefix(40)))
          return nil
        }
        gap.reasonByte = reason.rawValue
      } else {
        let value = try cursor.readInt64()
        guard GapRow.set(column, value, &gap) else {
          fault = .badValue(line: line, field: column.rawValue, text: String(value))
          return nil
        }
      }
    }
    return gap
  }
}
