import Control

/// `quotewire ctl`: one command for a running ingest, and its answer.
enum CtlCommand {
  /// Seconds that an answer may take.
  static let answerSeconds = 60.0

  static let command = Command(
    name: "ctl", summary: "control a running ingest: symbols, figures, new files, reload, stop",
    operands: "COMMAND [SYMBOLS|SINK] [TYPES]", operandCount: 1...3,
    operandValues: .wordOr(ControlRequest.commands.map(\.name)),
    options: [
      OptionSpec(
        "ctl", "PATH|auto",
        "the socket that 'ingest --ctl PATH' made\n(default: auto, which is $XDG_RUNTIME_DIR/quotewire.sock)")
    ],
    notes: """
      Commands:
      \(zip(ControlRequest.forms, ControlRequest.commands).map { "  \($0)\n      \($1.summary)" }
        .joined(separator: "\n"))
      The answer is one JSON object on a line, with "ok". Exit code 0 where that is true, 1 where it is false or
      nobody answers, 2 for words that are no command.
      Examples:
        quotewire ctl add AAPL,MSFT
        quotewire ctl --ctl feed.sock remove SPY Trade
        quotewire ctl stats
      """,
    run: run)

  @Sendable
  static func run(_ arguments: Arguments) throws(CommandFailure) -> ExitCode {
    let line = arguments.operands.joined(separator: " ")
    guard !line.utf8.contains(0x0A), !line.utf8.contains(0x0D) else {
      throw .usage("a command holds no line feed; give several commands one after the other")
    }
    if try ControlRequest(parsing: line) == .help {
      var text = ""
      for (form, command) in zip(ControlRequest.forms, ControlRequest.commands) {
        text += "\(form)\n    \(command.summary)\n"
      }
      return try CommandTable.say(text)
    }
    guard let path = try ControlOptions.path(arguments, else: ControlOptions.automatic) else { return .usage }
    let answer: String
    do throws(ControlError) {
      answer = try ControlClient.ask(line, of: path, limitSeconds: answerSeconds)
    } catch {
      throw CommandFailure("\(error); is 'quotewire ingest --ctl \(path)' running?")
    }
    _ = try CommandTable.say(answer + "\n")
    return answer.hasPrefix("{\"ok\":true") ? .done : .failed
  }
}
