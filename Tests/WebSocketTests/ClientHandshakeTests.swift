import Bytes
import TestSupport
import Testing
import WebSocket

extension String {
  /// With CRLF in place of line feeds.
  var crlf: [UInt8] { utf8.flatMap { $0 == 0x0A ? [0x0D, 0x0A] : [$0] } }
}

@Suite("The opening handshake as a client")
struct ClientHandshakeTests {
  static let key = HandshakeKey(nonce: Array("the sample nonce".utf8))
  static let good = """
    HTTP/1.1 101 Switching Protocols
    Upgrade: websocket
    Connection: Upgrade
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=


    """

  static func handshake(
    subprotocols: [String] = [], extensions: [String] = [], limits: HandshakeLimits = .init()
  ) -> ClientHandshake {
    var target = ClientHandshake.Target(host: "server.example.com", port: 80, isSecure: false, path: "/chat")
    target.subprotocols = subprotocols
    target.extensions = extensions
    return ClientHandshake(target, key: key, limits: limits)
  }

  /// What a handshake says about bytes that come in the given pieces, each shown together with all before.
  static func outcome(
    _ bytes: [UInt8], cuts: [Int] = [], atEnd: Bool = true, handshake: ClientHandshake = handshake()
  ) -> Result<ClientHandshake.Accepted?, WebSocketError> {
    var handshake = handshake
    do throws(WebSocketError) {
      for cut in cuts {
        if let accepted = try unsafe handshake.next(bytes.span.bytes.extracting(0..<cut)) { return .success(accepted) }
      }
      return .success(try unsafe handshake.next(bytes.span.bytes, atEnd: atEnd))
    } catch {
      return .failure(error)
    }
  }

  @Test("the request has the lines that RFC 6455 wants, in order")
  func request() throws {
    var target = ClientHandshake.Target(host: "server.example.com", port: 8080, isSecure: false, path: "/chat?a=b")
    target.headers = [HeaderField("User-Agent", "quotewire"), HeaderField("Origin", "http://example.com")]
    target.subprotocols = ["chat", "superchat"]
    target.extensions = ["permessage-deflate; client_max_window_bits"]
    var out = ByteWriter()
    try ClientHandshake(target, key: Self.key).writeRequest(into: &out)
    let expected = """
      GET /chat?a=b HTTP/1.1
      Host: server.example.com:8080
      Upgrade: websocket
      Connection: Upgrade
      Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
      Sec-WebSocket-Version: 13
      Sec-WebSocket-Protocol: chat, superchat
      Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits
      User-Agent: quotewire
      Origin: http://example.com


      """
    #expect(out.array == expected.crlf)
  }

  @Test(
    "the Host header leaves the usual port out and puts IPv6 in brackets",
    arguments: [
      ("example.com", 443, true, "example.com"), ("example.com", 80, true, "example.com:80"),
      ("example.com", 80, false, "example.com"), ("example.com", 443, false, "example.com:443"),
      ("127.0.0.1", 9001, false, "127.0.0.1:9001"), ("::1", 9001, false, "[::1]:9001"), ("[::1]", 443, true, "[::1]"),
      ("fe80::1%eth0", 80, false, "[fe80::1]"),
    ] as [(String, UInt16, Bool, String)])
  func hostField(_ host: String, _ port: UInt16, _ isSecure: Bool, _ expected: String) {
    #expect(ClientHandshake.Target(host: host, port: port, isSecure: isSecure).hostField == expected)
  }

