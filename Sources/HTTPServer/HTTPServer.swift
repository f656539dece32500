// HTTPServer: a small HTTP/1.1 server (RFC 9112) for the pages that tell how a run is: GET and HEAD, nothing else.
//
// Invariant: whatever a client sends or leaves out, memory, connections and time are bounded by `HTTPLimits`, and no
// request reaches the pages that was not whole and well-formed.
//
// Out of scope: request bodies, TLS, compression, ranges: put a proxy in front where they are wanted. What the pages
// say (Watch).


package import IO

/// Limits of the server.
package struct HTTPLimits: Sendable {
  /// Clients at a time; who comes beyond that is told 503.
  package var maximumConnections = 32
  /// Request line and header fields together, in bytes.
  package var maximumHeadBytes = 8 << 10
  package var maximumFields = 64
  /// How long a client may take for a head, from its first byte.
  package var headMillis = 5_000
  /// How long a connection may be quiet between requests.
  package var idleMillis = 60_000
  /// How long a client may take to read an answer.
  package var sendMillis = 10_000
  /// Requests on one connection; then it is closed in good order.
  package var maximumRequests = 1_000

  package init() {}
}

/// What the server answers.
package struct HTTPResponse: Sendable, Equatable {
  package var status: Int
  package var contentType: String
  package var body: [UInt8]

  package init(status: Int = 200, contentType: String = "text/plain; charset=utf-8", _ body: String) {
    self.status = status
    self.contentType = contentType
    self.body = Array(body.utf8)
  }

  static let reasons = [
    200: "OK", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
    408: "Request Timeout", 413: "Content Too Large", 431: "Request Header Fields Too Large",
    503: "Service Unavailable", 505: "HTTP Version Not Supported",
  ]

  /// Head and body as they are sent. The page may run its own script and style and ask this server, and nothing else.
  func bytes(isHead: Bool, closes: Bool) -> [UInt8] {
    var head = "HTTP/1.1 \(status) \(Self.reasons[status] ?? "Error")\r\n"
    head += "Content-Type: \(contentType)\r\nContent-Length: \(body.count)\r\nCache-Control: no-store\r\n"
    head += "X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\nX-Frame-Options: DENY\r\n"
    head += "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    head += "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'\r\n"
    if status == 405 { head += "Allow: GET, HEAD\r\n" }
    if closes { head += "Connection: close\r\n" }
    return Array((head + "\r\n").utf8) + (isHead ? [] : body)
  }
}

/// Where a server listens.
package enum HTTPAddress {
  /// Reads `PORT`, `HOST:PORT` or `[IPv6]:PORT`; a port alone means 127.0.0.1, port 0 lets the system choose.
  /// - Returns: nil for anything that is no numeric address with a port.
  package static func parse(_ text: String) -> SocketAddress? {
    if let port = UInt16(text) { return SocketAddress(numeric: "127.0.0.1", port: port) }
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else { return nil }
    var host = String(text[..<colon])
    if host == "localhost" { host = "127.0.0.1" }
    if host.hasPrefix("[") && host.hasSuffix("]") {
      host = String(host.dropFirst().dropLast())
    } else if host.contains(":") {
      return nil
    }
    return SocketAddress(numeric: host, port: port)
  }
}
