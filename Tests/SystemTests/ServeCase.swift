import Foundation
import Glibc
import TestSupport

/// A client that does something wrong, and what `quotewire serve` has to do about it. A good client is there before,
/// during and after it, and has to get its events.
struct ServeCase: Sendable, CustomStringConvertible {
  let name: String
  var server: [String] = []
  /// Says what came of it; throws `Trouble` where the server did something else than it has to.
  let attack: @Sendable (Attacker) throws -> String

  var description: String { name }

  init(
    _ name: String, _ server: [String] = [],
    _ attack: @escaping @Sendable (Attacker) throws -> String
  ) {
    self.name = name
    self.server = server
    self.attack = attack
  }

  /// Runs on a thread of its own.
  func run() async throws -> HostileOutcome {
    try await withCheckedThrowingContinuation { done in
      let thread = Thread {
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, SIGPIPE)
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
        do { done.resume(returning: try play()) } catch { done.resume(throwing: error) }
      }
      thread.stackSize = 1 << 20
      thread.start()
    }
  }

  private func play() throws -> HostileOutcome {
    let program = try FeedServer(
      (server.contains("--generate") ? [] : ["--generate", "seed=1,symbols=20,rate=200"])
        + (server.contains("--client-timeout") ? [] : ["--client-timeout", Sanitizer.isThere ? "60" : "2"])
        + server,
      environment: ["QUOTEWIRE_TOKEN": Attacker.token])
    guard let port = UInt16(program.port) else { throw Trouble("no port in \(program.url)") }
    let attacker = Attacker(port: port)
    var outcome = HostileOutcome()
    let hasToken = server.contains("--token-env")
    let isSecure = server.contains("--tls-cert")
    let context = isSecure ? try PeerTLS.Context() : nil
    do {
      let good = try attacker.subscriber(token: hasToken, tls: context)
      try good.awaitData()
      let reader = SteadyReader(good)
      let attacked = Result { try attack(attacker) }
      if let failure = reader.stop() { throw Trouble("the good client got no data: \(failure)") }
      outcome.happened = try attacked.get()
      try good.awaitData()
      good.close()
      try attacker.subscriber(token: hasToken, tls: context).awaitData()
    } catch { outcome.complaints.append("\(error)") }
    outcome.peakBytes = program.program.peakResidentBytes
    if outcome.peakBytes == 0 { outcome.complaints.append("the server has ended") }
    if !Sanitizer.isThere && outcome.peakBytes > HostileCase.maximumResidentBytes {
      outcome.complaints.append("\(outcome.peakBytes >> 20) MB of memory")
    }
    program.program.send(SIGTERM)
    let ended = try program.program.wait()
    outcome.exitCode = ended.exitCode
    if ended.exitCode != 130 { outcome.complaints.append("\(ended)") }
    if ended.errors.utf8.count > HostileCase.maximumWords || ended.errors.contains(Attacker.token) {
      outcome.complaints.append("words: \(ended)")
    }
    return outcome
  }
}

/// A client of a test's own making.
struct Attacker: Sendable {
  let port: UInt16
  static let token = "8c1d-not-for-print"
  static let request =
    "GET /feed HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
  /// Nothing is heard from it for so many seconds where a case takes long.
  static let silence = 60 * Sanitizer.patience
  static let setup =
    #"{"type":"SETUP","channel":0,"version":"0.1-test","keepaliveTimeout":\#(silence),"#
    + #""acceptKeepaliveTimeout":\#(silence)}"#
  static let channel =
    #"{"type":"CHANNEL_REQUEST","channel":1,"service":"FEED","parameters":{"contract":"AUTO"}}"#
  static let everything =
    #"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Quote","symbol":"*"}]}"#

  func connect(receiveBuffer: Int32? = nil) throws -> Peer {
    try Peer.connect(port: port, receiveBuffer: receiveBuffer, limitSeconds: Sanitizer.isThere ? 90 : 15)
  }

  /// Sends a request and gives the head of the answer.
  func ask(_ text: String) throws -> String {
    let peer = try connect()
    try peer.send(text)
    return try peer.takeHead()
  }

