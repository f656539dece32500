/// The named limits of an opening handshake, either role.
package struct HandshakeLimits: Sendable, Equatable {
  /// Longest head that we take, with its closing empty line, in bytes.
  package var maximumHeadBytes = 16 << 10
  package var maximumHeaders = 100
  /// How much of a refusal's body is kept, in bytes.
  package var maximumBodyExcerptBytes = 1024
  package init() {}
}

/// One header line. The name as it was written, the value without white space around it.
package struct HeaderField: Equatable, Sendable {
  package var name: String
  package var value: String
  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

/// The headers of a head, in order. Names are compared without regard to case.
package struct HeaderFields: Equatable, Sendable {
  package private(set) var fields: [HeaderField] = []

  package init(_ fields: [HeaderField] = []) { self.fields = fields }

  mutating func append(_ field: HeaderField) { fields.append(field) }

  /// All values under a name, in order.
  package func values(_ name: String) -> [String] {
    let wanted = name.asciiLowercased
    return fields.filter { $0.name.asciiLowercased == wanted }.map(\.value)
  }

  /// The first value under a name.
  package subscript(_ name: String) -> String? { values(name).first }

  /// The items of a comma-separated list, taken from every header of the name, without empty ones.
  package func list(_ name: String) -> [String] {
    values(name).flatMap { $0.utf8.split(separator: UInt8(ascii: ",")) }.map { Substring($0).trimmed }
      .filter { !$0.isEmpty }
  }

  /// Whether a list holds a token, without regard to case.
  package func list(_ name: String, contains token: String) -> Bool {
    list(name).contains { $0.asciiLowercased == token.asciiLowercased }
  }

  /// The one value under a name.
  func single(_ name: WebSocketError.HeaderName) throws(WebSocketError) -> String {
    let found = values(name.rawValue)
    guard let first = found.first else { throw .headerMissing(name) }
    guard found.count == 1 else { throw .headerRepeated(name) }
    return first
  }
}

/// Finds and reads the head of an HTTP/1.1 message (RFC 9112), strictly: lines end with CRLF, nothing is folded, no
/// control characters.
///
/// Bytes are judged in their order and each is looked at once, so the outcome does not depend on how they were cut.
package struct HeadReader {
  let limits: HandshakeLimits
  private var scannedCount = 0
  private var lineCount = 0

  package init(limits: HandshakeLimits) { self.limits = limits }

  package struct Head {
    package var startLine: String
    package var headers: HeaderFields
    /// Bytes of the head with its closing empty line.
    package var byteCount: Int
  }

  /// Shows all bytes that came so far. Nil where the head is not whole.
  package mutating func next(_ bytes: RawSpan) throws(WebSocketError) -> Head? {
    guard let end = try unsafe bytes.withUnsafeBytes({ b throws(WebSocketError) in try unsafe findEnd(b) }) else {
      return nil
    }
    return try unsafe bytes.withUnsafeBytes { b throws(WebSocketError) in
      try unsafe Self.read(UnsafeRawBufferPointer(rebasing: b[..<end]))
    }
  }

  /// The offset behind the closing empty line.
  private mutating func findEnd(_ bytes: UnsafeRawBufferPointer) throws(WebSocketError) -> Int? {
    while scannedCount < bytes.count {
      let at = scannedCount
      guard at < limits.maximumHeadBytes else { throw .headTooLong(limit: limits.maximumHeadBytes) }
      let byte = unsafe bytes[at]
      let followsReturn = unsafe at > 0 && bytes[at - 1] == UInt8(ascii: "\r")
      if byte == UInt8(ascii: "\n") {
        guard followsReturn else { throw .headMalformed(.bareLineFeed, offset: at) }
        if unsafe at >= 3 && bytes[at - 2] == UInt8(ascii: "\n") {
          scannedCount = at + 1
          return at + 1
        }
        // The first line is no header.
        guard lineCount <= limits.maximumHeaders else { throw .tooManyHeaders(limit: limits.maximumHeaders) }
        lineCount += 1
      } else {
        guard !followsReturn else { throw .headMalformed(.bareCarriageReturn, offset: at - 1) }
        let isControl = (byte < 0x20 && byte != UInt8(ascii: "\t") && byte != UInt8(ascii: "\r")) || byte == 0x7F
        guard !isControl else { throw .headMalformed(.controlCharacter, offset: at) }
      }
      scannedCount = at + 1
    }
    return nil
  }

  /// Takes a whole head apart. Every line ends with CRLF: `findEnd` saw to it.
  private static func read(_ bytes: UnsafeRawBufferPointer) throws(WebSocketError) -> Head {
    var head = Head(startLine: "", headers: HeaderFields(), byteCount: bytes.count)
    var start = 0
    while start < bytes.count - 2 {
      var end = start
      while unsafe bytes[end] != UInt8(ascii: "\r") { end += 1 }
      let line = unsafe [UInt8](bytes[start..<end])
      if start == 0 {
        guard !line.isEmpty else { throw .headMalformed(.startLine, offset: 0) }
        head.startLine = String(decoding: line, as: UTF8.self)
      } else {
        head.headers.append(try field(line, offset: start))
      }
      start = end + 2
    }
    return head
  }

  private static func field(_ line: [UInt8], offset: Int) throws(WebSocketError) -> HeaderField {
    if line.first == UInt8(ascii: " ") || line.first == UInt8(ascii: "\t") {
      throw .headMalformed(.foldedLine, offset: offset)
    }
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0,
      line[..<colon].allSatisfy(HTTPText.isTokenByte)
    else { throw .headMalformed(.headerLine, offset: offset) }
    return HeaderField(
      String(decoding: line[..<colon], as: UTF8.self),
      String(String(decoding: line[(colon + 1)...], as: UTF8.self)[...].trimmed))
  }
}

/// The characters of HTTP's grammar, and what may be shown to people.
package enum HTTPText {
  /// A byte of a token: header names, subprotocols (RFC 9110 section 5.6.2).
  static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }

  package static func isToken(_ text: String) -> Bool { !text.isEmpty && text.utf8.allSatisfy(isTokenByte) }

  /// Whether a header value can be sent: no line breaks, no other control characters but the tab.
  package static func isFieldValue(_ text: String) -> Bool {
    text.utf8.allSatisfy { ($0 >= 0x20 && $0 != 0x7F) || $0 == UInt8(ascii: "\t") }
  }

  /// Visible ASCII only.
  package static func isVisible(_ text: String) -> Bool { text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } }

  /// A peer's words without anything that could steer a terminal.
  package static func printable(_ text: String) -> String {
    var clean = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      let steers = scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
      clean.append(steers ? " " : scalar)
    }
    return String(clean)
  }
}

extension String {
  /// Lower case for ASCII letters, everything else as it is.
  var asciiLowercased: String {
    String(decoding: utf8.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }, as: UTF8.self)
  }
}

extension Substring {
  /// Without the spaces and tabs at both ends.
  var trimmed: String {
    var rest = self
    while let first = rest.utf8.first, first == 0x20 || first == 0x09 { rest = Substring(rest.utf8.dropFirst()) }
    while let last = rest.utf8.last, last == 0x20 || last == 0x09 { rest = Substring(rest.utf8.dropLast()) }
    return String(rest)
  }
}
