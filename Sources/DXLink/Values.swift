import Bytes
import JSON
import Market

// One value of the wire into its place in an event. Kinds are decided by token, never by column: a double may come as
// the string "NaN" in any row.

extension FrameReader {
  /// Reads the value at the cursor into the event, or passes it and says why the row is malformed.
  mutating func store(
    _ op: ColumnOp, _ type: EventType, _ cursor: inout Cursor, _ event: UnsafeMutableRawPointer,
    _ texts: inout TextTable
  ) throws(JSONError) -> RowTrouble.Reason? {
    let offset = Int(op.offset)
    switch op.action {
    case .double:
      guard let value = try Values.double(&cursor) else { return try refuse(&cursor) }
      unsafe event.storeBytes(of: value, toByteOffset: offset, as: Double.self)
    case .int64:
      guard let value = try Values.int64(&cursor) else { return try refuse(&cursor) }
      unsafe event.storeBytes(of: value, toByteOffset: offset, as: Int64.self)
    case .int32:
      guard let value = try Values.int64(&cursor) else { return try refuse(&cursor) }
      guard let narrow = Int32(exactly: value) else { return .outOfRange }
      unsafe event.storeBytes(of: narrow, toByteOffset: offset, as: Int32.self)
    case .flags:
      guard let value = try Values.int64(&cursor) else { return try refuse(&cursor) }
      guard let narrow = UInt8(exactly: value) else { return .outOfRange }
      unsafe event.storeBytes(of: narrow, toByteOffset: offset, as: UInt8.self)
    case .bool:
      guard let value = try Values.bool(&cursor) else { return try refuse(&cursor) }
      unsafe event.storeBytes(of: value, toByteOffset: offset, as: Bool.self)
    case .json: return try unsafe storeJSON(offset, &cursor, event, &texts)
    case .skip: try cursor.skipValue()
    case .symbol, .char, .code, .text, .eventType:
      return try unsafe storeString(op, type, &cursor, event, &texts)
    }
    return nil
  }

  /// Passes a value that does not belong here.
  private func refuse(_ cursor: inout Cursor) throws(JSONError) -> RowTrouble.Reason {
    let reason: RowTrouble.Reason
    switch cursor.kind {
    case .object, .array: reason = .nestedValue
    case .number: reason = .outOfRange
    default: reason = .wrongKind
    }
    try cursor.skipValue()
    return reason
  }

  private mutating func storeString(
    _ op: ColumnOp, _ type: EventType, _ cursor: inout Cursor, _ event: UnsafeMutableRawPointer,
    _ texts: inout TextTable
  ) throws(JSONError) -> RowTrouble.Reason? {
    let offset = Int(op.offset)
    if cursor.kind == .null {
      try cursor.readNull()
      switch op.action {
      case .symbol: return .noSymbol
      case .char: unsafe event.storeBytes(of: 0, toByteOffset: offset, as: UInt16.self)
      case .code: unsafe event.storeBytes(of: 0, toByteOffset: offset, as: UInt8.self)
      case .text: unsafe event.storeBytes(of: Text.null, toByteOffset: offset, as: Text.self)
      default: break
      }
      return nil
    }
    guard cursor.kind == .string else { return try refuse(&cursor) }
    let token = try cursor.readString()
    let keys = keys[type.index]
    if token.hasEscapes {
      scratch.removeAll()
      token.decode(into: &scratch)
      return unsafe scratch.withBytes { b in unsafe Self.put(op, keys, b, event, &texts, &counters) }
    }
    return unsafe token.withRaw { b in unsafe Self.put(op, keys, b, event, &texts, &counters) }
  }

