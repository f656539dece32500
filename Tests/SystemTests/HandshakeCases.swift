// What a server can do wrong before the WebSocket stands.

private let lines =
  "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: <accept>\r\n"

private func head(_ extra: String, status: String = "101 Switching Protocols") -> Step {
  .answer("HTTP/1.1 \(status)\r\n" + extra + "\r\n")
}

/// A whole feed behind an answer to the upgrade.
private func feed(behind answer: [Step]) -> [[Step]] {
  [answer + Step.session + [.quotes(1...3)] + Step.over]
}

extension HostileCase {
  private static func serves(_ name: String, _ answer: [Step], client: [String] = []) -> HostileCase
  {
    HostileCase(
      name: name, scripts: feed(behind: answer), client: client,
      expected: Expected(quotes: [1, 2, 3], connections: 1))
  }

  private static func status(_ status: String, _ extra: String = "", body: String = "") -> [Step] {
    [.answer("HTTP/1.1 \(status)\r\n\(extra)\r\n\(body)"), .finish, .drain]
  }

  static let handshakes: [HostileCase] = answersThatServe + answersThatStop + answersThatPass

  private static let answersThatServe = [
    serves("reason phrase missing", [.answer("HTTP/1.1 101 \r\n" + lines + "\r\n")]),
    serves(
      "header names in odd case",
      [
        head(
          "uPGRADE: WebSocket\r\nCONNECTION: keep-alive, upgrade\r\n"
            + "sec-websocket-ACCEPT:<accept>\r\n")
      ]),
    serves("ninety more headers", [head(lines + String(repeating: "X-Filler: 1\r\n", count: 90))]),
    serves(
      "head of 15 KB", [head(lines + "X-Filler: " + String(repeating: "x", count: 15_000) + "\r\n")]
    ),
    HostileCase(
      name: "frames in the same segment as the answer",
      scripts: [
        [
          .answerAnd(Step.switching, Wire.text(Wire.keepalive) + Wire.text(Wire.keepalive))
        ] + Step.session + [.quotes(1...3)] + Step.over
      ], expected: Expected(quotes: [1, 2, 3])),
    serves("answer byte by byte", [.answerPieces(Step.switching, size: 1, pauseMicros: 300)]),
    serves(
      "answer cut in the middle of a line end",
      [.answerPieces(Step.switching, size: 33, pauseMicros: 2000)]),
  ]

