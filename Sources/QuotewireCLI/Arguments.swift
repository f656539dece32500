/// The arguments of one command, checked against its options.
package struct Arguments: Sendable {
  package private(set) var operands: [String] = []
  private var values: [String: [String]] = [:]
  /// Where values are from; also of switches that are off.
  package private(set) var origins: [String: Origin] = [:]
  /// Options whose values hold secrets.
  private var secrets: Set<String> = []
  private let command: String
  /// The configuration file that was read, and whether somebody named it.
  package var file: (path: String, isNamed: Bool)?
  /// Reads the same sources again.
  package var readAgain: (@Sendable () throws(CommandFailure) -> Arguments)?

  /// What a source below the command line says about an option.
  struct Setting {
    let option: String
    /// None for a switch that is off.
    let texts: [String]
    let origin: Origin
    var isSecret = false
  }

  /// Takes what a lower source says about options that no higher one has set, nor an alternative of them.
  mutating func fill(_ settings: [Setting]) {
    let taken = Set(origins.keys)
    for setting in settings where SharedOptions.alternatives(of: setting.option).isDisjoint(with: taken) {
      origins[setting.option] = setting.origin
      if !setting.texts.isEmpty { values[setting.option] = setting.texts }
      if setting.isSecret { secrets.insert(setting.option) }
    }
  }

  /// The values of an option as they may be shown.
  package func shown(_ name: String) -> String? {
    values[name].map { texts in
      let masked = texts.map { secrets.contains(name) ? SecretMask.mask : SecretMask.masked($0, option: name) }
      return masked.joined(separator: " ")
    }
  }

  /// A failure about an option that a file or a variable has set, with the place.
  func located(_ failure: CommandFailure) -> CommandFailure {
    guard failure.exitCode == .usage else { return failure }
    let words = failure.description.split { " ,;:.'".contains($0) }
    let places = origins.filter { $0.value != .flag && words.contains("--" + $0.key) }.map { "\($0.value)" }.sorted()
    guard !places.isEmpty else { return failure }
    return .usage("\(places.joined(separator: ", ")): \(failure.description)")
  }

  /// All words are operands.
  package init(verbatim words: [String], for command: Command) {
    self.command = command.name
    operands = words
  }

  /// Takes `--name value`, `--name=value`, switches, operands, and `--` before operands that begin with a dash.
  package init(_ words: [String], for command: Command) throws(CommandFailure) {
    self.command = command.name
    var i = 0
    while i < words.count {
      let word = words[i]
      i += 1
      if word == "--" {
        operands += words[i...]
        break
      }
      guard word.hasPrefix("--") else {
        if word.count > 1 && word.hasPrefix("-") { throw Self.unknown(word, command) }
        operands.append(word)
        continue
      }
      let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(parts[0])
      guard let option = command.option(name) else { throw Self.unknown("--" + name, command) }
      var value = parts.count == 2 ? String(parts[1]) : nil
      if option.value == nil {
        if let value, value != "true", value != "false" {
          throw .usage("--\(name) takes no value; see 'quotewire \(command.name) --help'")
        }
      } else if value == nil {
        // An option's name is never meant as a value; `--name=--value` still gives one.
        guard i < words.count, !Self.isOption(words[i], of: command) else {
          throw .usage("--\(name) needs a value (\(option.value ?? "")); see 'quotewire \(command.name) --help'")
        }
        value = words[i]
        i += 1
      }
      if let given = value { value = try Self.checked(given, option) }
      if origins[name] != nil && !option.isRepeatable { throw .usage("--\(name) was given twice; give it once") }
      origins[name] = .flag
      // A switch that is on in the file is turned off by --switch=false.
      if option.value == nil && value == "false" { continue }
      values[name, default: []].append(option.value == nil ? "" : value ?? "")
    }
    guard command.operandCount.contains(operands.count) else {
      throw .usage(
        "\(command.name) takes \(Self.words(command.operandCount)) (\(command.operands)), not \(operands.count); "
          + "see 'quotewire \(command.name) --help'")
    }
  }

  /// The value as the table writes it. One that the table does not know is refused with the nearest that it does.
  static func checked(_ value: String, _ option: OptionSpec) throws(CommandFailure) -> String {
    guard case .oneOf(let words) = option.values else { return value }
    if let word = words.first(where: { $0.lowercased() == value.lowercased() }) { return word }
    let known = words.dropLast().joined(separator: ", ") + (words.count > 1 ? " or " : "") + (words.last ?? "")
    let hint = Suggestion.hint(value.lowercased(), words)
    throw .usage("--\(option.name) takes \(known), not '\(value)'" + (hint.isEmpty ? "" : ";" + hint))
  }

  private static func isOption(_ word: String, of command: Command) -> Bool {
    guard word.hasPrefix("--") else { return false }
    return command.option(String(word.dropFirst(2).prefix { $0 != "=" })) != nil
  }

  private static func words(_ count: ClosedRange<Int>) -> String {
    if count.lowerBound == count.upperBound {
      return count.lowerBound == 0 ? "no operands" : "\(count.lowerBound) operand\(count.lowerBound == 1 ? "" : "s")"
    }
    if count.upperBound > 100 { return "at least \(count.lowerBound)" }
    return "\(count.lowerBound) to \(count.upperBound) operands"
  }

  private static func unknown(_ word: String, _ command: Command) -> CommandFailure {
    let known = command.options.map { "--" + $0.name }
    let hint = Suggestion.nearest(to: word, among: known).map { "; did you mean \($0)? See" } ?? "; see"
    return .usage("\(command.name) has no option \(word)\(hint) 'quotewire \(command.name) --help'")
  }

  package func has(_ name: String) -> Bool { values[name] != nil }
  package func string(_ name: String) -> String? { values[name]?.last }
  package func all(_ name: String) -> [String] { values[name] ?? [] }

  /// The parts of every comma-separated value of an option, without blanks.
  package func list(_ name: String) -> [String] {
    all(name).flatMap { $0.split(separator: ",").map { CommandText.trimmed($0) } }.filter { !$0.isEmpty }
  }

  package func int(_ name: String, in range: ClosedRange<Int>) throws(CommandFailure) -> Int? {
    guard let text = string(name) else { return nil }
    guard let value = Int(text), range.contains(value) else {
      throw .usage("--\(name) takes a whole number from \(range.lowerBound) to \(range.upperBound), not '\(text)'")
    }
    return value
  }

  package func seconds(_ name: String) throws(CommandFailure) -> Double? {
    guard let text = string(name) else { return nil }
    guard let value = Duration.seconds(text) else {
      throw .usage("--\(name) takes seconds or a duration such as 90s, 5m or 2h, not '\(text)'")
    }
    return value
  }
}

/// Small texts.
enum CommandText {
  static func trimmed(_ text: some StringProtocol) -> String {
    var s = Substring(text)
    while let c = s.first, c.isWhitespace { s.removeFirst() }
    while let c = s.last, c.isWhitespace { s.removeLast() }
    return String(s)
  }
}

/// Durations as people write them.
enum Duration {
  /// Seconds of `90`, `1.5`, `90s`, `500ms`, `5m`, `2h` or `1d`; nil for anything else or a negative one.
  static func seconds(_ text: String) -> Double? {
    let units: [(String, Double)] = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86400)]
    for (unit, factor) in units where text.hasSuffix(unit) {
      guard let n = Double(text.dropLast(unit.count)), n >= 0, (n * factor).isFinite else { return nil }
      return n * factor
    }
    guard let n = Double(text), n >= 0, n.isFinite else { return nil }
    return n
  }
}
