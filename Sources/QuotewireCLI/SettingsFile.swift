import Configuration
import IO

/// The configuration file held against the command table: which keys there are, what they take.
package struct SettingsFile: Sendable {
  let path: String
  let document: ConfigurationDocument

  /// Reads a file that somebody named. Every table and key of it is checked, whatever command runs.
  package init(_ path: String, variable: @escaping (String) -> String?) throws(CommandFailure) {
    let bytes: [UInt8]
    do { bytes = try File.contents(of: path, limitBytes: ConfigurationLimit.bytes) } catch {
      throw .usage("--config: \(error)")
    }
    try self.init(path, bytes, variable: variable)
  }

  package init(_ path: String, _ bytes: [UInt8], variable: @escaping (String) -> String?) throws(CommandFailure) {
    self.path = path
    do { document = try ConfigurationReader.read(bytes, variable: variable) } catch {
      throw Self.wrong(path, error.place, error.description)
    }
    for table in document.tables where !Self.commands.contains(table.name) {
      throw Self.wrong(
        path, table.place,
        "there is no command [\(table.name)];\(Suggestion.hint(table.name, Self.commands)) tables are "
          + Self.commands.joined(separator: ", "))
    }
    for entry in document.entries { _ = try texts(entry, try Self.option(entry, path)) }
  }

  /// Commands that take settings.
  private static var commands: [String] { CommandTable.all.filter(\.takesSettings).map(\.name) }

  /// Keys of a table; of nil those before the first table.
  static func keys(_ table: String?) -> [String] {
    guard let table else {
      return SharedOptions.names.filter { name in CommandTable.all.contains { $0.option(name) != nil } }
    }
    return CommandTable.all.first { $0.name == table }?.options.map(\.name).filter { $0 != Command.config.name } ?? []
  }

  static func wrong(_ path: String, _ place: ConfigurationPlace, _ what: String) -> CommandFailure {
    .usage("\(path):\(place.line):\(place.column): \(what)")
  }

  /// The option that a key sets.
  private static func option(_ entry: ConfigurationEntry, _ path: String) throws(CommandFailure) -> OptionSpec {
    let keys = keys(entry.table)
    if keys.contains(entry.key) {
      let commands = CommandTable.all.filter { entry.table == nil || $0.name == entry.table }
      for command in commands { if let option = command.option(entry.key) { return option } }
    }
    if let table = entry.table {
      throw wrong(
        path, entry.place,
        "[\(table)] has no key \(entry.key);\(Suggestion.hint(entry.key, keys)) "
          + "its keys are the options of 'quotewire \(table) --help'")
    }
    let owners = CommandTable.all.filter { $0.takesSettings && $0.option(entry.key) != nil }.map { "[\($0.name)]" }
    let hint = owners.isEmpty ? Suggestion.hint(entry.key, keys) : " write it in \(owners.joined(separator: " or "));"
    throw wrong(
      path, entry.place,
      "\(entry.key) is no key for all commands;\(hint) those are \(keys.joined(separator: ", "))")
  }

  /// The values of an option as its command line would have them; none for a switch that is off.
  func texts(_ entry: ConfigurationEntry, _ option: OptionSpec) throws(CommandFailure) -> [String] {
    guard option.value != nil else {
      guard case .boolean(let isOn) = entry.value else { throw wants("true or false", entry) }
      return isOn ? [""] : []
    }
    var texts: [String] = []
    if case .array(let values) = entry.value {
      guard option.isRepeatable || option.isList else { throw wants("one value", entry) }
      for value in values { texts.append(try text(value, entry, option)) }
      if !option.isRepeatable { texts = [texts.joined(separator: ",")] }
    } else {
      texts = [try text(entry.value, entry, option)]
    }
    return texts
  }

  private func text(
    _ value: ConfigurationValue, _ entry: ConfigurationEntry, _ option: OptionSpec
  ) throws(CommandFailure) -> String {
    switch (value, option.values) {
    case (.number(let text, let isWhole), .number) where isWhole: return text
    case (_, .number): throw wants("a whole number", entry)
    case (.number(let text, _), .seconds), (.number(let text, _), .wordOr), (.number(let text, _), .anything),
      (.number(let text, _), .time):
      return text
    case (.string(let text, _), _):
      do { return try Arguments.checked(text, option) } catch {
        throw Self.wrong(path, entry.valuePlace, error.description)
      }
    case (_, .seconds): throw wants("seconds, or a duration such as \"5m\"", entry)
    default: throw wants("a string", entry)
    }
  }

  private func wants(_ what: String, _ entry: ConfigurationEntry) -> CommandFailure {
    Self.wrong(path, entry.valuePlace, "\(entry.key) takes \(what), not \(entry.value.kind)")
  }
}
