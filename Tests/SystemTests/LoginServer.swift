import Glibc
import TestSupport

/// A feed that takes tokens of tools/login-server alone, that server, and a login that it accepts.
final class LoginServer {
  /// What the server accepts, as `quotewire login` reads it from a pipe.
  static let secret = "demo-secret"
  static let refresh = "demo-refresh"
  /// A token without an end, for a client that sees all of the feed.
  static let witness = "witness-token"

  let folder = TemporaryFolder()
  let feed: FeedServer
  private let options: [String]
  private static let market = "seed=61,symbols=20,rate=400,mix=TimeAndSale:80/Trade:20"
  private var program: Program
  private var earlier = ""

  /// - Parameter tokenLife: of its quote tokens, in seconds.
  init(tokenLife: Int = 3600) throws {
    try makeCertificates(in: folder)
    try write(Self.witness + "\n", to: folder.file("tokens"))
    try write(Self.witness + "\n", to: folder.file("witness"))
    feed = try FeedServer(["--generate", Self.market, "--token-file", folder.file("tokens")])
    self.options = [
      folder.path, "--feed", feed.url, "--token-life", "\(tokenLife)", "--fault", folder.file("fault"),
    ]
    program = try Self.started(self.options)
    try waitForAddress()
    let stored = """
      account-url=\(url)
      client-secret=\(Self.secret)
      refresh-token=\(Self.refresh)

      """
    try write(stored, to: login)
    guard unsafe chmod(login, 0o600) == 0 else { throw Trouble("chmod: errno \(errno)") }
  }

  /// The file with the login.
  var login: String { folder.file("login") }
  var authority: String { folder.file("ca.pem") }
  var url: String { String(decoding: (Places.read(folder.file("url")) ?? []).dropLast(), as: UTF8.self) }

  /// The options of a client with this account.
  var account: [String] { ["--auth", "tastytrade", "--account-file", login, "--ca-file", authority] }

  private static func started(_ options: [String]) throws -> Program {
    try Program("/usr/bin/env", ["python3", Places.packageRoot + "/tools/login-server"] + options)
  }

  private func waitForAddress() throws {
    try waitUntil("the address of the login server: \(program.errorsSoFar)") {
      if program.hasEnded { throw Trouble("the login server ended: \(program.errorsSoFar)") }
      return !url.isEmpty
    }
  }

  // MARK: Trouble

  /// From here on each answer is this one: a status, or half, junk, huge.
  func fail(_ fault: String) throws { try write(fault, to: folder.file("fault")) }

  func recover() { unsafe unlink(folder.file("fault")) }

  /// Nobody listens at its port until `restart`.
  func kill() throws {
    earlier += try program.kill().errors
  }

  func restart() throws {
    let port = String(url.split(separator: ":").last ?? "")
    unlinkAddress()
    program = try Self.started(options + ["--port", port])
    try waitForAddress()
  }

  private func unlinkAddress() { unsafe unlink(folder.file("url")) }

  // MARK: What it was asked

  /// All that it said.
  var log: String { earlier + program.errorsSoFar }

  /// Questions of one kind that it answered, with this status.
  func count(_ path: String, _ status: Int = 200) -> Int {
    log.split(separator: "\n").count { $0 == "login-server: \(path) \(status)" }
  }

  var logins: Int { count("/oauth/token") }
  var quoteTokens: Int { count("/api-quote-tokens") }

  /// The quote tokens that it gave.
  var tokens: [String] {
    String(decoding: Places.read(folder.file("tokens")) ?? [], as: UTF8.self).split(separator: "\n")
      .compactMap { $0.split(separator: " ").first.map(String.init) }.filter { $0 != Self.witness }
  }
}
