import Bytes
import TestSupport
import Testing
import WebSocket

@Suite("Messages and fragments")
struct MessageTests {
  /// A stream with every kind of frame that a well-behaved peer sends.
  static func stream(from role: Role) throws -> [UInt8] {
    try written(as: role) { writer, out in
      writer.frame(.text, bytes: Array("h\u{e9}llo".utf8), into: &out)
      writer.frame(.binary, bytes: [], into: &out)
      writer.frame(.ping, bytes: [1, 2, 3], into: &out)
      writer.frame(.text, bytes: Array("\u{20ac}".utf8.prefix(2)), isFinal: false, into: &out)
      writer.frame(.ping, bytes: [], into: &out)
      writer.frame(.continuation, bytes: [], isFinal: false, into: &out)
      writer.frame(.pong, bytes: [9], into: &out)
      writer.frame(.continuation, bytes: Array("\u{20ac}\u{1f600}".utf8.dropFirst(2)), into: &out)
      writer.frame(.binary, bytes: Array(0...199), into: &out)
      writer.frame(.binary, bytes: [], isFinal: false, into: &out)
      writer.frame(.continuation, bytes: [], into: &out)
      try writer.close(.goingAway, reason: "done \u{2713}", into: &out)
    }
  }

  static var expected: [Seen] {
    [
      .message(.text, Array("h\u{e9}llo".utf8)), .message(.binary, []), .ping([1, 2, 3]), .ping([]), .pong([9]),
      .message(.text, Array("\u{20ac}\u{1f600}".utf8)), .message(.binary, Array(0...199)), .message(.binary, []),
      .closed(1001, "done \u{2713}"),
    ]
  }

  @Test("a stream gives the same events and answers wherever it is cut", arguments: Role.both)
  func everySplit(_ role: Role) throws {
    let bytes = try Self.stream(from: role.peer)
    let whole = converse(role, [bytes[...]])
    #expect(whole.seen == Self.expected)
    for cut in 1..<bytes.count {
      let halves = converse(role, [bytes[..<cut], bytes[cut...]])
      #expect(halves == whole, "cut at \(cut)")
    }
    #expect(converse(role, bytes.indices.map { bytes[$0...$0] }) == whole)
    let answers = converse(role.peer, [whole.sent[...]]).seen
    #expect(answers == [.pong([1, 2, 3]), .pong([]), .closed(1001, "")])
  }

  @Test("random pieces give the same events", arguments: Role.both, 1...20 as ClosedRange<UInt64>)
  func randomSplits(_ role: Role, _ seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let bytes = try Self.stream(from: role.peer)
    var pieces: [ArraySlice<UInt8>] = []
    var at = 0
    while at < bytes.count {
      let end = Int.random(in: at...min(bytes.count, at + 40), using: &random)
      pieces.append(bytes[at..<end])
      at = end
    }
    #expect(converse(role, pieces).seen == Self.expected, "seed \(seed)")
  }

