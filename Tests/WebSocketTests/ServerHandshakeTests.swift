import Bytes
import TestSupport
import Testing
import WebSocket

@Suite("The opening handshake as a server")
struct ServerHandshakeTests {
  static let good = """
    GET /chat?token=a%20b&x HTTP/1.1
    Host: server.example.com
    Upgrade: websocket
    Connection: Upgrade
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
    Sec-WebSocket-Version: 13


    """

  static func outcome(
    _ bytes: [UInt8], cuts: [Int] = [], limits: HandshakeLimits = .init()
  ) -> Result<ServerHandshake.Request?, WebSocketError> {
    var handshake = ServerHandshake(limits: limits)
    do throws(WebSocketError) {
      for cut in cuts {
        if let request = try unsafe handshake.next(bytes.span.bytes.extracting(0..<cut)) { return .success(request) }
      }
      return .success(try unsafe handshake.next(bytes.span.bytes))
    } catch {
      return .failure(error)
    }
  }

  @Test("a request gives path, query, headers and key, wherever it is cut")
  func reads() throws {
    let text = Self.good.replacing(
      "Upgrade: websocket",
      with: "Upgrade: websocket\nAuthorization: Bearer t\nSec-WebSocket-Protocol: a, b\nSec-WebSocket-Extensions: e; f")
    let bytes = text.crlf
    let request = try #require(try Self.outcome(bytes + [0x81]).get())
    #expect(request.headBytes == bytes.count)
    #expect(request.path == "/chat" && request.query == "token=a%20b&x" && request.host == "server.example.com")
    #expect(request.headers["AUTHORIZATION"] == "Bearer t")
    #expect(request.subprotocols == ["a", "b"] && request.extensions == ["e; f"])
    for cut in 1..<bytes.count {
      #expect(try Self.outcome(Array(bytes[..<cut])).get() == nil)
      #expect(try Self.outcome(bytes, cuts: [cut]).get() == request)
    }
    #expect(try Self.outcome(bytes, cuts: Array(1..<bytes.count)).get() == request)
  }

  @Test("the answer is that of RFC 6455")
  func accepts() throws {
    let request = try #require(try Self.outcome(Self.good.crlf).get())
    var out = ByteWriter()
    try ServerHandshake.accept(request, headers: [HeaderField("Server", "quotewire")], into: &out)
    let expected = """
      HTTP/1.1 101 Switching Protocols
      Upgrade: websocket
      Connection: Upgrade
      Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=
      Server: quotewire


      """
    #expect(out.array == expected.crlf)
  }

