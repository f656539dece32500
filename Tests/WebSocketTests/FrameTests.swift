import Bytes
import TestSupport
import Testing
import WebSocket

@Suite("Frames")
struct FrameTests {
  static let sizes = [0, 1, 2, 124, 125, 126, 127, 128, 255, 256, 4096, 65_534, 65_535, 65_536, 65_537, 200_000]

  static func decodeAll(_ bytes: [UInt8], role: Role) throws -> [(FrameHeader, [UInt8])] {
    var decoder = FrameDecoder(role: role)
    var bytes = bytes
    var found: [(FrameHeader, [UInt8])] = []
    var at = 0
    while at < bytes.count {
      let rest = at..<bytes.count
      let step = try unsafe bytes.withUnsafeMutableBytes { all in
        try unsafe decoder.next(UnsafeMutableRawBufferPointer(rebasing: all[rest]))
      }
      guard case .frame(let header, let payload, let end) = step else { break }
      found.append((header, Array(bytes[(at + payload.lowerBound)..<(at + payload.upperBound)])))
      at += end
    }
    #expect(at == bytes.count)
    return found
  }

  @Test("what a writer writes the peer's decoder reads", arguments: Role.both, sizes)
  func roundTrip(_ sender: Role, _ size: Int) throws {
    var random = SeededRandom(seed: UInt64(size))
    let payload = random.bytes(size)
    var writer = FrameWriter(role: sender)
    var out = ByteWriter()
    writer.frame(.binary, bytes: payload, into: &out)
    writer.frame(.continuation, bytes: payload, isFinal: false, into: &out)
    let frames = try Self.decodeAll(out.array, role: sender.peer)
    try #require(frames.count == 2)
    #expect(frames[0].1 == payload)
    #expect(frames[1].1 == payload)
    #expect(frames[0].0.opcode == .binary && frames[0].0.isFinal)
    #expect(frames[1].0.opcode == .continuation && !frames[1].0.isFinal)
    #expect(frames.allSatisfy { $0.0.isMasked == (sender == .client) && $0.0.payloadCount == size })
    #expect(out.count == frames.reduce(0) { $0 + $1.0.byteCount + size })
  }

  @Test("a client's payload does not stand readable on the wire")
  func masked() {
    let plain = Array("a subscription that must be masked".utf8)
    var writer = FrameWriter(role: .client, keys: MaskKeys(fixed: 0x5A5A_5A5A))
    var out = ByteWriter()
    writer.frame(.text, bytes: plain, into: &out)
    #expect(Array(out.array[6...]) == plain.map { $0 ^ 0x5A })
  }

  @Test(
    "the examples of RFC 6455 section 5.7 read as it says",
    arguments: [
      (Role.client, "81 05 48 65 6c 6c 6f", Seen.message(.text, Array("Hello".utf8))),
      (Role.server, "81 85 37 fa 21 3d 7f 9f 4d 51 58", Seen.message(.text, Array("Hello".utf8))),
      (Role.client, "01 03 48 65 6c 80 02 6c 6f", Seen.message(.text, Array("Hello".utf8))),
      (Role.client, "89 05 48 65 6c 6c 6f", Seen.ping(Array("Hello".utf8))),
      (Role.server, "8a 85 37 fa 21 3d 7f 9f 4d 51 58", Seen.pong(Array("Hello".utf8))),
    ])
  func examples(_ role: Role, _ bytes: String, _ expected: Seen) {
    #expect(converse(role, [hex(bytes)[...]]).seen == [expected])
  }

  @Test("heads are encoded in the shortest form, byte for byte")
  func heads() {
    func head(_ header: FrameHeader) -> [UInt8] {
      var out = ByteWriter()
      header.encode(into: &out)
      #expect(out.count == header.byteCount)
      return out.array
    }
    #expect(head(FrameHeader(.text, payloadCount: 125)) == hex("81 7d"))
    #expect(head(FrameHeader(.binary, payloadCount: 126)) == hex("82 7e 00 7e"))
    #expect(head(FrameHeader(.binary, payloadCount: 65_535, isFinal: false)) == hex("02 7e ff ff"))
    #expect(head(FrameHeader(.binary, payloadCount: 65_536)) == hex("82 7f 00 00 00 00 00 01 00 00"))
    #expect(head(FrameHeader(.ping, payloadCount: 0, maskKey: 0x0403_0201)) == hex("89 80 01 02 03 04"))
    #expect(head(FrameHeader(.text, payloadCount: 1, reservedBits: 0x40)) == hex("c1 01"))
    #expect(head(FrameHeader(Opcode(0xB), payloadCount: .max)).count == 10)
  }

