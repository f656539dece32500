import Bytes
import TestSupport
import Testing
import WebSocket

@Suite("Text frames in a row")
struct TextFramesTests {
  /// What a client that walks text frames sees, read by read.
  private func walk(
    _ pieces: [ArraySlice<UInt8>], limits: Conversation.Limits = .init(), checksText: Bool = false
  ) -> (seen: [Seen], sent: [UInt8], walked: Int, position: Int64) {
    var conversation = Conversation(role: .client, limits: limits, checksText: checksText, keys: MaskKeys(fixed: 0))
    var buffer = ReceiveBuffer(capacity: 256, maximumCapacity: limits.receiveBufferBytes + 4096)
    var seen: [Seen] = []
    var walked = 0
    for piece in pieces {
      buffer.receive(piece)
      while true {
        if var frames = conversation.textFrames(&buffer) {
          while let payload = unsafe frames.next() {
            unsafe seen.append(.message(.text, [UInt8](payload)))
            walked += 1
          }
          conversation.took(frames, &buffer)
        }
        guard let event = conversation.next(&buffer) else { break }
        switch event {
        case .message(let kind, let payload): unsafe seen.append(.message(kind, [UInt8](payload)))
        case .ping(let payload): unsafe seen.append(.ping([UInt8](payload)))
        case .pong(let payload): unsafe seen.append(.pong([UInt8](payload)))
        case .closed: seen.append(.closed(conversation.closeCode.rawValue, conversation.closeReason))
        case .failed: seen.append(.failed(conversation.failure!))
        }
      }
    }
    return (seen, conversation.takeQueued(), walked, conversation.failurePosition)
  }

  private static func texts() throws -> [UInt8] {
    try written(as: .server) { writer, out in
      for size in [0, 1, 125, 126, 127, 3000, 65_535, 65_536, 5] {
        writer.frame(.text, bytes: [UInt8](repeating: UInt8(ascii: "x"), count: size), into: &out)
      }
    } + MessageTests.stream(from: .server)
  }

  @Test("walking gives what judging each frame gives, wherever the bytes are cut")
  func everySplit() throws {
    let bytes = try MessageTests.stream(from: .server)
    let plain = converse(.client, [bytes[...]], checksText: false)
    for cut in 1..<bytes.count {
      let walked = walk([bytes[..<cut], bytes[cut...]])
      #expect(walked.seen == plain.seen && walked.sent == plain.sent, "cut at \(cut)")
    }
  }

  @Test("frames of every length are walked but the longest, which are judged")
  func lengths() throws {
    let bytes = try Self.texts()
    let walked = walk([bytes[...]])
    let plain = converse(.client, [bytes[...]], checksText: false)
    #expect(walked.seen == plain.seen && walked.sent == plain.sent)
    #expect(walked.walked == 9, "eight before the long one or behind it, and the first of the stream")
    let single = walk(bytes.indices.map { bytes[$0...$0] })
    #expect(single.seen == plain.seen)
    #expect(single.walked == 1, "only a frame without a payload becomes whole by its second byte")
  }

  @Test(
    "hostile bytes fail with the same words and the same answer", .tags(.property),
    arguments: 1...60 as ClosedRange<UInt64>)
  func hostile(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var bytes = written(as: .server) { writer, out in
      for i in 0..<20 { writer.frame(.text, bytes: [UInt8](repeating: 65, count: i * 13), into: &out) }
    }
    for _ in 0..<3 { bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8(random.next() & 0xFF) }
    var limits = Conversation.Limits()
    limits.maximumFrameBytes = 200
    let plain = converse(.client, [bytes[...]], limits: limits, checksText: false)
    let walked = walk([bytes[...]], limits: limits)
    #expect(walked.seen == plain.seen && walked.sent == plain.sent, "seed \(seed)")
  }

  @Test("a failure names the place of its frame behind frames that were walked")
  func position() {
    let good = written(as: .server) { writer, out in
      writer.frame(.text, bytes: [1, 2, 3], into: &out)
      writer.frame(.text, bytes: [4], into: &out)
    }
    let walked = walk([(good + [0x83, 0x00])[...]])
    #expect(walked.seen.last == .failed(.reservedOpcode(3)))
    #expect(walked.position == 8)
  }

  @Test("where text is checked, and for a server, nothing is walked")
  func notWalked() throws {
    let bytes = try Self.texts()
    #expect(walk([bytes[...]], checksText: true).walked == 0)
    var server = Conversation(role: .server)
    var buffer = ReceiveBuffer()
    let frames = server.textFrames(&buffer)
    #expect(frames == nil)
  }
}