  @Test("a subprotocol that was not offered, or a header that breaks its line, is not answered")
  func badAnswers() throws {
    let request = try #require(try Self.outcome(Self.good.crlf).get())
    var out = ByteWriter()
    #expect(throws: WebSocketError.handshakeFieldInvalid("Sec-WebSocket-Protocol")) {
      try ServerHandshake.accept(request, subprotocol: "x", into: &out)
    }
    #expect(throws: WebSocketError.handshakeFieldInvalid("A")) {
      try ServerHandshake.accept(request, headers: [HeaderField("A", "b\r\n\r\n")], into: &out)
    }
    #expect(throws: WebSocketError.handshakeFieldReserved("Upgrade")) {
      try ServerHandshake.refuse(status: 401, "no", headers: [HeaderField("Upgrade", "h2c")], into: &out)
    }
    let isEmpty = out.isEmpty
    #expect(isEmpty)
  }

  @Test("our client and our server agree, with every choice", arguments: 0..<8)
  func together(_ choice: Int) throws {
    var target = ClientHandshake.Target(host: "::1", port: 8443, isSecure: true, path: "/dx?a=1")
    if choice & 1 != 0 { target.subprotocols = ["one", "two"] }
    if choice & 2 != 0 { target.extensions = ["permessage-deflate; client_max_window_bits", "x-other"] }
    if choice & 4 != 0 { target.headers = [HeaderField("Authorization", "Bearer token")] }
    var client = ClientHandshake(target)
    var sent = ByteWriter()
    try client.writeRequest(into: &sent)
    let request = try #require(try Self.outcome(sent.array).get())
    #expect(request.host == "[::1]:8443" && request.path == "/dx" && request.query == "a=1")
    #expect(request.subprotocols == target.subprotocols && request.extensions == target.extensions)
    var answer = ByteWriter()
    try ServerHandshake.accept(
      request, subprotocol: request.subprotocols.last, extensions: Array(request.extensions.suffix(1)), into: &answer)
    let bytes = answer.array
    let accepted = try #require(try unsafe client.next(bytes.span.bytes))
    #expect(accepted.headBytes == bytes.count)
    #expect(accepted.subprotocol == target.subprotocols.last)
    #expect(accepted.extensions == Array(target.extensions.suffix(1)))
  }

  static let refusals: [(String, WebSocketError, Int)] = [
    (good.replacing("GET", with: "POST"), .methodNotGet, 405),
    (good.replacing("GET", with: "get"), .methodNotGet, 405),
    (good.replacing("HTTP/1.1", with: "HTTP/1.0"), .requestVersion, 505),
    (good.replacing("HTTP/1.1", with: "HTTP/2"), .requestVersion, 505),
    (good.replacing(" HTTP/1.1", with: ""), .headMalformed(.startLine, offset: 0), 400),
    (good.replacing("GET /", with: "GET  /"), .headMalformed(.startLine, offset: 0), 400),
    (good.replacing("GET /chat", with: "GET chat"), .headMalformed(.startLine, offset: 0), 400),
    (good.replacing("GET /chat", with: "GET /ch\u{e4}t"), .headMalformed(.startLine, offset: 0), 400),
    (good.replacing("GET /chat", with: "GET /chat#x"), .headMalformed(.startLine, offset: 0), 400),
    ("\n" + good, .headMalformed(.startLine, offset: 0), 400),
    (good.replacing("Host: server.example.com\n", with: ""), .headerMissing(.host), 400),
    (good.replacing("Upgrade: w", with: "Host: b\nUpgrade: w"), .headerRepeated(.host), 400),
    (good.replacing("Upgrade: websocket\n", with: ""), .upgradeNotRequested(.upgrade), 426),
    (good.replacing("websocket", with: "h2c"), .upgradeNotRequested(.upgrade), 426),
    (good.replacing("Connection: Upgrade", with: "Connection: keep-alive"), .upgradeNotRequested(.connection), 426),
    (good.replacing("Version: 13", with: "Version: 8"), .versionUnsupported, 426),
    (good.replacing("Sec-WebSocket-Version: 13\n", with: ""), .headerMissing(.version), 400),
    (good.replacing("Sec-WebSocket-Key", with: "X-Key"), .headerMissing(.key), 400),
    (good.replacing("dGhlIHNhbXBsZSBub25jZQ==", with: "dGhlIHNhbXBsZSBub25j"), .keyInvalid, 400),
    (good.replacing("dGhlIHNhbXBsZSBub25jZQ==", with: "dGhlIHNhbXBsZSBub25jZ==="), .keyInvalid, 400),
    (good.replacing("Upgrade: w", with: "Content-Length: 5\nUpgrade: w"), .requestHasBody, 400),
    (good.replacing("Upgrade: w", with: "Transfer-Encoding: chunked\nUpgrade: w"), .requestHasBody, 400),
    (good.replacing("Upgrade: w", with: " folded: x\nUpgrade: w"), .headMalformed(.foldedLine, offset: 60), 400),
    (good.replacing("Upgrade: w", with: "no colon\nUpgrade: w"), .headMalformed(.headerLine, offset: 60), 400),
    (good.replacing("Upgrade: w", with: "X: \u{7f}\nUpgrade: w"), .headMalformed(.controlCharacter, offset: 63), 400),
    (good.replacing("Upgrade: w", with: "X: \ra\nUpgrade: w"), .headMalformed(.bareCarriageReturn, offset: 63), 400),
    (
      good.replacing("Upgrade: w", with: String(repeating: "A: b\n", count: 100) + "Upgrade: w"),
      .tooManyHeaders(limit: 100), 431
    ),
    (
      good.replacing("Upgrade: w", with: "A: " + String(repeating: "b", count: 16 << 10)),
      .headTooLong(limit: 16 << 10), 431
    ),
  ]

  @Test("a wrong request gives a typed error and an HTTP answer", arguments: refusals)
  func refuses(_ text: String, _ error: WebSocketError, _ status: Int) throws {
    let bytes = text.crlf
    #expect(Self.outcome(bytes) == .failure(error))
    #expect(Self.outcome(bytes, cuts: Array(1..<bytes.count)) == .failure(error))
    for cut in 1..<min(bytes.count, 1000) {
      let outcome = Self.outcome(bytes, cuts: [cut])
      #expect(outcome == .failure(error), "cut at \(cut)")
    }
    var out = ByteWriter()
    ServerHandshake.answer(error, into: &out)
    let answer = out.string
    #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
    #expect(answer.contains("Sec-WebSocket-Version: 13\r\n") == (status == 426))
    #expect(answer.contains("Allow: GET\r\n") == (status == 405))
    // Our own client must be able to read the refusal, whole and at once.
    let outcome = ClientHandshakeTests.outcome(out.array, atEnd: false)
    guard case .failure(.refused(let refusal)) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(refusal.status == status && refusal.bodyStart == error.description)
  }

  @Test(
    "the absolute form of the target is taken",
    arguments: [("http://a.b/c?d", "/c", "d"), ("HTTPS://a.b", "/", nil)] as [(String, String, String?)])
  func absoluteForm(_ target: String, _ path: String, _ query: String?) throws {
    let text = Self.good.replacing("/chat?token=a%20b&x", with: target)
    let request = try #require(try Self.outcome(text.crlf).get())
    #expect(request.path == path && request.query == query)
  }

  @Test("line feeds without carriage returns are refused")
  func lineFeedOnly() {
    #expect(Self.outcome(Array(Self.good.utf8)) == .failure(.headMalformed(.bareLineFeed, offset: 32)))
  }

  @Test("a refusal of the application's own carries its words")
  func refusal() throws {
    var out = ByteWriter()
    try ServerHandshake.refuse(
      status: 401, "token expired", headers: [HeaderField("WWW-Authenticate", "Bearer")], into: &out)
    #expect(
      ClientHandshakeTests.outcome(out.array, atEnd: false)
        == .failure(.refused(.init(status: 401, reason: "Unauthorized", bodyStart: "token expired"))))
  }
}
