import Account
import IO

enum LoginCommand {
  static let command = Command(
    name: "login", summary: "store, check or forget the login of a tastytrade account", operands: "",
    operandCount: 0...0,
    options: [
      AccountOptions.url,
      OptionSpec(
        "file", "FILE",
        "where the login lies (default: quotewire/\(CredentialSource.name) in $XDG_CONFIG_HOME,\nor in ~/.config)"),
      OptionSpec("check", "store nothing; see whether the login that 'ingest' would use works"),
      OptionSpec("forget", "remove the stored login"),
      OptionSpec("ca-file", "FILE", "trust the authorities in this PEM file instead of the system's"),
    ],
    notes: """
      An application of your own, its client secret and a refresh token (a personal grant) are made at
      my.tastytrade.com: Manage, My Profile, API, OAuth Applications. The scope read is enough.
      Both are asked for without showing them. Without a terminal they are the first two lines of
      standard input: the client secret, then the refresh token. Where the environment has
      \(CredentialSource.secretVariable) and \(CredentialSource.refreshVariable), these are stored.
      The login is tried before it is stored, in a file that only its owner can read (mode 0600).
      Exit codes: 0 done, 1 failed or nothing stored, 3 the server refused the login.

      Examples:
        quotewire login
        quotewire login --account-url \(AccountURL.sandbox)
        quotewire login --check
        quotewire ingest --auth tastytrade --symbols AAPL,SPY --to ndjson:-
      """,
    run: run)

  @Sendable
  static func run(_ arguments: Arguments) throws(CommandFailure) -> ExitCode {
    if arguments.has("check") && arguments.has("forget") { throw .usage("give --check or --forget, not both") }
    let console = Console()
    let source = AccountOptions.source(arguments.string("file"))
    if arguments.has("forget") { return try forget(source, console) }
    let settings = try AccountOptions.settings(arguments, file: arguments.string("file"))
    if arguments.has("check") {
      do throws(AccountError) {
        say(try check(settings, try settings.source.read()), "works", console)
      } catch { throw failure(error) }
      return .done
    }
    guard let path = source.file ?? source.standardFile else {
      throw CommandFailure("there is no place for the login: HOME is not set; name one with --file")
    }
    var credentials = try ask(console)
    credentials.url = settings.url
    do throws(AccountError) { say(try check(settings, credentials), "was tried", console) } catch {
      throw failure(error, ", so nothing was stored")
    }
    do throws(IOError) { try CredentialFile.write(credentials, to: path) } catch { throw CommandFailure("\(error)") }
    console.say("the login is stored in \(path); 'quotewire ingest --auth tastytrade' uses it")
    return .done
  }

  private static func check(
    _ settings: AccountSettings, _ credentials: Credentials
  ) throws(AccountError) -> QuoteToken {
    var access: AccessToken?
    return try LoginClient(settings).quoteToken(credentials, &access, stop: nil)
  }

  private static func say(_ token: QuoteToken, _ what: String, _ console: Console) {
    console.say(
      "the login from \(token.place) \(what): \(token.url) gave a quote token for \(token.feed), level \(token.level)")
  }

  private static func failure(_ error: AccountError, _ more: String = "") -> CommandFailure {
    if case .refused = error { return CommandFailure("\(error)\(more)", .refused) }
    return CommandFailure("\(error)\(more)")
  }

  private static func forget(_ source: CredentialSource, _ console: Console) throws(CommandFailure) -> ExitCode {
    guard let path = source.file ?? source.standardFile, File.exists(path) else {
      let place = source.file ?? source.standardFile ?? "any place: HOME is not set"
      throw CommandFailure("no login is stored in \(place)")
    }
    do { try File.remove(path) } catch { throw CommandFailure("\(error)") }
    console.say("the login in \(path) is removed; the grant itself ends at my.tastytrade.com, OAuth Applications")
    return .done
  }

  // MARK: Asking

  private static func ask(_ console: Console) throws(CommandFailure) -> Credentials {
    let secret = Environment.value(CredentialSource.secretVariable) ?? ""
    let refresh = Environment.value(CredentialSource.refreshVariable) ?? ""
    if !secret.isEmpty || !refresh.isEmpty {
      do throws(AccountError) { return try AccountOptions.source(nil).read() } catch { throw failure(error) }
    }
    let place = StandardInput.isTerminal ? "what was typed" : "standard input"
    return Credentials(
      clientSecret: try answer("client secret", console), refreshToken: try answer("refresh token", console),
      place: place)
  }

  private static func answer(_ what: String, _ console: Console) throws(CommandFailure) -> Secret {
    let isTerminal = StandardInput.isTerminal
    if isTerminal { console.write("\(what) (not shown): ") }
    let line: StandardInput.Line
    do throws(IOError) { line = try StandardInput.readLine(isHidden: true) } catch { throw CommandFailure("\(error)") }
    if isTerminal { console.write("\n") }
    switch line {
    case .cancelled: throw CommandFailure("cancelled; nothing was stored", .interrupted)
    case .endOfInput: throw .usage("standard input ended before the \(what); see 'quotewire login --help'")
    case .text(let text):
      let secret = Secret(CommandText.trimmed(text))
      if let flaw = secret.flaw { throw .usage("the \(what) \(flaw); nothing was stored") }
      return secret
    }
  }
}
