import Foundation
import TestSupport
import Testing

/// What `doctor --json` said.
struct Findings {
  let ended: Program.Ended
  private let object: [String: Any]

  init(_ ended: Program.Ended) throws {
    self.ended = ended
    guard let object = try JSONSerialization.jsonObject(with: Data(ended.output)) as? [String: Any] else {
      throw Trouble("no object: \(ended.text)")
    }
    self.object = object
  }

  private var checks: [[String: Any]] { object["checks"] as? [[String: Any]] ?? [] }
  var names: [String] { checks.compactMap { $0["name"] as? String } }
  func status(_ name: String) -> String? { of(name)?["status"] as? String }
  func found(_ name: String) -> String { of(name)?["found"] as? String ?? "" }
  func millis(_ name: String) -> Double? { of(name)?["millis"] as? Double }
  private func of(_ name: String) -> [String: Any]? { checks.first { $0["name"] as? String == name } }

  var isGood: Bool { object["ok"] as? Bool == true }
  var failed: [String] { names.filter { status($0) == "FAIL" } }
  var notReached: [String] { names.filter { status($0) == "not reached" } }
}

/// A planted fault: where the check fails, and what it says.
struct PlantedFault: Sendable, CustomTestStringConvertible {
  let testDescription: String
  var server: [String] = []
  var script: [Step]?
  var options: [String] = []
  let failed: String
  let says: [String]
  let exitCode: Int32

  /// A limit for answers that never come.
  private static let soon = ["--answer-timeout", "2"]
  private static let lines = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: <accept>\r\n"

  static let all = [
    PlantedFault(
      testDescription: "a token is needed", server: ["--token", "right"], failed: "login",
      says: ["wants a token", "--token-env"], exitCode: 3),
    PlantedFault(
      testDescription: "the token is wrong", server: ["--token", "right"], options: ["--token-env", "WRONG"],
      failed: "login", says: ["refused the token"], exitCode: 3),
    PlantedFault(
      testDescription: "every token is refused", server: ["--token", "w-r-o-n-g", "--fault", "refuse-token"],
      options: ["--token-env", "WRONG"], failed: "login", says: ["refused the token"], exitCode: 3),
    PlantedFault(
      testDescription: "the connection is cut before any quote", server: ["--fault", "drop-tcp=after:0"],
      failed: "quote", says: ["connection lost"], exitCode: 1),
    PlantedFault(
      testDescription: "the feed says nothing", server: ["--fault", "stall=after:0,seconds:60"], options: soon,
      failed: "quote",
      says: ["no quote of 1 symbols (*)", "--symbols"], exitCode: 1),
    PlantedFault(
      testDescription: "the server closes at once", server: ["--fault", "bye=after:0"], failed: "quote",
      says: ["closed the connection", "Bye"], exitCode: 1),
    PlantedFault(
      testDescription: "nobody answers the upgrade", script: [.request, .hold], options: soon, failed: "websocket",
      says: ["limit of 2000 ms"], exitCode: 1),
    PlantedFault(
      testDescription: "the upgrade is refused",
      script: [.answer("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"), .finish, .drain], failed: "websocket",
      says: ["401"], exitCode: 3),
    PlantedFault(
      testDescription: "no SETUP comes", script: [.upgrade, .hold], options: soon, failed: "setup",
      says: ["no SETUP within 2"], exitCode: 1),
    PlantedFault(
      testDescription: "no AUTH_STATE comes", script: [.upgrade, .text(Wire.setup), .hold], options: soon,
      failed: "login", says: ["no AUTH_STATE within 2"], exitCode: 1),
    PlantedFault(
      testDescription: "the channel is not opened",
      script: [.upgrade, .text(Wire.setup), .text(Wire.authorized), .hold],
      options: soon, failed: "channel", says: ["no feed channel within 2"], exitCode: 1),
    PlantedFault(
      testDescription: "the clock is years off",
      script: [.answer("HTTP/1.1 101 Hello\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n" + lines + "\r\n")]
        + Step.session + [.quotes(1...3), .hold],
      failed: "clock", says: ["ahead of the server's (its Date header)", "NTP"], exitCode: 1),
  ]
}

@Suite("The doctor", .tags(.system))
struct DoctorTests {
  let folder = TemporaryFolder()

  /// The steps behind which others are.
  private static let chain = ["dns", "tcp", "tls", "websocket", "setup", "login", "channel", "quote"]

  private func doctor(_ url: String, _ more: [String] = [], environment: [String: String] = [:]) throws -> Findings {
    let arguments = ["doctor", "--json", "--url", url, "--dir", folder.path, "--symbols", "*"]
    return try Findings(try start(arguments + more, environment: environment).wait())
  }

