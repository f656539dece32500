import IO

enum ManCommand {
  static let command = Command(
    name: "man", summary: "print a man page, or write all of them into a folder", operands: "[COMMAND]",
    operandCount: 0...1, operandValues: .commands,
    options: [
      OptionSpec("to", "DIR", "write every page into this folder, as quotewire.1 and the like"),
      OptionSpec("configuration", "print quotewire.conf(5), about the configuration file"), RunOptions.force,
    ],
    notes: """
      Without COMMAND it prints quotewire(1). The pages are roff, for man(1):
        quotewire man ingest | man -l -
        quotewire man --to ~/.local/share/man/man1
      """,
    takesSettings: false, run: run)

  @Sendable static func run(_ arguments: Arguments) throws(CommandFailure) -> ExitCode {
    if let folder = arguments.string("to") {
      if !arguments.operands.isEmpty { throw .usage("--to writes every page; give no COMMAND with it") }
      return try write(folder, force: arguments.has("force"))
    }
    if arguments.has("configuration") { return try CommandTable.say(ConfigurationPage.text) }
    guard let name = arguments.operands.first else { return try CommandTable.say(ManPage.overview(CommandTable.all)) }
    return try CommandTable.say(ManPage.of(try CommandTable.command(name)))
  }

  /// Every page with the name of its file.
  static var pages: [(file: String, text: String)] {
    [("quotewire.1", ManPage.overview(CommandTable.all)), ("quotewire.conf.5", ConfigurationPage.text)]
      + CommandTable.all.map { ("quotewire-\($0.name).1", ManPage.of($0)) }
  }

  private static func write(_ folder: String, force: Bool) throws(CommandFailure) -> ExitCode {
    do throws(IOError) {
      try Directory.create(folder)
      for page in pages {
        var file = try PendingFile(folder + "/" + page.file, force: force)
        let bytes = Array(page.text.utf8)
        try unsafe file.file.write(bytes.span.bytes)
        try file.commit()
      }
    } catch { throw CommandFailure("\(error)") }
    Console().say("\(folder): \(pages.count) pages")
    return .done
  }
}
