import TestSupport
import Testing

@testable import Configuration

private func read(_ text: String, _ variables: [String: String] = [:]) throws -> ConfigurationDocument {
  try ConfigurationReader.read(Array(text.utf8)) { variables[$0] }
}

private func value(_ text: String, _ variables: [String: String] = [:]) throws -> ConfigurationValue? {
  try read("key = \(text)\n", variables).value("key", in: nil)?.value
}

private func failure(_ text: String) -> ConfigurationError? {
  do {
    _ = try read(text)
    return nil
  } catch { return error as? ConfigurationError }
}

@Suite("The configuration's text", .tags(.unit))
struct ConfigurationTests {
  @Test("keys stand in their tables, with the places of key and value")
  func places() throws {
    let it = try read("# first\r\nurl = 'é'\r\n\n  [ ingest ] # a table\n  lanes =  2\n")
    #expect(it.entries.count == 2 && it.tables.count == 1)
    #expect(it.value("url", in: nil)?.place == ConfigurationPlace(line: 2, column: 1))
    let lanes = try #require(it.value("lanes", in: "ingest"))
    #expect(lanes.value == .number("2", isWhole: true))
    #expect(lanes.place == ConfigurationPlace(line: 5, column: 3))
    #expect(lanes.valuePlace == ConfigurationPlace(line: 5, column: 12))
    #expect(it.tables.first?.place == ConfigurationPlace(line: 4, column: 3))
    #expect(it.value("lanes", in: nil) == nil)
  }

  @Test(
    "values are read as TOML says",
    arguments: [
      ("true", .boolean(true)), ("false", .boolean(false)), ("'a\\n'", .string("a\\n")), ("\"\"", .string("")),
      ("\"a\\n\\t\\\"\\\\ \\u00e9 \\U0001F600\"", .string("a\n\t\"\\ é 😀")), ("-5", .number("-5", isWhole: true)),
      ("+1_000", .number("1000", isWhole: true)), ("0", .number("0", isWhole: true)),
      ("1.5", .number("1.5", isWhole: false)), ("2e-3", .number("2e-3", isWhole: false)),
      ("[]", .array([])), ("[1, 'a', true,]", .array([.number("1", isWhole: true), .string("a"), .boolean(true)])),
      ("[ # over\n 'a'\n, \n'b' # lines\n]", .array([.string("a"), .string("b")])),
      ("'${HOME}'", .string("${HOME}")), ("\"$5\"", .string("$5")),
    ] as [(String, ConfigurationValue)])
  func values(text: String, expected: ConfigurationValue) throws { #expect(try value(text) == expected) }

  @Test("variables are put into basic strings, and their names kept")
  func variables() throws {
    let it = try value("\"${A}-${B_2}\"", ["A": "x\"", "B_2": ""])
    #expect(it == .string("x\"-", variables: ["A", "B_2"]))
    #expect(it?.variables == ["A", "B_2"])
    #expect(failure("key = \"a${NONE}\"") == .noVariable("NONE", ConfigurationPlace(line: 1, column: 9)))
  }

  static let refused: [(String, Int, Int, String)] = [
    ("key", 1, 4, "expected = behind the key key"), ("key = ", 1, 7, "expected a value"),
    ("= 1", 1, 1, "expected a key"), ("key = 1 2", 1, 9, "expected the end of the line"),
    ("key = AAPL", 1, 7, "text stands in quotes: \"AAPL\""), ("key = 'a", 1, 7, "' at the end of the string"),
    ("key = \"a\nb\"", 1, 9, "\" at the end of the string"), ("a = 1\na = 2", 2, 1, "stands on line 1 already"),
    ("[t]\n[u]\n[t]", 3, 1, "[t] stands on line 1 already"), ("[a.b]", 1, 3, "tables within tables"),
    ("[[a]]", 1, 1, "[[tables]]"), ("a.b = 1", 1, 2, "keys with dots"), ("'a' = 1", 1, 1, "names in quotes"),
    ("a = {b = 1}", 1, 5, "inline tables"), ("a = \"\"\"x\"\"\"", 1, 5, "strings of several lines"),
    ("a = '''x'''", 1, 5, "strings of several lines"), ("a = [[1]]", 1, 6, "arrays within arrays"),
    ("a = [1 2]", 1, 8, "a comma or ]"), ("a = [1,", 1, 8, "expected a value"),
    ("a = 2026-01-02", 1, 5, "dates and times are not taken; write \"2026-01-02\""),
    ("a = 14:30:00", 1, 5, "dates and times"), ("a = 0x10", 1, 5, "expected a value"),
    ("a = 01", 1, 5, "expected a value"), ("a = 1__0", 1, 5, "expected a value"), ("a = inf", 1, 5, "text stands"),
    ("a = 99999999999999999999", 1, 5, "expected a value"), ("a = 1.", 1, 5, "expected a value"),
    ("a = \"\\x\"", 1, 6, "behind \\"), ("a = \"\\ud800\"", 1, 6, "4 hexadecimal digits"),
    ("a = \"${}\"", 1, 6, "${NAME}"), ("a = \"${A\"", 1, 6, "${NAME}"), ("a = 1 # \u{1}", 1, 9, "control characters"),
    ("\n\na = 'ééé' x", 3, 11, "the end of the line"), ("a = 1\rb = 2", 1, 6, "a line feed"),
    ("[t", 1, 3, "expected ]"),
  ]

  @Test("what is wrong is told with line, column and remedy", arguments: refused)
  func refusals(text: String, line: Int, column: Int, words: String) {
    let why = failure(text)
    #expect(why?.place == ConfigurationPlace(line: line, column: column), "\(why.map { "\($0.place)" } ?? "")")
    #expect(why?.description.contains(words) == true, "\(why?.description ?? "")")
  }

  @Test("bytes that are no UTF-8 are told by their place, and a byte order mark is passed over")
  func encoding() throws {
    let bytes: [UInt8] = Array("a = 1\nb = '".utf8) + [0xFF, 0x27]
    #expect(throws: ConfigurationError.invalidUTF8(ConfigurationPlace(line: 2, column: 6))) {
      try ConfigurationReader.read(bytes) { _ in nil }
    }
    let marked = try ConfigurationReader.read([0xEF, 0xBB, 0xBF] + Array("a = 1".utf8)) { _ in nil }
    #expect(marked.entries.first?.place == ConfigurationPlace(line: 1, column: 1))
  }

