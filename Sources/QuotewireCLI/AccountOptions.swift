import Account
import IO
import Ingest

/// Where a feed's token comes from, for every command that connects to one.
enum AccountOptions {
  enum Method: String, CaseIterable { case none, token, tastytrade }

  static let url = OptionSpec(
    "account-url", "URL",
    "the account's interface (default: \(AccountURL.standard);\nsandbox: \(AccountURL.sandbox))")

  static let specs: [OptionSpec] = [
    OptionSpec(
      "auth", "METHOD",
      "none, token (--token-env or --token-file) or tastytrade: an account whose\n"
        + "tokens are renewed while it runs, see 'quotewire login --help'\n"
        + "(default: token where one is named, else none)"),
    url,
    OptionSpec(
      "account-file", "FILE",
      "the account's login (default: the environment, the systemd credential\n"
        + "\(CredentialSource.name), or the file of 'quotewire login')"),
    OptionSpec(
      "token-life", "SECONDS", "how long an account's quote token serves; it is renewed at 80 % (default: 24h)"),
  ]

  static func method(_ arguments: Arguments) throws(CommandFailure) -> Method {
    let hasToken = arguments.has("token-env") || arguments.has("token-file")
    guard let text = arguments.string("auth") else {
      if let name = ["account-url", "account-file", "token-life"].first(where: { arguments.has($0) }) {
        throw .usage("--\(name) goes with --auth tastytrade")
      }
      return hasToken ? .token : .none
    }
    guard let method = Method(rawValue: text) else {
      throw .usage("--auth is none, token or tastytrade, not '\(text)'")
    }
    if method == .token && !hasToken { throw .usage("--auth token needs --token-env VAR or --token-file FILE") }
    if method != .token && hasToken { throw .usage("--auth \(text) goes with neither --token-env nor --token-file") }
    return method
  }

  static func source(_ file: String?) -> CredentialSource {
    CredentialSource(file: file, environment: { Environment.value($0) })
  }

  static func settings(_ arguments: Arguments, file: String?) throws(CommandFailure) -> AccountSettings {
    var settings = AccountSettings(
      source: source(file), tls: try tls(arguments), userAgent: "quotewire/\(Version.text)")
    if let text = arguments.string("account-url") {
      do throws(AccountError) { settings.url = try AccountURL(parsing: text) } catch {
        throw .usage("--account-url: \(error)")
      }
    }
    return settings
  }

  /// What vouches for servers.
  static func tls(_ arguments: Arguments) throws(CommandFailure) -> TLSContext {
    do { return try TLSContext.client(trust: arguments.string("ca-file").map { .file($0) } ?? .system) } catch {
      throw CommandFailure("\(error)")
    }
  }

  /// The account that gives lanes their tokens. It asks nobody before the first lane starts.
  static func account(_ arguments: Arguments, feed: FeedURL) throws(CommandFailure) -> Account {
    var settings = try settings(arguments, file: arguments.string("account-file"))
    if arguments.has("url") { settings.feed = feed }
    settings.allowsPlaintext = arguments.has("insecure-plaintext")
    if let seconds = try arguments.seconds("token-life") {
      let range = AccountLimits.tokenSecondsRange
      guard range.contains(seconds) else {
        throw .usage("--token-life takes \(Int(range.lowerBound)) to \(Int(range.upperBound)) seconds")
      }
      settings.limits.tokenSeconds = seconds
    }
    do throws(AccountError) { _ = try settings.source.read() } catch { throw CommandFailure("\(error)") }
    do { return try Account(settings) } catch { throw CommandFailure("\(error)") }
  }
}
