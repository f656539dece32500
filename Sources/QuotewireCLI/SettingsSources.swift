import Configuration
import Glibc
import IO

/// Where a command's settings are from: its words, the environment and the configuration file. They can be read again.
package struct SettingsSources: Sendable {
  let command: Command
  let words: [String]
  /// The environment; a test gives one of its own.
  let environment: [String: String]

  package init(_ command: Command, _ words: [String], environment: [String: String] = Environment.all) {
    self.command = command
    self.words = words
    self.environment = environment
  }

  private func variable(_ name: String) -> String? {
    environment[name].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// What no file is called.
  static let none = "none"

  /// The file to read: named by `--config` or `QUOTEWIRE_CONFIG`, else the first that is there.
  package func filePath(_ arguments: Arguments) -> (path: String, isNamed: Bool)? {
    if let named = arguments.string(Command.config.name) ?? variable(SharedOptions.variable(Command.config.name)) {
      return named == Self.none ? nil : (named, true)
    }
    return searched.first { unsafe access($0, F_OK) == 0 }.map { ($0, false) }
  }

  /// Files that are looked for where none is named, the first first.
  package var searched: [String] {
    let own = variable("XDG_CONFIG_HOME") ?? variable("HOME").map { $0 + "/.config" }
    return [own.map { $0 + "/quotewire/quotewire.toml" }, "/etc/quotewire/quotewire.toml"].compactMap { $0 }
  }

  /// Everything together.
  package func arguments() throws(CommandFailure) -> Arguments {
    var arguments = try Arguments(words, for: command)
    guard command.takesSettings else { return arguments }
    try fromEnvironment(&arguments)
    if let (path, isNamed) = filePath(arguments) {
      let file = try SettingsFile(path) { variable($0) }
      try from(file, &arguments)
      arguments.file = (path, isNamed)
    }
    let sources = self
    arguments.readAgain = { () throws(CommandFailure) in try sources.arguments() }
    return arguments
  }

  private func fromEnvironment(_ arguments: inout Arguments) throws(CommandFailure) {
    let own = command.options.filter { $0.name != Command.config.name }
    let known = Set(own.map { SharedOptions.variable($0.name, of: command.name) })
    let prefix = SharedOptions.variable("", of: command.name)
    for name in environment.keys.sorted() where name.hasPrefix(prefix) && !known.contains(name) {
      throw .usage(
        "the environment's \(name) is no option of \(command.name);"
          + "\(Suggestion.hint(name, Array(known))) unset it, or see 'quotewire \(command.name) --help'")
    }
    var settings: [Arguments.Setting] = []
    for option in own {
      let names = [SharedOptions.variable(option.name, of: command.name)]
        + (SharedOptions.names.contains(option.name) ? [SharedOptions.variable(option.name)] : [])
      guard let name = names.first(where: { variable($0) != nil }), let text = variable(name) else { continue }
      let texts: [String]
      do { texts = try Self.texts(text, option) } catch { throw .usage("the environment's \(name): \(error)") }
      settings.append(.init(option: option.name, texts: texts, origin: .environment(name)))
    }
    arguments.fill(settings)
  }

  /// Several values of an option that repeats are parted by blanks.
  private static func texts(_ text: String, _ option: OptionSpec) throws(CommandFailure) -> [String] {
    guard option.value != nil else {
      switch text.lowercased() {
      case "1", "true", "yes", "on": return [""]
      case "0", "false", "no", "off": return []
      default: throw .usage("--\(option.name) is a switch: true or false, not '\(text)'")
      }
    }
    guard option.isRepeatable else { return [try Arguments.checked(text, option)] }
    return text.split(separator: " ").map(String.init)
  }

  private func from(_ file: SettingsFile, _ arguments: inout Arguments) throws(CommandFailure) {
    var settings: [Arguments.Setting] = []
    // The command's own table goes before the keys for all.
    for table in [command.name, nil] {
      for entry in file.document.entries where entry.table == table {
        guard let option = command.option(entry.key), !settings.contains(where: { $0.option == entry.key })
        else { continue }
        var setting = Arguments.Setting(
          option: option.name, texts: try file.texts(entry, option), origin: .file(file.path, line: entry.place.line))
        setting.isSecret = entry.value.variables.contains(where: SecretMask.isNamed)
        settings.append(setting)
      }
    }
    arguments.fill(settings)
  }
}
