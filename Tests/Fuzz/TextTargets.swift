import Configuration
import DXLink
import IO
import QuotewireCLI
import Simulator
import Sinks

/// What people write: addresses, sinks, symbols, words of the command line.
enum TextTargets {
  static let all = [
    FuzzTarget(name: "uri", run: uri), FuzzTarget(name: "arguments", run: arguments),
    FuzzTarget(name: "configuration", run: configuration),
  ]

  /// What was parsed, written again and parsed again, is the same.
  private static func uri(_ input: [UInt8]) {
    let word = text(input)
    if let url = try? FeedURL(parsing: word) {
      let whole = "\(url.isSecure ? "wss" : "ws")://\(url.hostHeader)\(url.target)"
      if (try? FeedURL(parsing: whole)) != url { wrong("\(word): \(whole) is not read again") }
      if let query = url.target.firstIndex(of: "?"), url.target.index(after: query) < url.target.endIndex {
        if url.description.hasSuffix(url.target[query...]) { wrong("\(word): \(url) shows the query") }
      }
      if (url.target + url.hostHeader).utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) {
        wrong("\(word): white space in '\(url.target)' or '\(url.hostHeader)'")
      }
    }
    if let endpoint = try? Endpoint(parsing: word, defaultPort: 80) {
      let again = try? Endpoint(parsing: endpoint.description)
      if again != endpoint { wrong("\(word): \(endpoint) is not read again") }
    }
    if let spec = try? SinkSpec(parsing: word), !SinkSpec.ringRange.contains(spec.ringRecords) {
      wrong("\(word): a ring of \(spec.ringRecords) records")
    }
    if let spec = try? GenerateSpec(word) {
      if (try? GenerateSpec(spec.text)) != spec { wrong("\(word): \(spec.text) is not read again") }
    }
    let canonical = CandleSymbol.canonical(word)
    if CandleSymbol.canonical(canonical) != canonical { wrong("\(word): \(canonical) is not its own canonical form") }
  }

  /// A configuration that was read, written and read again has the same values.
  private static func configuration(_ input: [UInt8]) {
    let document = try? ConfigurationReader.read(input, variable: { $0.count < 8 ? "value" : nil })
    guard let document else { return }
    for entry in document.entries {
      let text = ConfigurationText.line(entry.key, entry.value)
      let again = try? ConfigurationReader.read(Array(text.utf8), variable: { _ in nil })
      guard let value = again?.entries.first?.value, ConfigurationText.line(entry.key, value) == text else {
        wrong("\(text) is not read again")
      }
    }
  }

  /// The command's number, then words, each ended by 0.
  private static func arguments(_ input: [UInt8]) {
    guard let number = input.first else { return }
    let command = CommandTable.all[Int(number) % CommandTable.all.count]
    let words = input[1...].split(separator: 0, omittingEmptySubsequences: false).map { text($0) }
    guard let parsed = try? Arguments(words, for: command) else { return }
    if !command.operandCount.contains(parsed.operands.count) { wrong("\(parsed.operands.count) operands were taken") }
    for option in command.options where parsed.has(option.name) {
      _ = try? parsed.int(option.name, in: 1...1000)
      if let seconds = try? parsed.seconds(option.name), !(seconds >= 0) { wrong("--\(option.name): \(seconds) s") }
      if parsed.list(option.name).contains("") { wrong("--\(option.name): an empty part") }
    }
  }
}
