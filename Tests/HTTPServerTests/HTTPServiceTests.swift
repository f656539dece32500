import Bytes
import IO
import TestSupport
import Testing

@testable import HTTPServer

@Suite("The small HTTP server", .tags(.unit))
struct HTTPServiceTests {
  private func service(_ change: (inout HTTPLimits) -> Void = { _ in }) throws -> HTTPService {
    var limits = HTTPLimits()
    change(&limits)
    let address = try #require(SocketAddress(numeric: "127.0.0.1", port: 0))
    return try HTTPService(on: address, limits: limits) { path in
      switch path {
      case "/big": HTTPResponse(String(repeating: "x", count: 3_000_000))
      case "/": HTTPResponse("hello\n")
      default: nil
      }
    }
  }

  private func connect(_ service: HTTPService) throws -> ByteStream {
    ByteStream(plain: try TCPConnection.connect(to: [service.address], subject: "the test's server"))
  }

  private func send(_ text: String, _ stream: inout ByteStream) throws {
    let bytes = Array(text.utf8)
    try unsafe stream.writeAll(bytes.span.bytes, limitMillis: 10_000)
  }

  /// Reads until `isEnough` or the end of the stream.
  private func read(_ stream: inout ByteStream, until isEnough: (String) -> Bool = { _ in false }) throws -> String {
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let step: Transfer
      do throws(IOError) {
        var span = buffer.mutableSpan
        step = try unsafe span.withUnsafeMutableBytes { b throws(IOError) in try unsafe stream.read(into: b) }
      } catch { return String(decoding: all, as: UTF8.self) }
      switch step {
      case .bytes(let count): all += buffer[..<count]
      case .endOfStream: return String(decoding: all, as: UTF8.self)
      case .wouldBlock:
        if isEnough(String(decoding: all, as: UTF8.self)) { return String(decoding: all, as: UTF8.self) }
        let outcome = try stream.waitReadable(until: MonotonicNanos.now().advanced(bySeconds: 20))
        try #require(outcome == .ready)
      }
    }
  }

  private static let ask = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"

  @Test("requests on one connection are answered one after the other, also when they come at once")
  func keepAlive() throws {
    let service = try service()
    var stream = try connect(service)
    try send(Self.ask + Self.ask + "GET /none HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", &stream)
    let text = try read(&stream)
    #expect(text.split(separator: "hello\n", omittingEmptySubsequences: false).count == 3, "\(text)")
    #expect(text.contains("HTTP/1.1 404 Not Found\r\n") && text.contains("there is no page /none"))
    #expect(text.contains("Content-Length: 6\r\n") && text.contains("Content-Security-Policy: default-src 'none'"))
  }

  @Test("HEAD has the length and no body; an old client is closed upon")
  func head() throws {
    let service = try service()
    var stream = try connect(service)
    try send("HEAD / HTTP/1.0\r\n\r\n", &stream)
    let text = try read(&stream)
    #expect(text.contains("Content-Length: 6\r\n") && text.hasSuffix("\r\n\r\n"))
  }

  @Test("a client that trickles, idles, or sends garbage is let go, and others are served meanwhile")
  func slow() throws {
    let service = try service { limits in
      limits.headMillis = 50
      limits.idleMillis = 50
    }
    var slow = try connect(service)
    var garbage = try connect(service)
    var silent = try connect(service)
    try send("GET / HT", &slow)
    try send("\u{16}\u{3}\u{1}\u{2}", &garbage)
    var good = try connect(service)
    try send(Self.ask, &good)
    #expect(try read(&good).contains("hello"))
    #expect(try read(&slow).contains("408 Request Timeout"))
    #expect(try read(&garbage).contains("400 Bad Request"))
    #expect(try read(&silent).isEmpty)
  }

  @Test("beyond the limit of connections clients are told 503, and taken again when there is room")
  func full() throws {
    let service = try service { $0.maximumConnections = 1 }
    do {
      var first = try connect(service)
      try send(Self.ask, &first)
      #expect(try read(&first) { $0.contains("hello") }.contains("200 OK"))
      var second = try connect(service)
      #expect(try read(&second).contains("503 Service Unavailable"))
    }
    // The server notices that the first has gone a moment after it has.
    var answers: [String] = []
    while answers.count < 1000, answers.last?.contains("hello") != true {
      var third = try connect(service)
      try? send("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", &third)
      answers.append(try read(&third))
    }
    #expect(answers.last?.contains("hello") == true)
  }

  @Test("an answer that is longer than the socket's buffer comes whole")
  func big() throws {
    let service = try service()
    var stream = try connect(service)
    try send("GET /big HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", &stream)
    let text = try read(&stream)
    #expect(text.utf8.count > 3_000_000 && text.hasSuffix("xxx"))
  }

  @Test("a page of another name does not get to read along")
  func foreign() throws {
    let service = try service()
    var stream = try connect(service)
    try send("GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", &stream)
    let text = try read(&stream)
    #expect(text.contains("403 Forbidden") && !text.contains("hello"))
  }

  @Test("a port that is taken is an error that says so")
  func taken() throws {
    let service = try service()
    #expect(throws: IOError.portTaken(address: "\(service.address)")) {
      _ = try HTTPService(on: service.address) { _ in nil }
    }
  }
}
