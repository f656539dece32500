import Bytes
import TestSupport
import Testing
import WebSocket

@Suite("Hostile bytes")
struct HostileBytesTests {
  @Test(
    "random bytes end in an error or a wish for more, with bounded queues", arguments: 1...300 as ClosedRange<UInt64>)
  func randomBytes(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let role = Role.both[Int(seed % 2)]
    let bytes = random.bytes(Int.random(in: 0...600, using: &random))
    var limits = Conversation.Limits()
    limits.maximumFrameBytes = 300
    limits.maximumMessageBytes = 500
    let (seen, sent) = converse(role, [bytes[...]], limits: limits)
    #expect(seen.count <= bytes.count / 2 + 1, "seed \(seed)")
    #expect(sent.count <= bytes.count * 3 + 140, "seed \(seed)")
    #expect(converse(role, bytes.indices.map { bytes[$0...$0] }, limits: limits).seen == seen, "seed \(seed)")
  }

  @Test(
    "streams of valid frames with flipped bits end the same way however they are cut",
    arguments: 1...300 as ClosedRange<UInt64>)
  func mutants(_ seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let role = Role.both[Int(seed % 2)]
    var bytes = try MessageTests.stream(from: role.peer)
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let at = Int.random(in: 0..<bytes.count, using: &random)
      bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    }
    let whole = converse(role, [bytes[...]])
    #expect(converse(role, bytes.indices.map { bytes[$0...$0] }) == whole, "seed \(seed)")
    let cut = Int.random(in: 0...bytes.count, using: &random)
    #expect(converse(role, [bytes[..<cut], bytes[cut...]]) == whole, "seed \(seed)")
    // Whatever is answered, a peer of ours can read.
    let answers = converse(role.peer, [whole.sent[...]]).seen
    #expect(!answers.contains { if case .failed = $0 { true } else { false } }, "seed \(seed)")
  }

  @Test("the decoder goes forward, asks for more or throws", arguments: 1...300 as ClosedRange<UInt64>)
  func decoderProgress(_ seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var bytes = random.bytes(400)
    // Mostly likely heads, so that the walk goes further than the first byte.
    for at in stride(from: 0, to: 400, by: 3) { bytes[at] = [0x81, 0x82, 0x89, 0x01, 0x80][Int(bytes[at]) % 5] }
    var decoder = FrameDecoder(role: .client, maximumFrameBytes: 200)
    var at = 0
    while true {
      let rest = at..<bytes.count
      do {
        let step = try unsafe bytes.withUnsafeMutableBytes { all in
          try unsafe decoder.next(UnsafeMutableRawBufferPointer(rebasing: all[rest]))
        }
        switch step {
        case .frame(let header, let payload, let end):
          #expect(end >= 2 && end == payload.upperBound && end <= rest.count && payload.count == header.payloadCount)
          at += end
          #expect(decoder.position == Int64(at))
          continue
        case .partial(let header, let payload, let missing):
          #expect(missing > 0 && payload.count + missing == header.payloadCount, "seed \(seed)")
        case .needMore(let missing):
          #expect(missing > 0 && missing <= 14, "seed \(seed)")
        }
      } catch let error as WebSocketError {
        #expect(error.fault != .caller, "seed \(seed)")
      }
      return
    }
  }

  @Test(
    "random heads never come through, and end the same way however they are cut",
    arguments: 1...200 as ClosedRange<UInt64>)
  func randomHeads(_ seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var answer = ClientHandshakeTests.good.crlf
    var request = ServerHandshakeTests.good.crlf
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      answer[Int.random(in: 0..<answer.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      request.remove(at: Int.random(in: 0..<request.count, using: &random))
    }
    let cuts = { (bytes: [UInt8]) in Array(1..<bytes.count) }
    #expect(
      ClientHandshakeTests.outcome(answer, cuts: cuts(answer)) == ClientHandshakeTests.outcome(answer), "seed \(seed)")
    #expect(
      ServerHandshakeTests.outcome(request, cuts: cuts(request)) == ServerHandshakeTests.outcome(request),
      "seed \(seed)")
    let noise = random.bytes(400)
    let noiseOutcome = ServerHandshakeTests.outcome(noise)
    if case .success(.some) = noiseOutcome { Issue.record("seed \(seed)") }
    #expect(noiseOutcome == ServerHandshakeTests.outcome(noise, cuts: cuts(noise)), "seed \(seed)")
  }
}