  @Test("limits end the reading, each by its name")
  func limits() {
    let keys = (0...ConfigurationLimit.entries).map { "k\($0) = 1\n" }.joined()
    if case .tooMuch("keys", _, _) = failure(keys) {} else { Issue.record("keys") }
    let values = "a = [" + String(repeating: "1,", count: ConfigurationLimit.arrayValues + 1) + "]"
    if case .tooMuch("values of an array", _, _) = failure(values) {} else { Issue.record("values") }
    if case .tooMuch("bytes", _, _) = failure(String(repeating: "#", count: ConfigurationLimit.bytes + 1)) {} else {
      Issue.record("bytes")
    }
  }
}

@Suite("Settings written and read again", .tags(.property))
struct ConfigurationRoundTripTests {
  private static func text(_ random: inout SeededRandom) -> String {
    let alphabet = Array("aZ09 \"'\\${}#=[],\n\t\r\u{0}\u{7F}é😀.-_%").map { $0 }
    let count = Int.random(in: 0...12, using: &random)
    return String((0..<count).map { _ in alphabet.randomElement(using: &random) ?? "a" })
  }

  private static func scalar(_ random: inout SeededRandom) -> ConfigurationValue {
    switch random.next() % 4 {
    case 0: .boolean(random.next() % 2 == 0)
    case 1: .number("\(Int64(bitPattern: random.next()))", isWhole: true)
    case 2: .number("\(Double(Int64(bitPattern: random.next()) >> 20) / 64)", isWhole: false)
    default: .string(text(&random))
    }
  }

  @Test("random settings are the same after they were written and read", arguments: 0..<200 as Range<UInt64>)
  func roundTrip(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var text = ""
    var expected: [(table: String?, key: String, value: ConfigurationValue)] = []
    for table in 0..<Int.random(in: 1...4, using: &random) {
      let name = table == 0 ? nil : "table-\(table)"
      if let name { text += "[\(name)]\n" }
      for key in 0..<Int.random(in: 0...6, using: &random) {
        let isArray = random.next() % 3 == 0
        let values = (0..<Int.random(in: 0...4, using: &random)).map { _ in Self.scalar(&random) }
        let value = isArray ? ConfigurationValue.array(values) : Self.scalar(&random)
        text += ConfigurationText.line("key_\(key)", value)
        expected.append((name, "key_\(key)", value))
      }
    }
    let document = try ConfigurationReader.read(Array(text.utf8)) { _ in
      Issue.record("seed \(seed): a variable was read")
      return nil
    }
    #expect(document.entries.count == expected.count)
    for (entry, one) in zip(document.entries, expected) {
      #expect(entry.table == one.table && entry.key == one.key && entry.value == one.value, "seed \(seed)\n\(text)")
    }
  }

  @Test("bytes changed, cut and put in anywhere are read or refused with a place within the text",
    arguments: 0..<300 as Range<UInt64>)
  func mutants(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var bytes = Array("url = \"a${X}\\n\" # c\n[ingest]\nto = ['x', 1.5, true,\n]\n".utf8)
    for _ in 0..<Int.random(in: 1...5, using: &random) {
      let at = Int.random(in: 0..<bytes.count, using: &random)
      switch random.next() % 3 {
      case 0: bytes[at] = UInt8(truncatingIfNeeded: random.next())
      case 1: bytes.remove(at: at)
      default: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: at)
      }
    }
    let lines = 1 + bytes.count { $0 == 0x0A }
    do throws(ConfigurationError) { _ = try ConfigurationReader.read(bytes) { _ in "v" } } catch {
      #expect((1...lines).contains(error.place.line) && error.place.column >= 1, "seed \(seed)")
    }
  }
}
