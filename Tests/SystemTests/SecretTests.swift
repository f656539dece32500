import Glibc
import TestSupport
import Testing

/// Runs of every kind with a token that is easy to find, and a search through everything that they left.
@Suite("Secrets", .tags(.system))
struct SecretTests {
  let folder = TemporaryFolder()

  private static let token = "qz-8842-SECRET-token/with+signs=="
  /// Parts of it would be too much already.
  private static let marks = ["8842-SECRET", "with+signs", "\"type\":\"AUTH\""]

  private func server(_ more: [String] = []) throws -> FeedServer {
    try FeedServer(
      ["--generate", "seed=41,symbols=10,rate=500", "--token-env", "FEED_TOKEN"] + more,
      environment: ["FEED_TOKEN": Self.token])
  }

  private func search(_ bytes: [UInt8], _ place: String, _ marks: [String] = marks) {
    let text = String(decoding: bytes, as: UTF8.self)
    for mark in marks { #expect(!text.contains(mark), "\(mark) stands in \(place)") }
  }

  private func search(_ ended: Program.Ended, _ place: String) {
    search(ended.output, "the output of \(place)")
    search(Array(ended.errors.utf8), "the errors of \(place)")
  }

  /// Looks into every file beneath a folder, and says how many there were.
  private func search(folder path: String, _ marks: [String] = marks) -> Int {
    var files = 0
    var folders = [path]
    while let next = folders.popLast() {
      for name in Places.names(in: next) {
        let full = next + "/" + name
        var info = stat()
        guard unsafe lstat(full, &info) == 0 else { continue }
        if info.st_mode & S_IFMT == S_IFDIR {
          folders.append(full)
        } else {
          files += 1
          search(Places.read(full) ?? [], full, marks)
        }
      }
    }
    return files
  }

  private func arguments(_ url: String, _ name: String, _ more: [String] = []) -> [String] {
    [
      "ingest", "--url", url, "--symbols", "*", "--record", folder.file("\(name)/session.qwr"),
      "--to", "ndjson:" + folder.file("\(name)/live.ndjson"), "--to", "csv:" + folder.file("\(name)/csv"),
      "--stats", folder.file("\(name)/stats.json"), "--interval", "0.5",
    ] + more
  }

  @Test("a token from a file or the environment stands in no output, file, recording or log", arguments: [true, false])
  func renewed(isFile: Bool) throws {
    let server = try server(["--fault", "unauthorized-late=after:3"])
    let keys = TemporaryFolder()
    try write(Self.token + "\n", to: keys.file("token"))
    let client = try start(
      arguments(server.url, "ok", ["--for", "2"])
        + (isFile ? ["--token-file", keys.file("token")] : ["--token-env", "MY_TOKEN"]),
      environment: isFile ? [:] : ["MY_TOKEN": Self.token])
    try waitUntil("it streams: \(client.errorsSoFar)") { client.errorsSoFar.contains("streaming") || client.hasEnded }
    search(Places.read("/proc/\(client.pid)/cmdline") ?? [], "the list of processes")
    if isFile { search(Places.read("/proc/\(client.pid)/environ") ?? [], "the environment") }
    search(Places.read("/proc/\(server.program.pid)/cmdline") ?? [], "the list of processes")
    let ended = try client.wait()
    #expect(ended.exitCode == 0 && ended.errors.contains("fresh token"), "\(ended)")
    search(ended, "the client")
    server.program.send(SIGINT)
    search(try server.program.wait(), "the server")
    #expect(search(folder: folder.path) >= 5)
    let inspected = try quotewire("inspect", folder.file("ok/session.qwr"))
    #expect(inspected.exitCode == 0)
    search(inspected, "inspect")
  }

  @Test("a token that is refused, or kept from a server that does not speak TLS or WebSocket, is not repeated")
  func failures() throws {
    let server = try server()
    let wrong = ["MY_TOKEN": "wrong-" + Self.token]
    let cases = [
      ("refused", server.url, 3 as Int32), ("plaintext", server.url.replacing("ws://", with: "wss://"), 3),
      ("nobody", "ws://127.0.0.1:1/?token=" + Self.token, 1),
      ("query", server.url + "?token=" + Self.token + "&b=1", 3),
      ("user", "wss://me:" + Self.token.replacing("/", with: "") + "@localhost/", 2),
    ]
    for (name, url, code) in cases {
      let ended = try start(
        arguments(url, name, ["--token-env", "MY_TOKEN", "--reconnect", "0"]), environment: wrong
      ).wait()
      #expect(ended.exitCode == code, "\(name): \(ended)")
      #expect(!ended.errors.isEmpty)
      search(ended, name)
    }
    #expect(search(folder: folder.path) > 3)
  }

  @Test("neither an account's secrets nor its tokens stand anywhere, through a renewal, an outage and a refusal")
  func account() throws {
    let account = try LoginServer(tokenLife: 8)
    let client = try start(
      arguments(account.feed.url, "account", ["--token-life", "8"] + account.account).filter { $0 != "--url" }
        .filter { $0 != account.feed.url })
    try waitUntil("a renewal: \(client.errorsSoFar)") { client.errorsSoFar.contains("was renewed") }
    for (fault, says) in [("500", "server failed"), ("junk", "no JSON"), ("401", "server refused")] {
      try account.fail(fault)
      try waitUntil("\(fault): \(client.errorsSoFar)", limitSeconds: 60) { client.errorsSoFar.contains(says) }
    }
    let process = Places.read("/proc/\(client.pid)/cmdline") ?? []
    client.send(SIGINT)
    let ended = try client.wait()
    #expect(ended.exitCode == 130, "\(ended)")
    let marks = account.tokens + [LoginServer.secret, LoginServer.refresh, "access-", "Bearer", "\"type\":\"AUTH\""]
    #expect(account.tokens.count >= 2)
    search(process, "the list of processes", marks)
    search(ended.output, "the output", marks)
    search(Array(ended.errors.utf8), "the errors", marks)
    #expect(search(folder: folder.path, marks) >= 4)
    account.feed.program.send(SIGINT)
    search(Array(try account.feed.program.wait().errors.utf8), "the feed's server", marks)
  }

  @Test("a program that is killed or crashes leaves no token behind", arguments: [SIGKILL, SIGABRT, SIGSEGV])
  func crashes(signal: Int32) throws {
    let server = try server()
    let client = try start(
      arguments(server.url, "crash", ["--token-env", "MY_TOKEN"]),
      environment: ["MY_TOKEN": Self.token, "SWIFT_BACKTRACE": "enable=yes,interactive=no,color=no"])
    let session = folder.file("crash/session.qwr")
    try waitUntil("the recording grows: \(client.errorsSoFar)") { (Places.read(session)?.count ?? 0) > 2000 }
    client.send(signal)
    // The runtime may print what it sees of a crash, and goes on where it was no instruction that crashed.
    usleep(500_000)
    let ended = try client.kill()
    // A sanitizer cannot be with what prints the crash.
    #expect(Sanitizer.isThere || ended.signal == signal || ended.signal == SIGKILL, "\(ended)")
    search(ended, "the crash")
    #expect(search(folder: folder.path) >= 1)
  }

  @Test("a server whose error repeats the token is quoted without it")
  func repeated() throws {
    let server = try server()
    // The server's sentence about a wrong token has the word, so that the word is the token here.
    let refused = try start(
      arguments(server.url, "echo", ["--token-env", "MY_TOKEN", "--reconnect", "0"]),
      environment: ["MY_TOKEN": "token"]
    ).wait()
    #expect(refused.exitCode == 3, "\(refused)")
    let said = refused.errors.split(separator: "\n").filter { $0.contains("the server says") }
    #expect(said.allSatisfy { !$0.contains("token") }, "\(said)")
  }
}

@Suite("--strict", .tags(.system))
struct StrictTests {
  let folder = TemporaryFolder()

