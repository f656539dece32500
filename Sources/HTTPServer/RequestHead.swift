/// The head of a request, read strictly: CRLF ends lines, names are tokens, nothing is folded, a body is not taken.
///
///     GET /metrics HTTP/1.1\r\n
///     Host: 127.0.0.1:9464\r\n
///     \r\n
struct RequestHead: Equatable {
  var isHead = false
  /// Without the query.
  var path = ""
  var host = ""
  var closes = false
  /// Bytes of the head with its empty line.
  var byteCount = 0

  enum Outcome: Equatable {
    case incomplete
    case request(RequestHead)
    /// Answered with this status; then the connection ends.
    case refused(status: Int, why: String)
  }

  /// Reads the first head of `bytes`.
  static func parse(_ bytes: some Collection<UInt8>, limits: HTTPLimits) -> Outcome {
    let bytes = Array(bytes)
    guard let end = endOfHead(bytes) else {
      if bytes.count > limits.maximumHeadBytes {
        return .refused(status: 431, why: "the head is longer than \(limits.maximumHeadBytes) bytes")
      }
      // Bytes that begin no request are refused before the rest of them comes.
      if let first = bytes.first, !isToken(first) { return .refused(status: 400, why: "this is no HTTP request") }
      return .incomplete
    }
    guard end <= limits.maximumHeadBytes else {
      return .refused(status: 431, why: "the head is longer than \(limits.maximumHeadBytes) bytes")
    }
    var head = RequestHead()
    head.byteCount = end
    let lines = split(bytes[..<(end - 4)])
    guard let lines, let first = lines.first else {
      return .refused(status: 400, why: "a line of the head does not end as it has to")
    }
    if let refusal = head.takeRequestLine(first) { return refusal }
    guard lines.count - 1 <= limits.maximumFields else {
      return .refused(status: 431, why: "more than \(limits.maximumFields) header fields")
    }
    var hosts = 0
    for line in lines.dropFirst() {
      if let refusal = head.takeField(line, &hosts) { return refusal }
    }
    if hosts != 1 && (!head.isVersion10 || hosts > 1) {
      return .refused(status: 400, why: "a request has one Host field")
    }
    return .request(head)
  }

  private var isVersion10 = false

  private mutating func takeRequestLine(_ line: [UInt8]) -> Outcome? {
    let parts = line.split(separator: 0x20, omittingEmptySubsequences: false)
    guard parts.count == 3, !parts[0].isEmpty, parts[0].allSatisfy(Self.isToken) else {
      return .refused(status: 400, why: "the first line is no request")
    }
    let version = String(decoding: parts[2], as: UTF8.self)
    guard version.hasPrefix("HTTP/") else { return .refused(status: 400, why: "the first line is no request") }
    guard version == "HTTP/1.1" || version == "HTTP/1.0" else {
      return .refused(status: 505, why: "only HTTP/1.1 and HTTP/1.0 are spoken here")
    }
    isVersion10 = version == "HTTP/1.0"
    closes = isVersion10
    switch String(decoding: parts[0], as: UTF8.self) {
    case "GET": break
    case "HEAD": isHead = true
    default: return .refused(status: 405, why: "only GET and HEAD are answered")
    }
    guard parts[1].first == 0x2F, parts[1].allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      return .refused(status: 400, why: "the target has to begin with / and hold only printable ASCII")
    }
    path = String(decoding: parts[1].prefix { $0 != 0x3F && $0 != 0x23 }, as: UTF8.self)
    return nil
  }

  private mutating func takeField(_ line: [UInt8], _ hosts: inout Int) -> Outcome? {
    guard let colon = line.firstIndex(of: 0x3A), colon > 0, line[..<colon].allSatisfy(Self.isToken) else {
      return .refused(status: 400, why: "a header field has no valid name")
    }
    let value = line[(colon + 1)...].drop { $0 == 0x20 || $0 == 0x09 }
    guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
      return .refused(status: 400, why: "a header field holds control characters")
    }
    var text = Substring(String(decoding: value, as: UTF8.self))
    while text.last == " " || text.last == "\t" { text.removeLast() }
    switch String(decoding: line[..<colon], as: UTF8.self).lowercased() {
    case "host":
      hosts += 1
      host = String(text)
    case "connection":
      let options = text.lowercased().split(separator: ",").map { $0.split(separator: " ").joined() }
      if options.contains("close") { closes = true }
    case "content-length":
      if text != "0" { return .refused(status: 413, why: "requests with a body are not taken") }
    case "transfer-encoding": return .refused(status: 413, why: "requests with a body are not taken")
    default: break
    }
    return nil
  }

  /// Behind the empty line.
  private static func endOfHead(_ bytes: [UInt8]) -> Int? {
    guard bytes.count >= 4 else { return nil }
    var i = 3
    while i < bytes.count {
      if bytes[i] == 0x0A, bytes[i - 1] == 0x0D, bytes[i - 2] == 0x0A, bytes[i - 3] == 0x0D { return i + 1 }
      i += 1
    }
    return nil
  }

  /// Lines between CRLFs; nil where a CR or LF stands alone.
  private static func split(_ bytes: ArraySlice<UInt8>) -> [[UInt8]]? {
    var lines: [[UInt8]] = [[]]
    var i = bytes.startIndex
    while i < bytes.endIndex {
      if bytes[i] == 0x0D {
        guard i + 1 < bytes.endIndex, bytes[i + 1] == 0x0A else { return nil }
        lines.append([])
        i += 2
        continue
      }
      if bytes[i] == 0x0A { return nil }
      lines[lines.count - 1].append(bytes[i])
      i += 1
    }
    return lines
  }

  /// A character of RFC 9110's token.
  private static func isToken(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E...0x60, 0x7C, 0x7E: true
    default: false
    }
  }
}
