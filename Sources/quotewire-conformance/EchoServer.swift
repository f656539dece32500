import Bytes
import IO
import Ingest
import Rings
import WebSocket

/// Echoes every data message to whoever connects, each connection on a thread of its own.
enum EchoServer {
  /// Connections served at once; more wait to be accepted.
  static let maximumConnections = 64
  static let handshakeSeconds = 10.0

  static func run(port: UInt16) throws -> Int32 {
    guard let address = SocketAddress(numeric: "127.0.0.1", port: port) else { return 1 }
    var listener = try Listener(on: address)
    _ = try? StandardStream.error.write("listening on ws://\(listener.address)\n")
    var poller = try Poller()
    try poller.add(listener, token: 1)
    var threads = Threads()
    let deflate = EchoLimits.deflate(asClient: false)
    while true {
      _ = try poller.wait(until: .distantFuture)
      while let connection = try listener.accept() {
        let handover = Handover(ByteStream(plain: connection))
        try threads.start { serve(handover.take(), deflate) }
      }
    }
  }

  /// The running connection threads, the oldest joined first.
  private struct Threads: ~Copyable {
    private var slots: [Handover<WorkerThread>] = []

    mutating func start(_ body: @escaping @Sendable () -> Void) throws(ThreadError) {
      if slots.count >= EchoServer.maximumConnections { slots.removeFirst().take().join() }
      slots.append(Handover(try WorkerThread("qw-echo", body)))
    }
  }

  private static func serve(_ stream: consuming ByteStream, _ deflate: DeflateSupport?) {
    do {
      guard var link = try accept(stream, deflate) else { return }
      try Echo.serve(&link) { _ in true }
      link.end(limitMillis: EchoLimits.closeLimitMillis)
    } catch {
      _ = try? StandardStream.error.write("connection: \(error)\n")
    }
  }

  /// Completes the opening handshake; nil when the peer went away before.
  private static func accept(_ stream: consuming ByteStream, _ deflate: DeflateSupport?) throws -> WebSocketLink? {
    let limits = EchoLimits.conversation
    var buffer = ReceiveBuffer(capacity: 512 << 10, maximumCapacity: limits.receiveBufferBytes)
    var handshake = ServerHandshake()
    let deadline = MonotonicNanos.now().advanced(bySeconds: handshakeSeconds)
    var out = ByteWriter(capacity: 1024)
    var conversation = Conversation(role: .server, limits: limits)
    while true {
      do throws(WebSocketError) {
        let request = try unsafe buffer.withReadable { bytes throws(WebSocketError) in
          try unsafe handshake.next(bytes.bytes)
        }
        if let request {
          buffer.consume(request.headBytes)
          let granted = deflate?.grant(request.extensions)
          try ServerHandshake.accept(request, extensions: granted.map { [$0.words] } ?? [], into: &out)
          if let granted { conversation.use(granted.deflate) }
          break
        }
      } catch {
        ServerHandshake.answer(error, into: &out)
        _ = try unsafe out.withBytes { b in try unsafe stream.writeAll(b, limitMillis: 1_000) }
        throw error
      }
      _ = buffer.makeRoom(4096)
      var outcome = Transfer.endOfStream
      _ = try unsafe buffer.fill { room in
        outcome = try unsafe stream.read(into: room)
        if case .bytes(let count) = outcome { return count }
        return 0
      }
      switch outcome {
      case .bytes: continue
      case .endOfStream: return nil
      case .wouldBlock(let needs):
        if try stream.wait(for: needs, until: deadline) != .ready { return nil }
      }
    }
    _ = try unsafe out.withBytes { b in try unsafe stream.writeAll(b, limitMillis: 5_000) }
    return WebSocketLink(stream, buffer: buffer, conversation: conversation)
  }
}
