import Bytes
import HTTP
import TestSupport
import Testing
import WebSocket

@Suite("HTTP responses", .tags(.unit))
struct HTTPTests {
  private func read(_ text: String, pieces: Int) -> Result<HTTPResponse, HTTPError> {
    var reader = ResponseReader()
    let bytes = Array(text.utf8)
    var at = 0
    do throws(HTTPError) {
      while at < bytes.count {
        let end = min(bytes.count, at + pieces)
        try reader.take(Array(bytes[at..<end]))
        at = end
      }
      return .success(try reader.end())
    } catch { return .failure(error) }
  }

  private static let chunked =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\n{\"a\r\n4\r\n\":1}\r\n0\r\nTrailer: t\r\n\r\nmore"

  @Test("give the same body however they are cut", arguments: [1, 2, 3, 7, 64, 4096])
  func splits(pieces: Int) throws {
    let texts = [
      Self.chunked, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{\"a\":1}more", "HTTP/1.0 200\r\n\r\n{\"a\":1}",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{\"a\":1}",
    ]
    for text in texts {
      let response = try read(text, pieces: pieces).get()
      #expect(response.status == 200 && String(decoding: response.body, as: UTF8.self) == "{\"a\":1}", "\(text)")
    }
  }

  @Test(
    "that can be read in two ways, end early or grow too long are refused",
    arguments: [
      ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", HTTPError.lengthInvalid),
      ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", .lengthInvalid),
      ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", .lengthTwice),
      ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", .encodingUnknown("gzip")),
      ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", .truncated(bytes: 3)),
      ("HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n", .bodyTooLong(limit: 256 << 10)),
      ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n", .bodyTooLong(limit: 256 << 10)),
      ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", .chunkInvalid),
      ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc", .chunkInvalid),
      ("HTTP/1.1 101 Switching Protocols\r\n\r\n", .switchedProtocols),
      ("SSH-2.0-OpenSSH_9\r\n\r\n", .statusLineInvalid),
    ])
  func refused(text: String, error: HTTPError) {
    for pieces in [1, 5, 4096] { #expect(read(text, pieces: pieces) == .failure(error), "\(text) by \(pieces)") }
  }

  @Test("to requests whose fields would break out of their line are never asked for, and the value is not repeated")
  func requests() {
    var request = HTTPRequest(.get, "/", host: "localhost")
    request.headers = [HeaderField("Authorization", "Bearer SECRET\r\nX: y")]
    var out = ByteWriter()
    #expect(throws: HTTPError.fieldInvalid("Authorization")) { try request.write(into: &out) }
  }
}
