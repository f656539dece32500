/// Where the value of an option is from. Flags go before the environment, that before the file, that before defaults.
package enum Origin: Sendable, Equatable, CustomStringConvertible {
  case flag
  /// A variable's name.
  case environment(String)
  case file(String, line: Int)

  package var description: String {
    switch self {
    case .flag: "command line"
    case .environment(let name): "environment \(name)"
    case .file(let path, let line): "\(path):\(line)"
    }
  }
}

/// What may stand for all commands, and what stands for something else.
package enum SharedOptions {
  /// Options that every command with an option of that name takes from the top of the file or from `QUOTEWIRE_NAME`.
  package static let names = [
    "url", "token-env", "token-file", "ca-file", "connect-to", "insecure-plaintext", "answer-timeout", "interval",
    "ctl", "auth", "account-file", "account-url", "token-life",
  ]

  /// Options that say the same in different ways: one from a higher source hides the others of lower ones.
  static let alternatives: [Set<String>] = [
    ["symbols", "symbols-file"], ["token", "token-env", "token-file"], ["generate", "answers"],
    ["lanes", "symbols-per-lane"],
  ]

  static func alternatives(of name: String) -> Set<String> {
    alternatives.filter { $0.contains(name) }.reduce([name]) { $0.union($1) }
  }

  /// The variable of an option: `QUOTEWIRE_URL`, or `QUOTEWIRE_INGEST_SYMBOLS_FILE` for one command.
  package static func variable(_ option: String, of command: String? = nil) -> String {
    let name = (command.map { $0 + "_" } ?? "") + option
    return prefix + String(name.uppercased().map { $0 == "-" ? "_" : $0 })
  }

  static let prefix = "QUOTEWIRE_"
}

/// Texts that must not be shown.
package enum SecretMask {
  static let mask = "***"
  private static let words = ["TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL", "APIKEY", "API_KEY"]

  /// Whether a variable of this name holds a secret.
  static func isNamed(_ name: String) -> Bool { words.contains { name.uppercased().contains($0) } }

  /// An option's value as it may be shown: without the secrets that the option, an address or a query holds.
  package static func masked(_ text: String, option: String) -> String {
    if ["token", "refresh-token", "client-secret", "password"].contains(option) { return mask }
    return maskedQuery(maskedUser(text))
  }

  /// `scheme://user:password@host` without the password.
  private static func maskedUser(_ text: String) -> String {
    guard let scheme = text.firstRange(of: "://") else { return text }
    let end = text[scheme.upperBound...].firstIndex { $0 == "/" || $0 == "?" } ?? text.endIndex
    guard let at = text[scheme.upperBound..<end].lastIndex(of: "@") else { return text }
    let user = text[scheme.upperBound..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let shown = user.count == 2 ? "\(user[0]):\(mask)" : mask
    return text[..<scheme.upperBound] + shown + text[at...]
  }

  /// `?token=…` without the value.
  private static func maskedQuery(_ text: String) -> String {
    guard let mark = text.firstIndex(of: "?") else { return text }
    let pairs = text[text.index(after: mark)...].split(separator: "&", omittingEmptySubsequences: false).map { pair in
      let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let isSecret = halves.count == 2 && (isNamed(String(halves[0])) || halves[0].lowercased() == "key")
      return isSecret ? halves[0] + "=" + mask : String(pair)
    }
    return text[...mark] + pairs.joined(separator: "&")
  }
}
