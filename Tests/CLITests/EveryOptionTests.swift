import TestSupport
import Testing

@testable import QuotewireCLI

/// The parser against everything that tells people and shells what it takes.
@Suite("Every option is told everywhere", .tags(.unit))
struct EveryOptionTests {
  private static let names = CommandTable.all.map(\.name)

  /// The part of a text from one mark to the next one.
  private func part(_ text: String, from head: String, to tail: String) throws -> Substring {
    let start = try #require(text.firstRange(of: head), "no \(head)").upperBound
    let end = text[start...].firstRange(of: tail)?.lowerBound ?? text.endIndex
    return text[start..<end]
  }

  @Test("the parser takes each option of the table, and no other", arguments: names)
  func parser(name: String) throws {
    let command = try CommandTable.command(name)
    guard !command.isVerbatim else { return }
    let operands = [String](repeating: "x", count: command.operandCount.lowerBound)
    for option in command.options {
      let value = if case .oneOf(let words) = option.values { words[0] } else { "1" }
      let word = option.value == nil ? "--\(option.name)" : "--\(option.name)=\(value)"
      let taken = try Arguments([word] + operands, for: command)
      #expect(taken.has(option.name) && taken.operands == operands, "\(word)")
      // A longer name is another option, or none.
      #expect(throws: CommandFailure.self) { try Arguments(["--\(option.name)x"] + operands, for: command) }
    }
  }

  @Test("help, man page and the completions of bash, zsh and fish have each option of the parser", arguments: names)
  func told(name: String) throws {
    let command = try CommandTable.command(name)
    let help = Help.of(command)
    let page = ManPage.of(command)
    let bash = try part(
      BashCompletions.script(CommandTable.all), from: "      \(name)) _quotewire_words \"", to: "\" ;;")
    let zsh = try part(ZshCompletions.script(CommandTable.all), from: "    \(name))\n", to: "\n      ;;")
    let fish = FishCompletions.script(CommandTable.all).split(separator: "\n")
      .filter { $0.hasPrefix("complete -c quotewire -n '__fish_seen_subcommand_from \(name)' ") }
    for option in command.options {
      let long = "--" + option.name
      #expect(help.contains("\n  " + long), "\(long) in help")
      let roff = long.replacing("-", with: "\\-")
      let takesValue = option.value != nil
      #expect(page.contains(takesValue ? ".BI \(roff) " : ".B \(roff)\n"), "\(long) in the man page")
      #expect(bash.split(separator: " ").contains { $0 == long }, "\(long) for bash")
      #expect(zsh.contains(takesValue ? "\(long)=[" : "\(long)["), "\(long) for zsh")
      let line = fish.first { ($0 + " ").contains(" -l \(option.name) ") }
      #expect(line != nil, "\(long) for fish")
      // After an option without a value fish and bash go on with the next word.
      #expect(line.map { $0.contains(" -x") || $0.contains(" -r") } == takesValue, "\(long) for fish")
    }
    let told = bash.split(separator: " ").count
    #expect(told == command.options.count + 1, "bash is told of no more than that, and of --help")
    #expect(fish.count { $0.contains(" -l ") } == command.options.count + 1)
  }

  @Test("every command and topic has its line in the overview, its page and its place in the completions")
  func commands() {
    let overview = Help.overview(CommandTable.all)
    let page = ManPage.overview(CommandTable.all)
    let (zsh, fish) = (ZshCompletions.script(CommandTable.all), FishCompletions.script(CommandTable.all))
    let bash = BashCompletions.script(CommandTable.all)
    for command in CommandTable.all {
      #expect(overview.contains("\n  \(command.name) "))
      #expect(page.contains(".BR quotewire\\-\(command.name.replacing("-", with: "\\-")) (1)"))
      #expect(ManCommand.pages.contains { $0.file == "quotewire-\(command.name).1" })
      #expect(zsh.contains("\n    '\(command.name):"))
      #expect(fish.contains("-n __fish_use_subcommand -a \(command.name) -d"))
      #expect(bash.contains("      \(command.name)) _quotewire_words"))
      #expect(OptionValues.topics.words.contains(command.name))
    }
    for topic in HelpTopic.all {
      #expect(page.contains(".SH \(ManPage.roff(topic.name.uppercased()))\n"))
      #expect(OptionValues.topics.words.contains(topic.name))
    }
  }
}
