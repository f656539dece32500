package import Bytes

/// The opening handshake as a client (RFC 6455 section 4.1): a request to send, and a reader of the answer.
///
///     GET /path HTTP/1.1                          HTTP/1.1 101 Switching Protocols
///     Host: host:port                             Upgrade: websocket
///     Upgrade: websocket                          Connection: Upgrade
///     Connection: Upgrade                         Sec-WebSocket-Accept: …
///     Sec-WebSocket-Key: …                        (empty line, then frames)
///     Sec-WebSocket-Version: 13
package struct ClientHandshake {
  /// Where to, and what to ask for.
  package struct Target: Sendable, Equatable {
    /// A name, an IPv4 address, or an IPv6 address with or without brackets.
    package var host: String
    package var port: UInt16
    /// Whether the transport is TLS: decides which port goes without saying, 443 or 80.
    package var isSecure: Bool
    /// Path and query as they go into the request line.
    package var path: String
    /// Headers besides the handshake's own, such as User-Agent, Origin or Authorization.
    package var headers: [HeaderField] = []
    package var subprotocols: [String] = []
    /// Offers for Sec-WebSocket-Extensions, each with its parameters.
    package var extensions: [String] = []

    package init(host: String, port: UInt16, isSecure: Bool, path: String = "/") {
      self.host = host
      self.port = port
      self.isSecure = isSecure
      self.path = path
    }

    /// The value of the Host header: brackets around IPv6, its zone left out, the port only where it is not the usual.
    package var hostField: String {
      var name = host
      if name.utf8.contains(UInt8(ascii: ":")) {
        if name.hasPrefix("[") && name.hasSuffix("]") { name = String(name.dropFirst().dropLast()) }
        name = "[" + name.prefix { $0 != "%" } + "]"
      }
      return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }
  }

  /// A server that agreed.
  package struct Accepted: Equatable, Sendable {
    /// Bytes of the answer; what comes behind them are frames.
    package var headBytes: Int
    package var subprotocol: String?
    /// What the server chose of our extension offers, as it wrote it.
    package var extensions: [String]
    package var headers: HeaderFields
  }

  package let target: Target
  package let key: HandshakeKey
  private let limits: HandshakeLimits
  private var reader: HeadReader
  private var refusedHead: HeadReader.Head?

  package init(_ target: Target, key: HandshakeKey = HandshakeKey(), limits: HandshakeLimits = HandshakeLimits()) {
    self.target = target
    self.key = key
    self.limits = limits
    reader = HeadReader(limits: limits)
  }

  // MARK: Request

  /// Appends the request. Refuses fields that would break out of their line; the error names the field, not its value.
  package func writeRequest(into out: inout ByteWriter) throws(WebSocketError) {
    try checkTarget()
    out.append("GET ")
    out.append(target.path)
    out.append(" HTTP/1.1\r\nHost: ")
    out.append(target.hostField)
    out.append("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ")
    out.append(key.text)
    out.append("\r\nSec-WebSocket-Version: 13\r\n")
    if !target.subprotocols.isEmpty {
      out.append("Sec-WebSocket-Protocol: \(target.subprotocols.joined(separator: ", "))\r\n" as String)
    }
    if !target.extensions.isEmpty {
      out.append("Sec-WebSocket-Extensions: \(target.extensions.joined(separator: ", "))\r\n" as String)
    }
    for field in target.headers { out.append("\(field.name): \(field.value)\r\n" as String) }
    out.append("\r\n")
  }

  private func checkTarget() throws(WebSocketError) {
    let hostIsClean = HTTPText.isVisible(target.host) && !target.host.utf8.contains { "/?#@\\".utf8.contains($0) }
    guard !target.host.isEmpty && hostIsClean else { throw .handshakeFieldInvalid("host") }
    let pathIsClean = HTTPText.isVisible(target.path) && !target.path.utf8.contains(UInt8(ascii: "#"))
    guard target.path.hasPrefix("/") && pathIsClean else { throw .handshakeFieldInvalid("path") }
    for name in target.subprotocols {
      guard HTTPText.isToken(name) else { throw .handshakeFieldInvalid("Sec-WebSocket-Protocol") }
    }
    for offer in target.extensions {
      guard !offer.isEmpty && HTTPText.isFieldValue(offer) else {
        throw .handshakeFieldInvalid("Sec-WebSocket-Extensions")
      }
    }
    try HTTPText.check(target.headers)
  }

  // MARK: Answer

  /// Shows all bytes that came so far. Nil where more must come. Throws `refused` for any status but 101, once the
  /// excerpt of the body is complete; with `atEnd` (the transport ended, or patience did) it makes do with what came.
  /// Nothing may be shown after an answer or an error.
  package mutating func next(_ bytes: RawSpan, atEnd: Bool = false) throws(WebSocketError) -> Accepted? {
    if let refusedHead {
      try refuse(refusedHead, bytes, atEnd: atEnd)
      return nil
    }
    guard let head = try reader.next(bytes) else { return nil }
    let (status, isVersion11) = try Self.status(head.startLine)
    guard status == 101 else {
      refusedHead = head
      try refuse(head, bytes, atEnd: atEnd)
      return nil
    }
    guard isVersion11 else { throw .responseVersion }
    return try accepted(head)
  }

  /// Status code, and whether the version is HTTP/1.1, of `HTTP/1.1 101 Reason`; the reason may be absent.
  private static func status(_ line: String) throws(WebSocketError) -> (Int, Bool) {
    let bytes = Array(line.utf8)
    let digits = bytes.count >= 12 ? bytes[9..<12] : []
    guard bytes.starts(with: "HTTP/1.".utf8), digits.count == 3, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
      bytes[7] == 0x30 || bytes[7] == 0x31, bytes[8] == 0x20, bytes.count == 12 || bytes[12] == 0x20,
      let status = Int(String(decoding: digits, as: UTF8.self)), status >= 100
    else { throw .headMalformed(.startLine, offset: 0) }
    return (status, bytes[7] == 0x31)
  }

  private func accepted(_ head: HeadReader.Head) throws(WebSocketError) -> Accepted {
    let headers = head.headers
    guard headers.list("Upgrade").count == 1, headers.list("Upgrade", contains: "websocket") else {
      throw headers["Upgrade"] == nil ? .headerMissing(.upgrade) : .upgradeNotConfirmed(.upgrade)
    }
    guard headers.list("Connection", contains: "upgrade") else {
      throw headers["Connection"] == nil ? .headerMissing(.connection) : .upgradeNotConfirmed(.connection)
    }
    guard try headers.single(.accept) == key.accept else { throw .acceptMismatch }
    let offered = target.extensions.map { Self.extensionName($0) }
    let chosen = headers.list("Sec-WebSocket-Extensions")
    for item in chosen where !offered.contains(Self.extensionName(item)) {
      throw .extensionNotOffered(HTTPText.printable(Self.extensionName(item)))
    }
    var subprotocol: String?
    if headers["Sec-WebSocket-Protocol"] != nil {
      let name = try headers.single(.subprotocol)
      guard target.subprotocols.contains(name) else { throw .subprotocolNotOffered(HTTPText.printable(name)) }
      subprotocol = name
    }
    return Accepted(headBytes: head.byteCount, subprotocol: subprotocol, extensions: chosen, headers: headers)
  }

  private static func extensionName(_ item: String) -> String {
    Substring(item.utf8.prefix { $0 != UInt8(ascii: ";") }).trimmed.asciiLowercased
  }

  /// Throws the refusal as soon as no more of its body is worth waiting for.
  private func refuse(_ head: HeadReader.Head, _ bytes: RawSpan, atEnd: Bool) throws(WebSocketError) {
    let status = try Self.status(head.startLine).0
    var wanted = limits.maximumBodyExcerptBytes
    if status < 200 || status == 204 || status == 304 {
      wanted = 0
    } else if let length = head.headers["Content-Length"].flatMap({ Int($0) }), length >= 0 {
      wanted = min(wanted, length)
    }
    let held = min(wanted, bytes.byteCount - head.byteCount)
    guard held == wanted || atEnd else { return }
    let body = bytes.extracting(head.byteCount..<head.byteCount + held)
    let bodyText = unsafe body.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    let reason = Substring(head.startLine.utf8.dropFirst(12)).trimmed
    throw .refused(
      WebSocketError.Refusal(
        status: status, reason: HTTPText.printable(reason),
        location: (300..<400).contains(status) ? head.headers["Location"].map(HTTPText.printable) : nil,
        retryAfter: head.headers["Retry-After"].map(HTTPText.printable),
        bodyStart: Substring(HTTPText.printable(bodyText)).trimmed))
  }
}

extension HTTPText {
  /// Names that the handshake writes itself, or that would give the message a body.
  private static var reserved: [String] {
    ["host", "upgrade", "connection", "content-length", "transfer-encoding"]
  }

  /// Refuses headers of a caller's that would not stay on their line or that speak for the handshake.
  static func check(_ headers: [HeaderField]) throws(WebSocketError) {
    for field in headers {
      guard isToken(field.name) else { throw .handshakeFieldInvalid(printable(field.name)) }
      guard isFieldValue(field.value) else { throw .handshakeFieldInvalid(field.name) }
      let name = field.name.asciiLowercased
      guard !reserved.contains(name) && !name.hasPrefix("sec-websocket-") else {
        throw .handshakeFieldReserved(field.name)
      }
    }
  }
}