  /// What every report with a failure has.
  private func expect(_ findings: Findings, _ failed: String, _ says: [String], exitCode: Int32) {
    #expect(findings.ended.exitCode == exitCode && !findings.isGood, "\(findings.ended)")
    #expect(findings.failed == [failed], "\(findings.ended.text)")
    for words in says { #expect(findings.found(failed).contains(words), "\(findings.found(failed))") }
    guard let place = Self.chain.firstIndex(of: failed) else { return }
    for name in Self.chain[..<place] { #expect(findings.status(name) == "ok", "\(name): \(findings.found(name))") }
    for name in Self.chain[(place + 1)...] { #expect(findings.status(name) == "not reached") }
  }

  @Test("finds all well with a plain feed, and says it in lines too")
  func plain() throws {
    let server = try FeedServer(["--generate", "seed=4,symbols=5,rate=500"])
    let findings = try doctor(server.url)
    #expect(findings.ended.exitCode == 0 && findings.isGood && findings.ended.errors.isEmpty, "\(findings.ended)")
    #expect(
      findings.names == ["limits", "memory", "disk", "dns", "tcp", "tls", "websocket", "clock"] + Self.chain[4...])
    #expect(findings.failed.isEmpty && findings.notReached.isEmpty)
    #expect(findings.found("quote").contains("bid ") && findings.millis("quote") != nil)
    #expect(findings.found("tls").contains("none: ws://"))
    let lines = try quotewire("doctor", "--url", server.url, "--dir", folder.path, "--symbols", "*")
    #expect(lines.exitCode == 0 && lines.lines.count == 13, "\(lines.text)")
    #expect(lines.lines.contains { $0.hasPrefix("ok ") && $0.contains(" quote ") && $0.contains(" ms ") })
    #expect(lines.text.hasSuffix("12 ok, all is well\n"), "\(lines.text)")
  }

  @Test("finds each planted fault, at its step, with what to do", arguments: PlantedFault.all)
  func planted(fault: PlantedFault) throws {
    let environment = ["WRONG": "w-r-o-n-g"]
    let findings: Findings
    if let script = fault.script {
      let server = try ScriptedServer([script])
      findings = try doctor("ws://127.0.0.1:\(server.port)/", fault.options, environment: environment)
      #expect(server.stop().isEmpty)
    } else {
      let server = try FeedServer(["--generate", "seed=4,symbols=5,rate=500"] + fault.server)
      findings = try doctor(server.url, fault.options, environment: environment)
    }
    expect(findings, fault.failed, fault.says, exitCode: fault.exitCode)
    #expect(!findings.ended.text.contains("w-r-o-n-g"))
  }

  @Test("finds a closed port, an unknown host, a folder and a token that are not there")
  func ways() throws {
    expect(try doctor("ws://127.0.0.1:1/"), "tcp", ["127.0.0.1:1: the connection was refused"], exitCode: 1)
    expect(
      try doctor("ws://feed.invalid:7/", ["--insecure-plaintext"]), "dns",
      ["feed.invalid"], exitCode: 1)
    let server = try FeedServer(["--generate", "seed=4,symbols=5,rate=500"])
    let noFolder = try start([
      "doctor", "--json", "--url", server.url, "--symbols", "*", "--dir", folder.file("nowhere"),
    ]).wait()
    let findings = try Findings(noFolder)
    #expect(noFolder.exitCode == 1 && findings.failed == ["disk"] && findings.notReached.isEmpty, "\(noFolder.text)")
    let noToken = try doctor(server.url, ["--token-file", folder.file("nowhere")])
    #expect(noToken.ended.exitCode == 1 && noToken.failed == ["token"], "\(noToken.ended.text)")
    #expect(noToken.notReached == ["dns", "tcp", "tls", "websocket", "clock", "setup", "login", "channel", "quote"])
  }

  @Test("finds all well through TLS, and names what is wrong with a certificate")
  func certificates() throws {
    guard let authority = TestAuthority.shared else { return }
    func server(_ leaf: TestAuthority.Leaf) throws -> FeedServer {
      try FeedServer([
        "--generate", "seed=4,symbols=5,rate=500", "--tls-cert", authority.certificateFile(leaf), "--tls-key",
        authority.keyFile(leaf),
      ])
    }
    let trust = ["--ca-file", authority.rootFile]
    let good = try server(.good)
    let well = try doctor(good.url, trust)
    #expect(well.isGood && well.ended.exitCode == 0 && well.found("tls").hasPrefix("TLSv1."), "\(well.ended.text)")
    expect(try doctor(good.url), "tls", ["which is not trusted here", "--ca-file"], exitCode: 3)
    let elsewhere = ["--connect-to", "127.0.0.1:\(good.port)"]
    expect(
      try doctor("wss://feed.example:\(good.port)/", trust + elsewhere), "tls",
      ["certificate is not for feed.example", "check the host"], exitCode: 3)
    let (old, early) = (try server(.expired), try server(.notYetValid))
    expect(try doctor(old.url, trust), "tls", ["expired on 2020-02-01"], exitCode: 3)
    expect(try doctor(early.url, trust), "tls", ["is not valid before 2098"], exitCode: 3)
    let plain = try FeedServer(["--generate", "seed=4,symbols=5,rate=500"])
    let wrong = plain.url.replacing("ws://", with: "wss://")
    expect(try doctor(wrong, trust), "tls", ["does not speak TLS", "ws://"], exitCode: 3)
  }

  @Test("a token that is good is used, and shown nowhere")
  func token() throws {
    let server = try FeedServer(
      ["--generate", "seed=4,symbols=5,rate=500", "--token-env", "T"], environment: ["T": "t-o-k-e-n"])
    let findings = try doctor(server.url, ["--token-env", "T"], environment: ["T": "t-o-k-e-n"])
    #expect(findings.isGood && findings.status("token") == "ok", "\(findings.ended.text)")
    #expect(findings.found("login").contains("AUTHORIZED with the token"))
    #expect(!findings.ended.text.contains("t-o-k-e-n") && !findings.ended.errors.contains("t-o-k-e-n"))
  }

  @Test("every command of the troubleshooting page does what it says")
  func page() throws {
    let bytes = try #require(Places.read(Places.packageRoot + "/docs/troubleshooting.md"))
    let text = String(decoding: bytes, as: UTF8.self)
    let parts = text.components(separatedBy: "```")
    let fenced = parts.indices.filter { $0 % 2 == 1 }.flatMap { parts[$0].split(separator: "\n") }
    let commands = fenced.filter { $0.hasPrefix("quotewire ") }.map { line in
      line.split(separator: " ").dropFirst().map { String($0.replacing("'", with: "")) }
    }
    let serve = try #require(commands.first { $0.first == "serve" })
    let port = try #require(serve.firstIndex(of: "--port"))
    let server = try FeedServer(Array(serve[1..<port]))
    let others = commands.filter { $0.first != "serve" }
    #expect(others.count >= 6)
    for words in others {
      let here = words.map { word in
        word.replacing("ws://127.0.0.1:7000/", with: server.url)
          .replacing("session.qwr", with: folder.file("session.qwr"))
      }
      let ended = try start(here).wait()
      #expect(ended.exitCode == 0, "\(here.joined(separator: " ")): \(ended)")
    }
    let lines = try quotewire("doctor", "--url", server.url, "--symbols", "*", "--dir", folder.path)
    for line in lines.lines {
      let name = line.split(separator: " ").dropFirst().first ?? ""
      #expect(text.contains(" \(name) "), "\(name) is on the page")
    }
  }

  @Test("an account's login is a step of its own, and its refusal is told before the feed is asked")
  func account() throws {
    try makeCertificates(in: folder)
    try write([], to: folder.file("tokens"))
    let server = try FeedServer(["--generate", "seed=4,symbols=5,rate=500", "--token-file", folder.file("tokens")])
    let login = try Program(
      "/usr/bin/env", ["python3", Places.packageRoot + "/tools/login-server", folder.path, "--feed", server.url])
    try waitUntil("the login server stands: \(login.errorsSoFar)") { Places.read(folder.file("url")) != nil }
    let url = String(decoding: try #require(Places.read(folder.file("url"))), as: UTF8.self)
    let options = [
      "doctor", "--json", "--symbols", "*", "--dir", folder.path, "--auth", "tastytrade", "--account-url",
      String(url.dropLast()), "--ca-file", folder.file("ca.pem"),
    ]
    var credentials = ["TASTYTRADE_CLIENT_SECRET": "demo-secret", "TASTYTRADE_REFRESH_TOKEN": "demo-refresh"]
    let good = try Findings(try start(options, environment: credentials).wait())
    #expect(good.isGood && good.ended.exitCode == 0, "\(good.ended) \(good.ended.text)")
    #expect(good.found("token").contains(server.url) && good.found("login").contains("with the token"))
    #expect(!good.ended.text.contains("quote-") && !good.ended.text.contains("demo-"))
    credentials["TASTYTRADE_REFRESH_TOKEN"] = "demo-wrong"
    let bad = try Findings(try start(options, environment: credentials).wait())
    #expect(bad.ended.exitCode == 3 && bad.failed == ["token"] && bad.notReached.first == "dns", "\(bad.ended.text)")
    #expect(!bad.ended.text.contains("demo-"))
    withExtendedLifetime(login) {}
  }
}