  private func strict(_ recording: String, _ words: String, _ more: [String] = []) throws {
    let plain = try replay([recording], more)
    #expect(plain.ended.exitCode == 0, "\(plain.ended)")
    #expect(plain.figures.brokenIdentities.isEmpty && !plain.figures.isWhole)
    let strict = try replay([recording], more + ["--strict", "--force"])
    #expect(strict.ended.exitCode == 4 && strict.ended.errors.contains(words), "\(strict.ended)")
  }

  private func recording(_ spec: String = "seed=51,symbols=20,rate=2000,duration=2s") throws -> String {
    let path = folder.file("a.qwr")
    let made = try quotewire("generate", spec, path)
    guard made.exitCode == 0 else { throw Trouble("\(made)") }
    return path
  }

  @Test("malformed rows and messages are exit code 4")
  func malformed() throws {
    try strict(try recording("seed=9,symbols=40,rate=3000,mix=all,preset=hostile"), "malformed messages")
    let text = folder.file("frames.txt")
    try write(
      """
      0\t{"type":"FEED_CONFIG","channel":1,"dataFormat":"COMPACT","eventFields":{"Trade":["eventSymbol","price"]}}
      1\t{"type":"FEED_DATA","channel":1,"data":["Trade",["A",1.5,"B",true,"C",2.5]]}

      """, to: text)
    let made = folder.file("rows.qwr")
    #expect(try quotewire("convert", text, made).exitCode == 0)
    try strict(made, "1 malformed rows")
  }

  @Test("a recording that is torn or damaged is exit code 4, and one that is whole is 0", arguments: [true, false])
  func damage(isTorn: Bool) throws {
    let path = try recording()
    #expect(try replay([path], ["--strict"]).ended.exitCode == 0)
    var bytes = try #require(Places.read(path))
    if isTorn { bytes.removeLast(400) } else { bytes[bytes.count / 2] ^= 1 }
    try write(bytes, to: path)
    try strict(path, "1 damaged or torn recordings")
  }

  @Test("dropped events are exit code 4, spilled ones are not")
  func dropped() throws {
    let path = try recording("seed=51,symbols=20,rate=20000,duration=2s")
    let sink = { (policy: String) in ["--to", "ndjson:\(folder.file("rows"))?policy=\(policy)&ring=8"] }
    try strict(path, "events dropped by ndjson:", sink("drop"))
    let spilled = try replay([path], sink("spill") + ["--strict", "--force"])
    #expect(spilled.ended.exitCode == 0 && spilled.figures.isWhole, "\(spilled.ended)")
    #expect(spilled.figures.sinks.values.allSatisfy { $0.spilled > 0 })
  }
}
