import TestSupport
import Testing

@testable import QuotewireCLI

@Suite("Commands and help", .tags(.unit))
struct HelpTests {
  @Test(
    "the help of every command tells each option, keeps to 100 columns and ends lines cleanly",
    arguments: CommandTable.all.map(\.name))
  func help(name: String) throws {
    let command = try #require(CommandTable.all.first { $0.name == name })
    let text = Help.of(command)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines[0].hasPrefix("usage: quotewire \(name)"))
    #expect(lines[0].hasSuffix(command.operands))
    #expect(text.contains(command.summary))
    for line in lines {
      #expect(line.count <= 100, "\(line)")
      #expect(!line.hasSuffix(" "), "\(line)")
    }
    for option in command.options {
      let head = "  --\(option.name)" + (option.value.map { " \($0)" } ?? "")
      #expect(lines.contains { $0 == head || $0.hasPrefix(head + " ") }, "--\(option.name)")
    }
    // Wrapping takes and adds no word.
    let written = Set(text.split(whereSeparator: \.isWhitespace))
    for option in command.options {
      for word in option.help.split(whereSeparator: \.isWhitespace) { #expect(written.contains(word)) }
    }
    for word in command.notes.split(whereSeparator: \.isWhitespace) { #expect(written.contains(word), "\(word)") }
  }

  @Test("the overview tells every command within 100 columns")
  func overview() {
    let text = Help.overview(CommandTable.all)
    for command in CommandTable.all { #expect(text.contains("  \(command.name)") && text.contains(command.summary)) }
    for line in text.split(separator: "\n") { #expect(line.count <= 100, "\(line)") }
  }

  @Test("no option, command or value name stands twice")
  func unique() {
    #expect(Set(CommandTable.all.map(\.name)).count == CommandTable.all.count)
    for command in CommandTable.all {
      #expect(Set(command.options.map(\.name)).count == command.options.count, "\(command.name)")
      #expect(command.options.allSatisfy { !$0.help.isEmpty && $0.value != "" })
    }
  }

  @Test(
    "the options of the contract are there",
    arguments: [
      (
        "ingest",
        "url types symbols symbols-file from-time to record lanes contract token-env token-file ca-file for limit "
          + "reconnect stats insecure-plaintext keepalive force strict"
      ),
      ("replay", "speed start stop to stats force strict"), ("serve", "generate port speed token fault"),
      ("collect", "url types to max-age refresh offline lanes sequential parallel for strict force"),
      ("inspect", "repair"), ("convert", "force"), ("ctl", "ctl"),
    ])
  func contract(name: String, options: String) throws {
    let command = try #require(CommandTable.all.first { $0.name == name })
    for option in options.split(separator: " ") {
      #expect(command.option(String(option)) != nil, "\(name) --\(option)")
    }
  }

  @Test(
    "wrong words end with code 2, failures with 1",
    arguments: [
      ([], 2), (["frobnicate"], 2), (["help", "frobnicate"], 2), (["ingest", "--frobnicate"], 2),
      (["ingest", "operand"], 2),
      (["--frobnicate"], 2), (["replay"], 2), (["replay", "/nowhere.qwr"], 1), (["inspect", "/nowhere.qwr"], 1),
      (["convert", "a", "b"], 2), (["convert", "/nowhere.tsv", "/nowhere.qwr"], 1),
      (["convert", "/nowhere.qwr", "x/"], 1),
      (["inspect", "--", "--help"], 1), (["replay", "x.qwr", "--speed", "0"], 2),
    ] as [([String], Int32)])
  func exitCodes(words: [String], code: Int32) { #expect(CommandTable.run(words).rawValue == code) }

  @Test(
    "help and version are no failure", arguments: [["--version"], ["inspect", "nonsense", "--nonsense", "--help"]])
  func done(words: [String]) { #expect(CommandTable.run(words) == .done) }
}
