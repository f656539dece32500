/// Reads a configuration's text in one pass.
package struct ConfigurationReader {
  private let bytes: [UInt8]
  private let variable: (String) -> String?
  private var at = 0
  private var document = ConfigurationDocument()
  private var table: String?
  /// Lines of what is there already, by `table\0key`.
  private var keyLines: [String: Int] = [:]
  private var tableLines: [String: Int] = [:]
  private var line = 1
  private var lineStart = 0

  /// Reads all of `bytes`; `variable` gives the environment's variables.
  package static func read(
    _ bytes: [UInt8], variable: @escaping (String) -> String?
  ) throws(ConfigurationError) -> ConfigurationDocument {
    var reader = ConfigurationReader(bytes, variable)
    try reader.readAll()
    return reader.document
  }

  private init(_ bytes: [UInt8], _ variable: @escaping (String) -> String?) {
    self.bytes = bytes
    self.variable = variable
  }

  // MARK: places

  private var place: ConfigurationPlace { place(at) }

  /// The place of an offset on the current line.
  private func place(_ offset: Int) -> ConfigurationPlace {
    let column = bytes[min(lineStart, offset)..<min(offset, bytes.count)].count { $0 & 0xC0 != 0x80 }
    return ConfigurationPlace(line: line, column: column + 1)
  }

  private var next: UInt8? { at < bytes.count ? bytes[at] : nil }

  private static func letter(_ text: Character) -> UInt8 { text.asciiValue ?? 0 }

  // MARK: lines

  private mutating func readAll() throws(ConfigurationError) {
    guard bytes.count <= ConfigurationLimit.bytes else {
      throw .tooMuch("bytes", maximum: ConfigurationLimit.bytes, place)
    }
    try checkUTF8()
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { at = 3; lineStart = 3 }
    while true {
      try skipBlankLines()
      guard let byte = next else { return }
      if byte == Self.letter("[") { try readTable() } else { try readEntry() }
      try endLine()
    }
  }

  private mutating func checkUTF8() throws(ConfigurationError) {
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    var offset = 0
    while true {
      switch decoder.decode(&iterator) {
      case .scalarValue(let scalar): offset += UTF8.width(scalar)
      case .emptyInput: return
      case .error:
        line = 1 + bytes[..<offset].count { $0 == 0x0A }
        lineStart = (bytes[..<offset].lastIndex(of: 0x0A) ?? -1) + 1
        throw .invalidUTF8(place(offset))
      }
    }
  }

  private mutating func skipBlanks() {
    while let byte = next, byte == 0x20 || byte == 0x09 { at += 1 }
  }

  /// Blanks, comments and line ends.
  private mutating func skipBlankLines() throws(ConfigurationError) {
    while true {
      skipBlanks()
      if next == Self.letter("#") { try skipComment() }
      guard try takeLineEnd() else { return }
    }
  }

  private mutating func skipComment() throws(ConfigurationError) {
    while let byte = next, byte != 0x0A {
      if byte == 0x0D, at + 1 < bytes.count, bytes[at + 1] == 0x0A { return }
      if byte < 0x20 && byte != 0x09 || byte == 0x7F {
        throw .expected("a comment without control characters", place)
      }
      at += 1
    }
  }

  private mutating func takeLineEnd() throws(ConfigurationError) -> Bool {
    if next == 0x0D {
      guard at + 1 < bytes.count, bytes[at + 1] == 0x0A else {
        throw .expected("a line feed behind this return", place)
      }
      at += 1
    }
    guard next == 0x0A else { return false }
    at += 1
    line += 1
    lineStart = at
    return true
  }

  private mutating func endLine() throws(ConfigurationError) {
    skipBlanks()
    if next == Self.letter("#") { try skipComment() }
    if next == nil { return }
    guard try takeLineEnd() else { throw .expected("the end of the line", place) }
  }

  // MARK: tables and keys

  private mutating func readTable() throws(ConfigurationError) {
    let start = place
    at += 1
    if next == Self.letter("[") {
      throw .notTaken("[[tables]] of arrays are not taken; a command has one [table]", start)
    }
    skipBlanks()
    let name = try readName("the name of a table")
    skipBlanks()
    if next == Self.letter(".") {
      throw .notTaken("tables within tables are not taken; write [\(name)] and a key in it", place)
    }
    guard next == Self.letter("]") else { throw .expected("] behind the name of the table", place) }
    at += 1
    if let first = tableLines[name] { throw .twice("[\(name)]", start, firstLine: first) }
    tableLines[name] = line
    guard tableLines.count <= ConfigurationLimit.entries else {
      throw .tooMuch("tables", maximum: ConfigurationLimit.entries, start)
    }
    document.tables.append((name, start))
    table = name
  }

  private mutating func readName(_ what: String) throws(ConfigurationError) -> String {
    let start = at
    if let byte = next, byte == Self.letter("\"") || byte == Self.letter("'") {
      throw .notTaken("names in quotes are not taken; write the name alone", place)
    }
    while let byte = next, Self.isName(byte) { at += 1 }
    guard at > start else { throw .expected("\(what) (letters, digits, - and _)", place) }
    return String(decoding: bytes[start..<at], as: UTF8.self)
  }

  private static func isName(_ byte: UInt8) -> Bool {
    switch byte {
    case letter("a")...letter("z"), letter("A")...letter("Z"), letter("0")...letter("9"), letter("-"), letter("_"): true
    default: false
    }
  }

  private mutating func readEntry() throws(ConfigurationError) {
    let start = place
    let key = try readName("a key")
    skipBlanks()
    if next == Self.letter(".") {
      throw .notTaken("keys with dots are not taken; write a [table] and a key in it", place)
    }
    guard next == Self.letter("=") else { throw .expected("= behind the key \(key)", place) }
    at += 1
    skipBlanks()
    let name = (table ?? "") + "\0" + key
    if let first = keyLines[name] { throw .twice("the key \(key)", start, firstLine: first) }
    keyLines[name] = line
    let valuePlace = place
    let value = next == Self.letter("[") ? try readArray() : try readScalar()
    document.entries.append(
      ConfigurationEntry(table: table, key: key, value: value, place: start, valuePlace: valuePlace))
    guard document.entries.count <= ConfigurationLimit.entries else {
      throw .tooMuch("keys", maximum: ConfigurationLimit.entries, start)
    }
  }

  // MARK: values

  private mutating func readArray() throws(ConfigurationError) -> ConfigurationValue {
    at += 1
    var values: [ConfigurationValue] = []
    while true {
      try skipBlankLines()
      if next == Self.letter("]") { break }
      if next == Self.letter("[") { throw .notTaken("arrays within arrays are not taken", place) }
      guard values.count < ConfigurationLimit.arrayValues else {
        throw .tooMuch("values of an array", maximum: ConfigurationLimit.arrayValues, place)
      }
      values.append(try readScalar())
      try skipBlankLines()
      if next == Self.letter(",") { at += 1 } else if next != Self.letter("]") {
        throw .expected("a comma or ] behind a value of the array", place)
      }
    }
    at += 1
    return .array(values)
  }

  private mutating func readScalar() throws(ConfigurationError) -> ConfigurationValue {
    switch next {
    case Self.letter("\""): return try readBasic()
    case Self.letter("'"): return try readLiteral()
    case Self.letter("{"): throw .notTaken("inline tables are not taken; write a [table]", place)
    default: return try readWord()
    }
  }

  /// A number, true or false.
  private mutating func readWord() throws(ConfigurationError) -> ConfigurationValue {
    let start = at
    while let byte = next, Self.isName(byte) || byte == Self.letter("+") || byte == Self.letter(".")
      || byte == Self.letter(":")
    { at += 1 }
    let word = String(decoding: bytes[start..<at], as: UTF8.self)
    if word == "true" || word == "false" { return .boolean(word == "true") }
    if let number = ConfigurationNumber.value(word) { return number }
    if word.isEmpty { throw .expected("a value: \"text\", a number, true, false or [ an array ]", place(start)) }
    if word.first?.isNumber == true, word.contains(":") || word.count(where: { $0 == "-" }) == 2 {
      throw .notTaken("dates and times are not taken; write \"\(word)\"", place(start))
    }
    throw .expected("a value; text stands in quotes: \"\(word)\"", place(start))
  }

  private mutating func readLiteral() throws(ConfigurationError) -> ConfigurationValue {
    let start = place
    if bytes[at...].starts(with: [0x27, 0x27, 0x27]) {
      throw .notTaken("strings of several lines are not taken; write one line", start)
    }
    at += 1
    let from = at
    while let byte = next, byte != 0x27 {
      guard byte >= 0x20 || byte == 0x09, byte != 0x7F else { throw .expected("' at the end of the string", place) }
      at += 1
    }
    guard next == 0x27 else { throw .expected("' at the end of the string that begins here", start) }
    at += 1
    return .string(String(decoding: bytes[from..<(at - 1)], as: UTF8.self))
  }

  private mutating func readBasic() throws(ConfigurationError) -> ConfigurationValue {
    let start = place
    if bytes[at...].starts(with: [0x22, 0x22, 0x22]) {
      throw .notTaken("strings of several lines are not taken; write one line", start)
    }
    at += 1
    var text: [UInt8] = []
    var variables: [String] = []
    while let byte = next, byte != 0x22 {
      if byte == Self.letter("\\") {
        try readEscape(&text)
      } else if byte == Self.letter("$"), at + 1 < bytes.count, bytes[at + 1] == Self.letter("{") {
        variables.append(try readVariable(&text))
      } else {
        guard byte >= 0x20 || byte == 0x09, byte != 0x7F else { throw .expected("\" at the end of the string", place) }
        text.append(byte)
        at += 1
      }
      guard text.count <= ConfigurationLimit.bytes else {
        throw .tooMuch("bytes of a string", maximum: ConfigurationLimit.bytes, start)
      }
    }
    guard next == 0x22 else { throw .expected("\" at the end of the string that begins here", start) }
    at += 1
    return .string(String(decoding: text, as: UTF8.self), variables: variables)
  }

  private mutating func readVariable(_ text: inout [UInt8]) throws(ConfigurationError) -> String {
    let start = place
    at += 2
    let from = at
    while let byte = next, Self.isName(byte), byte != Self.letter("-") { at += 1 }
    guard at > from, next == Self.letter("}") else {
      throw .expected("${NAME} with the name of an environment variable", start)
    }
    let name = String(decoding: bytes[from..<at], as: UTF8.self)
    at += 1
    guard let value = variable(name) else { throw .noVariable(name, start) }
    text += Array(value.utf8)
    return name
  }

  private mutating func readEscape(_ text: inout [UInt8]) throws(ConfigurationError) {
    let start = place
    at += 1
    guard let byte = next else { throw .expected("a letter behind \\", start) }
    at += 1
    let plain: [(Character, UInt8)] = [
      ("b", 8), ("t", 9), ("n", 10), ("f", 12), ("r", 13), ("\"", 0x22), ("\\", 0x5C),
    ]
    if let one = plain.first(where: { Self.letter($0.0) == byte }) {
      text.append(one.1)
      return
    }
    let digits = byte == Self.letter("u") ? 4 : byte == Self.letter("U") ? 8 : 0
    guard digits > 0 else { throw .expected("one of b t n f r \" \\ u U behind \\", start) }
    let hex = bytes[at..<min(at + digits, bytes.count)]
    guard hex.count == digits, hex.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let code = UInt32(String(decoding: hex, as: UTF8.self), radix: 16), let scalar = Unicode.Scalar(code)
    else { throw .expected("\(digits) hexadecimal digits of a character", start) }
    at += digits
    text += Array(String(Character(scalar)).utf8)
  }
}
