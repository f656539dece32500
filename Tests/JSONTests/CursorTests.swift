import Bytes
import JSON
import TestSupport
import Testing

@Suite("Cursor")
struct CursorTests {
  /// The error that a body or the validation of the rest ends with.
  private func error(_ text: String, _ body: (inout Cursor) throws(JSONError) -> Void) -> JSONError? {
    do throws(JSONError) {
      try scan(text, body)
      return nil
    } catch {
      return error
    }
  }

  @Test("a feed frame is read column by column")
  func frame() throws {
    let text = #"{"type":"FEED_DATA","channel":3,"data":["Quote",["A",1.5,"NaN",null,7,"B",-2E3,"-Infinity",4,8]]}"#
    var seen: [String] = []
    try scan(text) { cursor throws(JSONError) in
      try cursor.enterObject()
      while let key = try cursor.nextKey() {
        if key.equals("channel") { seen.append("channel \(try cursor.readInt64())") } else if key.equals("data") {
          try cursor.enterArray()
          #expect(try cursor.nextElement())
          seen.append(try cursor.readString().string)
          #expect(try cursor.nextElement())
          try cursor.enterArray()
          while try cursor.nextElement() {
            switch cursor.kind {
            case .number: seen.append("\(try cursor.readDouble())")
            case .string: seen.append(try cursor.readString().string)
            default:
              try cursor.readNull()
              seen.append("null")
            }
          }
          #expect(try !cursor.nextElement())
        } else { try cursor.skipValue() }
      }
      try cursor.finishDocument()
    }
    #expect(
      seen == ["channel 3", "Quote", "A", "1.5", "NaN", "null", "7.0", "B", "-2000.0", "-Infinity", "4.0", "8.0"])
  }

  @Test("asking for another kind throws, names the kind and leaves the cursor where it was")
  func wrongKinds() throws {
    try scan(#"["text",true]"#) { cursor throws(JSONError) in
      try cursor.enterArray()
      _ = try cursor.nextElement()
      for (wanted, read) in [
        (Kind.number, { (c: inout Cursor) throws(JSONError) in _ = try c.readDouble() }),
        (.number, { (c: inout Cursor) throws(JSONError) in _ = try c.readInt64() }),
        (.object, { (c: inout Cursor) throws(JSONError) in try c.enterObject() }),
        (.array, { (c: inout Cursor) throws(JSONError) in try c.enterArray() }),
        (.null, { (c: inout Cursor) throws(JSONError) in try c.readNull() }),
        (.true, { (c: inout Cursor) throws(JSONError) in _ = try c.readBool() }),
      ] as [(Kind, (inout Cursor) throws(JSONError) -> Void)] {
        #expect(throws: JSONError.wrongKind(wanted: wanted, offset: 1)) { try read(&cursor) }
        #expect(cursor.offset == 1 && cursor.kind == .string)
      }
      let text = try cursor.readString()
      #expect(text.equals("text") && text.range == 2..<6 && !text.hasEscapes)
      _ = try cursor.nextElement()
      #expect(try cursor.readBool())
    }
  }

  @Test("a copy looks ahead, the original stays")
  func lookAhead() throws {
    try scan(#"{"data":[1,2],"type":"X"}"#) { cursor throws(JSONError) in
      var ahead = cursor
      try ahead.enterObject()
      _ = try ahead.nextKey()
      try ahead.skipValue()
      let key = try ahead.nextKey()
      #expect(key?.equals("type") == true)
      #expect(cursor.offset == 0 && cursor.kind == .object)
      try cursor.skipValue()
    }
  }

  @Test(
    "what the body leaves unread is validated, wherever it stopped",
    arguments: [
      #"{"a":[1,{"b":2},[]],"c":tru}"#, #"{"a":[1,{"b":2},[]],"c":1]"#, #"{"a":[1,{"b":2},[]],}"#,
      #"{"a":[1,{"b":2},[]]} x"#,
      #"{"a":[1,{"b":2},[}],"c":1}"#, #"{"a":[1,{"b" 2},[]],"c":1}"#, #"{"a":[1,{"b":2},[]],"c":01}"#,
      #"{"a":[1,{"b":"\q"},[]]}"#,
      #"{"a":[1,{"b":2},[]],"c":1"#, #"{"a":[1,{"b":2},[]]"#, #"{"a":[1,{"b":2}"#,
    ])
  func rest(_ text: String) {
    // The number of steps that are taken before the body returns.
    for steps in 0...7 {
      #expect(error(text, walk(steps)) != nil, "\(steps) steps into \(text)")
      #expect(error(#"{"a":[1,{"b":2},[]],"c":1}"#, walk(steps)) == nil, "\(steps) steps")
    }
  }

  private func walk(_ steps: Int) -> (inout Cursor) throws(JSONError) -> Void {
    return { cursor throws(JSONError) in
      if steps > 0 { try cursor.enterObject() }
      if steps > 1 { _ = try cursor.nextKey() }
      if steps > 2 { try cursor.enterArray() }
      if steps > 3 { _ = try cursor.nextElement() }
      if steps > 4 { _ = try cursor.readInt64() }
      if steps > 5 { _ = try cursor.nextElement() }
      if steps > 6 { try cursor.skipValue() }
    }
  }

  @Test(
    "errors say what and where",
    arguments: [
      ("", .empty), (" \n ", .empty), ("[1 2]", .expectedCommaOrEnd(offset: 3)), ("[1,]", .expectedValue(offset: 3)),
      ("[1", .expectedCommaOrEnd(offset: 2)), ("{\"a\" 1}", .expectedColon(offset: 5)),
      ("{\"a\":1,}", .expectedKey(offset: 7)),
      ("{1:2}", .expectedKey(offset: 1)), ("{\"a\"", .expectedColon(offset: 4)), ("{\"a\":", .expectedValue(offset: 5)),
      ("[01]", .invalidNumber(offset: 1)), ("[tru]", .invalidLiteral(offset: 1)),
      ("[nulls]", .invalidLiteral(offset: 1)),
      ("[falsy]", .invalidLiteral(offset: 1)), ("1 2", .trailingBytes(offset: 2)),
      ("[\"a", .unterminatedString(offset: 1)),
      ("[\"a\nb\"]", .controlCharacter(offset: 3)), ("[\"\\x\"]", .invalidEscape(offset: 2)),
      ("[\"ab\\u12G4\"]", .invalidEscape(offset: 4)), ("[\u{FEFF}1]", .expectedValue(offset: 1)),
      ("[,1]", .expectedValue(offset: 1)),
      ("{}}", .trailingBytes(offset: 2)), ("]", .expectedValue(offset: 0)), ("[1\u{0C}]", .invalidNumber(offset: 1)),
    ] as [(String, JSONError)])
  func errors(_ text: String, _ expected: JSONError) {
    for level in levels { #expect(refusal(Array(text.utf8), level) == expected, "\(level)") }
  }

  @Test("invalid UTF-8 is found where it starts, at any place of a block", arguments: levels)
  func invalidUTF8(_ level: SIMDLevel) {
    for place in 0..<140 {
      let front = [UInt8](repeating: 0x61, count: place)
      #expect(refusal([0x22] + front + [0xE2, 0x28, 0xA1, 0x22], level) == .invalidUTF8(offset: place + 1))
      #expect(refusal([0x22] + front + [0xE2, 0x82, 0xAC, 0x22], level) == nil)
      #expect(refusal([0x22] + front + [0x22, 0xE2, 0x82], level) == .invalidUTF8(offset: place + 2))
    }
  }

  @Test("depth has a limit, for skipping and for entering")
  func depth() throws {
    for limit in [1, 5, 64] {
      var scanner = Scanner(maximumDepth: limit)
      let fits = Array((String(repeating: "[", count: limit) + String(repeating: "]", count: limit)).utf8)
      try unsafe scanner.validateCopy(fits.span.bytes)
      let deep = Array(String(repeating: "{\"a\":", count: limit + 1).utf8)
      #expect(throws: JSONError.tooDeep(offset: 5 * limit, maximum: limit)) {
        try unsafe scanner.validateCopy(deep.span.bytes)
      }
    }
  }

  @Test("size has a limit, and memory grows up to it")
  func size() throws {
    var scanner = Scanner(maximumBytes: 100_000)
    for count in [1, 4096, 4097, 65_536, 99_998] {
      let text = Array(("[" + String(repeating: " ", count: count - 1) + "]").utf8)
      try unsafe scanner.validateCopy(text.span.bytes)
      // One entry a byte: the worst for the index.
      let commas = Array(("[" + String(repeating: ",", count: count) + "]").utf8)
      #expect(throws: JSONError.expectedValue(offset: 1)) { try unsafe scanner.validateCopy(commas.span.bytes) }
    }
    let large = [UInt8](repeating: 0x20, count: 100_001)
    #expect(throws: JSONError.tooLarge(bytes: 100_001, maximum: 100_000)) {
      try unsafe scanner.validateCopy(large.span.bytes)
    }
  }

  @Test("a raw value is its text without the white space around it")
  func raw() throws {
    let text = #"[ 1.5 , "a\"b" ,{"x":[1,2 ] } , true , [ ], null ,-7 ]"#
    let bytes = Array(text.utf8)
    var values: [String] = []
    try scan(text) { cursor throws(JSONError) in
      try cursor.enterArray()
      while try cursor.nextElement() {
        let range = try cursor.rawValue()
        values.append(String(decoding: bytes[range], as: UTF8.self))
      }
    }
    #expect(values == ["1.5", #""a\"b""#, #"{"x":[1,2 ] }"#, "true", "[ ]", "null", "-7"])
    #expect(error("[[1,{]]") { cursor throws(JSONError) in
      try cursor.enterArray()
      _ = try cursor.nextElement()
      _ = try cursor.rawValue()
    } == .expectedKey(offset: 5))
  }

  @Test(
    "escapes are decoded, lone surrogates become U+FFFD",
    arguments: [
      (#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{C}\n\r\t"), (#"\u0041\u00e4\u20AC"#, "Aä€"), (#"\uD83D\uDE00"#, "😀"),
      (#"\ud800"#, "\u{FFFD}"), (#"\udc00x"#, "\u{FFFD}x"), (#"\ud83d\ud83d\ude00"#, "\u{FFFD}😀"),
      (#"\ud83dx"#, "\u{FFFD}x"),
      (#"\ud83d\n"#, "\u{FFFD}\n"), (#"\u0000"#, "\0"), (#"\\u0041"#, #"\u0041"#), (#"a\\"#, #"a\"#),
      ("plain", "plain"), ("", ""),
      (#"\uFFFF\uDBFF\uDFFF"#, "\u{FFFF}\u{10FFFF}"), ("ä\\nö", "ä\nö"),
    ])
  func escapes(_ raw: String, _ expected: String) throws {
    try scan("[\"\(raw)\"]") { cursor throws(JSONError) in
      try cursor.enterArray()
      _ = try cursor.nextElement()
      let token = try cursor.readString()
      #expect(token.string == expected)
      #expect(token.hasEscapes == raw.contains("\\"))
      #expect(token.rawCount == raw.utf8.count)
      var decoded = ByteWriter()
      token.decode(into: &decoded)
      #expect(decoded.string == expected)
    }
  }

  @Test("texts are compared by content, escaped or not")
  func equality() throws {
    try scan(#"["type","\u0074ype","typ","typo","types",""]"#) { cursor throws(JSONError) in
      var equal: [Bool] = []
      try cursor.enterArray()
      while try cursor.nextElement() { equal.append(try cursor.readString().equals("type")) }
      #expect(equal == [true, true, false, false, false, false])
    }
  }

  @Test("64-bit limits are read exactly, beyond them is an error that says so")
  func integers() throws {
    try scan("[9223372036854775807,-9223372036854775808,1374157001000,1.0]") { cursor throws(JSONError) in
      var values: [Int64] = []
      try cursor.enterArray()
      while try cursor.nextElement() { values.append(try cursor.readInt64()) }
      #expect(values == [.max, .min, 1_374_157_001_000, 1])
    }
    #expect(error("9223372036854775808") { c throws(JSONError) in _ = try c.readInt64() } == .outOfRange(offset: 0))
    #expect(error(" 1.5 ") { c throws(JSONError) in _ = try c.readInt64() } == .notIntegral(offset: 1))
    #expect(error("1.") { c throws(JSONError) in _ = try c.readInt64() } == .invalidNumber(offset: 0))
  }

  @Test("every error describes itself, and shows its offset")
  func descriptions() {
    let errors: [JSONError] = [
      .tooDeep(offset: 77, maximum: 9), .invalidUTF8(offset: 77), .controlCharacter(offset: 77),
      .unterminatedString(offset: 77),
      .invalidEscape(offset: 77), .invalidNumber(offset: 77), .invalidLiteral(offset: 77), .expectedValue(offset: 77),
      .expectedKey(offset: 77), .expectedColon(offset: 77), .expectedCommaOrEnd(offset: 77), .trailingBytes(offset: 77),
      .wrongKind(wanted: .object, offset: 77), .notIntegral(offset: 77), .outOfRange(offset: 77),
    ]
    for error in errors { #expect(error.offset == 77 && error.description.contains("77"), "\(error)") }
    #expect(JSONError.tooLarge(bytes: 12, maximum: 5).description.contains("12"))
  }
}
