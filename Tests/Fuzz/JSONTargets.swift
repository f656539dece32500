import JSON

/// JSON texts: the whole input is one.
enum JSONTargets {
  static let all = [
    FuzzTarget(name: "json", run: scan), FuzzTarget(name: "compactor", run: compact),
  ]

  /// What a text says, as words; why it is refused, otherwise.
  private static func tell(_ padded: Padded, _ level: SIMDLevel) -> [String] {
    var scanner = Scanner(maximumBytes: 1 << 16, level: level)
    var words: [String] = []
    do throws(JSONError) {
      try unsafe padded.withBytes { bytes throws(JSONError) in
        try unsafe scanner.scan(bytes) { cursor throws(JSONError) in try tell(&cursor, &words) }
      }
      return words
    } catch {
      return ["refused", "\(error)"]
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
    case .number: words.append(String(try cursor.readDouble().bitPattern, radix: 16))
    case .true, .false: words.append(try cursor.readBool() ? "true" : "false")
    case .null:
      try cursor.readNull()
      words.append("null")
    case .invalid: throw .expectedValue(offset: cursor.offset)
    }
  }

  /// All levels say the same, whatever stands around; walking and skipping give one verdict; strings are UTF-8.
  private static func scan(_ input: [UInt8]) {
    let around = input.isEmpty ? [0x20] : input
    let expected = tell(Padded(input, around: [0]), .portable)
    for level in SIMDLevel.supported {
      let padded = Padded(input, around: around)
      let told = tell(padded, level)
      if told != expected { wrong("\(level): \(told) instead of \(expected): \(text(input))") }
      var scanner = Scanner(maximumBytes: 1 << 16, level: level)
      let isValid = (try? unsafe padded.withBytes { try unsafe scanner.validate($0) }) != nil
      if isValid != (expected.first != "refused") { wrong("\(level): skipping decides otherwise: \(text(input))") }
    }
    if expected.first != "refused", String(validating: input, as: UTF8.self) == nil { wrong("no UTF-8 was accepted") }
  }

  /// All levels make the same plain copy, which is JSON exactly when the text is, and says the same.
  private static func compact(_ input: [UInt8]) {
    var copies: [[UInt8]?] = []
    for level in SIMDLevel.supported {
      var compactor = Compactor(level: level)
      let padded = Padded(input, around: input.isEmpty ? [0x20] : input)
      copies.append(unsafe padded.withBytes { b in unsafe compactor.plain(b).map { unsafe [UInt8]($0) } })
    }
    guard let first = copies.first else { return }
    for (copy, level) in zip(copies, SIMDLevel.supported) where copy != first {
      wrong("\(level): \(copy.map(text) ?? "nil") instead of \(first.map(text) ?? "nil")")
    }
    guard let plain = first else { return }
    let (a, b) = (tell(Padded(plain), .portable), tell(Padded(input), .portable))
    if a.first == "refused" ? b.first != "refused" : a != b { wrong("\(a) instead of \(b): \(text(input))") }
  }
}
