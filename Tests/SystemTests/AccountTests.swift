import Glibc
import TestSupport
import Testing

@Suite("An account whose token is renewed", .tags(.system, .slow))
struct AccountTests {
  let folder = TemporaryFolder()

  /// Short enough for a test, and long enough that a busy machine renews at 80 % before the end.
  private static let life = 8
  private static let types = ["--types", "TimeAndSale", "--symbols", "*"]

  private func ingest(_ account: LoginServer, _ name: String, _ more: [String] = []) throws -> Program {
    try start(
      ["ingest", "--token-life", "\(Self.life)", "--to", "ndjson:" + folder.file(name + ".ndjson")]
        + ["--record", folder.file(name + ".qwr"), "--stats", folder.file(name + ".json")] + account.account
        + (more.isEmpty ? Self.types : more))
  }

  /// A client that sees the whole feed, from before the other one to after it.
  private func witness(_ account: LoginServer) throws -> Program {
    let client = try start(
      ["ingest", "--url", account.feed.url, "--token-file", account.folder.file("witness")] + Self.types
        + ["--to", "ndjson:" + folder.file("witness.ndjson"), "--record", folder.file("witness.qwr")])
    try waitUntil("the witness streams: \(client.errorsSoFar)") {
      (Places.read(folder.file("witness.qwr"))?.count ?? 0) > 5_000
    }
    return client
  }

  private func finish(_ client: Program, _ name: String) throws -> (errors: String, figures: Figures) {
    client.send(SIGINT)
    let ended = try client.wait()
    #expect(ended.exitCode == 130, "\(ended)")
    return (ended.errors, try Figures(file: folder.file(name + ".json")))
  }

  private func wait(_ client: Program, _ words: String, times: Int = 1) throws {
    try waitUntil("'\(words)' \(times) times: \(client.errorsSoFar)", limitSeconds: 60) {
      if client.hasEnded { throw Trouble("the client ended: \(try client.wait())") }
      return client.errorsSoFar.split(separator: "\n").count { $0.contains(words) } >= times
    }
  }

  /// Waits until this much more was recorded.
  private func grow(_ name: String, _ bytes: Int = 5_000) throws {
    let path = folder.file(name + ".qwr")
    let before = Places.read(path)?.count ?? 0
    try waitUntil("\(name) grows", limitSeconds: 60) { (Places.read(path)?.count ?? 0) > before + bytes }
  }

  @Test("goes on over the end of each token, without a gap or a reconnect, and its events are those of the feed")
  func renewal() throws {
    let account = try LoginServer(tokenLife: Self.life)
    let witness = try witness(account)
    let client = try ingest(account, "live", Self.types + ["--log-format", "logfmt"])
    try wait(client, "the quote token was renewed", times: 2)
    let told = client.errorsSoFar.split(separator: "\n").filter { $0.contains("the quote token was renewed") }
    #expect(told.allSatisfy { $0.contains("module=auth") }, "\(told)")
    try grow("live")
    let (errors, figures) = try finish(client, "live")
    witness.send(SIGINT)
    #expect(try witness.wait().exitCode == 130)
    #expect(figures.gaps == 0 && figures.reconnects == 0 && figures.isWhole, "\(errors)")
    #expect(account.quoteTokens >= 3 && Set(account.tokens).count == account.quoteTokens)
    // The access token serves for longer than the run.
    #expect(account.logins == 1, "\(account.log)")
    #expect(try lost() == (0, 0))
  }

  @Test("outlives an outage of its login server: one gap where the feed cut it off, and nothing is lost but within it")
  func outage() throws {
    let account = try LoginServer(tokenLife: Self.life)
    let witness = try witness(account)
    let client = try ingest(account, "live")
    try grow("live")
    try account.kill()
    try wait(client, "the present quote token still serves")
    try wait(client, "a fresh one is fetched")
    try account.restart()
    try wait(client, "a fresh quote token came after")
    try grow("live", 20_000)
    let (errors, figures) = try finish(client, "live")
    witness.send(SIGINT)
    #expect(try witness.wait().exitCode == 130)
    #expect(figures.gaps == 1 && figures.isBalanced, "\(errors)")
    #expect(try rows("live").filter(\.isGap).map(\.reason) == ["authorizationLost"])
    let lost = try lost()
    #expect(lost.elsewhere == 0 && lost.inGap > 0, "\(lost)")
    #expect(account.quoteTokens == account.tokens.count)
  }

  // MARK: Comparing

