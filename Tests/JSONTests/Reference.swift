import Bytes
import Glibc
import JSON

/// A slow JSON reader, written down from RFC 8259: the oracle for random texts. It tells a document as a list of words.
struct Reference {
  private struct Refusal: Error {}
  private let bytes: [UInt8]
  private var at = 0
  private var depth = 0
  private var words: [String] = []

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// What the document says; nil if it is none.
  static func tell(_ bytes: [UInt8]) -> [String]? {
    guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
    var reader = Reference(bytes)
    do {
      try reader.value()
      return reader.at == bytes.count ? reader.words : nil
    } catch {
      return nil
    }
  }

  private var next: UInt8? { at < bytes.count ? bytes[at] : nil }

  private mutating func blanks() { while [0x20, 0x09, 0x0A, 0x0D].contains(next) { at += 1 } }

  private mutating func take(_ byte: UInt8) -> Bool {
    if next != byte { return false }
    at += 1
    return true
  }

  private mutating func demand(_ text: String) throws {
    for byte in text.utf8 where !take(byte) { throw Refusal() }
  }

  private mutating func value() throws {
    blanks()
    switch next {
    case 0x7B: try container("{", "}") { reader throws in
      try reader.string()
      reader.blanks()
      try reader.demand(":")
      try reader.value()
    }
    case 0x5B: try container("[", "]") { reader throws in try reader.value() }
    case 0x22: try string()
    case 0x74: try literal("true")
    case 0x66: try literal("false")
    case 0x6E: try literal("null")
    default: try number()
    }
    blanks()
  }

  private mutating func literal(_ text: String) throws {
    try demand(text)
    words.append(text)
  }

  private mutating func container(_ open: String, _ close: String, _ member: (inout Reference) throws -> Void) throws {
    try demand(open)
    depth += 1
    if depth > 64 { throw Refusal() }
    words.append(open)
    blanks()
    if next != close.utf8.first {
      repeat {
        blanks()
        try member(&self)
        blanks()
      } while take(0x2C)
    }
    try demand(close)
    words.append(close)
    depth -= 1
  }

  private mutating func number() throws {
    let run = bytes[at...].prefix { "+-.0123456789eE".utf8.contains($0) }
    guard isNumber(run) else { throw Refusal() }
    at += run.count
    words.append(describe(unsafe strtod(String(decoding: run, as: UTF8.self), nil)))
  }

  private mutating func string() throws {
    try demand("\"")
    var units: [UInt16] = []
    while !take(0x22) {
      guard let byte = next, byte >= 0x20 else { throw Refusal() }
      at += 1
      if byte == 0x5C { units.append(try escape()) } else {
        // UTF-16 of the raw characters up to the next quote or backslash.
        let run = bytes[(at - 1)...].prefix { $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C }
        units += String(decoding: run, as: UTF8.self).utf16
        at += run.count - 1
      }
    }
    words.append("'" + String(decoding: units, as: UTF16.self) + "'")
  }

  private mutating func escape() throws -> UInt16 {
    guard let byte = next else { throw Refusal() }
    at += 1
    let simple: [Character: UInt16] = [
      "\"": 0x22, "\\": 0x5C, "/": 0x2F, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9,
    ]
    if let unit = simple[Character(Unicode.Scalar(byte))] { return unit }
    let digits = bytes[at...].prefix(4)
    let areHexadecimal = digits.allSatisfy { "0123456789abcdefABCDEF".utf8.contains($0) }
    guard byte == 0x75, digits.count == 4, areHexadecimal else { throw Refusal() }
    at += 4
    return UInt16(String(decoding: digits, as: UTF8.self), radix: 16)!
  }
}

private func describe(_ number: Double) -> String { String(number.bitPattern, radix: 16) }

extension Scanner {
  /// The same words from the scanner; nil if it refuses.
  mutating func tell(_ payload: UnsafeRawBufferPointer) -> [String]? {
    do throws(JSONError) {
      return try unsafe scan(payload) { cursor throws(JSONError) in
        var words: [String] = []
        try Self.tell(&cursor, &words)
        return words
      }
    } catch {
      return nil
    }
  }

  private static func tell(_ cursor: inout Cursor, _ words: inout [String]) throws(JSONError) {
    switch cursor.kind {
    case .object:
      try cursor.enterObject()
      words.append("{")
      while let key = try cursor.nextKey() {
        words.append("'" + key.string + "'")
        try tell(&cursor, &words)
      }
      words.append("}")
    case .array:
      try cursor.enterArray()
      words.append("[")
      while try cursor.nextElement() { try tell(&cursor, &words) }
      words.append("]")
    case .string: words.append("'" + (try cursor.readString()).string + "'")
    case .number: words.append(describe(try cursor.readDouble()))
    case .true, .false: words.append(try cursor.readBool() ? "true" : "false")
    case .null:
      try cursor.readNull()
      words.append("null")
    case .invalid: throw .expectedValue(offset: cursor.offset)
    }
  }
}
