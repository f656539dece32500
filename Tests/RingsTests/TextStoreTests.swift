import Rings
import TestSupport
import Testing

@Suite("Text store")
struct TextStoreTests {
  private static func add(_ store: TextStore, _ text: [UInt8]) -> UInt32? {
    unsafe text.withUnsafeBytes { b in unsafe store.add(b) }
  }

  private static func text(_ store: TextStore, _ id: UInt32) -> [UInt8] {
    unsafe store.withText(id) { b in unsafe [UInt8](b) }
  }

  @Test("ids count from 1 and give back the text, across chunks of both kinds")
  func addAndRead() {
    var random = SeededRandom(seed: 4)
    let store = TextStore()
    var texts: [[UInt8]] = []
    for i in 0..<9000 {
      let length = i % 1000 == 7 ? 300_000 : Int.random(in: 0...40, using: &random)
      texts.append(random.bytes(length))
      #expect(Self.add(store, texts[i]) == UInt32(i + 1))
    }
    #expect(store.count == 9000)
    let wrong = texts.indices.filter {
      Self.text(store, UInt32($0 + 1)) != texts[$0]
    }
    #expect(wrong.isEmpty)
  }

  @Test("an id that was never given is an empty text", arguments: [0, 2, 4096, 5_000_000, UInt32.max])
  func unknownId(id: UInt32) {
    let store = TextStore()
    #expect(Self.add(store, [65]) == 1)
    #expect(Self.text(store, id).isEmpty)
    #expect(unsafe store.bytes(id) == nil)
  }

  @Test("the limit on texts holds, also where the directory's pages end", arguments: [0, 1, 4095, 4096, 4097])
  func maximumTexts(limit: Int) {
    let store = TextStore(limits: .init(maximumTexts: limit))
    for i in 0..<limit { #expect(Self.add(store, [UInt8(truncatingIfNeeded: i)]) == UInt32(i + 1)) }
    #expect(Self.add(store, [1]) == nil)
    #expect(store.count == limit)
    if limit > 0 { #expect(Self.text(store, UInt32(limit)) == [UInt8(truncatingIfNeeded: limit - 1)]) }
  }

  @Test("the limit on bytes holds, a shorter text may still fit")
  func maximumBytes() {
    let store = TextStore(limits: .init(maximumBytes: 10))
    #expect(Self.add(store, [1, 2, 3, 4, 5, 6]) == 1)
    #expect(Self.add(store, [1, 2, 3, 4, 5]) == nil)
    #expect(Self.add(store, [1, 2, 3, 4]) == 2)
    #expect(Self.add(store, [1]) == nil)
    #expect(Self.add(store, []) == 3)
  }

  @Test("whoever learns an id through a ring reads its text")
  func readElsewhere() throws {
    let count = 50_000
    let store = TextStore()
    let room = Bell()
    var ring = RecordRing(capacity: 256)
    let producerHalf = Handover(ring.takeProducer())
    let consumerHalf = Handover(ring.takeConsumer())
    let wrong = Shared<[UInt32]>([])
    let seen = Shared(0)

    let adder = try WorkerThread("adder") {
      var producer = producerHalf.take()
      for i in 0..<count {
        guard let id = Self.add(store, Array("text \(i)".utf8)) else { return }
        var record = [UInt8](repeating: 0, count: 128)
        unsafe record.withUnsafeMutableBytes { b in unsafe b.storeBytes(of: id, as: UInt32.self) }
        while !producer.hasRoom(1) { _ = sleptOver(room, unless: { producer.hasRoom(1) }) }
        producer.append(record)
        producer.publish()
      }
    }
    let reader = try WorkerThread("reader") {
      var consumer = consumerHalf.take()
      let bell = consumer.bell
      while !consumer.isFinished() {
        let taken = unsafe consumer.drain { p in
          let id = unsafe p.load(as: UInt32.self)
          let isRight = Self.text(store, id) == Array("text \(id - 1)".utf8)
          if !isRight { wrong.change { $0.append(id) } }
        }
        seen.change { $0 += taken }
        room.ring()
        if taken == 0 { _ = sleptOver(bell, unless: { consumer.available() > 0 || consumer.isFinished() }) }
      }
    }
    adder.join()
    reader.join()
    #expect(seen.value == count)
    #expect(wrong.value.isEmpty)
  }
}
