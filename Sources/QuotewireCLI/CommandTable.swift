import IO
import Logs

/// Every subcommand, in the order in which help lists them.
package enum CommandTable {
  package static let all: [Command] = makers.map { $0.make() }

  /// By name, so that a run makes its own command alone: the texts of all the others' help take half a millisecond.
  private static let makers: [(name: String, make: @Sendable () -> Command)] = [
    ("ingest", { IngestCommand.command }), ("top", { TopCommand.command }), ("replay", { ReplayCommand.command }),
    ("serve", { ServeCommand.command }), ("convert", { ConvertCommand.command }),
    ("inspect", { InspectCommand.command }), ("collect", { CollectCommand.command }),
    ("eod", { EndOfDayCommand.command }), ("generate", { GenerateCommand.command }),
    ("login", { LoginCommand.command }), ("book", { BookCommand.command }), ("candles", { CandlesCommand.command }),
    ("raw", { RawCommand.command }), ("doctor", { DoctorCommand.command }), ("ctl", { CtlCommand.command }),
    ("help", { HelpCommand.command }), ("completions", { CompletionsCommand.command }), ("man", { ManCommand.command }),
    ("check", { CheckCommand.command }),
  ]

  /// Runs the program with its arguments (without its own name) and gives its exit code.
  package static func run(_ words: [String]) -> ExitCode {
    let console = Console()
    Signals.ignoreBrokenPipes()
    do throws(CommandFailure) {
      return try dispatch(words, console)
    } catch {
      console.say(error.description, .error)
      return error.exitCode
    }
  }

  private static func dispatch(_ words: [String], _ console: Console) throws(CommandFailure) -> ExitCode {
    guard let name = words.first else {
      console.write(Help.overview(all))
      return .usage
    }
    switch name {
    case "--help", "-h": return try say(Help.overview(all))
    case "--version": return try say(Version.line + "\n")
    default: break
    }
    let command = try command(name)
    let rest = Array(words.dropFirst())
    if rest.prefix(while: { $0 != "--" }).contains(where: { $0 == "--help" || $0 == "-h" }) {
      return try say(Help.of(command))
    }
    if command.isVerbatim { return try command.run(Arguments(verbatim: rest, for: command)) }
    let arguments = try SettingsSources(command, rest).arguments()
    if let file = arguments.file, !file.isNamed { console.say("settings from \(file.path)") }
    do { return try command.run(arguments) } catch { throw arguments.located(error) }
  }

  static func command(_ name: String) throws(CommandFailure) -> Command {
    if let maker = makers.first(where: { $0.name == name }) { return maker.make() }
    let hint = Suggestion.nearest(to: name, among: makers.map(\.name)).map { "did you mean '\($0)'? " } ?? ""
    throw .usage("there is no command '\(name)'; \(hint)'quotewire --help' lists them all")
  }

  /// Prints text on standard output.
  static func say(_ text: String) throws(CommandFailure) -> ExitCode {
    do { _ = try StandardStream.output.write(text) } catch { throw CommandFailure("\(error)") }
    return .done
  }
}