  private static let answersThatStop = [
    stops(
      "wrong accept",
      [
        head("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: AAAA\r\n"), .drain,
      ],
      says: ["Sec-WebSocket-Accept does not answer our key", "--url"]),
    stops(
      "accept missing", [head("Upgrade: websocket\r\nConnection: Upgrade\r\n"), .drain],
      says: ["lacks the header Sec-WebSocket-Accept"]),
    stops(
      "accept twice", [head(lines + "Sec-WebSocket-Accept: <accept>\r\n"), .drain],
      says: ["repeats the header Sec-WebSocket-Accept"]),
    stops(
      "upgrade to another protocol",
      [
        head("Upgrade: h2c\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: <accept>\r\n"),
        .drain,
      ], says: ["Upgrade does not confirm"]),
    stops(
      "connection not upgraded",
      [
        head("Upgrade: websocket\r\nConnection: close\r\nSec-WebSocket-Accept: <accept>\r\n"),
        .drain,
      ], says: ["Connection does not confirm"]),
    stops(
      "switched with HTTP/1.0",
      [.answer("HTTP/1.0 101 Switching Protocols\r\n" + lines + "\r\n"), .drain],
      says: ["HTTP version other than 1.1"]),
    givesUp(
      "HTTP/2 preface",
      [.request, .raw([0, 0, 0x12, 4, 0, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 18)), .drain],
      says: ["no WebSocket at", "control character"]),
    stops(
      "extension that was not offered",
      [head(lines + "Sec-WebSocket-Extensions: permessage-deflate\r\n"), .drain],
      says: ["permessage-deflate, which we did not offer"]),
    stops(
      "extension with parameters that were not offered",
      [
        head(lines + "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=99\r\n"),
        .drain,
      ],
      says: ["which our extension offer does not allow"], client: ["--compress"]),
    stops(
      "subprotocol that was not offered",
      [head(lines + "Sec-WebSocket-Protocol: mqtt\r\n"), .drain],
      says: ["subprotocol mqtt"]),
    stops(
      "giant header", [.request, .flood([UInt8](repeating: 0x78, count: 65_536), times: 256)],
      says: ["HTTP head is longer than 16384 bytes"]),
    stops(
      "endless headers", [head(lines + String(repeating: "A: b\r\n", count: 200)), .drain],
      says: ["more than 100 headers"]),
    givesUp(
      "bare line feeds",
      [.answer("HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\n\n"), .drain],
      says: ["line feed without carriage return"]),
    givesUp(
      "folded header", [head("Upgrade: websocket\r\n also: this\r\n" + lines), .drain],
      says: ["folded header line"]),
    givesUp(
      "zero byte in a header", [head("X: \u{0}\r\n" + lines), .drain], says: ["control character"]),
    givesUp(
      "greeting of another protocol", [.raw(Array("220 mail.example ESMTP\r\n\r\n".utf8)), .drain],
      says: ["unreadable first line"]),
    givesUp(
      "binary rubbish",
      [.raw((0..<200).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) }), .drain],
      says: ["no WebSocket at"]),
    stops(
      "redirect",
      status("301 Moved", "Location: wss://elsewhere.example/feed\r\nContent-Length: 0\r\n"),
      says: ["301 Moved", "redirecting to wss://elsewhere.example/feed", "--url"]),
    stops(
      "redirect that would steer a terminal",
      status("302 Found", "Location: \u{9B}31m\u{202E}wss\r\nContent-Length: 0\r\n"),
      says: ["302 Found"]),
    stops("informational answer first", status("103 Early Hints"), says: ["103 Early Hints"]),
    stops(
      "page with status 200",
      status("200 OK", "Content-Length: 22\r\n", body: "<html>Hello you</html>"),
      says: ["200 OK", "Hello you"]),
    stops(
      "status 400", status("400 Bad Request", "Content-Length: 4\r\n", body: "nope"),
      says: ["400", "nope"]),
    stops(
      "status 401", status("401 Unauthorized", "Content-Length: 0\r\n"), says: ["401 Unauthorized"]),
    stops("status 403", status("403 Forbidden", "Content-Length: 0\r\n"), says: ["403 Forbidden"]),
    stops(
      "status 404 with an endless page",
      [
        .answer("HTTP/1.1 404 Not Found\r\n\r\n"),
        .flood([UInt8](repeating: 0x61, count: 65_536), times: 512),
      ],
      says: ["404 Not Found"]),
    stops("status 426", status("426 Upgrade Required", "Content-Length: 0\r\n"), says: ["426"]),
    stops(
      "status 999", status("999 Blocked", "Content-Length: 0\r\n"), says: ["server answered 999"]),
  ]

  private static let answersThatPass = [
    triesAgain("status 408", status("408 Request Timeout", "Content-Length: 0\r\n"), says: ["408"]),
    triesAgain(
      "status 429", status("429 Too Many Requests", "Retry-After: 1\r\nContent-Length: 0\r\n"),
      says: ["429 Too Many Requests"]),
    triesAgain(
      "status 500", status("500 Internal Server Error", "Content-Length: 0\r\n"), says: ["500"]),
    triesAgain(
      "status 502", status("502 Bad Gateway", "Content-Length: 0\r\n"), says: ["502 Bad Gateway"]),
    triesAgain(
      "status 503", status("503 Unavailable", "Content-Length: 9\r\n", body: "too many!"),
      says: ["503 Unavailable: too many!"]),
    triesAgain("hangs up at once", [.finish], says: ["hung up during the WebSocket handshake"]),
    triesAgain(
      "hangs up behind the request", [.request, .finish],
      says: ["hung up during the WebSocket handshake"]),
    triesAgain(
      "hangs up in the middle of the answer",
      [.request, .raw(Array("HTTP/1.1 101 Swi".utf8)), .finish],
      says: ["hung up during the WebSocket handshake"]),
    triesAgain("resets behind the request", [.request, .reset], says: ["reset the connection"]),
    triesAgain(
      "never answers", [.request, .hold],
      says: ["the WebSocket handshake", "its limit of 1000 ms"],
      client: ["--answer-timeout", "1"]),
    triesAgain(
      "answers a byte at a time, for ever",
      [.request, .pieces(Array(repeating: 0x48, count: 200), size: 1, pauseMicros: 100_000)],
      says: ["the WebSocket handshake", "its limit of 1000 ms"], client: ["--answer-timeout", "1"]),
    triesAgain(
      "refusal whose body never comes",
      [.answer("HTTP/1.1 503 Busy\r\nContent-Length: 900\r\n\r\n"), .hold],
      says: ["503"], client: ["--answer-timeout", "1"]),
  ]
}
