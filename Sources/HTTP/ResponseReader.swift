import WebSocket

/// Reads one response from bytes as they come.
///
///     head ─┬─► sized ──────────────────────────┬─► done
///           ├─► untilEnd ── end of connection ──┤
///           └─► chunkLine ─► chunk ─► chunkEnd ─┴─ (size 0) ─► trailer ─► done
///
/// Bytes behind the response are ignored: each connection carries one.
package struct ResponseReader {
  private enum State: Equatable {
    case head
    case sized(left: Int)
    case untilEnd
    case chunkLine
    case chunk(left: Int)
    /// The CRLF behind a chunk's bytes; `seen` of them came.
    case chunkEnd(seen: Int)
    case trailer
    case done
  }

  private let limits: HTTPLimits
  private var state = State.head
  private var heads: HeadReader
  /// The head under way.
  private var head: [UInt8] = []
  private var interim = 0
  private var line: [UInt8] = []
  private var trailerBytes = 0
  private var response = HTTPResponse(status: 0, reason: "", headers: HeaderFields(), body: [])

  package init(limits: HTTPLimits = HTTPLimits()) {
    self.limits = limits
    heads = Self.headReader(limits)
  }

  private static func headReader(_ limits: HTTPLimits) -> HeadReader {
    var own = HandshakeLimits()
    own.maximumHeadBytes = limits.maximumHeadBytes
    own.maximumHeaders = limits.maximumHeaders
    return HeadReader(limits: own)
  }

  /// Whether the response is whole.
  package var isDone: Bool { state == .done }

  /// Takes what came next.
  package mutating func take(_ bytes: [UInt8]) throws(HTTPError) {
    var rest = bytes[...]
    while !rest.isEmpty && state != .done {
      if state == .head { try takeHead(&rest) } else { try takeBody(&rest) }
    }
  }

  /// The response, once the connection has ended or the response is whole.
  package mutating func end() throws(HTTPError) -> HTTPResponse {
    switch state {
    case .done, .untilEnd:
      state = .done
      return response
    default: throw .truncated(bytes: response.body.count)
    }
  }

  // MARK: Head

  private mutating func takeHead(_ rest: inout ArraySlice<UInt8>) throws(HTTPError) {
    let before = head.count
    head.append(contentsOf: rest)
    let soFar = head
    let found: HeadReader.Head?
    do throws(WebSocketError) { found = try unsafe heads.next(soFar.span.bytes) } catch { throw .head(error) }
    guard let found else {
      rest = []
      return
    }
    rest = rest.dropFirst(found.byteCount - before)
    head = []
    heads = Self.headReader(limits)
    let (status, reason) = try Self.status(found.startLine)
    if status == 101 { throw .switchedProtocols }
    if status < 200 {
      interim += 1
      let most = limits.maximumInterimResponses
      if interim > most { throw .tooManyInterimResponses(limit: most) }
      return
    }
    response.status = status
    response.reason = reason
    response.headers = found.headers
    state = try framing(found.headers)
  }

  /// `HTTP/1.1 200 OK`; the reason may be absent.
  private static func status(_ line: String) throws(HTTPError) -> (Int, String) {
    let bytes = Array(line.utf8)
    guard bytes.starts(with: "HTTP/1.".utf8), bytes.count >= 12, bytes[7] == 0x30 || bytes[7] == 0x31, bytes[8] == 0x20,
      bytes[9..<12].allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), bytes.count == 12 || bytes[12] == 0x20,
      let status = Int(String(decoding: bytes[9..<12], as: UTF8.self)), status >= 100
    else { throw .statusLineInvalid }
    let reason = HTTPText.printable(String(decoding: bytes.dropFirst(13).prefix(80), as: UTF8.self))
    return (status, reason)
  }

  /// How the body ends (RFC 9112 section 6.3).
  private func framing(_ headers: HeaderFields) throws(HTTPError) -> State {
    for name in headers.list("Content-Encoding") where name.lowercased() != "identity" {
      throw .encodingUnknown(Self.short(name))
    }
    let codings = headers.list("Transfer-Encoding")
    let lengths = headers.list("Content-Length")
    if response.status == 204 || response.status == 304 { return .done }
    if !codings.isEmpty {
      if !lengths.isEmpty { throw .lengthTwice }
      guard codings.count == 1, codings[0].lowercased() == "chunked" else {
        throw .encodingUnknown(Self.short(codings.joined(separator: ", ")))
      }
      return .chunkLine
    }
    guard let first = lengths.first else {
      if headers["Content-Length"] != nil { throw .lengthInvalid }
      return .untilEnd
    }
    guard lengths.allSatisfy({ $0 == first }), first.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else {
      throw .lengthInvalid
    }
    guard let length = Int(first), length <= limits.maximumBodyBytes else {
      throw .bodyTooLong(limit: limits.maximumBodyBytes)
    }
    return length == 0 ? .done : .sized(left: length)
  }

  private static func short(_ text: String) -> String { String(HTTPText.printable(text).prefix(60)) }

  // MARK: Body

  private mutating func takeBody(_ rest: inout ArraySlice<UInt8>) throws(HTTPError) {
    switch state {
    case .sized(let left):
      let some = rest.prefix(left)
      response.body.append(contentsOf: some)
      rest = rest.dropFirst(some.count)
      state = some.count == left ? .done : .sized(left: left - some.count)
    case .untilEnd:
      guard response.body.count + rest.count <= limits.maximumBodyBytes else {
        throw .bodyTooLong(limit: limits.maximumBodyBytes)
      }
      response.body.append(contentsOf: rest)
      rest = []
    case .chunk(let left):
      let some = rest.prefix(left)
      response.body.append(contentsOf: some)
      rest = rest.dropFirst(some.count)
      state = some.count == left ? .chunkEnd(seen: 0) : .chunk(left: left - some.count)
    case .chunkEnd(let seen):
      guard rest.removeFirst() == (seen == 0 ? 0x0D : 0x0A) else { throw .chunkInvalid }
      state = seen == 0 ? .chunkEnd(seen: 1) : .chunkLine
    case .chunkLine, .trailer: try takeLine(&rest)
    case .head, .done: break
    }
  }

  /// A byte of a line between chunks or behind them.
  private mutating func takeLine(_ rest: inout ArraySlice<UInt8>) throws(HTTPError) {
    let byte = rest.removeFirst()
    if state == .trailer {
      trailerBytes += 1
      if trailerBytes > limits.maximumTrailerBytes { throw .trailerTooLong(limit: limits.maximumTrailerBytes) }
    } else if line.count >= limits.maximumChunkLineBytes {
      throw .chunkLineTooLong(limit: limits.maximumChunkLineBytes)
    }
    guard byte == 0x0A else {
      if line.last == 0x0D { throw .chunkInvalid }
      line.append(byte)
      return
    }
    guard line.popLast() == 0x0D else { throw .chunkInvalid }
    let whole = line
    line = []
    if state == .trailer {
      if whole.isEmpty { state = .done }
      return
    }
    let size = try Self.chunkSize(whole)
    guard size <= limits.maximumBodyBytes - response.body.count else {
      throw .bodyTooLong(limit: limits.maximumBodyBytes)
    }
    state = size == 0 ? .trailer : .chunk(left: size)
  }

  /// Hexadecimal, perhaps with extensions behind a semicolon.
  private static func chunkSize(_ line: [UInt8]) throws(HTTPError) -> Int {
    let digits = line.prefix { ($0 >= 0x30 && $0 <= 0x39) || ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x66) }
    let rest = line[digits.endIndex...].drop { $0 == 0x20 || $0 == 0x09 }
    guard !digits.isEmpty, digits.count <= 15, rest.isEmpty || rest.first == UInt8(ascii: ";"),
      let size = Int(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw .chunkInvalid }
    return size
  }
}
