import Bytes
import Testing
import WebSocket

/// A stream of bytes that RFC 6455 forbids, and what must come of it.
struct Malformed: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let role: Role
  let bytes: [UInt8]
  let error: WebSocketError
  let code: UInt16

  init(_ name: String, _ role: Role, _ bytes: String, _ error: WebSocketError, _ code: UInt16) {
    testDescription = name
    self.role = role
    self.bytes = hex(bytes)
    self.error = error
    self.code = code
  }

  static let table: [Malformed] = [
    .init("first reserved bit", .client, "c1 00", .reservedBits(0x40), 1002),
    .init("second reserved bit", .client, "a1 00", .reservedBits(0x20), 1002),
    .init("third reserved bit", .client, "91 00", .reservedBits(0x10), 1002),
    .init("all reserved bits", .client, "f2 00", .reservedBits(0x70), 1002),
    .init("reserved bit on a ping", .client, "c9 00", .reservedBits(0x40), 1002),
    .init("reserved bit on a continuation", .client, "01 00 c0 00", .reservedBits(0x40), 1002),
    .init("reserved data opcode 3", .client, "83 00", .reservedOpcode(3), 1002),
    .init("reserved data opcode 7", .client, "87 00", .reservedOpcode(7), 1002),
    .init("reserved control opcode 11", .client, "8b 00", .reservedOpcode(11), 1002),
    .init("reserved control opcode 15", .client, "8f 00", .reservedOpcode(15), 1002),
    .init("fragmented ping", .client, "09 00", .controlFragmented, 1002),
    .init("fragmented pong", .client, "0a 00", .controlFragmented, 1002),
    .init("fragmented close", .client, "08 00", .controlFragmented, 1002),
    .init("ping with a 16-bit length", .client, "89 7e 00 7e", .controlTooLong(126), 1002),
    .init("close with a 16-bit length", .client, "88 7e 00 05", .controlTooLong(126), 1002),
    .init("pong with a 64-bit length", .client, "8a 7f 00 00 00 00 00 01 00 00", .controlTooLong(127), 1002),
    .init("16-bit length of 0", .client, "82 7e 00 00", .lengthNotMinimal(0), 1002),
    .init("16-bit length of 125", .client, "82 7e 00 7d", .lengthNotMinimal(125), 1002),
    .init("64-bit length of 126", .client, "82 7f 00 00 00 00 00 00 00 7e", .lengthNotMinimal(126), 1002),
    .init("64-bit length of 65535", .client, "82 7f 00 00 00 00 00 00 ff ff", .lengthNotMinimal(65_535), 1002),
    .init("64-bit length, top bit", .client, "82 7f 80 00 00 00 00 00 00 00", .lengthTopBitSet, 1002),
    .init("64-bit length, all bits", .server, "82 ff ff ff ff ff ff ff ff ff 00 00 00 00", .lengthTopBitSet, 1002),
    .init("masked frame to a client", .client, "81 80 00 00 00 00", .maskUnexpected, 1002),
    .init("unmasked frame to a server", .server, "81 00", .maskMissing, 1002),
    .init("unmasked close to a server", .server, "88 00", .maskMissing, 1002),
    .init("continuation at first", .client, "80 00", .continuationWithoutStart, 1002),
    .init("continuation at first, not final", .client, "00 01 41", .continuationWithoutStart, 1002),
    .init(
      "continuation after a whole message", .server, "81 80 00 00 00 00 80 80 00 00 00 00", .continuationWithoutStart,
      1002),
    .init("text within a fragmented text", .client, "01 01 41 81 01 42", .messageInterrupted(.text), 1002),
    .init("binary within a fragmented text", .client, "01 01 41 02 01 42", .messageInterrupted(.binary), 1002),
    .init(
      "text within a fragmented binary after a ping", .client, "02 00 89 00 01 00", .messageInterrupted(.text), 1002),
    .init("close with one byte", .client, "88 01 03", .closePayloadTooShort, 1002),
    .init("close code 0", .client, "88 02 00 00", .closeCodeInvalid(0), 1002),
    .init("close code 1005", .server, "88 82 00 00 00 00 03 ed", .closeCodeInvalid(1005), 1002),
    .init("close reason not UTF-8", .client, "88 04 03 e8 c3 28", .closeReasonNotUTF8, 1007),
    .init("close reason cut within a character", .client, "88 03 03 e8 c3", .closeReasonNotUTF8, 1007),
    .init("text not UTF-8", .client, "81 02 c3 28", .textNotUTF8, 1007),
    .init("text with a surrogate", .client, "81 03 ed a0 80", .textNotUTF8, 1007),
    .init("text ends within a character", .client, "81 02 e2 82", .textNotUTF8, 1007),
    .init(
      "text ends within a character over fragments", .server, "01 81 00 00 00 00 e2 80 81 00 00 00 00 82", .textNotUTF8,
      1007),
    .init("bad text over fragments and a ping", .client, "01 01 c3 89 00 80 01 28", .textNotUTF8, 1007),
    .init("text above U+10FFFF", .client, "81 04 f4 90 80 80", .textNotUTF8, 1007),
    .init("overlong text", .client, "81 02 c0 80", .textNotUTF8, 1007),
    .init("HTTP instead of frames", .client, "48 54 54 50 2f 31 2e 31", .reservedBits(0x40), 1002),
  ]
}