  @Test("a fragmenting writer's message arrives whole", arguments: Role.both, [1, 2, 7, 124, 125, 126, 1000])
  func fragmenting(_ sender: Role, _ fragmentBytes: Int) {
    for size in [0, 1, 125, 126, 1000] {
      let payload = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
      var writer = FrameWriter(role: sender)
      var out = ByteWriter()
      unsafe writer.message(.binary, payload.span.bytes, fragmentBytes: fragmentBytes, into: &out)
      #expect(converse(sender.peer, [out.array[...]]).seen == [.message(.binary, payload)])
      if sender == .server && size > 0 {
        let frames = (size + fragmentBytes - 1) / fragmentBytes
        #expect(
          out.count == size
            + (0..<frames).reduce(0) { $0 + (min(fragmentBytes, size - $1 * fragmentBytes) < 126 ? 2 : 4) })
      }
    }
  }

  @Test("the message limit is exact, in one frame and over fragments, and needs only the head")
  func messageLimit() {
    var limits = Conversation.Limits()
    limits.maximumMessageBytes = 300
    func outcome(_ parts: [Int], keep: Int? = nil) -> [Seen] {
      let bytes = written(as: .server) { writer, out in
        for (i, count) in parts.enumerated() {
          writer.frame(
            i == 0 ? .binary : .continuation, bytes: Array(repeating: 1, count: count), isFinal: i == parts.count - 1,
            into: &out)
        }
      }
      return converse(.client, [bytes.prefix(keep ?? bytes.count)], limits: limits).seen
    }
    let ok = [Seen.message(.binary, Array(repeating: 1, count: 300))]
    let tooLong = [Seen.failed(.messageTooLong(bytes: 301, limit: 300))]
    #expect(outcome([300]) == ok)
    #expect(outcome([301]) == tooLong)
    #expect(outcome([301], keep: 4) == tooLong)
    #expect(outcome([100, 200]) == ok)
    #expect(outcome([100, 200, 0]) == ok)
    #expect(outcome([100, 201]) == tooLong)
    #expect(outcome([100, 201], keep: 102 + 4) == tooLong)
    #expect(outcome([300, 0, 1]) == tooLong)
  }

  @Test("the fragment limit is exact, and empty fragments count")
  func fragmentLimit() {
    var limits = Conversation.Limits()
    limits.maximumFragments = 10
    func outcome(_ count: Int) -> [Seen] {
      let bytes = written(as: .server) { writer, out in
        for i in 0..<count {
          writer.frame(i == 0 ? .text : .continuation, bytes: [], isFinal: i == count - 1, into: &out)
        }
      }
      return converse(.client, [bytes[...]], limits: limits).seen
    }
    #expect(outcome(10) == [.message(.text, [])])
    #expect(outcome(11) == [.failed(.tooManyFragments(limit: 10))])
    #expect(WebSocketError.tooManyFragments(limit: 10).closeCode == .messageTooBig)
  }

  @Test("the standard limits take a message of 16 MiB and one of 65,536 fragments")
  func standardLimits() {
    let big = [UInt8](repeating: 0x41, count: 16 << 20)
    let one = written(as: .server) { $0.frame(.text, bytes: big, into: &$1) }
    #expect(converse(.client, [one[...]]).seen == [.message(.text, big)])
    let many = written(as: .server) { writer, out in
      for i in 0..<65_536 {
        writer.frame(i == 0 ? .text : .continuation, bytes: [0x42], isFinal: i == 65_535, into: &out)
      }
    }
    #expect(converse(.client, [many[...]]).seen == [.message(.text, Array(repeating: 0x42, count: 65_536))])
  }

  @Test("bad text fails as soon as its bad byte is there, within a frame that is not whole", arguments: Role.both)
  func failsFast(_ role: Role) {
    let good = Array("good ".utf8)
    let first = written(as: role.peer) { $0.frame(.text, bytes: good + [0xC3, 0x28] + good, into: &$1) }
    let later = written(as: role.peer) {
      $0.frame(.text, bytes: good + [0xF4], isFinal: false, into: &$1)
      $0.frame(.continuation, bytes: [0x90] + good, into: &$1)
    }
    for bytes in [first, later] {
      var conversation = Conversation(role: role)
      var buffer = ReceiveBuffer(capacity: 256)
      let firstBad = bytes.count - good.count - 1
      for (i, _) in bytes.enumerated() {
        let seen = conversation.feed(bytes[i...i], &buffer)
        #expect(seen == (i == firstBad ? [.failed(.textNotUTF8)] : []), "byte \(i)")
      }
    }
  }

  @Test("text is not judged where checking is off, and bytes are never")
  func unchecked() {
    let bytes = hex("81 01 ff 82 01 fe 01 01 fd 80 01 fc")
    #expect(
      converse(.client, [bytes[...]], checksText: false).seen
        == [.message(.text, [0xFF]), .message(.binary, [0xFE]), .message(.text, [0xFD, 0xFC])])
    #expect(converse(.client, [bytes[3...]]).seen == [.message(.binary, [0xFE]), .failed(.textNotUTF8)])
  }

  @Test("payloads keep readable padding around them, in place and gathered")
  func padding() {
    var conversation = Conversation(role: .client, checksText: false)
    var buffer = ReceiveBuffer(capacity: 64, maximumCapacity: 1 << 20)
    var sum = 0
    let bytes = hex("81 00 82 01 05 02 01 06 80 01 07 02 00 80 00")
    buffer.receive(bytes[...])
    while let event = conversation.next(&buffer) {
      guard case .message(_, let payload) = event, let base = payload.baseAddress else {
        Issue.record("no message")
        return
      }
      // Reads what the invariant of every payload promises; an address sanitizer would object.
      for offset in -Padding.front..<payload.count + Padding.back {
        sum &+= Int(unsafe base.load(fromByteOffset: offset, as: UInt8.self))
      }
    }
    #expect(sum > 0)
  }

  @Test("an incomplete frame asks for no more than 256 KiB, whatever it claims")
  func wantedBytes() {
    var conversation = Conversation(role: .client)
    var buffer = ReceiveBuffer(capacity: 256)
    var wanted: [Int] = []
    for piece in ["82", "7f", "00 00 00 00 00 ff ff ff", "01", ""] {
      _ = conversation.feed(hex(piece)[...], &buffer)
      wanted.append(conversation.wantedBytes)
    }
    #expect(wanted == [2, 8, 256 << 10, 256 << 10, 256 << 10])
    let capacity = buffer.capacity
    #expect(capacity == 256)
  }
}

