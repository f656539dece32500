import TestSupport
import Testing

@testable import HTTPServer

@Suite("Heads of requests", .tags(.unit))
struct RequestHeadTests {
  private let limits = HTTPLimits()

  private func parse(_ text: String) -> RequestHead.Outcome { RequestHead.parse(Array(text.utf8), limits: limits) }

  private func status(_ text: String) -> Int? {
    if case .refused(let status, _) = parse(text) { status } else { nil }
  }

  @Test("a request is read whole, with what stands behind it left alone")
  func whole() {
    let text = "GET /metrics?x=1 HTTP/1.1\r\nHost: localhost:9\r\nConnection: keep-alive, close\r\n\r\n"
    guard case .request(let head) = parse(text + "GET /") else {
      Issue.record("\(parse(text))")
      return
    }
    #expect(head.path == "/metrics" && head.host == "localhost:9" && head.closes && !head.isHead)
    #expect(head.byteCount == text.utf8.count)
  }

  @Test("cut at any byte a head is not complete, and never something else")
  func everySplit() {
    let bytes = Array("HEAD / HTTP/1.1\r\nHost: [::1]:80\r\nAccept: */*\r\n\r\n".utf8)
    for count in 0..<bytes.count {
      #expect(RequestHead.parse(bytes[..<count], limits: limits) == .incomplete, "\(count)")
    }
    guard case .request(let head) = RequestHead.parse(bytes, limits: limits) else {
      Issue.record("the whole is none")
      return
    }
    #expect(head.isHead && head.path == "/")
  }

  @Test(
    "what is not exactly a request is refused with its status",
    arguments: [
      ("GET / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
      ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400), ("GET / HTTP/1.1\nHost: a\n\n\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\nHost: a\r\nX: \u{1}\r\n\r\n", 400), ("GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
      ("\u{16}\u{3}\u{1}", 400), ("\r\n", 400), ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
      ("POST / HTTP/1.1\r\nHost: a\r\n\r\n", 405), ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n", 413),
      ("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 413),
      ("GET /" + String(repeating: "a", count: 9000), 431),
      ("GET / HTTP/1.1\r\n" + String(repeating: "A: b\r\n", count: 65) + "\r\n", 431),
    ])
  func refused(text: String, status: Int) { #expect(self.status(text) == status, "\(parse(text))") }

  @Test("no bytes make it crash", arguments: 1...20 as ClosedRange<UInt64>)
  func noise(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let start = Array("GET /a HTTP/1.1\r\nHost: a\r\nB: c\r\n\r\n".utf8)
    for _ in 0..<2000 {
      var bytes = start
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      if case .request(let head) = RequestHead.parse(bytes, limits: limits) {
        #expect(head.byteCount <= bytes.count && head.path.hasPrefix("/"), "seed \(seed)")
      }
    }
  }

  @Test("other host names than our own are foreign")
  func hosts() {
    for host in ["localhost", "LOCALHOST:9464", "127.0.0.1:80", "[::1]:9464", "10.0.0.7", ""] {
      #expect(HTTPLoop.isOurs(host), "\(host)")
    }
    for host in ["evil.example", "127.0.0.1.evil.example:80", "localhost.evil.example", "[::1", "a b"] {
      #expect(!HTTPLoop.isOurs(host), "\(host)")
    }
  }

  @Test("addresses are numeric, with a port; a port alone is this machine")
  func addresses() {
    #expect(HTTPAddress.parse("9464").map { "\($0)" } == "127.0.0.1:9464")
    #expect(HTTPAddress.parse("localhost:1").map { "\($0)" } == "127.0.0.1:1")
    #expect(HTTPAddress.parse("[::1]:9464").map { "\($0)" } == "[::1]:9464")
    for text in ["", "host:1", "127.0.0.1", "::1:9464", "127.0.0.1:70000", "[::1]"] {
      #expect(HTTPAddress.parse(text) == nil, "\(text)")
    }
  }
}
