package import Bytes
package import IO
package import WebSocket

/// A WebSocket over a stream: reads into the receive buffer, writes what the conversation queued, waits for either.
@safe
package struct WebSocketLink: ~Copyable {
  package var conversation: Conversation
  package var buffer: ReceiveBuffer
  private var stream: ByteStream
  /// What the last read or write that could not go on waits for.
  private var readNeeds: Readiness = .readable
  private var writeNeeds: Readiness = .writable
  /// Bytes that the stream gave, the answer to the handshake among them.
  private var receivedBytes: Int
  private let handshakeBytes: Int
  /// The Date header of the answer to the upgrade, as the server wrote it.
  package private(set) var answerDate: String?
  /// The last read filled its room, so that the socket may have more.
  private var filledRoom = false

  /// Room offered to each read, in bytes, beside what is left of the frame under way. Each read costs an answer to the
  /// peer about the room that it made, so that few big ones are cheaper than many that fit the cache.
  package static let readBytes = 1 << 20
  /// The same with TLS, whose big buffer is another one (`TLSContext.receiveBytes`): decrypted bytes stay in the cache.
  package static let secureReadBytes = 64 << 10
  /// Room for what is left of a frame, so that a read begins near the front of the buffer: the same memory is filled
  /// again and again, and stays in the cache.
  private static let spareBytes = 16 << 10
  /// The longest wait inside a read: how soon a stop is seen by a lane that gets bytes all the time.
  package static let waitLimitMillis = 50

  package init(
    _ stream: consuming ByteStream, buffer: consuming ReceiveBuffer, conversation: consuming Conversation,
    handshakeBytes: Int = 0
  ) {
    self.handshakeBytes = handshakeBytes
    receivedBytes = handshakeBytes + buffer.readableCount
    self.stream = stream
    self.buffer = buffer
    self.conversation = conversation
  }

  /// Connects and completes the opening handshake as a client.
  /// - Parameters:
  ///   - limitMillis: how long the server may take for the handshake's answer.
  ///   - limits: also decide how large the receive buffer may grow.
  ///   - deflate: what to offer about compressed messages, nil for plain ones.
  package init(
    to url: FeedURL, tls: TLSContext?, connector: ClientConnector, limitMillis: Int, limits: Conversation.Limits,
    checksText: Bool, userAgent: String, deflate: DeflateSupport? = nil, stop: Wakeup?
  ) throws(LinkError) {
    let stream: ByteStream
    do { stream = try connector.connect(to: url, tls: tls, stop: stop) } catch { throw .io(error) }
    try self.init(
      over: stream, to: url, limitMillis: limitMillis, limits: limits, checksText: checksText, userAgent: userAgent,
      deflate: deflate, stop: stop)
  }

  /// Completes the opening handshake as a client over a connection that stands.
  package init(
    over connected: consuming ByteStream, to url: FeedURL, limitMillis: Int, limits: Conversation.Limits,
    checksText: Bool, userAgent: String, deflate: DeflateSupport? = nil, stop: Wakeup?
  ) throws(LinkError) {
    var stream = connected
    let capacity = (url.isSecure ? Self.secureReadBytes : Self.readBytes) + Self.spareBytes
    var buffer = ReceiveBuffer(capacity: capacity, maximumCapacity: max(capacity, limits.receiveBufferBytes))
    var target = ClientHandshake.Target(
      host: url.endpoint.host, port: url.endpoint.port, isSecure: url.isSecure, path: url.target)
    target.headers = [HeaderField("User-Agent", userAgent)]
    if let deflate { target.extensions = [deflate.wishes.words] }
    var handshake = ClientHandshake(target)
    var request = ByteWriter(capacity: 1024)
    do throws(WebSocketError) { try handshake.writeRequest(into: &request) } catch { throw .webSocket(error) }
    let deadline = MonotonicNanos.now().advanced(byNanos: Int64(limitMillis) * 1_000_000)
    do throws(IOError) {
      try unsafe request.withBytes { bytes throws(IOError) in
        try unsafe stream.writeAll(bytes, limitMillis: limitMillis, wakeup: stop)
      }
    } catch { throw .io(error) }
    let accepted = try Self.completeHandshake(&stream, &buffer, &handshake, deadline, limitMillis, url, stop)
    var conversation = Conversation(role: .client, limits: limits, checksText: checksText)
    do throws(WebSocketError) {
      if let agreed = try deflate?.agreement(answer: accepted.extensions) { conversation.use(agreed) }
    } catch { throw .webSocket(error) }
    stream.allowWaiting(limitMillis: Self.waitLimitMillis)
    self.init(stream, buffer: buffer, conversation: conversation, handshakeBytes: accepted.headBytes)
    answerDate = accepted.headers["Date"]
  }

  private static func completeHandshake(
    _ stream: inout ByteStream, _ buffer: inout ReceiveBuffer, _ handshake: inout ClientHandshake,
    _ deadline: MonotonicNanos, _ limitMillis: Int, _ url: FeedURL, _ stop: Wakeup?
  ) throws(LinkError) -> ClientHandshake.Accepted {
    var atEnd = false
    var timedOut: IOError?
    while true {
      do throws(WebSocketError) {
        let accepted = try unsafe buffer.withReadable { bytes throws(WebSocketError) in
          try unsafe handshake.next(bytes.bytes, atEnd: atEnd)
        }
        if let accepted {
          buffer.consume(accepted.headBytes)
          return accepted
        }
      } catch { throw .webSocket(error) }
      if let timedOut { throw .io(timedOut) }
      if atEnd { throw .endedInHandshake(subject: "\(url.endpoint)") }
      do throws(IOError) {
        switch try readSome(&stream, &buffer) {
        case .bytes: continue
        case .endOfStream: atEnd = true
        case .wouldBlock(let needs):
          switch try stream.wait(for: needs, until: deadline, wakeup: stop) {
          case .ready: continue
          case .woken: throw .stopped(phase: "the WebSocket handshake with", subject: "\(url.endpoint)")
          case .timedOut:
            // A refusal whose words never came to their end is a refusal still.
            atEnd = true
            timedOut = .timedOut(
              phase: "the WebSocket handshake with", subject: "\(url.endpoint)", limitMillis: limitMillis)
          }
        }
      } catch { throw .io(error) }
    }
  }

  private static func readSome(
    _ stream: inout ByteStream, _ buffer: inout ReceiveBuffer, waits: Bool = false
  ) throws(IOError) -> Transfer {
    guard buffer.makeRoom(1) else { throw .limitExceeded(what: "the receive buffer", limit: buffer.maximumCapacity) }
    var outcome = Transfer.endOfStream
    _ = try unsafe buffer.fill { room throws(IOError) in
      outcome = try unsafe stream.read(into: room, waits: waits)
      if case .bytes(let count) = outcome { return count }
      return 0
    }
    return outcome
  }

  /// True where another read can give bytes without waiting for the socket.
  package var mayHoldMore: Bool { filledRoom || stream.mayHoldMore }
  package var tlsVersion: String? { stream.tlsVersion }
  package var peer: SocketAddress { stream.peer }

  /// One read into the receive buffer; 0 when nothing is there now. Throws `ended` when the peer ended its side.
  /// - Parameter waits: whether to wait for bytes inside the read, `waitLimitMillis` at most; only for a client.
  package mutating func read(waits: Bool = false) throws(LinkError) -> Int {
    let held = buffer.readableCount
    let room = max(conversation.wantedBytes, min(Self.readBytes, buffer.capacity - held))
    _ = buffer.makeRoom(max(1, min(room, buffer.maximumCapacity - held)))
    filledRoom = false
    let outcome: Transfer
    do {
      outcome = try Self.readSome(&stream, &buffer, waits: waits)
    } catch {
      conversation.transportEnded()
      throw .io(error)
    }
    switch outcome {
    case .bytes(let count):
      receivedBytes &+= count
      filledRoom = buffer.isFull
      return count
    case .wouldBlock(let needs):
      readNeeds = needs
      return 0
    case .endOfStream:
      conversation.transportEnded()
      throw .ended
    }
  }

  /// Sends what is queued as far as the socket takes it.
  package mutating func write() throws(LinkError) {
    while conversation.queuedBytes > 0 {
      var sent = 0
      var needs: Readiness?
      do throws(IOError) {
        let outcome = try unsafe conversation.withQueued { bytes throws(IOError) in try unsafe stream.write(bytes) }
        switch outcome {
        case .bytes(let count): sent = count
        case .wouldBlock(let readiness): needs = readiness
        case .endOfStream: break
        }
      } catch { throw .io(error) }
      conversation.sent(sent)
      if let needs {
        writeNeeds = needs
        return
      }
    }
  }

  /// Waits until bytes can be read, queued ones written, the wakeup is signalled or the deadline has come.
  package func wait(until deadline: MonotonicNanos, wakeup: Wakeup?) throws(LinkError) -> WaitOutcome {
    var needs = readNeeds
    if conversation.queuedBytes > 0 { needs.formUnion(writeNeeds) }
    do { return try stream.wait(for: needs, until: deadline, wakeup: wakeup) } catch { throw .io(error) }
  }

  /// What the bytes of the connection were; call when it has ended.
  package var wire: WireCounts {
    var counts = conversation.finalWire(buffer)
    counts.received = receivedBytes
    counts.overhead += handshakeBytes
    return counts
  }

  /// Sends what is queued and ends our side, within a limit; errors no longer matter.
  package mutating func end(limitMillis: Int) {
    let deadline = MonotonicNanos.now().advanced(byNanos: Int64(limitMillis) * 1_000_000)
    do {
      while conversation.queuedBytes > 0 {
        try write()
        if conversation.queuedBytes == 0 { break }
        if try stream.wait(for: writeNeeds, until: deadline, wakeup: nil) != .ready { break }
      }
      while case .wants(let needs) = try stream.finishWriting() {
        if try stream.wait(for: needs, until: deadline, wakeup: nil) != .ready { break }
      }
    } catch {
      return
    }
  }
}

/// How a link failed.
package enum LinkError: Error, CustomStringConvertible {
  case io(IOError)
  case webSocket(WebSocketError)
  /// The peer ended the connection without a Close frame.
  case ended
  /// The peer ended the connection instead of answering the opening handshake.
  case endedInHandshake(subject: String)

  package var description: String {
    switch self {
    case .io(let error): error.description
    case .webSocket(let error): error.description
    case .ended: "the peer ended the connection without a Close frame"
    case .endedInHandshake(let subject):
      "\(subject) hung up during the WebSocket handshake; does it want wss:// instead of ws://, or another port?"
    }
  }

  /// Whether another attempt may go better.
  package var helpsToReconnect: Bool {
    switch self {
    case .io(let error): error.helpsToReconnect
    case .webSocket(let error): error.reconnectingMayHelp
    case .ended, .endedInHandshake: true
    }
  }
}
