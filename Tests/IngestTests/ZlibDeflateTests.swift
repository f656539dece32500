import Bytes
import IO
import Ingest
import TestSupport
import Testing
import WebSocket

private enum InstalledZlib {
  static var isHere: Bool {
    do { try Zlib.probe() } catch { print("skipped: \(error)") }
    return (try? Zlib.probe()) != nil
  }
}

/// Compressed messages with the real zlib, between our two roles and against the bytes of RFC 7692.
@Suite("Messages are compressed by zlib", .tags(.unit), .enabled(if: InstalledZlib.isHere))
struct ZlibDeflateTests {
  /// A conversation that agreed on an offer, and everything it says.
  private struct Side: ~Copyable {
    var conversation: Conversation
    var buffer: ReceiveBuffer
    var seen: [Seen] = []

    init(_ role: Role, _ offer: String = "permessage-deflate", limit: Int = 1 << 20) throws {
      var limits = Conversation.Limits()
      limits.maximumMessageBytes = limit
      limits.maximumFrameBytes = limit
      conversation = Conversation(role: role, limits: limits, keys: MaskKeys(fixed: 0x0102_0304))
      buffer = ReceiveBuffer(capacity: 4096, maximumCapacity: limits.receiveBufferBytes + 4096)
      let wishes = try #require(DeflateOffer(offer))
      let granted = try #require(try DeflateSupport.zlib(asClient: false).grant([offer]))
      if role == .server {
        conversation.use(granted.deflate)
      } else {
        let support = try DeflateSupport.zlib(wishes: wishes)
        conversation.use(try #require(try support.agreement(answer: [granted.words])))
      }
    }

    mutating func take(_ bytes: some Collection<UInt8>) {
      if !bytes.isEmpty {
        precondition(buffer.makeRoom(bytes.count))
        _ = unsafe buffer.fill { room in
          unsafe room.copyBytes(from: bytes)
          return bytes.count
        }
      }
      while let event = conversation.next(&buffer) {
        switch event {
        case .message(let kind, let payload):
          unsafe seen.append(.message(kind, [UInt8](payload), compressed: conversation.isCompressed))
        case .failed: seen.append(.failed(conversation.failure!))
        default: seen.append(.other)
        }
      }
    }

    mutating func queued() -> [UInt8] {
      let bytes = unsafe conversation.withQueued { unsafe [UInt8]($0) }
      conversation.sent(bytes.count)
      return bytes
    }

    mutating func send(_ bytes: [UInt8], _ kind: MessageKind = .binary, fragments: Int? = nil) throws -> [UInt8] {
      try unsafe conversation.send(kind, bytes.span.bytes, fragmentBytes: fragments)
      return queued()
    }
  }

  private enum Seen: Equatable {
    case message(MessageKind, [UInt8], compressed: Bool)
    case failed(WebSocketError)
    case other
  }

  private static func bytes(_ hex: String) -> [UInt8] { hex.split(separator: " ").map { UInt8($0, radix: 16)! } }
  private static let hello = Array("Hello".utf8)

  @Test(
    "the examples of RFC 7692 are read",
    arguments: [
      "c1 07 f2 48 cd c9 c9 07 00", "41 03 f2 48 cd 80 04 c9 c9 07 00", "c1 0b 00 05 00 fa ff 48 65 6c 6c 6f 00",
      "c1 08 f3 48 cd c9 c9 07 00 00", "c1 0d f2 48 05 00 00 00 ff ff ca c9 c9 07 00",
      "41 03 f2 48 cd 89 02 68 69 80 04 c9 c9 07 00",
    ])
  func examples(_ text: String) throws {
    let frame = Self.bytes(text)
    for cut in 0...frame.count {
      var client = try Side(.client)
      client.take(frame[..<cut])
      client.take(frame[cut...])
      #expect(
        client.seen.filter { $0 != .other } == [.message(.text, Self.hello, compressed: true)], "cut at \(cut)")
      // The window goes on, across a final block too.
      client.take(Self.bytes("c1 05 f2 00 11 00 00"))
      #expect(client.seen.last == .message(.text, Self.hello, compressed: true))
    }
  }