@Suite("Closing and control frames")
struct ClosingTests {
  static let receivable: Set<UInt16> = [
    1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999,
  ]

  @Test("close codes are received and sent as the registry says")
  func codes() {
    let edges =
      Array(UInt16(0)...10) + Array(990...1030) + [1100, 1999, 2000, 2999, 3000, 3999, 4000, 4999, 5000, 65_535]
    for code in edges {
      let bytes = [0x88, 0x02, UInt8(code >> 8), UInt8(code & 0xFF)]
      let (seen, sent) = converse(.client, [bytes[...]])
      if Self.receivable.contains(code) {
        #expect(seen == [.closed(code, "")])
        #expect(sent == [0x88, 0x82, 0, 0, 0, 0] + bytes[2...])
        #expect(CloseCode(rawValue: code).maySend(as: .client))
      } else {
        #expect(seen == [.failed(.closeCodeInvalid(code))])
        #expect(!CloseCode(rawValue: code).mayBeReceived && !CloseCode(rawValue: code).maySend(as: .client))
      }
    }
    #expect(!CloseCode.missingExtension.maySend(as: .server))
    #expect(converse(.server, [hex("88 82 00 00 00 00 03 f2")[...]]).sent == hex("88 02 03 e8"))
  }

  @Test("an empty close is echoed empty")
  func emptyClose() {
    var conversation = Conversation(role: .server)
    var buffer = ReceiveBuffer(capacity: 256)
    #expect(conversation.feed(hex("88 80 01 02 03 04")[...], &buffer) == [.closed(1005, "")])
    #expect(conversation.takeQueued() == hex("88 00"))
    #expect(conversation.state == .closed)
    #expect(conversation.transportEnded() == .noStatus)
    #expect(conversation.state == .closed)
  }

  @Test("after our close nothing goes out, what the peer still says arrives, and its close is not echoed")
  func ourClose() throws {
    var conversation = Conversation(role: .server)
    var buffer = ReceiveBuffer(capacity: 256)
    try conversation.close(.normal, reason: "bye")
    try conversation.close(.goingAway)
    #expect(conversation.takeQueued() == [0x88, 5, 0x03, 0xE8] + Array("bye".utf8))
    #expect(throws: WebSocketError.alreadyClosing) { try conversation.send("late") }
    #expect(throws: WebSocketError.alreadyClosing) { try unsafe conversation.ping([1].span.bytes) }
    let peer = written(as: .client) {
      $0.frame(.text, bytes: [0x41], into: &$1)
      $0.frame(.ping, bytes: [1], into: &$1)
      $0.frame(.close, bytes: [0x03, 0xE8], into: &$1)
      $0.frame(.text, bytes: [0x42], into: &$1)
    }
    #expect(conversation.feed(peer[...], &buffer) == [.message(.text, [0x41]), .ping([1]), .closed(1000, "")])
    #expect(conversation.takeQueued() == [])
    let isOver = conversation.isOver
    #expect(isOver)
  }

  @Test("data behind the peer's close is ignored")
  func dataAfterClose() {
    let (seen, sent) = converse(.client, [hex("88 02 03 e8 81 01 41 89 00 ff ff")[...], hex("83 00")[...]])
    #expect(seen == [.closed(1000, "")])
    #expect(sent == hex("88 82 00 00 00 00 03 e8"))
  }

  @Test("a transport that ends without a close is 1006")
  func lost() {
    var conversation = Conversation(role: .client)
    #expect(conversation.transportEnded() == .abnormal)
    #expect(conversation.state == .lost && conversation.isOver)
  }

