import COpenSSL
import TestSupport

// What a server can do wrong with TLS, with the certificates of a throw-away authority.

/// A server with a certificate of the authority, changed as a case wants it.
private func server(
  _ leaf: TestAuthority.Leaf = .good,
  _ change: @escaping @Sendable (PeerTLS.Context) -> Void = { _ in }
) -> @Sendable () throws -> PeerTLS.Context {
  {
    guard let authority = TestAuthority.shared else { throw Trouble("no authority") }
    let context = try PeerTLS.Context(authority, leaf)
    change(context)
    return context
  }
}

private func limited(_ oldest: Int32, _ newest: Int32) -> @Sendable (PeerTLS.Context) -> Void {
  { $0.limitVersions(oldest, newest) }
}

private let regular = Step.opening + [.quotes(1...3)] + Step.over

extension HostileCase {
  static let secure: [HostileCase] =
    certificatesThatHold + certificatesThatDoNot + versions + endings + ways

  private static func trusting(_ name: String = "root.pem") -> [String] {
    ["--ca-file", TestAuthority.shared?.folder.file(name) ?? name]
  }

  private static func secured(
    _ name: String, host: String = "localhost",
    _ tls: @escaping @Sendable () throws -> PeerTLS.Context,
    _ scripts: [[Step]] = [regular], trust: String = "root.pem", client: [String] = [],
    ends expected: Expected
  ) -> HostileCase {
    HostileCase(
      name: name, scripts: scripts, client: trusting(trust) + client, expected: expected, tls: tls,
      host: host)
  }

  private static func holds(
    _ name: String, _ leaf: TestAuthority.Leaf = .good, host: String = "localhost",
    trust: String = "root.pem"
  ) -> HostileCase {
    secured(
      name, host: host, server(leaf), trust: trust,
      ends: Expected(quotes: [1, 2, 3], connections: 1))
  }

  private static func fails(
    _ name: String, _ leaf: TestAuthority.Leaf = .good, host: String = "localhost",
    trust: String = "root.pem",
    _ says: [String]
  ) -> HostileCase {
    secured(
      name, host: host, server(leaf), trust: trust, client: ["--reconnect", "3"],
      ends: Expected(exitCode: 3, says: says))
  }

  private static let certificatesThatHold = [
    holds("certificate for the name"),
    holds("certificate for the address", host: "127.0.0.1"),
    holds("certificate for an IPv6 address", host: "[::1]"),
    holds("certificate with a wildcard", host: "feed.wild.example"),
    holds("certificate by way of an intermediate authority", .chained),
    holds("self-signed certificate that --ca-file names", .selfSigned, trust: "selfSigned.pem"),
  ]

  private static let certificatesThatDoNot = [
    fails("expired certificate", .expired, ["expired on 2020-02-01", "localhost"]),
    fails(
      "certificate that is not valid yet", .notYetValid, ["not valid before 2098-07-04", "clock"]),
    fails(
      "certificate for another name", host: "feed.example",
      ["not for feed.example", "check the host"]),
    fails("certificate for another address", host: "127.0.0.9", ["not for 127.0.0.9"]),
    fails("wildcard over two labels", host: "a.b.wild.example", ["not for a.b.wild.example"]),
    fails(
      "wildcard in a part of a label", host: "partially.odd.example",
      ["not for partially.odd.example"]),
    fails("self-signed certificate", .selfSigned, ["self-signed", "--ca-file"]),
    fails(
      "authority that is not trusted", .chained, trust: "other.pem",
      ["Quotewire Test Root", "not trusted", "--ca-file"]),
    fails(
      "intermediate certificate missing", .unchained,
      ["Quotewire Test Middle", "sent no intermediate", "whole chain"]),
    fails("certificate for clients only", .wrongPurpose, ["not accepted", "purpose"]),
    fails("key of 1024 bits", .weak, ["not accepted", "key too"]),
    HostileCase(
      name: "the system's authorities, and a private one", scripts: [regular],
      client: ["--reconnect", "3"],
      expected: Expected(exitCode: 3, says: ["not trusted here"]), tls: server(.chained),
      host: "localhost"),
  ]

  private static let versions = [
    secured(
      "TLS 1.0 alone", server(.good, limited(TLS1_VERSION, TLS1_VERSION)),
      client: ["--reconnect", "3"],
      ends: Expected(exitCode: 3, says: ["no protocol version in common", "TLS 1.2 is the oldest"])),
    secured(
      "TLS 1.1 alone", server(.good, limited(TLS1_1_VERSION, TLS1_1_VERSION)),
      client: ["--reconnect", "3"],
      ends: Expected(exitCode: 3, says: ["no protocol version in common", "TLS 1.2 is the oldest"])),
    secured(
      "TLS 1.2 alone", server(.good, limited(TLS1_2_VERSION, TLS1_2_VERSION)),
      ends: Expected(quotes: [1, 2, 3])),
    secured(
      "TLS 1.3 alone", server(.good, limited(TLS1_3_VERSION, TLS1_3_VERSION)),
      ends: Expected(quotes: [1, 2, 3])),
  ]

