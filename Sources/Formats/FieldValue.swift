import Bytes
import JSON
import Market

/// Values of fields from text, as CSV has them, and their places in an event.
///
/// Every function gives nil or false for a text that the kind does not allow.
enum FieldValue {
  /// A JSON number, or NaN and the infinities in the spellings that are about.
  static func double(_ text: UnsafeRawBufferPointer) -> Double? {
    if let value = unsafe Number.parseDouble(text) { return value }
    if text.count == 0 { return .nan }
    return unsafe notFinite(text)
  }

  /// `NaN`, `Infinity`, `-Infinity`, also `inf`, in any case.
  static func notFinite(_ text: UnsafeRawBufferPointer) -> Double? {
    guard text.count <= 9 else { return nil }
    switch unsafe String(decoding: text, as: UTF8.self).lowercased() {
    case "nan": return .nan
    case "infinity", "inf", "+infinity", "+inf": return .infinity
    case "-infinity", "-inf": return -.infinity
    default: return nil
    }
  }

  /// An integer, however it is written; 0 for an empty text.
  static func integer(_ text: UnsafeRawBufferPointer) -> Int64? {
    if text.count == 0 { return 0 }
    guard case .value(let value) = unsafe Number.parseInt64(text) else { return nil }
    return value
  }

  /// `true` or `false`, also with a capital or all capitals, `1` or `0`; empty is false.
  static func bool(_ text: UnsafeRawBufferPointer) -> Bool? {
    guard text.count <= 5 else { return nil }
    switch unsafe String(decoding: text, as: UTF8.self) {
    case "true", "True", "TRUE", "1": return true
    case "false", "False", "FALSE", "0", "": return false
    default: return nil
    }
  }

  /// One character of the basic plane, an escape as `\uD800`, or nothing.
  static func char(_ text: UnsafeRawBufferPointer) -> CharCode? {
    if text.count == 0 { return CharCode.none }
    if let unit = unsafe Hexadecimal.unit(ofEscape: text) { return CharCode(rawValue: unit) }
    guard unsafe isUTF8(text), let unit = unsafe UTF8Unit.unit(of: text) else { return nil }
    return CharCode(rawValue: unit)
  }

  static func isUTF8(_ text: UnsafeRawBufferPointer) -> Bool {
    unsafe UTF8Validator.isValid(text.bytes)
  }

  /// A text in place or in the table; nil when the table is full.
  static func text(_ bytes: UnsafeRawBufferPointer, _ texts: inout TextTable) -> Text? {
    if bytes.count <= Text.inlineLimit { return unsafe Text(inline: bytes) }
    guard let id = unsafe texts.intern(bytes) else { return nil }
    return Text(id: id)
  }

  /// Stores an integer in a field of any integer kind; false when it is out of the field's range.
  static func store(_ value: Int64, _ kind: FieldKind, _ event: UnsafeMutableRawPointer, _ offset: Int) -> Bool {
    switch kind {
    case .int64: unsafe event.storeBytes(of: value, toByteOffset: offset, as: Int64.self)
    case .int32:
      guard let narrow = Int32(exactly: value) else { return false }
      unsafe event.storeBytes(of: narrow, toByteOffset: offset, as: Int32.self)
    case .flags:
      guard let narrow = UInt8(exactly: value) else { return false }
      unsafe event.storeBytes(of: narrow, toByteOffset: offset, as: UInt8.self)
    default: return false
    }
    return true
  }
}