  @Test(
    "codes that only stand for something are not sent", arguments: [0, 999, 1004, 1006, 1015, 2999, 5000] as [UInt16])
  func unsendable(_ code: UInt16) {
    var conversation = Conversation(role: .client)
    #expect(throws: WebSocketError.closeCodeNotSendable(code)) { try conversation.close(CloseCode(rawValue: code)) }
    #expect(conversation.state == .open)
    #expect(conversation.queuedBytes == 0)
  }

  @Test("a long reason is cut between characters at 123 bytes")
  func longReason() throws {
    let bytes = try written(as: .server) {
      try $0.close(.normal, reason: String(repeating: "\u{20ac}", count: 60), into: &$1)
    }
    #expect(converse(.client, [bytes[...]]).seen == [.closed(1000, String(repeating: "\u{20ac}", count: 41))])
  }

  @Test("control payloads up to 125 bytes are sent and answered, 126 refused")
  func controlLimit() throws {
    var conversation = Conversation(role: .client)
    let payload = [UInt8](repeating: 3, count: 126)
    #expect(throws: WebSocketError.controlPayloadTooLong(126)) { try unsafe conversation.ping(payload.span.bytes) }
    #expect(conversation.queuedBytes == 0)
    try unsafe conversation.ping(payload.span.bytes.extracting(0..<125))
    let (seen, sent) = converse(.server, [conversation.takeQueued()[...]])
    #expect(seen == [.ping(Array(payload.dropLast()))])
    #expect(converse(.client, [sent[...]]).seen == [.pong(Array(payload.dropLast()))])
  }

  @Test("a peer that floods pings and reads nothing gets bounded answers, at last to the latest ping")
  func pingFlood() {
    var limits = Conversation.Limits()
    limits.maximumQueuedBytesForPong = 1000
    var conversation = Conversation(role: .server, limits: limits)
    var buffer = ReceiveBuffer(capacity: 4096)
    let ping = { (i: Int) in written(as: .client) { $0.frame(.ping, bytes: Array("ping \(i)".utf8), into: &$1) } }
    for i in 0..<10_000 { _ = conversation.feed(ping(i)[...], &buffer) }
    #expect(conversation.queuedBytes <= 1000 + 127)
    let early = converse(.client, [conversation.takeQueued()[...]]).seen
    #expect(early.first == .pong(Array("ping 0".utf8)))
    #expect(early.count > 50)
    let late = converse(.client, [conversation.takeQueued()[...]]).seen
    #expect(late == [.pong(Array("ping 9999".utf8))])
    #expect(conversation.takeQueued() == [])
  }

  @Test("a remembered ping is not answered behind a close")
  func floodThenClose() throws {
    var limits = Conversation.Limits()
    limits.maximumQueuedBytesForPong = 0
    var conversation = Conversation(role: .server, limits: limits)
    var buffer = ReceiveBuffer(capacity: 4096)
    try conversation.send("x")
    _ = conversation.feed(hex("89 80 00 00 00 00")[...], &buffer)
    try conversation.close()
    #expect(converse(.client, [conversation.takeQueued()[...]]).seen == [.message(.text, [0x78]), .closed(1000, "")])
    #expect(conversation.takeQueued() == [])
  }

  @Test("the outgoing queue is bounded, and drains in any pieces")
  func outgoingQueue() throws {
    var limits = Conversation.Limits()
    limits.maximumQueuedBytes = 300_000
    var conversation = Conversation(role: .server, limits: limits)
    var expected: [Seen] = []
    var refused = false
    for i in 0..<1000 {
      let text = String(repeating: "abcdefghij", count: 100) + "\(i)"
      do throws(WebSocketError) {
        try conversation.send(text)
        expected.append(.message(.text, Array(text.utf8)))
      } catch {
        guard case .outgoingQueueFull(_, limit: 300_000) = error else { throw error }
        refused = true
        break
      }
    }
    #expect(refused)
    #expect(conversation.queuedBytes <= 300_000 + 1100)
    var sent: [UInt8] = []
    var random = SeededRandom(seed: 3)
    while conversation.queuedBytes > 0 {
      let count = Int.random(in: 1...min(5000, conversation.queuedBytes), using: &random)
      unsafe conversation.withQueued { unsafe sent += $0.prefix(count) }
      conversation.sent(count)
    }
    #expect(converse(.client, [sent[...]]).seen == expected)
  }
}