  @Test("what we send is what RFC 7692 shows, with and without the window of earlier messages")
  func sent() throws {
    var server = try Side(.server)
    #expect(try server.send(Self.hello, .text) == Self.bytes("c1 07 f2 48 cd c9 c9 07 00"))
    #expect(try server.send(Self.hello, .text) == Self.bytes("c1 05 f2 00 11 00 00"))
    #expect(try server.send([], .text) == Self.bytes("c1 01 00"))
    var forgetful = try Side(.server, "permessage-deflate; server_no_context_takeover")
    for _ in 0..<3 {
      #expect(try forgetful.send(Self.hello, .text) == Self.bytes("c1 07 f2 48 cd c9 c9 07 00"))
    }
    #expect(try forgetful.send(Self.hello, .text, fragments: 3).starts(with: Self.bytes("41 03 f2 48 cd 00 03")))
    try unsafe server.conversation.send(.text, Self.hello.span.bytes, isSecret: true)
    #expect(server.queued() == Self.bytes("81 05 48 65 6c 6c 6f"), "a secret is not compressed")
    try unsafe server.conversation.ping(Self.hello.span.bytes)
    #expect(server.queued() == Self.bytes("89 05 48 65 6c 6c 6f"), "a control frame is not compressed")
  }

  @Test(
    "messages come back as they were, in both directions, whatever was agreed",
    arguments: [
      "permessage-deflate", "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
      "permessage-deflate; server_no_context_takeover; client_max_window_bits",
      "permessage-deflate; server_max_window_bits=8; client_max_window_bits=8",
      "permessage-deflate; server_max_window_bits=9; client_max_window_bits=12; client_no_context_takeover",
    ])
  func roundTrip(_ offer: String) throws {
    var random = SeededRandom(seed: 7)
    var client = try Side(.client, offer)
    var server = try Side(.server, offer)
    var sentBytes = 0
    var wireBytes = 0
    for round in 0..<200 {
      let message = Self.message(&random)
      let fragments = round % 3 == 0 ? Int.random(in: 1...700, using: &random) : nil
      let toServer = try client.send(message, fragments: fragments)
      server.take(toServer)
      #expect(server.seen == [.message(.binary, message, compressed: true)], "seed 7, round \(round)")
      let toClient = try server.send(message, fragments: fragments)
      client.take(toClient)
      #expect(client.seen == [.message(.binary, message, compressed: true)], "seed 7, round \(round)")
      client.seen = []
      server.seen = []
      sentBytes += 2 * message.count
      wireBytes += toServer.count + toClient.count
    }
    #expect(wireBytes < sentBytes, "it compresses")
  }

  /// Repetitive, random or empty, of all lengths up to some windows.
  private static func message(_ random: inout SeededRandom) -> [UInt8] {
    let count = [0, 1, 125, 126, 1_000, 70_000][Int.random(in: 0..<6, using: &random)]
    let isNoise = Int.random(in: 0..<4, using: &random) == 0
    let words = Array("{\"type\":\"FEED_DATA\",\"channel\":1,\"data\":[\"Quote\",[\"AAPL\",171.25,171.5]]}".utf8)
    return (0..<count).map {
      isNoise ? UInt8.random(in: 0...255, using: &random) : words[($0 * 7 + $0 / 97) % words.count]
    }
  }

  @Test("every split of a stream of compressed, plain and fragmented messages gives the same messages")
  func everySplit() throws {
    var server = try Side(.server)
    var stream: [UInt8] = []
    stream += try server.send(Self.hello, .text)
    stream += Self.bytes("81 03 61 62 63")
    stream += try server.send(Array(repeating: 0x41, count: 400), fragments: 3)
    stream += try server.send(Self.hello + Self.hello, .text, fragments: 2)
    stream += try server.send([], .text)
    let expected: [Seen] = [
      .message(.text, Self.hello, compressed: true), .message(.text, Self.bytes("61 62 63"), compressed: false),
      .message(.binary, Array(repeating: 0x41, count: 400), compressed: true),
      .message(.text, Self.hello + Self.hello, compressed: true), .message(.text, [], compressed: true),
    ]
    for cut in 0...stream.count {
      var client = try Side(.client)
      client.take(stream[..<cut])
      client.take(stream[cut...])
      #expect(client.seen == expected, "cut at \(cut)")
    }
    var client = try Side(.client)
    for byte in stream { client.take([byte]) }
    #expect(client.seen == expected, "byte by byte")
  }

