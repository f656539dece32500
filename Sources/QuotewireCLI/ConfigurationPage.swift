/// quotewire.conf(5).
enum ConfigurationPage {
  static var text: String {
    var page = ManPage.head("QUOTEWIRE.CONF", 5)
    page += ".SH NAME\nquotewire.conf \\- the configuration file of quotewire\n"
    page += ".SH FILES\n" + ManPage.block(files)
    page += ".SH DESCRIPTION\n" + ManPage.block(description)
    page += ".SH SHARED KEYS\n" + ManPage.text(SettingsFile.keys(nil).joined(separator: ", ")) + "\n"
    for command in CommandTable.all where command.takesSettings {
      page += ".SH [\(ManPage.roff(command.name))]\n"
      for option in command.options where option.name != Command.config.name {
        page += ".TP\n.B \(ManPage.roff(option.name))\n\(ManPage.text(option.brief))\n"
      }
    }
    return page + ".SH SEE ALSO\n.BR quotewire (1),\n.BR quotewire\\-check (1)\n"
  }

  private static let files = """
    $XDG_CONFIG_HOME/quotewire/quotewire.toml (else ~/.config/quotewire/quotewire.toml)
    /etc/quotewire/quotewire.toml
    The first that exists is read where neither --config nor QUOTEWIRE_CONFIG names another.
    """

  /// The same as the topic of help.
  static let description = """
    Settings come from the command line, the environment, the file and defaults, in this order.

      # for every command that has the option
      url = "wss://feed.example/dxlink"

      [ingest]
      types = ["Quote", "Trade"]
      to = ["parquet:${DATA}/ticks", "ndjson:-"]
      lanes = 2
      strict = true

    A table is named like a command, a key like a long option. Switches are true or false, numbers are
    written plainly, everything else is a string; lists and options that may be repeated also take an
    array. In "strings" ${NAME} stands for an environment variable; 'strings' are taken as they are.
    The file is a subset of TOML. Unknown tables, keys and words are errors.

    The variable of an option is QUOTEWIRE_COMMAND_OPTION, as in QUOTEWIRE_INGEST_SYMBOLS_FILE; options
    that commands share also have one for all, as in QUOTEWIRE_URL.
    'quotewire check' shows the settings that come out, each with its origin.
    """
}