  @Test(
    "what would break out of its line is not sent",
    arguments: [
      ("a\r\nX: y", "/", "A", "b", "host"), ("", "/", "A", "b", "host"), ("a b", "/", "A", "b", "host"),
      ("user@a", "/", "A", "b", "host"), ("a/b", "/", "A", "b", "host"), ("a", "x", "A", "b", "path"),
      ("a", "", "A", "b", "path"), ("a", "/ HTTP/1.1\r\nX: y", "A", "b", "path"), ("a", "/a b", "A", "b", "path"),
      ("a", "/a#b", "A", "b", "path"), ("a", "/\u{e9}", "A", "b", "path"), ("a", "/", "A", "secret\r\nX: y", "A"),
      ("a", "/", "A", "secret\n", "A"), ("a", "/", "A", "secret\0", "A"), ("a", "/", "A:", "b", "A:"),
      ("a", "/", "", "b", ""),
      ("a", "/", "A\r\nB", "b", "A  B"), ("a", "/", "A B", "b", "A B"),
    ])
  func injection(_ host: String, _ path: String, _ name: String, _ value: String, _ field: String) {
    var target = ClientHandshake.Target(host: host, port: 1, isSecure: false, path: path)
    target.headers = [HeaderField(name, value)]
    var out = ByteWriter()
    #expect(throws: WebSocketError.handshakeFieldInvalid(field)) {
      try ClientHandshake(target).writeRequest(into: &out)
    }
    let isEmpty = out.isEmpty
    #expect(isEmpty)
  }

  @Test("names and offers that are no tokens are not sent")
  func badOffers() {
    var out = ByteWriter()
    #expect(throws: WebSocketError.handshakeFieldInvalid("Sec-WebSocket-Protocol")) {
      try Self.handshake(subprotocols: ["a, b"]).writeRequest(into: &out)
    }
    #expect(throws: WebSocketError.handshakeFieldInvalid("Sec-WebSocket-Extensions")) {
      try Self.handshake(extensions: ["a\r\nb"]).writeRequest(into: &out)
    }
    for name in ["Host", "upgrade", "CONNECTION", "Sec-WebSocket-Key", "Content-Length", "Transfer-Encoding"] {
      var target = ClientHandshake.Target(host: "a", port: 1, isSecure: false)
      target.headers = [HeaderField(name, "1")]
      #expect(throws: WebSocketError.handshakeFieldReserved(name)) {
        try ClientHandshake(target).writeRequest(into: &out)
      }
    }
  }

  @Test(
    "answers that agree",
    arguments: [
      good,
      good.replacing("Upgrade: websocket", with: "UPGRADE: WebSocket"),
      good.replacing("Connection: Upgrade", with: "connection: keep-alive, upgrade"),
      good.replacing("Connection: Upgrade", with: "Connection: keep-alive\nConnection: Upgrade"),
      good.replacing("Sec-WebSocket-Accept: ", with: "sec-websocket-accept:\t ").replacing("xOo=", with: "xOo= \t"),
      good.replacing(" Switching Protocols", with: ""),
      good.replacing("Switching Protocols", with: "Sw\u{e9}tching"),
      good.replacing("Connection: Upgrade", with: "Connection: Upgrade\nX-Empty:\nServer: a: b"),
    ])
  func agrees(_ text: String) throws {
    let bytes = text.crlf
    let accepted = try #require(try Self.outcome(bytes + [0x81, 0x00]).get())
    #expect(accepted.headBytes == bytes.count)
    #expect(accepted.subprotocol == nil && accepted.extensions.isEmpty)
  }

  @Test("what the server chose of our offers is handed out")
  func choices() throws {
    let text = Self.good.replacing(
      "Connection: Upgrade",
      with: "Connection: Upgrade\nSec-WebSocket-Protocol: dx\nSec-WebSocket-Extensions: Permessage-Deflate; a=1")
    let handshake = Self.handshake(subprotocols: ["x", "dx"], extensions: ["permessage-deflate; b"])
    let accepted = try #require(try Self.outcome(text.crlf, handshake: handshake).get())
    #expect(accepted.subprotocol == "dx")
    #expect(accepted.extensions == ["Permessage-Deflate; a=1"])
    #expect(accepted.headers["upgrade"] == "websocket")
  }

  static let refusals: [(String, WebSocketError)] = [
    (good.replacing("xOo=", with: "xOp="), .acceptMismatch),
    (good.replacing("s3pP", with: "S3pP"), .acceptMismatch),
    (good.replacing("Sec-WebSocket-Accept", with: "X"), .headerMissing(.accept)),
    (good.replacing("\n\n", with: "\nSec-WebSocket-Accept: a\n\n"), .headerRepeated(.accept)),
    (good.replacing("Upgrade: websocket\n", with: ""), .headerMissing(.upgrade)),
    (good.replacing("websocket", with: "websockets"), .upgradeNotConfirmed(.upgrade)),
    (good.replacing("websocket", with: "websocket, h2c"), .upgradeNotConfirmed(.upgrade)),
    (good.replacing("Connection: Upgrade\n", with: ""), .headerMissing(.connection)),
    (good.replacing("Connection: Upgrade", with: "Connection: close"), .upgradeNotConfirmed(.connection)),
    (good.replacing("HTTP/1.1", with: "HTTP/1.0"), .responseVersion),
    (good.replacing("HTTP/1.1", with: "HTTP/2.0"), .headMalformed(.startLine, offset: 0)),
    (good.replacing("HTTP/1.1", with: "http/1.1"), .headMalformed(.startLine, offset: 0)),
    (good.replacing("HTTP/1.1 101", with: "HTTP/1.1  101"), .headMalformed(.startLine, offset: 0)),
    (good.replacing(" 101 ", with: " 1010 "), .headMalformed(.startLine, offset: 0)),
    (good.replacing(" 101 ", with: " 1x1 "), .headMalformed(.startLine, offset: 0)),
    (good.replacing(" 101 ", with: " 001 "), .headMalformed(.startLine, offset: 0)),
    ("\n" + good, .headMalformed(.startLine, offset: 0)),
    (good.replacing("Connection:", with: "Connection :"), .headMalformed(.headerLine, offset: 54)),
    (good.replacing("Connection: ", with: "Connection "), .headMalformed(.headerLine, offset: 54)),
    (good.replacing("Connection:", with: ":"), .headMalformed(.headerLine, offset: 54)),
    (good.replacing("Connection:", with: "Connexi\u{f3}n:"), .headMalformed(.headerLine, offset: 54)),
    (good.replacing("Connection:", with: " folded\nConnection:"), .headMalformed(.foldedLine, offset: 54)),
    (good.replacing("Connection:", with: "\tfolded\nConnection:"), .headMalformed(.foldedLine, offset: 54)),
    (good.replacing("websocket", with: "web\0socket"), .headMalformed(.controlCharacter, offset: 46)),
    (good.replacing("websocket", with: "web\u{1b}[2Jsocket"), .headMalformed(.controlCharacter, offset: 46)),
    (good.replacing("websocket", with: "web\rsocket"), .headMalformed(.bareCarriageReturn, offset: 46)),
    (
      good.replacing("\n\n", with: "\nSec-WebSocket-Extensions: permessage-deflate; a\n\n"),
      .extensionNotOffered("permessage-deflate")
    ),
    (good.replacing("\n\n", with: "\nSec-WebSocket-Protocol: dx\n\n"), .subprotocolNotOffered("dx")),
    (
      "HTTP/1.1 302 Found\nLocation: wss://other.example.com/\nContent-Length: 0\n\n",
      .refused(.init(status: 302, reason: "Found", location: "wss://other.example.com/"))
    ),
    (
      "HTTP/1.1 401 Unauthorized\nContent-Length: 9\n\nbad token",
      .refused(.init(status: 401, reason: "Unauthorized", bodyStart: "bad token"))
    ),
    (
      "HTTP/1.0 502 Bad Gateway\n\n<html>\u{1b}[31mupstream\u{202e}</html>\n",
      .refused(
        .init(status: 502, reason: "Bad Gateway", bodyStart: "<html> [31mupstream </html>"))
    ),
    (
      "HTTP/1.1 503\nRetry-After: 120\nContent-Length: 3\n\nabcdef",
      .refused(.init(status: 503, reason: "", retryAfter: "120", bodyStart: "abc"))
    ),
    (
      "HTTP/1.1 200 OK\nContent-Length: nonsense\n\nhello",
      .refused(.init(status: 200, reason: "OK", bodyStart: "hello"))
    ),
    (
      "HTTP/1.1 204 No Content\n\n",
      .refused(.init(status: 204, reason: "No Content"))
    ),
    (
      "HTTP/1.1 404 \nLocation: /x\nContent-Length: 2000\n\n" + String(repeating: "a", count: 1500),
      .refused(.init(status: 404, reason: "", bodyStart: String(repeating: "a", count: 1024)))
    ),
  ]

  @Test("answers that refuse or are wrong give a typed error, wherever they are cut", arguments: refusals)
  func refuses(_ text: String, _ error: WebSocketError) {
    let bytes = text.crlf
    #expect(Self.outcome(bytes) == .failure(error))
    for cut in 1..<bytes.count {
      let outcome = Self.outcome(bytes, cuts: [cut])
      #expect(outcome == .failure(error), "cut at \(cut)")
    }
    #expect(Self.outcome(bytes, cuts: Array(1..<bytes.count)) == .failure(error))
  }

  @Test("line feeds without carriage returns are refused")
  func lineFeedOnly() {
    #expect(Self.outcome(Array(Self.good.utf8)) == .failure(.headMalformed(.bareLineFeed, offset: 32)))
    #expect(Self.outcome(Array("HTTP/1.1 101 x\r\nA: b\n".utf8)) == .failure(.headMalformed(.bareLineFeed, offset: 20)))
  }

  @Test("a good answer is found wherever it is cut, byte by byte, and only when whole")
  func everySplit() throws {
    let bytes = Self.good.crlf
    let expected = try Self.outcome(bytes).get()
    #expect(expected != nil)
    for cut in 1..<bytes.count {
      #expect(try Self.outcome(Array(bytes[..<cut]), atEnd: false).get() == nil)
      #expect(try Self.outcome(bytes, cuts: [cut]).get() == expected)
    }
    #expect(try Self.outcome(bytes + [0x81], cuts: Array(1..<bytes.count)).get() == expected)
  }

  @Test("a refusal waits for its body, and only for what is kept of it")
  func waitsForBody() throws {
    let head = "HTTP/1.1 400 Bad\nContent-Length: 5000\n\n".crlf
    let body = [UInt8](repeating: 0x62, count: 1024)
    #expect(try Self.outcome(head, atEnd: false).get() == nil)
    #expect(try Self.outcome(head + body.dropLast(), atEnd: false).get() == nil)
    #expect(throws: WebSocketError.self) { try Self.outcome(head + body, atEnd: false).get() }
    #expect(throws: WebSocketError.self) { try Self.outcome(head, atEnd: true).get() }
  }

  @Test("the head limits are exact")
  func limits() throws {
    var limits = HandshakeLimits()
    limits.maximumHeadBytes = Self.good.crlf.count
    limits.maximumHeaders = 3
    let handshake = Self.handshake(limits: limits)
    #expect(try Self.outcome(Self.good.crlf, handshake: handshake).get() != nil)
    limits.maximumHeadBytes -= 1
    #expect(
      Self.outcome(Self.good.crlf, handshake: Self.handshake(limits: limits))
        == .failure(.headTooLong(limit: limits.maximumHeadBytes)))
    limits.maximumHeadBytes = 4096
    limits.maximumHeaders = 2
    #expect(
      Self.outcome(Self.good.crlf, handshake: Self.handshake(limits: limits)) == .failure(.tooManyHeaders(limit: 2)))
    let endless = [UInt8](repeating: 0x41, count: 20_000)
    #expect(Self.outcome(endless) == .failure(.headTooLong(limit: 16 << 10)))
    #expect(try Self.outcome(Array(endless[..<(16 << 10)])).get() == nil)
    let lines = "HTTP/1.1 101 x\n" + String(repeating: "A: b\n", count: 101)
    #expect(Self.outcome(lines.crlf) == .failure(.tooManyHeaders(limit: 100)))
  }

  @Test(
    "whether to come again depends on the status",
    arguments: [
      (301, false), (400, false), (401, false), (403, false), (408, true), (429, true), (500, true), (503, true),
      (600, false), (999, false),
    ])
  func reconnecting(_ status: Int, _ helps: Bool) {
    let refusal = WebSocketError.Refusal(status: status, reason: "")
    #expect(WebSocketError.refused(refusal).reconnectingMayHelp == helps)
  }
}
