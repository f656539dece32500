import IO
import Logs

/// Every subcommand, in the order in which help lists them.
package enum CommandTable {
  package static let all: [Command] = [
    IngestCommand.command, TopCommand.command, ReplayCommand.command, ServeCommand.command, ConvertCommand.command,
    InspectCommand.command, CollectCommand.command, EndOfDayCommand.command, GenerateCommand.command,
    LoginCommand.command, BookCommand.command, CandlesCommand.command, RawCommand.command, DoctorCommand.command,
    HelpCommand.command, CompletionsCommand.command, ManCommand.command, CheckCommand.command,
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
    if let command = all.first(where: { $0.name == name }) { return command }
    let hint = Suggestion.nearest(to: name, among: all.map(\.name)).map { "did you mean '\($0)'? " } ?? ""
    throw .usage("there is no command '\(name)'; \(hint)'quotewire --help' lists them all")
  }

  /// Prints text on standard output.
  static func say(_ text: String) throws(CommandFailure) -> ExitCode {
    do { _ = try StandardStream.output.write(text) } catch { throw CommandFailure("\(error)") }
    return .done
  }
}
