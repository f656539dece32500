import TestSupport
import Testing

@testable import QuotewireCLI

/// Arguments of a command as `quotewire` would take them.
func arguments(_ words: [String], _ command: Command = IngestCommand.command) throws -> Arguments {
  try Arguments(words, for: command)
}

/// The failure that `body` ends with; nil when it does not fail.
func failure(_ body: () throws -> Void) -> CommandFailure? {
  do {
    try body()
    return nil
  } catch { return error as? CommandFailure }
}

let probe = Command(
  name: "probe", summary: "a command for tests", operands: "IN [OUT]", operandCount: 1...2,
  options: [
    OptionSpec("force", "a switch"), OptionSpec("limit", "N", "a value"),
    OptionSpec("to", "SINK", repeats: true, "a value, repeated"), OptionSpec("for", "SECONDS", "a duration"),
  ], notes: "", run: { _ in .done })

private func probe(_ words: [String]) throws -> Arguments { try Arguments(words, for: probe) }

@Suite("Arguments", .tags(.unit))
struct ArgumentsTests {
  @Test("switches, values in both forms, repeated options and operands are told apart")
  func forms() throws {
    let it = try probe(["a", "--force", "--limit", "5", "--to=x=y", "b", "--to", "z", "--for="])
    #expect(it.operands == ["a", "b"])
    #expect(it.has("force") && it.string("force") == "")
    #expect(it.string("limit") == "5")
    #expect(it.all("to") == ["x=y", "z"])
    #expect(it.string("to") == "z")
    #expect(it.string("for") == "")
    #expect(!it.has("absent") && it.all("absent") == [] && it.string("absent") == nil)
  }

  @Test("behind two dashes everything is an operand")
  func operandsOnly() throws {
    let it = try probe(["--force", "--", "--limit", "-x"])
    #expect(it.operands == ["--limit", "-x"])
    #expect(!it.has("limit"))
  }

  @Test("one dash alone is an operand, and a value may begin with a dash")
  func dashes() throws {
    let it = try probe(["-", "--limit", "-5", "--to", "-"])
    #expect(it.operands == ["-"])
    #expect(it.string("limit") == "-5" && it.string("to") == "-")
  }

  static let help = "see 'quotewire probe --help'"
  static let refused: [([String], String)] = [
    ([], "probe takes 1 to 2 operands (IN [OUT]), not 0; \(help)"),
    (["a", "b", "c"], "probe takes 1 to 2 operands (IN [OUT]), not 3; \(help)"),
    (["a", "--limit"], "--limit needs a value (N); \(help)"),
    (["a", "--limit", "--force"], "--limit needs a value (N); \(help)"),
    (["a", "--limit", "--to=x"], "--limit needs a value (N); \(help)"),
    (["a", "--force=yes"], "--force takes no value; \(help)"),
    (["a", "--limit", "1", "--limit=2"], "--limit was given twice; give it once"),
    (["a", "--force", "--force"], "--force was given twice; give it once"),
    (["a", "--limt", "1"], "probe has no option --limt; did you mean --limit? See 'quotewire probe --help'"),
    (["a", "--wholly-different"], "probe has no option --wholly-different; \(help)"),
    (["a", "--wholly-different=1"], "probe has no option --wholly-different; \(help)"),
    (["a", "-f"], "probe has no option -f; \(help)"),
    (["a", "--=1"], "probe has no option --; \(help)"),
  ]

  @Test("what makes no sense is refused with a sentence that names option and remedy", arguments: refused)
  func refusals(words: [String], sentence: String) {
    let why = failure { _ = try probe(words) }
    #expect(why?.description == sentence)
    #expect(why?.exitCode == .usage)
  }

  @Test("a value that looks like an option can be given behind an equals sign")
  func optionLike() throws {
    #expect(try probe(["a", "--to=--force"]).all("to") == ["--force"])
    #expect(try probe(["a", "--to", "--unknown"]).all("to") == ["--unknown"])
  }

  @Test(
    "operand counts are worded",
    arguments: [(0...0, "no operands"), (1...1, "1 operand"), (2...2, "2 operands"), (1...512, "at least 1")])
  func counts(count: ClosedRange<Int>, words: String) {
    let command = Command(
      name: "c", summary: "", operands: "X", operandCount: count, options: [], notes: "", run: { _ in .done })
    let given = Array(repeating: "x", count: count.lowerBound == 0 ? 1 : 0)
    let why = failure { _ = try Arguments(given, for: command) }
    #expect(why?.description == "c takes \(words) (X), not \(given.count); see 'quotewire c --help'")
  }

  @Test("lists are cut at commas, without blanks and empty parts")
  func lists() throws {
    #expect(try probe(["a", "--to", " A, B,,C ", "--to=D,"]).list("to") == ["A", "B", "C", "D"])
  }

  @Test("whole numbers keep to their range", arguments: ["0", "11", "x", "", "1.0", "99999999999999999999"])
  func numbers(text: String) throws {
    let it = try probe(["a", "--limit=\(text)"])
    let why = failure { _ = try it.int("limit", in: 1...10) }
    #expect(why?.description == "--limit takes a whole number from 1 to 10, not '\(text)'")
    #expect(try probe(["a", "--limit=10"]).int("limit", in: 1...10) == 10)
    #expect(try probe(["a"]).int("limit", in: 1...10) == nil)
  }

  @Test("durations are refused by name")
  func durations() throws {
    let it = try probe(["a", "--for", "soon"])
    #expect(
      failure { _ = try it.seconds("for") }?.description
        == "--for takes seconds or a duration such as 90s, 5m or 2h, not 'soon'")
    #expect(try probe(["a", "--for", "2m"]).seconds("for") == 120)
  }
}

@Suite("Suggestions", .tags(.unit))
struct SuggestionTests {
  @Test(
    "the distance counts letters put in, taken out and changed",
    arguments: [
      ("", "", 0), ("", "abc", 3), ("abc", "", 3), ("kitten", "sitting", 3), ("Quote", "Quote", 0), ("flaw", "lawn", 2),
    ])
  func distance(a: String, b: String, expected: Int) {
    #expect(Suggestion.distance(a, b) == expected)
    #expect(Suggestion.distance(b, a) == expected)
  }

  @Test(
    "only a near word is suggested, the nearest of all",
    arguments: [
      ("ingset", "ingest"), ("replya", "replay"), ("ingest", "ingest"), ("xyz", nil), ("", nil), ("i", nil),
      ("inspec", "inspect"), ("convert-all-of-it", nil),
    ] as [(String, String?)])
  func nearest(word: String, expected: String?) {
    #expect(Suggestion.nearest(to: word, among: ["ingest", "replay", "convert", "inspect"]) == expected)
    #expect(Suggestion.nearest(to: word, among: []) == nil)
  }
}
