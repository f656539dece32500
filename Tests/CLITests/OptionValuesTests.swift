import Market
import TestSupport
import Testing

@testable import QuotewireCLI

@Suite("What values can be", .tags(.unit))
struct OptionValuesTests {
  @Test(
    "the name of a value tells what it can be",
    arguments: [
      ("FILE", .file), ("FILE.qwr", .file), ("DIR", .directory), ("N", .number), ("SECONDS", .seconds),
      ("TIME", .time), ("type|symbol|day", .oneOf(["type", "symbol", "day"])), ("N|forever", .wordOr(["forever"])),
      ("FILE|-", .wordOr(["-"])), ("URL", .anything), ("TYPES", .eventTypes), (nil, .anything),
    ] as [(String?, OptionValues)])
  func names(name: String?, values: OptionValues) { #expect(OptionValues.named(name) == values) }

  @Test(
    "a value that is none of the words is refused with the nearest one",
    arguments: [
      ("tikcer", "--contract takes auto, ticker, stream or history, not 'tikcer'; did you mean 'ticker'?"),
      ("fast", "--contract takes auto, ticker, stream or history, not 'fast'"),
    ])
  func refusal(value: String, sentence: String) {
    let why = failure { _ = try arguments(["--contract", value]) }
    #expect(why?.description == sentence && why?.exitCode == .usage)
  }

  @Test("a word is taken in any case, and given as the table writes it")
  func anyCase() throws {
    #expect(try arguments(["--contract", "Ticker"]).string("contract") == "ticker")
  }

  @Test("help names the nearest command or topic")
  func topics() {
    let why = failure { _ = try HelpCommand.run(Arguments(["exit-code"], for: HelpCommand.command)) }
    #expect(why?.description.contains("did you mean 'exit-codes'?") == true && why?.exitCode == .usage)
    #expect(CommandTable.run(["help", "sinks"]) == .done)
  }

  @Test("every topic is true to its name, keeps to 100 columns, and is no command's name")
  func everyTopic() {
    for topic in HelpTopic.all {
      #expect(!topic.text.isEmpty && !topic.summary.isEmpty)
      #expect(!CommandTable.all.contains { $0.name == topic.name })
      for line in Help.of(topic).split(separator: "\n") { #expect(line.count <= 100, "\(line)") }
    }
    for type in EventType.allCases {
      #expect(HelpTopic.all.contains { $0.name == "types" && $0.text.contains(type.name) })
    }
  }

  @Test("the brief of an option is one line")
  func brief() {
    for command in CommandTable.all {
      for option in command.options {
        #expect(!option.brief.isEmpty && !option.brief.contains("\n"), "\(command.name) --\(option.name)")
      }
    }
  }
}