  @Test("a bomb is refused at the limit, a message of just the limit is taken", arguments: [0, 1])
  func bomb(_ excess: Int) throws {
    let limit = 300_000
    var server = try Side(.server)
    let frame = try server.send(Array(repeating: 0x20, count: limit + excess))
    #expect(frame.count < 1_000)
    var client = try Side(.client, limit: limit)
    client.take(frame)
    if excess == 0 {
      #expect(client.seen == [.message(.binary, Array(repeating: 0x20, count: limit), compressed: true)])
    } else {
      #expect(client.seen == [.failed(.messageTooLong(bytes: limit + 1, limit: limit))])
      // A Close with code 1009.
      #expect(Array(client.queued()[6..<8].enumerated().map { $1 ^ [4, 3, 2, 1][$0] }) == [0x03, 0xF1])
    }
  }

  @Test("a bomb of 64 MiB in fragments costs no more memory than the limit")
  func largeBomb() throws {
    var server = try Side(.server, limit: 64 << 20)
    let frames = try server.send(Array(repeating: 0, count: 64 << 20), fragments: 1_000)
    var client = try Side(.client, limit: 1 << 20)
    client.take(frames)
    #expect(client.seen == [.failed(.messageTooLong(bytes: (1 << 20) + 1, limit: 1 << 20))])
  }

  @Test(
    "data that is no DEFLATE closes with 1007",
    arguments: [
      "c1 01 ff", "c1 01 06", "c1 02 07 00", "c1 05 00 05 00 fa 00", "c1 06 f2 48 cd c9 c9 07", "c1 03 f2 48 cd",
      "c1 05 f2 00 11 00 00", "c1 06 f3 48 cd c9 c9 07", "c1 04 00 ff ff 00",
    ])
  func damaged(_ text: String) throws {
    var client = try Side(.client)
    let frame = Self.bytes(text)
    client.take(frame)
    #expect(client.seen == [.failed(.compressedDataInvalid(messageBytes: frame.count - 2))], "\(client.seen)")
    #expect(WebSocketError.compressedDataInvalid(messageBytes: 1).closeCode == .invalidPayload)
    #expect(client.conversation.state == .failed)
  }

  @Test("compressed text has to be UTF-8")
  func text() throws {
    var server = try Side(.server)
    var client = try Side(.client)
    client.take(try server.send([0x48, 0xC3], .text))
    #expect(client.seen == [.failed(.textNotUTF8)])
  }

  @Test("no flipped bit and no cut makes it crash, hang or exceed the limit", arguments: 0..<4 as Range<UInt64>)
  func corrupted(_ seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var server = try Side(.server)
    let message = Self.message(&random) + Self.hello + Array(repeating: 0x30, count: 900)
    let frame = try server.send(message)
    var failures = 0
    for _ in 0..<300 {
      var broken = frame
      let head = frame[1] & 0x7F == 126 ? 4 : frame[1] & 0x7F == 127 ? 10 : 2
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        broken[Int.random(in: head..<frame.count, using: &random)] ^= 1 << UInt8.random(in: 0...7, using: &random)
      }
      var client = try Side(.client, limit: 200_000)
      client.take(broken)
      #expect(client.seen.count == 1, "seed \(seed)")
      if case .message(_, let bytes, _)? = client.seen.first {
        #expect(bytes.count <= 200_000, "seed \(seed)")
      } else {
        failures += 1
      }
    }
    #expect(failures > 0, "seed \(seed): some damage is seen")
  }
}