  private struct Row {
    /// All but the time of its arrival.
    let key: String
    let isGap: Bool
    let reason: String?
  }

  private func rows(_ name: String) throws -> [Row] {
    try JSONLines.objects(file: folder.file(name + ".ndjson")).map { row in
      let values = row.filter { $0.key != "receivedNanos" }.map { "\($0.key)=\($0.value)" }
      return Row(
        key: values.sorted().joined(separator: " "), isGap: row["eventType"] as? String == "Gap",
        reason: row["reason"] as? String)
    }
  }

  /// Events that the witness saw and the client did not, between the client's first and last one.
  ///
  /// Within a gap are those behind the last event before its mark, and before the first one after it.
  private func lost() throws -> (elsewhere: Int, inGap: Int) {
    let all = try rows("witness").map(\.key)
    let seen = try rows("live")
    let keys = Set(seen.filter { !$0.isGap }.map(\.key))
    #expect(keys.count > 100 && keys.isSubset(of: all), "what the client has came from the feed")
    let known = all.indices.filter { keys.contains(all[$0]) }
    let (first, last) = (try #require(known.first), try #require(known.last))
    let missing = (first...last).filter { !keys.contains(all[$0]) }
    guard let mark = seen.firstIndex(where: \.isGap), mark > 0, mark + 1 < seen.count else {
      return (missing.count, 0)
    }
    let before = try #require(all.lastIndex(of: seen[mark - 1].key))
    let after = try #require(all.firstIndex(of: seen[mark + 1].key))
    let inGap = missing.count { before < $0 && $0 < after }
    return (missing.count - inGap, inGap)
  }

  // MARK: One account for many

  @Test("asks for all its lanes at once: one login and one quote token, in good times and after an outage")
  func lanes() throws {
    let account = try LoginServer(tokenLife: Self.life)
    let client = try ingest(
      account, "lanes",
      ["--types", "Trade", "--lanes", "4", "--symbols", (0..<40).map { "S\($0)" }.joined(separator: ",")])
    try wait(client, "the quote token was renewed", times: 1)
    #expect(account.logins == 1 && account.quoteTokens == 2, "\(account.log)")
    try account.fail("500")
    try wait(client, "a fresh one is fetched", times: 4)
    let failed = account.count("/oauth/token", 500) + account.count("/api-quote-tokens", 500)
    // From 80 % of a token's life to its end: four lanes that ask by themselves would ask more often.
    #expect(failed >= 1 && failed <= 6, "\(account.log)")
    account.recover()
    try wait(client, "a fresh quote token came after")
    usleep(1_500_000)
    let (errors, figures) = try finish(client, "lanes")
    #expect(account.quoteTokens <= 4 && account.logins <= 2, "\(account.log)")
    #expect(figures.gaps == 4, "\(errors)")
  }
}

@Suite("The login of an account", .tags(.system))
struct LoginTests {
  let folder = TemporaryFolder()

  /// An answer of the login server, with what `login --check` and a run end with.
  struct Answer: Sendable, CustomTestStringConvertible {
    let fault: String
    let says: [String]
    let exitCode: Int32
    var testDescription: String { fault }
  }

  private static let answers = [
    Answer(fault: "401", says: ["refused the login", "401", "Asked to fail", "client secret"], exitCode: 3),
    Answer(fault: "403", says: ["refused the login", "403", "Asked to fail"], exitCode: 3),
    Answer(fault: "404", says: ["refused the login", "404", "--account-url"], exitCode: 3),
    Answer(fault: "429", says: ["too often", "left alone for 2 s"], exitCode: 1),
    Answer(fault: "500", says: ["failed", "500"], exitCode: 1),
    Answer(fault: "half", says: ["login server", "ended"], exitCode: 1),
    Answer(fault: "junk", says: ["cannot be used", "no JSON"], exitCode: 1),
    Answer(fault: "huge", says: ["cannot be used", "262144 bytes"], exitCode: 1),
    Answer(fault: "down", says: ["cannot be reached", "nobody listens"], exitCode: 1),
  ]

