import Glibc
import TestSupport

/// What the programs and tools of the project say that they understand, to hold pages against.
struct CommandReference {
  private var commands: [String: Set<String>] = [:]
  private var benchCommands: Set<String> = []
  private var benchOptions: Set<String> = []

  /// Options that every command has.
  private static let common: Set<String> = ["--help", "--version"]

  init() throws {
    let overview = try quotewire("help")
    guard overview.exitCode == 0 else { throw Trouble("quotewire help: \(overview)") }
    for line in overview.lines where line.hasPrefix("  ") {
      guard let name = line.split(separator: " ").first, Self.isCommandName(name), line.dropFirst(2).first != " "
      else { continue }
      let help = try quotewire("help", String(name))
      guard help.exitCode == 0 else { throw Trouble("quotewire help \(name): \(help)") }
      commands[String(name)] = Self.options(help.text)
    }
    let bench = try Program(try Built.program("quotewire-bench"), ["help"]).wait()
    let text = bench.text + bench.errors
    for range in text.ranges(of: "quotewire-bench ") {
      benchCommands.insert(String(text[range.upperBound...].prefix { $0.isLetter || $0 == "-" }))
    }
    benchOptions = Self.options(text)
    guard commands.count > 5, benchCommands.count > 5 else { throw Trouble("the help lists too few commands") }
  }

  static func isCommandName(_ word: some StringProtocol) -> Bool {
    word.first?.isLowercase == true && word.allSatisfy { $0.isLowercase || $0 == "-" }
  }

  /// Every `--name` of a text.
  private static func options(_ text: String) -> Set<String> {
    var found: Set<String> = []
    for range in text.ranges(of: "--") {
      let name = text[range.upperBound...].prefix { $0.isLetter || $0.isNumber || $0 == "-" }
      if name.first?.isLetter == true { found.insert("--" + name) }
    }
    return found
  }

  /// What is wrong with a simple command; nil for one that is right, or that is none of ours.
  func fault(_ words: [String]) -> String? {
    guard let program = words.first else { return nil }
    let name = program.split(separator: "/").last.map { String($0) } ?? program
    let rest = words.dropFirst()
    let options = rest.prefix { $0 != "--" }.filter { $0.hasPrefix("--") && $0.count > 2 }
      .map { String($0.prefix { $0 != "=" }) }
    if name == "quotewire" {
      guard let command = rest.first, Self.isCommandName(command), command != "help" else { return nil }
      guard let known = commands[command] else { return "there is no command 'quotewire \(command)'" }
      let unknown = options.first { !known.contains($0) && !Self.common.contains($0) }
      return unknown.map { "quotewire \(command) has no \($0)" }
    }
    if name == "quotewire-bench" {
      guard let command = rest.first, Self.isCommandName(command) else { return nil }
      if !benchCommands.contains(command) { return "there is no command 'quotewire-bench \(command)'" }
      return options.first { !benchOptions.contains($0) }.map { "quotewire-bench does not name \($0) in its help" }
    }
    guard program.hasPrefix("tools/") else { return nil }
    let path = Places.packageRoot + "/" + program
    if unsafe access(path, rest.isEmpty ? F_OK : X_OK) != 0 { return "there is no program \(program)" }
    let script = String(decoding: Places.read(path) ?? [], as: UTF8.self)
    return options.first { !script.contains($0) && !Self.common.contains($0) }.map { "\(program) does not name \($0)" }
  }
}