  func expect(status: Int, _ text: String) throws -> String {
    let head = try ask(text)
    let line = head.split(separator: "\r\n").first ?? ""
    guard line.hasPrefix("HTTP/1.1 \(status) ") else { throw Trouble("\(line), not \(status)") }
    return "answered \(line.dropFirst(9))"
  }

  /// A WebSocket that stands.
  func upgraded(receiveBuffer: Int32? = nil, extra: String = "", tls: PeerTLS.Context? = nil) throws
    -> Peer
  {
    let peer = try connect(receiveBuffer: receiveBuffer)
    if let tls { try peer.startTLS(tls) }
    try peer.send(Self.request + extra + "\r\n")
    let head = try peer.takeHead()
    guard head.hasPrefix("HTTP/1.1 101 ") else { throw Trouble("no upgrade: \(head)") }
    return peer
  }

  /// A session with an open channel.
  func opened(token: Bool = false, receiveBuffer: Int32? = nil, tls: PeerTLS.Context? = nil) throws
    -> Peer
  {
    let peer = try upgraded(receiveBuffer: receiveBuffer, tls: tls)
    try peer.sendMasked(Self.setup)
    if token { try peer.sendMasked(#"{"type":"AUTH","channel":0,"token":"\#(Self.token)"}"#) }
    try peer.sendMasked(Self.channel)
    _ = try peer.message("CHANNEL_OPENED")
    return peer
  }

  /// A session that wants all quotes.
  func subscriber(token: Bool = false, receiveBuffer: Int32? = nil, tls: PeerTLS.Context? = nil)
    throws -> Peer
  {
    let peer = try opened(token: token, receiveBuffer: receiveBuffer, tls: tls)
    try peer.sendMasked(Self.everything)
    return peer
  }

  /// Sends bytes on an open WebSocket and waits for a Close of that code.
  func expect(close code: Int, _ bytes: [UInt8], on peer: Peer? = nil) throws -> String {
    let peer = try peer ?? opened()
    // A server that has judged already may have hung up.
    do { try peer.send(bytes) } catch is Peer.Gone {}
    return try peer.awaitClose(code)
  }

  /// Sends messages and waits for an ERROR.
  func expect(error code: String, _ messages: [String], on peer: Peer? = nil) throws -> String {
    let peer = try peer ?? opened()
    for message in messages { try peer.sendMasked(message) }
    let text = try peer.message("ERROR")
    guard text.contains("\"error\":\"\(code)\"") else {
      throw Trouble("not \(code): \(text.prefix(300))")
    }
    return "ERROR \(code)"
  }
}

extension Peer {
  /// Reads until a message of this type.
  func message(_ type: String) throws -> String {
    while true {
      let (first, payload) = try takeFrame()
      let text = String(decoding: payload, as: UTF8.self)
      if first & 0xF == 1, text.contains("\"type\":\"\(type)\"") { return text }
      if first & 0xF == 8 { throw Trouble("a Close instead of \(type): \(payload)") }
    }
  }

  /// Reads until rows come that were not sent before this call: the second message from here.
  func awaitData() throws {
    do {
      // What lies in the buffers may be old; a good client is given a message many times a second.
      for _ in 0..<3 { _ = try message("FEED_DATA") }
    } catch { throw Trouble("the good client got no data: \(error)") }
  }

  func awaitClose(_ code: Int) throws -> String {
    while true {
      let (first, payload) = try takeFrame()
      guard first & 0xF == 8 else { continue }
      let got = payload.count >= 2 ? Int(payload[0]) << 8 | Int(payload[1]) : 1005
      guard got == code else { throw Trouble("closed with \(got), not with \(code)") }
      let reason = String(decoding: payload.dropFirst(2), as: UTF8.self)
      return "closed with \(code)\(reason.isEmpty ? "" : ": \(reason)")"
    }
  }

  /// Reads until the server ends the connection.
  func awaitEnd() throws -> String {
    do { while try !receive().isEmpty {} } catch is Gone {}
    return "hung up"
  }
}