@Suite("Malformed frames")
struct MalformedTests {
  @Test("is refused with its error and its close code", arguments: Malformed.table)
  func refused(_ item: Malformed) throws {
    let (seen, sent) = converse(item.role, [item.bytes[...]])
    #expect(seen.last == .failed(item.error))
    #expect(seen.filter { if case .failed = $0 { true } else { false } }.count == 1)
    #expect(item.error.closeCode.rawValue == item.code)
    var decoder = FrameDecoder(role: item.role.peer)
    var bytes = sent
    var closes: [[UInt8]] = []
    var at = 0
    while at < bytes.count {
      let rest = at..<bytes.count
      let step = try unsafe bytes.withUnsafeMutableBytes {
        try unsafe decoder.next(UnsafeMutableRawBufferPointer(rebasing: $0[rest]))
      }
      guard case .frame(let header, let payload, let end) = step else {
        Issue.record("\(step)")
        return
      }
      if header.opcode == .close { closes.append(Array(bytes[(at + payload.lowerBound)..<(at + payload.upperBound)])) }
      at += end
    }
    try #require(closes.count == 1)
    #expect(Array(closes[0].prefix(2)) == [UInt8(item.code >> 8), UInt8(item.code & 0xFF)])
    #expect(closes[0].count <= 125)
    #expect(String(validating: closes[0].dropFirst(2), as: UTF8.self) == item.error.description)
  }

  @Test("is refused the same way wherever the bytes are cut", arguments: Malformed.table)
  func everySplit(_ item: Malformed) {
    let whole = converse(item.role, [item.bytes[...]])
    for cut in 1..<item.bytes.count {
      let halves = converse(item.role, [item.bytes[..<cut], item.bytes[cut...]])
      #expect(halves == whole, "cut at \(cut)")
    }
    #expect(converse(item.role, item.bytes.indices.map { item.bytes[$0...$0] }) == whole)
  }

  @Test("bytes behind a refused frame say nothing more")
  func afterFailure() {
    var conversation = Conversation(role: .client)
    var buffer = ReceiveBuffer(capacity: 256)
    #expect(
      conversation.feed(hex("81 01 41 83 00 81 01 42")[...], &buffer) == [
        .message(.text, [0x41]), .failed(.reservedOpcode(3)),
      ])
    #expect(conversation.state == .failed && conversation.isOver && !conversation.maySend)
    #expect(conversation.failurePosition == 3)
    let sent = conversation.takeQueued()
    #expect(conversation.feed(hex("81 01 42 89 00 88 00")[...], &buffer) == [])
    let isEmpty = buffer.isEmpty
    #expect(isEmpty)
    #expect(conversation.takeQueued() == [])
    #expect(!sent.isEmpty)
    #expect(throws: WebSocketError.alreadyClosing) { try conversation.send("late") }
  }
}
