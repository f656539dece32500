import Rings
import TestSupport
import Testing

@Suite("Byte ring")
struct ByteRingTests {
  @Test("behaves like an array of byte strings", arguments: 1...40 as ClosedRange<UInt64>)
  func model(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var ring = ByteRing(capacity: 4096)
    var producer = ring.takeProducer()
    var consumer = ring.takeConsumer()
    var unpublished: [[UInt8]] = []
    var waiting: [[UInt8]] = []
    var refused = 0
    for step in 0..<1500 {
      switch random.next() % 4 {
      case 0, 1:
        let longest = [16, 100, 700, 2100].randomElement(using: &random)!
        let head = random.bytes(Int.random(in: 0...16, using: &random))
        let tail = random.bytes(Int.random(in: 0...longest, using: &random))
        if producer.append(head, tail) {
          check(head.count + tail.count <= producer.maximumEntryBytes)
          unpublished.append(head + tail)
        } else {
          refused += 1
        }
      case 2:
        producer.publish()
        waiting += unpublished
        unpublished = []
        check(consumer.hasNews() == !waiting.isEmpty, "seed \(seed)")
      default:
        let limit = random.next() % 4 == 0 ? Int.max : Int.random(in: 0...3, using: &random)
        let taken = consumer.take(limit: limit)
        guard taken == Array(waiting.prefix(limit)) else {
          Issue.record("seed \(seed): entries differ at step \(step)")
          return
        }
        waiting.removeFirst(taken.count)
      }
    }
    check(refused > 0, "seed \(seed) never filled the ring")
  }

  /// Every size from both sides of each multiple of 8, at every place in the ring, across its end as well.
  @Test("every size wraps at every place", arguments: [0, 1, 7, 8, 9, 500, 1016, 1017, 1024, 2039, 2040])
  func wraps(size: Int) {
    for start in stride(from: 0, to: 4096, by: 8) {
      var ring = ByteRing(capacity: 4096)
      var producer = ring.takeProducer()
      var consumer = ring.takeConsumer()
      // Bring the cursors to `start`: an entry takes 8 bytes and its own.
      for part in [min(start, 2048), max(0, start - 2048)] where part > 0 {
        check(producer.append([UInt8](repeating: 0xEE, count: part - 8)))
        producer.publish()
        check(consumer.take().count == 1)
      }
      let entries = (0..<3).map { [UInt8](repeating: UInt8($0 + 1), count: size) }
      for entry in entries {
        guard producer.append(entry) else {
          Issue.record("an entry of \(size) bytes found no room in an empty ring at \(start)")
          return
        }
        producer.publish()
        guard consumer.take() == [entry] else {
          Issue.record("an entry of \(size) bytes at \(start) came out differently")
          return
        }
      }
      check(producer.backlog == 0)
    }
  }

  @Test("an entry longer than half of the ring is refused and leaves nothing behind")
  func tooLong() {
    var ring = ByteRing(capacity: 4096)
    var producer = ring.takeProducer()
    var consumer = ring.takeConsumer()
    let limit = producer.maximumEntryBytes
    #expect(limit == 4096 / 2 - 8)
    let longest = [UInt8](repeating: 5, count: limit)
    check(!producer.append(longest, [1]))
    check(!producer.append([1], longest))
    producer.publish()
    check(!consumer.hasNews())
    check(producer.append(longest) && producer.append([], longest))
    check(!producer.append([]))
    producer.publish()
    check(consumer.take() == [longest, longest])
  }

  @Test("each half sees that the other has gone, what was published before is still taken")
  func gone() {
    var ring = ByteRing(capacity: 4096)
    var consumer = ring.takeConsumer()
    do {
      var producer = ring.takeProducer()
      check(!producer.isConsumerGone)
      check(producer.append([1, 2, 3]))
      producer.publish()
    }
    check(consumer.isProducerGone && !consumer.isFinished())
    check(consumer.take() == [[1, 2, 3]])
    check(consumer.isFinished())

    var other = ByteRing(capacity: 4096)
    let producer = other.takeProducer()
    do { _ = other.takeConsumer() }
    check(producer.isConsumerGone)
  }
}
