package import Bytes

/// The opening handshake as a server (RFC 6455 section 4.2): a reader of the request, and the answers to it.
package struct ServerHandshake {
  private var reader: HeadReader

  package init(limits: HandshakeLimits = HandshakeLimits()) { reader = HeadReader(limits: limits) }

  /// A client's wish that we can grant.
  package struct Request: Equatable, Sendable {
    /// Bytes of the request; what comes behind them are frames.
    package var headBytes: Int
    /// As written in the request line, nothing decoded.
    package var path: String
    /// What followed the question mark, nil where there was none.
    package var query: String?
    package var host: String
    package var key: HandshakeKey
    package var subprotocols: [String]
    /// The client's offers, each with its parameters.
    package var extensions: [String]
    package var headers: HeaderFields
  }

  /// Shows all bytes that came so far. Nil where more must come. After an error `answer(_:into:)` tells the client.
  /// One reader reads one request: nothing may be shown to it after a request or an error.
  package mutating func next(_ bytes: RawSpan) throws(WebSocketError) -> Request? {
    guard let head = try reader.next(bytes) else { return nil }
    let (path, query) = try Self.target(head.startLine)
    let headers = head.headers
    let host = try headers.single(.host)
    guard headers["Transfer-Encoding"] == nil, headers.values("Content-Length").allSatisfy({ $0 == "0" }) else {
      throw .requestHasBody
    }
    guard headers.list("Upgrade", contains: "websocket") else { throw .upgradeNotRequested(.upgrade) }
    guard headers.list("Connection", contains: "upgrade") else { throw .upgradeNotRequested(.connection) }
    guard try headers.single(.version) == "13" else { throw .versionUnsupported }
    guard let key = HandshakeKey(received: try headers.single(.key)) else { throw .keyInvalid }
    return Request(
      headBytes: head.byteCount, path: path, query: query, host: host, key: key,
      subprotocols: headers.list("Sec-WebSocket-Protocol"), extensions: headers.list("Sec-WebSocket-Extensions"),
      headers: headers)
  }

  /// Path and query of `GET /path?query HTTP/1.1`; the absolute form `http://host/path` is taken too.
  private static func target(_ line: String) throws(WebSocketError) -> (String, String?) {
    let parts = line.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false).map { String($0)! }
    guard parts.count == 3, HTTPText.isToken(parts[0]), HTTPText.isVisible(parts[1]), !parts[1].isEmpty,
      parts[2].hasPrefix("HTTP/")
    else { throw .headMalformed(.startLine, offset: 0) }
    guard parts[2] == "HTTP/1.1" else { throw .requestVersion }
    guard parts[0] == "GET" else { throw .methodNotGet }
    var target = Substring(parts[1])
    for scheme in ["http://", "https://"] where parts[1].asciiLowercased.hasPrefix(scheme) {
      target = target.dropFirst(scheme.count).drop { $0 != "/" }
      if target.isEmpty { target = "/" }
    }
    guard target.hasPrefix("/"), !target.contains("#") else { throw .headMalformed(.startLine, offset: 0) }
    guard let mark = target.firstIndex(of: "?") else { return (String(target), nil) }
    return (String(target[..<mark]), String(target[target.index(after: mark)...]))
  }

  // MARK: Answers

  /// Appends the answer that grants a request. A subprotocol must be one that the client named.
  package static func accept(
    _ request: Request, subprotocol: String? = nil, extensions: [String] = [], headers: [HeaderField] = [],
    into out: inout ByteWriter
  ) throws(WebSocketError) {
    try HTTPText.check(headers)
    if let subprotocol {
      guard HTTPText.isToken(subprotocol), request.subprotocols.contains(subprotocol) else {
        throw .handshakeFieldInvalid("Sec-WebSocket-Protocol")
      }
    }
    guard extensions.allSatisfy({ !$0.isEmpty && HTTPText.isFieldValue($0) }) else {
      throw .handshakeFieldInvalid("Sec-WebSocket-Extensions")
    }
    out.append("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")
    out.append("Sec-WebSocket-Accept: \(request.key.accept)\r\n" as String)
    if let subprotocol { out.append("Sec-WebSocket-Protocol: \(subprotocol)\r\n" as String) }
    if !extensions.isEmpty {
      out.append("Sec-WebSocket-Extensions: \(extensions.joined(separator: ", "))\r\n" as String)
    }
    for field in headers { out.append("\(field.name): \(field.value)\r\n" as String) }
    out.append("\r\n")
  }

  /// Appends an answer that refuses, with a plain text body. End the transport behind it.
  package static func refuse(
    status: Int, _ words: String, headers: [HeaderField] = [], into out: inout ByteWriter
  ) throws(WebSocketError) {
    precondition(status >= 300 && status <= 599)
    try HTTPText.check(headers)
    let body = words + "\n"
    out.append("HTTP/1.1 \(status) \(reason(status))\r\n" as String)
    for field in headers { out.append("\(field.name): \(field.value)\r\n" as String) }
    out.append("Connection: close\r\nContent-Type: text/plain; charset=utf-8\r\n")
    out.append("Content-Length: \(body.utf8.count)\r\n\r\n" as String)
    out.append(body)
  }

  /// Appends the answer to a request that `next` threw at, with the headers its status asks for.
  package static func answer(_ error: WebSocketError, into out: inout ByteWriter) {
    let status = error.httpStatus
    let body = error.description + "\n"
    out.append("HTTP/1.1 \(status) \(reason(status))\r\n" as String)
    switch status {
    case 405: out.append("Allow: GET\r\nConnection: close\r\n")
    case 426: out.append("Upgrade: websocket\r\nConnection: Upgrade, close\r\nSec-WebSocket-Version: 13\r\n")
    default: out.append("Connection: close\r\n")
    }
    out.append("Content-Type: text/plain; charset=utf-8\r\nContent-Length: \(body.utf8.count)\r\n\r\n" as String)
    out.append(body)
  }

  private static func reason(_ status: Int) -> String {
    switch status {
    case 301: "Moved Permanently"
    case 302: "Found"
    case 307: "Temporary Redirect"
    case 308: "Permanent Redirect"
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 426: "Upgrade Required"
    case 429: "Too Many Requests"
    case 431: "Request Header Fields Too Large"
    case 500: "Internal Server Error"
    case 502: "Bad Gateway"
    case 503: "Service Unavailable"
    case 505: "HTTP Version Not Supported"
    default: "Refused"
    }
  }
}
