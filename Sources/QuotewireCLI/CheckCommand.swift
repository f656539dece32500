import DXLink
import Ingest
import Sinks

/// `quotewire check`: a command's settings with their origins, what it would do, and what is wrong; nothing is started.
enum CheckCommand {
  static let command = Command(
    name: "check", summary: "show the effective settings of a command, where each is from, and what is wrong",
    operands: "[COMMAND [OPTIONS]]", operandCount: 0...1024, operandValues: .commands, options: [],
    notes: """
      COMMAND is ingest where none is given; its options may follow, also --config FILE.
      For each option: its value, and where that is from: the command line, the environment, a line of
      the file, or the default. Tokens, and passwords within addresses, are shown as ***. Then the plan:
      which lane gets how many symbols. Nothing is connected, opened for writing or changed.
      Exit code 2 when something is wrong, with the sentence that the command itself would end with.
      Examples:
        quotewire check
        quotewire check --config feed.toml
        quotewire check collect sp500 --url wss://feed.example/dxlink
      """,
    isVerbatim: true, takesSettings: false, run: run)

  @Sendable static func run(_ arguments: Arguments) throws(CommandFailure) -> ExitCode {
    var words = arguments.operands
    var name = IngestCommand.command.name
    if let first = words.first, !first.hasPrefix("-") {
      name = first
      words.removeFirst()
    }
    let checked = try CommandTable.command(name)
    guard checked.takesSettings else { 
      throw .usage("\(name) takes no settings, so there is nothing to check")
     }
    let sources = SettingsSources(checked, words)
    let settings = try sources.arguments()
    _ = try CommandTable.say(table(checked, settings, sources))
    do {
      _ = try CommandTable.say(try CheckPlan.text(checked, settings))
    } catch { throw settings.located(error) }
    return .done
  }

  /// The options of a command, one a line.
  static func table(_ command: Command, _ settings: Arguments, _ sources: SettingsSources) -> String {
    var rows: [(String, String, String)] = []
    for option in command.options where option.name != Command.config.name {
      let origin = settings.origins[option.name].map { "\($0)" } ?? "default"
      let value: String
      if option.value == nil {
        value = settings.has(option.name) ? "true" : "false"
      } else {
        value = settings.shown(option.name) ?? option.defaultText ?? "-"
      }
      rows.append((option.name, Console.oneLine(value), origin))
    }
    let widths = (rows.map(\.0.count).max() ?? 0, min(60, rows.map(\.1.count).max() ?? 0))
    func pad(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(0, width - text.count))
    }
    var text = "settings of 'quotewire \(command.name)'\n"
    if let file = settings.file {
      text += "file: \(file.path)\n"
    } else {
      text += "file: none; looked for \(sources.searched.joined(separator: " and "))\n"
    }
    for row in rows { text += "  \(pad(row.0, widths.0))  \(pad(row.1, widths.1))  \(row.2)\n" }
    return text
  }

  static func plan(_ settings: IngestSettings) throws(CommandFailure) -> String {
    let shares: LaneShares
    do { shares = try LaneShares(settings) } catch {
      throw CommandFailure(error.description, RunEnd.exitCode(error.kind))
    }
    let mine = (0..<shares.lanes).map { shares.share(of: $0) }
    let symbols = mine.map { Set($0.map(\.symbol)).count }
    var text = "plan: "
    if let shard = settings.shard { text += "shard \(shard) of \(settings.lane.subscriptions.count) topics, " }
    text += "\(symbols.reduce(0, +)) symbols, \(mine.map(\.count).reduce(0, +)) topics, \(shares.lanes) "
    text += shares.lanes == 1 ? "lane\n" : "lanes\n"
    for lane in 0..<shares.lanes { text += "  lane \(lane): \(symbols[lane]) symbols, \(mine[lane].count) topics\n" }
    if let refusal = shares.refusal { text += "  \(refusal)\n" }
    for sink in settings.run.sinks { text += "  sink \(SecretMask.masked(sink.name, option: "to"))\n" }
    if let path = settings.record { text += "  recording \(path)\n" }
    return text + "nothing is wrong\n"
  }
}
