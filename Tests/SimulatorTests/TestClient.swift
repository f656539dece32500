import Bytes
import DXLink
import IO
import Market
import Recording
import TestSupport
import Testing
import WebSocket

@testable import Simulator

/// A small blocking client: what it is told to send, and every message and the end that came.
final class TestClient {
  enum Seen: Equatable {
    case message(String)
    case closed(UInt16, String)
    /// The transport ended without a Close, or the protocol was broken.
    case lost
  }

  private var stream: ByteStream
  private var conversation: Conversation
  private var buffer = ReceiveBuffer(capacity: 64 << 10)
  private var waiting: [Seen] = []
  private(set) var status = 101
  /// Payloads of data messages, for decoders.
  private(set) var isOver = false
  /// No test waits longer than this for anything.
  static let patienceMillis = 30_000 * Sanitizer.patience

  init(_ server: ServerThread, tls: TLSContext? = nil, options: TCPConnection.Options = TCPConnection.Options()) throws
  {
    let connection = try TCPConnection.connect(to: [server.address], subject: "the simulator", options: options)
    if let tls {
      stream = try ByteStream(connection, tls: tls, host: "localhost")
      try stream.completeHandshake(limitMillis: Self.patienceMillis)
    } else {
      stream = ByteStream(plain: connection)
    }
    conversation = Conversation(role: .client)
    var handshake = ClientHandshake(
      .init(host: "127.0.0.1", port: server.address.port, isSecure: tls != nil, path: "/x"))
    var request = ByteWriter()
    try handshake.writeRequest(into: &request)
    try unsafe request.withBytes { try unsafe stream.writeAll($0, limitMillis: Self.patienceMillis) }
    while true {
      guard try fill() else { throw IOError.truncated(peer: "the server") }
      let accepted = try unsafe buffer.withReadable { (b) throws(WebSocketError) in try unsafe handshake.next(b.bytes) }
      if let accepted {
        buffer.consume(accepted.headBytes)
        break
      }
    }
  }

  /// Reads once, waiting where nothing is there; false at the end.
  private func fill() throws -> Bool {
    let deadline = MonotonicNanos.now().advanced(byNanos: Int64(Self.patienceMillis) * 1_000_000)
    while true {
      let hasRoom = buffer.makeRoom(max(4096, conversation.wantedBytes))
      precondition(hasRoom)
      var transfer = Transfer.endOfStream
      _ = try unsafe buffer.fill { (room) throws(IOError) -> Int in
        transfer = try unsafe stream.read(into: room)
        if case .bytes(let count) = transfer { return count }
        return 0
      }
      switch transfer {
      case .bytes: return true
      case .endOfStream: return false
      case .wouldBlock(let readiness):
        guard try stream.wait(for: readiness, until: deadline) == .ready else {
          throw IOError.timedOut(phase: "waiting for", subject: "the server", limitMillis: Self.patienceMillis)
        }
      }
    }
  }

  func send(_ texts: String...) throws {
    for text in texts { try conversation.send(text) }
    try flush()
  }

  func ping() throws {
    try unsafe conversation.ping([UInt8](repeating: 7, count: 4).span.bytes)
    try flush()
  }

  func close() throws {
    try conversation.close()
    try flush()
  }

  private func flush() throws {
    let count = conversation.queuedBytes
    guard count > 0 else { return }
    try unsafe conversation.withQueued { (b) throws(IOError) in
      try unsafe stream.writeAll(b, limitMillis: Self.patienceMillis)
    }
    conversation.sent(count)
  }

  /// What comes next.
  func next() throws -> Seen {
    while true {
      if !waiting.isEmpty { return waiting.removeFirst() }
      if isOver { return .lost }
      take()
      if !waiting.isEmpty { continue }
      var isMore = false
      do { isMore = try fill() } catch let error as IOError {
        // A cut connection may show as a reset.
        guard case .system = error else { throw error }
      }
      if !isMore && waiting.isEmpty {
        isOver = true
        return .lost
      }
    }
  }

  private func take() {
    while let event = conversation.next(&buffer) {
      switch event {
      case .message(_, let payload): waiting.append(.message(unsafe String(decoding: payload, as: UTF8.self)))
      case .pong: waiting.append(.message("PONG"))
      case .ping: break
      case .closed:
        waiting.append(.closed(conversation.closeCode.rawValue, conversation.closeReason))
        isOver = true
      case .failed:
        waiting.append(.lost)
        isOver = true
      }
    }
    try? flush()
  }

  /// Messages up to the end, and the end.
  func all() throws -> (messages: [String], end: Seen) {
    var messages: [String] = []
    while true {
      let seen = try next()
      guard case .message(let text) = seen else { return (messages, seen) }
      messages.append(text)
    }
  }

  /// The next message that contains a text; what comes before is passed over.
  func wait(for part: String) throws -> String {
    while true {
      guard case .message(let text) = try next() else { throw IOError.truncated(peer: "waiting for \(part)") }
      if text.contains(part) { return text }
    }
  }

  /// SETUP, one channel, FEED_SETUP and a subscription to everything of some types.
  func subscribe(
    _ types: [EventType] = EventType.allCases, format: String = "COMPACT", full: Bool = true, keepalive: String = "60"
  ) throws {
    let fields = types.map { type in
      let names = ["eventSymbol"] + Schema.of(type).fields.map(\.name).filter { $0 != "eventSymbol" }
      return "\"\(type.name)\":[" + names.map { "\"\($0)\"" }.joined(separator: ",") + "]"
    }.joined(separator: ",")
    let items = types.map { #"{"type":"\#($0.name)","symbol":"*"}"# }.joined(separator: ",")
    try send(
      #"{"type":"SETUP","channel":0,"version":"0.1-test/1","keepaliveTimeout":\#(keepalive),"#
        + #""acceptKeepaliveTimeout":\#(keepalive)}"#,
      #"{"type":"AUTH","channel":0,"token":"t"}"#,
      #"{"type":"CHANNEL_REQUEST","channel":1,"service":"FEED","parameters":{"contract":"AUTO"}}"#,
      #"{"type":"FEED_SETUP","channel":1,"acceptAggregationPeriod":0,"#
        + #""acceptDataFormat":"\#(format)"\#(full ? ",\"acceptEventFields\":{\(fields)}" : "")}"#,
      #"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[\#(items)]}"#)
  }
}

/// A recording in a folder of its own.
final class TestRecording {
  let folder = TemporaryFolder()
  let summary: GeneratedRecording.Summary
  var path: String { folder.file("made.qwr") }

  init(_ spec: String) throws {
    var bytes: [UInt8] = []
    summary = try unsafe GeneratedRecording.make(try GenerateSpec(spec)) { unsafe bytes.append(contentsOf: $0) }
    var file = try File(folder.file("made.qwr"), .create())
    try unsafe bytes.withUnsafeBytes { try unsafe file.write($0) }
  }

  func configuration(speed: ReplaySpeed = .max, isLooped: Bool = false) -> ServerConfiguration {
    var configuration = ServerConfiguration(feed: .recording(path: path, speed: speed, isLooped: isLooped))
    configuration.limits.settleMillis = 20
    return configuration
  }
}
