import Bytes
import DXLink
import JSON
import Market
import Recording
import Rings
import TestSupport
import Testing

@testable import Simulator

/// A decoder with what it needs, counting events by type into digests.
final class Decoding {
  var decoder = FeedDecoder()
  var batch = EventBatch(capacity: 4096)
  var texts = TextTable()
  var digests: [EventType: Digest] = [:]
  var whole = Digest()
  var messages: [SessionMessage] = []
  var dataFrames = 0
  var refused = 0
  private var buffer = ReceiveBuffer(capacity: 128 << 10)

  func take(_ payload: RawSpan) {
    buffer.removeAll()
    let hasRoom = buffer.makeRoom(payload.byteCount)
    #expect(hasRoom)
    unsafe _ = buffer.fill { room in
      unsafe payload.withUnsafeBytes { unsafe room.copyMemory(from: $0) }
      return payload.byteCount
    }
    batch.removeAll()
    do throws(FeedError) {
      let received = try unsafe decoder.decode(
        buffer.withReadable { unsafe $0 }, receivedNanos: 0, batch: &batch, texts: &texts, flush: { $0.removeAll() })
      if case .message(let message) = received { messages.append(message) } else { dataFrames += 1 }
    } catch {
      refused += 1
    }
    let store = texts.store
    batch.forEach { event in
      digests[event.type!, default: Digest()].update(event, store)
      whole.update(event, store)
    }
  }

  func digest(_ type: EventType) -> String {
    Digest.text(Digest.total([(digests[type] ?? Digest(), texts.store)]))
  }
  var digest: String { Digest.text(Digest.total([(whole, texts.store)])) }
  var eventCount: Int { whole.eventCount }
}

@Suite("Frame streams")
struct FrameStreamTests {
  static let everything =
    "seed=11,symbols=60,rate=3000,mix=all,duration=3s,nan=0.01,fields=full,candles=4x60"

  @Test("all 18 types decode to the events that were generated", arguments: ["100ms", "0s", "3s"])
  func decodesEqual(_ period: String) throws {
    var made: [EventType: Digest] = [:]
    var generator = try Generator(try GenerateSpec(Self.everything))
    var batch = EventBatch(capacity: 8)
    while generator.next(into: &batch) != nil {
      batch.forEach { made[$0.type!, default: Digest()].update($0, generator.texts.store) }
      batch.removeAll()
    }
    var stream = try FrameStream(try GenerateSpec(Self.everything + ",period=\(period)"))
    let decoding = Decoding()
    var last: Int64 = 0
    var longest = 0
    while stream.next({ nanos, payload in
      #expect(nanos >= last)
      last = nanos
      longest = max(longest, payload.byteCount)
      decoding.take(payload)
    }) {}
    #expect(decoding.refused == 0 && decoding.decoder.counters.rowsMalformed == 0)
    #expect(longest < 64 << 10)
    if period == "3s" { #expect(longest > 40 << 10) }
    #expect(made.count == 18)
    for (type, digest) in made {
      let expected = Digest.text(Digest.total([(digest, generator.texts.store)]))
      #expect(decoding.digests[type]?.eventCount == digest.eventCount, "\(type)")
      #expect(decoding.digest(type) == expected, "\(type)")
    }
  }

  @Test("the fields of a type are told once, just before its first rows, and one type stands in a message")
  func framing() throws {
    var stream = try FrameStream(try GenerateSpec("seed=3,rate=3000,duration=2s"))
    var told: [String] = []
    var frames = 0
    var rows = 0
    var texts: [String] = []
    while stream.next({ _, payload in
      texts.append(unsafe payload.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) })
    }) {}
    for text in texts {
      if text.contains(#""type":"FEED_CONFIG""#), let range = text.firstRange(of: #""eventFields":{""#) {
        told.append(String(text[range.upperBound...].prefix { $0 != "\"" }))
      }
      guard let range = text.firstRange(of: #""data":[""#) else { continue }
      frames += 1
      let type = String(text[range.upperBound...].prefix { $0 != "\"" })
      #expect(told.contains(type), "data of \(type) before its fields")
      #expect(text.count(where: { $0 == "[" }) == 2, "one pair a message")
      rows += 1
    }
    #expect(Set(told).count == told.count && told.count == 4)
    let made = stream.eventCount
    #expect(made > 5_000 && frames < made / 10, "rows are gathered")
    #expect(texts[0].contains("SETUP") && texts[1].contains("AUTHORIZED") && texts[2].contains("CHANNEL_OPENED"))
    #expect(!texts[3].contains("eventFields"))
    #expect(texts.contains { $0.contains("E7") }, "Java's notation of volumes occurs")
  }

  @Test("the bytes of a stream are pinned: they are the same on every machine")
  func pinned() throws {
    var crc = CRC32C()
    var count = 0
    var stream = try FrameStream(
      try GenerateSpec("seed=1,symbols=40,rate=1000,mix=all,duration=2s,nan=0.006,candles=3x30,fields=full"))
    while stream.next({ _, payload in
      crc.update(payload)
      count += 1
    }) {}
    #expect(String(crc.value, radix: 16) == "1a666c7a")
    #expect(count == 326)
  }

  @Test("the hostile preset has every kind of trouble, decodes without end, and is the same each time")
  func hostile() throws {
    let spec = try GenerateSpec(
      "seed=4,symbols=30,rate=2000,mix=all,duration=4s,preset=hostile,candles=2x40,fields=full")
    let first = Decoding()
    var stream = try FrameStream(spec)
    var texts: [String] = []
    while stream.next({ _, payload in
      first.take(payload)
      texts.append(unsafe payload.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) })
    }) {}
    #expect(first.refused > 20 && first.eventCount > 2000 && first.decoder.counters.rowsMalformed > 5)
    #expect(
      texts.contains { $0.contains(#""dataFormat":"FULL""#) } && texts.contains { $0.contains(#"[{"eventType""#) })
    #expect(texts.contains { $0.contains("mystery") } && texts.contains { $0.contains(#""type":"ERROR""#) })
    let again = Decoding()
    var second = try FrameStream(spec)
    while second.next({ _, payload in again.take(payload) }) {}
    #expect(again.digest == first.digest && again.refused == first.refused)
  }

  @Test("a recording made twice is the same file, and reads back to what its summary says")
  func recording() throws {
    let spec = try GenerateSpec("seed=12,symbols=50,rate=2000,mix=all,duration=2s,candles=3x20")
    var one: [UInt8] = []
    var two: [UInt8] = []
    let summary = try unsafe GeneratedRecording.make(spec) { unsafe one.append(contentsOf: $0) }
    let other = try unsafe GeneratedRecording.make(spec) { unsafe two.append(contentsOf: $0) }
    #expect(one == two && summary == other)
    #expect(summary.eventsDecoded == summary.eventsMade && summary.framesRefused == 0)
    let front = [UInt8](repeating: 0, count: Padding.front)
    let padded = front + one + [UInt8](repeating: 0, count: Padding.back)
    let decoding = Decoding()
    var entries = 0
    try unsafe padded.withUnsafeBytes { all in
      let file = unsafe UnsafeRawBufferPointer(rebasing: all[Padding.front..<Padding.front + one.count])
      var reader = try unsafe RecordingReader(file)
      while let entry = reader.next() {
        guard entry.kind == .received else { continue }
        entries += 1
        unsafe decoding.take(entry.payload.bytes)
      }
      let (damage, endsClosed) = (reader.damageCount, reader.endsClosed)
      #expect(damage == 0 && endsClosed)
    }
    #expect(entries == summary.frames && decoding.digest == summary.digest)
  }
}