  @Test("each answer that is no good one is a plain sentence and its exit code, and nothing is stored")
  func answers() throws {
    let account = try LoginServer()
    for answer in Self.answers {
      if answer.fault == "down" { try account.kill() } else { try account.fail(answer.fault) }
      let asked = account.log.split(separator: "\n").count
      let run = try start(["ingest", "--symbols", "*", "--reconnect", "0"] + account.account).wait()
      let check = try start(["login", "--check", "--file", account.login, "--ca-file", account.authority]).wait()
      let path = folder.file("login")
      let login = try login(account, to: path, secret: LoginServer.secret).wait()
      for ended in [run, check, login] {
        #expect(ended.exitCode == answer.exitCode, "\(answer.fault): \(ended)")
        for words in answer.says { #expect(ended.errors.contains(words), "\(answer.fault): \(ended)") }
        for secret in [LoginServer.secret, LoginServer.refresh] { #expect(!ended.errors.contains(secret)) }
      }
      #expect(login.errors.contains("nothing was stored") && Places.read(path) == nil)
      if answer.exitCode == 3 { #expect(!run.errors.contains("asked again"), "\(run)") }
      // Each of the three asked once: a refusal and an outage are no reason to hammer at once.
      let now = account.log.split(separator: "\n").count
      if answer.fault != "down" { #expect(now - asked == 3, "\(answer.fault): \(account.log)") }
    }
  }

  @Test("a server that never answers is given up after the limit of a question", .tags(.slow))
  func silence() throws {
    let account = try LoginServer()
    try account.fail("hang")
    let check = try start(["login", "--check", "--file", account.login, "--ca-file", account.authority]).wait()
    #expect(check.exitCode == 1 && check.errors.contains("the answer of localhost"), "\(check)")
    // Waiting for the server does not hold up the end of a run.
    let run = try start(["ingest", "--symbols", "*", "--for", "1"] + account.account).wait(limitSeconds: 15)
    #expect(run.exitCode == 0, "\(run)")
  }

  private func login(_ account: LoginServer, to path: String, secret: String) throws -> Program {
    let words = [
      "login", "--account-url", account.url, "--ca-file", account.authority, "--file", path,
    ]
    let script = #"printf '%s\n%s\n' "$1" "$2" | { shift 2; exec "$@"; }"#
    return try Program(
      "/bin/bash",
      ["-o", "pipefail", "-c", script, "login", secret, LoginServer.refresh, try Built.quotewire()] + words)
  }

  @Test("from a pipe is stored with mode 0600, works, and is forgotten")
  func stored() throws {
    let account = try LoginServer()
    let path = folder.file("deep/er/login")
    let stored = try login(account, to: path, secret: LoginServer.secret).wait()
    #expect(stored.exitCode == 0 && stored.errors.contains("stored in \(path)") && stored.output.isEmpty, "\(stored)")
    var info = stat()
    #expect(unsafe stat(path, &info) == 0 && info.st_mode & 0o777 == 0o600)
    #expect(Places.names(in: folder.file("deep/er")) == ["login"])
    let options = ["login", "--file", path, "--ca-file", account.authority]
    let checked = try start(options + ["--check"]).wait()
    #expect(checked.exitCode == 0 && checked.errors.contains("works") && checked.errors.contains(account.url))
    // A login that is refused leaves the stored one alone.
    let before = Places.read(path)
    let refused = try login(account, to: path, secret: "wrong-secret").wait()
    #expect(refused.exitCode == 3 && !refused.errors.contains("wrong-secret"), "\(refused)")
    #expect(Places.read(path) == before)
    let forgotten = try start(options + ["--forget"]).wait()
    #expect(forgotten.exitCode == 0 && Places.read(path) == nil, "\(forgotten)")
    let again = try start(options + ["--forget"]).wait()
    #expect(again.exitCode == 1 && again.errors.contains("no login is stored in \(path)"), "\(again)")
  }

  @Test("where nothing is stored is asked for by name, and no server is asked")
  func nothing() throws {
    let home = ["HOME": folder.path, "XDG_CONFIG_HOME": ""]
    for words in [["login", "--check"], ["ingest", "--symbols", "A", "--auth", "tastytrade"]] {
      let ended = try start(words, environment: home).wait()
      #expect(ended.exitCode == 1, "\(ended)")
      for part in ["no tastytrade login is stored", folder.file(".config/quotewire/tastytrade"), "'quotewire login'"] {
        #expect(ended.errors.contains(part), "\(ended)")
      }
    }
    let forgotten = try start(["login", "--forget"], environment: home).wait()
    #expect(forgotten.exitCode == 1 && forgotten.errors.contains("no login is stored"), "\(forgotten)")
    let empty = try start(["login"], environment: home).wait()
    #expect(empty.exitCode == 2 && empty.errors.contains("ended before the client secret"), "\(empty)")
  }
}