  @Test("opcodes nobody defined survive")
  func opcodes() {
    for value in UInt8(0)...15 {
      #expect(Opcode(value).rawValue == value)
      #expect(Opcode(value).isControl == (value >= 8))
      #expect(Opcode(value).isDefined == [0, 1, 2, 8, 9, 10].contains(value))
    }
    #expect(Opcode(0xF1) == .text)
  }

  @Test("a head that is not whole says how much is missing at least")
  func missing() throws {
    let frame = hex("82 ff 00 00 00 00 00 01 00 00 01 02 03 04")
    var decoder = FrameDecoder(role: .server)
    let expected = [2, 1] + (2..<14).map { 14 - $0 }
    for count in 0..<14 {
      var bytes = Array(frame[..<count])
      let step = try unsafe bytes.withUnsafeMutableBytes { try unsafe decoder.next($0) }
      #expect(step == .needMore(missing: expected[count]))
    }
    var bytes = frame + [1]
    let step = try unsafe bytes.withUnsafeMutableBytes { try unsafe decoder.next($0) }
    guard case .partial(let header, payload: 14..<15, missing: 65_535) = step else {
      Issue.record("\(step)")
      return
    }
    #expect(header.payloadCount == 65_536)
    #expect(bytes[14] == 0)
  }

  @Test("the frame limit is exact, and checked on the head alone", arguments: [1, 125, 126, 65_535, 65_536, 100_000])
  func frameLimit(_ limit: Int) throws {
    var limits = Conversation.Limits()
    limits.maximumFrameBytes = limit
    let fits = written(as: .server) { $0.frame(.binary, bytes: Array(repeating: 7, count: limit), into: &$1) }
    #expect(
      converse(.client, [fits[...]], limits: limits).seen == [.message(.binary, Array(repeating: 7, count: limit))])
    var head = ByteWriter()
    FrameHeader(.binary, payloadCount: limit + 1).encode(into: &head)
    let (seen, sent) = converse(.client, [head.array[...]], limits: limits)
    #expect(seen == [.failed(.frameTooLong(bytes: limit + 1, limit: limit))])
    #expect(Array(sent[6..<8]) == [0x03, 0xF1])
  }

  @Test("a frame of the largest length costs nothing but an error")
  func hugeClaim() {
    let claim = hex("82 7f 7f ff ff ff ff ff ff ff")
    #expect(converse(.client, [claim[...]]).seen == [.failed(.frameTooLong(bytes: .max, limit: 16 << 20))])
  }

  @Test("the first reserved bit passes where an extension negotiated it, on first data frames only")
  func rsv1() {
    func outcome(_ bytes: String, allowed: Bool) -> [Seen] {
      var conversation = Conversation(role: .client)
      if allowed { conversation.use(inverted(role: .client)) }
      var buffer = ReceiveBuffer(capacity: 256)
      return conversation.feed(hex(bytes)[...], &buffer)
    }
    // 0xFF is no UTF-8: a compressed text is not judged before it is inflated.
    #expect(outcome("c1 01 ff", allowed: true) == [.message(.text, [0x00])])
    #expect(outcome("41 01 ff 80 01 fe", allowed: true) == [.message(.text, [0x00, 0x01])])
    #expect(outcome("c1 01 00", allowed: true) == [.failed(.textNotUTF8)])
    #expect(outcome("c2 01 00 82 01 00", allowed: true) == [.message(.binary, [0xFF]), .message(.binary, [0x00])])
    #expect(outcome("c1 01 ff", allowed: false) == [.failed(.reservedBits(0x40))])
    #expect(outcome("01 01 41 c0 01 41", allowed: true) == [.failed(.reservedBits(0x40))])
    #expect(outcome("c9 00", allowed: true) == [.failed(.reservedBits(0x40))])
    #expect(outcome("d1 00", allowed: true) == [.failed(.reservedBits(0x50))])
  }
}