  /// One loss, and a second connection that serves.
  private static func lost(
    _ name: String, _ steps: [Step], _ says: [String],
    _ tls: @escaping @Sendable () throws -> PeerTLS.Context = server()
  ) -> HostileCase {
    var test = reconnects(name, steps, says: says, client: trusting())
    test.tls = tls
    test.host = "localhost"
    return test
  }

  private static let endings = [
    lost(
      "end without close_notify", [.finish, .drain], ["without closing TLS", "may be incomplete"]),
    lost(
      "end in the middle of a record", [.plain([0x17, 3, 3, 0x10, 0, 1, 2, 3]), .finish, .drain],
      ["without closing TLS"]),
    lost(
      "close_notify without a Close frame", [.closeTLS, .finish, .drain], ["without a Close frame"]),
    lost("reset", [.pause(millis: 50), .reset], ["connection lost"]),
    lost(
      "damaged record", [.plain([0x17, 3, 3, 0, 40] + [UInt8](repeating: 5, count: 40)), .drain],
      ["the TLS connection to"]),
    lost(
      "record longer than TLS allows",
      [.plain([0x17, 3, 3, 0xFF, 0xFF] + [UInt8](repeating: 5, count: 200)), .drain],
      ["the TLS connection to"]),
    lost(
      "plain text in the middle of TLS",
      [.plain(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)), .drain],
      ["the TLS connection to"]),
    lost(
      "renegotiation", [.renewTLS, .drain], ["connection lost"],
      server(.good, limited(TLS1_2_VERSION, TLS1_2_VERSION))),
    lost(
      "session resumption on offer: the next connection makes a whole handshake",
      [.closeTLS, .finish, .drain],
      ["without a Close frame"], server(.good, limited(TLS1_2_VERSION, TLS1_2_VERSION))),
  ]

  /// It goes on.
  private static func through(
    _ name: String, _ steps: [Step],
    _ tls: @escaping @Sendable () throws -> PeerTLS.Context = server()
  ) -> HostileCase {
    var test = goesOn(name, steps, client: trusting())
    test.tls = tls
    test.host = "localhost"
    return test
  }

  private static func handshake(_ name: String, _ steps: [Step], _ says: [String], exitCode: Int32)
    -> HostileCase
  {
    var test =
      exitCode == 3
      ? stops(name, steps, says: says, client: trusting() + ["--answer-timeout", "1"])
      : HostileCase(
        name: name, scripts: [steps],
        client: trusting() + ["--answer-timeout", "1", "--reconnect", "1"],
        expected: Expected(exitCode: 1, says: says, reconnects: 1, connections: 2))
    test.isSecure = true
    test.host = "localhost"
    return test
  }

  private static let ways = [
    through("new keys asked for (TLS 1.3)", [.times(20, [.renewTLS, .text(Wire.keepalive)])]),
    through(
      "hundred session tickets", [.text(Wire.keepalive)], server(.good) { $0.sendTickets(100) }),
    through(
      "messages of a megabyte over many records",
      [
        .flood(
          Wire.frame(0x81, Array(Wire.keepalive.utf8) + [UInt8](repeating: 0x20, count: 1_000_000)),
          times: 10)
      ]),
    through("records of one byte", [.pieces(Wire.text(Wire.keepalive), size: 1, pauseMicros: 100)]),
    through(
      "ten thousand small records",
      [.pieces(many(Wire.text(Wire.keepalive), 10_000), size: 33, pauseMicros: 0)]),
    secured(
      "client certificate asked for, and not insisted on",
      server(.good) { $0.askForCertificate(insists: false) },
      ends: Expected(quotes: [1, 2, 3], connections: 1)),
    secured(
      "client certificate insisted on (TLS 1.3)",
      server(.good) { $0.askForCertificate(insists: true) },
      client: ["--reconnect", "3"],
      ends: Expected(exitCode: 3, says: ["wants a certificate of ours"])),
    secured(
      "client certificate insisted on (TLS 1.2)",
      server(.good) {
        $0.askForCertificate(insists: true)
        $0.limitVersions(TLS1_2_VERSION, TLS1_2_VERSION)
      }, client: ["--reconnect", "3"],
      ends: Expected(exitCode: 3, says: ["wants a certificate of ours"])),
    handshake(
      "no TLS at all", [.raw(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)), .drain],
      ["does not speak TLS", "ws://"],
      exitCode: 3),
    handshake(
      "rubbish for a greeting", [.raw([UInt8](repeating: 0xA5, count: 300)), .drain],
      ["does not speak TLS"],
      exitCode: 3),
    handshake(
      "greeting that never comes", [.hold], ["the TLS handshake with", "its limit of 1000 ms"],
      exitCode: 1),
    handshake(
      "end instead of a greeting", [.finish, .drain],
      ["closed the connection during the handshake"], exitCode: 1),
    handshake(
      "reset instead of a greeting", [.pause(millis: 50), .reset], ["reset the connection"],
      exitCode: 1),
    handshake(
      "alert internal_error", [.raw([0x15, 3, 3, 0, 2, 2, 80]), .drain], ["TLS alert 80"],
      exitCode: 1),
    handshake(
      "alert handshake_failure", [.raw([0x15, 3, 3, 0, 2, 2, 40]), .drain], ["TLS alert 40"],
      exitCode: 3),
  ]
}