  private static func put(
    _ op: ColumnOp, _ keys: FieldKeys, _ content: UnsafeRawBufferPointer, _ event: UnsafeMutableRawPointer,
    _ texts: inout TextTable, _ counters: inout FeedCounters
  ) -> RowTrouble.Reason? {
    let offset = Int(op.offset)
    switch op.action {
    case .symbol:
      guard let id = unsafe texts.intern(content) else {
        counters.textsRefused &+= 1
        return .noRoomForSymbol
      }
      unsafe event.storeBytes(of: id, toByteOffset: offset, as: TextID.self)
    case .text: unsafe event.storeBytes(of: text(content, &texts, &counters), toByteOffset: offset, as: Text.self)
    case .code:
      let code = unsafe keys.codes[Int(op.codes)].code(of: content)
      if code == CodeNames.unknown { counters.unknownValue &+= 1 }
      unsafe event.storeBytes(of: code, toByteOffset: offset, as: UInt8.self)
    case .char:
      guard let unit = unsafe Values.character(content) else { return .outOfRange }
      unsafe event.storeBytes(of: unit, toByteOffset: offset, as: UInt16.self)
    default:
      if unsafe !Bytewise.equal(keys.typeName, content) { return .wrongKind }
    }
    return nil
  }

  /// In place where it is short, else by its id; null when the table has no room.
  private static func text(
    _ content: UnsafeRawBufferPointer, _ texts: inout TextTable, _ counters: inout FeedCounters
  ) -> Text {
    if content.count <= Text.inlineLimit { return unsafe Text(inline: content) }
    if let id = unsafe texts.intern(content) { return Text(id: id) }
    counters.textsRefused &+= 1
    return .null
  }

  /// Any value as it stands.
  private mutating func storeJSON(
    _ offset: Int, _ cursor: inout Cursor, _ event: UnsafeMutableRawPointer, _ texts: inout TextTable
  ) throws(JSONError) -> RowTrouble.Reason? {
    var value = Text.null
    if cursor.kind == .null {
      try cursor.readNull()
    } else {
      let range = try cursor.rawValue()
      value = unsafe Self.text(UnsafeRawBufferPointer(rebasing: payload[range]), &texts, &counters)
    }
    unsafe event.storeBytes(of: value, toByteOffset: offset, as: Text.self)
    return nil
  }
}

/// Values of the wire; nil, with the cursor where it was, for what does not fit.
enum Values {
  /// A number, `"NaN"`, `"Infinity"`, `"-Infinity"`, a number in quotes, or null for NaN.
  static func double(_ cursor: inout Cursor) throws(JSONError) -> Double? {
    switch cursor.kind {
    case .number: return try cursor.readDouble()
    case .string:
      let before = cursor
      if let value = Quoted.double(try cursor.readString()) { return value }
      cursor = before
      return nil
    case .null:
      try cursor.readNull()
      return .nan
    default: return nil
    }
  }

  /// A whole number of 64 bits however it is written; `"NaN"` and null are 0.
  static func int64(_ cursor: inout Cursor) throws(JSONError) -> Int64? {
    switch cursor.kind {
    case .number:
      do throws(JSONError) { return try cursor.readInt64() } catch {
        switch error {
        case .notIntegral, .outOfRange: return nil
        default: throw error
        }
      }
    case .string:
      let before = cursor
      if let value = Quoted.int64(try cursor.readString()) { return value }
      cursor = before
      return nil
    case .null:
      try cursor.readNull()
      return 0
    default: return nil
    }
  }

  static func bool(_ cursor: inout Cursor) throws(JSONError) -> Bool? {
    switch cursor.kind {
    case .true, .false: return try cursor.readBool()
    case .null:
      try cursor.readNull()
      return false
    default: return nil
    }
  }

  static func channel(_ cursor: inout Cursor) throws(JSONError) -> Int? {
    guard let number = try int64(&cursor), number >= 0, number <= Int64(Int32.max) else { return nil }
    return Int(number)
  }

  /// The one UTF-16 unit of a text, 0 for an empty one; nil for a longer one. The bytes are valid UTF-8.
  static func character(_ utf8: UnsafeRawBufferPointer) -> UInt16? {
    switch utf8.count {
    case 0: return 0
    case 1: return unsafe UInt16(utf8[0])
    case 2 where unsafe utf8[0] >= 0xC0: return unsafe UInt16(utf8[0] & 0x1F) << 6 | UInt16(utf8[1] & 0x3F)
    case 3 where unsafe utf8[0] >= 0xE0:
      return unsafe UInt16(utf8[0] & 0x0F) << 12 | UInt16(utf8[1] & 0x3F) << 6 | UInt16(utf8[2] & 0x3F)
    default: return nil
    }
  }
}
