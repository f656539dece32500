import Rings
import TestSupport
import Testing

@Suite("Record ring")
struct RecordRingTests {
  @Test("behaves like an array of events, for events of one and two records", arguments: 1...40 as ClosedRange<UInt64>)
  func model(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var ring = RecordRing(capacity: Int.random(in: 1...64, using: &random))
    var producer = ring.takeProducer()
    var consumer = ring.takeConsumer()
    var unpublished: [[UInt8]] = []
    var waiting: [[UInt8]] = []
    var events = 0
    while events < 2000 {
      switch random.next() % 4 {
      case 0, 1:
        // A batch of several events, as one frame gives them.
        var batch: [[UInt8]] = []
        for _ in 0..<Int.random(in: 1...6, using: &random) { batch.append(randomEvent(&random)) }
        let records = batch.reduce(0) { $0 + $1.count } / 128
        let held = (waiting + unpublished).reduce(0) { $0 + $1.count } / 128
        check(producer.hasRoom(records) == (held + records <= producer.capacity), "seed \(seed)")
        check(producer.room() == producer.capacity - held, "seed \(seed)")
        guard producer.hasRoom(records) else { continue }
        producer.append(batch.flatMap { $0 })
        unpublished += batch
        events += batch.count
      case 2:
        producer.publish()
        waiting += unpublished
        unpublished = []
        check(producer.backlog == waiting.reduce(0) { $0 + $1.count } / 128, "seed \(seed)")
      default:
        let limit = random.next() % 5 == 0 ? Int.max : Int.random(in: 0...20, using: &random)
        let (taken, records) = consumer.take(limit: limit)
        let expected = waiting.prefix(taken.count)
        guard taken == Array(expected) else {
          Issue.record("seed \(seed): \(taken.count) events differ after \(events)")
          return
        }
        waiting.removeFirst(taken.count)
        #expect(records == taken.reduce(0) { $0 + $1.count } / 128, "seed \(seed)")
        // It stops at the limit, at most in the middle of a long event, and not before.
        #expect(records <= limit || records == limit + 1, "seed \(seed)")
        #expect(records >= limit || waiting.isEmpty, "seed \(seed)")
      }
    }
  }

  @Test("a long event that begins in the last record keeps its halves together", arguments: 0..<8)
  func spareRecord(start: Int) {
    var random = SeededRandom(seed: 9)
    var ring = RecordRing(capacity: 8)
    var producer = ring.takeProducer()
    var consumer = ring.takeConsumer()
    var short = [UInt8](repeating: 7, count: 128)
    short[4] = 1
    for _ in 0..<start {
      producer.append(short)
      producer.publish()
      _ = consumer.take()
    }
    // Long events only: with an odd start each lap has one across the end.
    for _ in 0..<20 {
      var batch: [[UInt8]] = []
      for _ in 0..<4 {
        var event = random.bytes(256)
        event[4] |= 0x40
        batch.append(event)
      }
      check(producer.hasRoom(8))
      producer.append(batch.flatMap { $0 })
      check(!producer.hasRoom(1))
      producer.publish()
      check(consumer.take().events == batch)
    }
  }

  @Test("nothing is seen before it is published")
  func publish() {
    var ring = RecordRing(capacity: 4)
    var producer = ring.takeProducer()
    var consumer = ring.takeConsumer()
    producer.append([UInt8](repeating: 1, count: 128))
    check(consumer.available() == 0)
    check(consumer.take().records == 0)
    producer.publish()
    check(consumer.available() == 1)
    check(consumer.take().records == 1)
    check(consumer.available() == 0)
  }

  @Test("a capacity is rounded up to a power of two", arguments: [(-1, 4), (0, 4), (4, 4), (5, 8), (1000, 1024)])
  func capacity(asked: Int, given: Int) {
    var ring = RecordRing(capacity: asked)
    check(ring.takeProducer().capacity == given)
    check(ring.takeConsumer().capacity == given)
  }

  @Test("each half sees that the other has gone, what was published before is still taken")
  func gone() {
    var ring = RecordRing(capacity: 8)
    var consumer = ring.takeConsumer()
    do {
      var producer = ring.takeProducer()
      check(!producer.isConsumerGone)
      producer.append([UInt8](repeating: 1, count: 128))
      producer.publish()
      check(!consumer.isFinished())
    }
    check(consumer.isProducerGone && !consumer.isFinished())
    check(consumer.take().records == 1)
    check(consumer.isFinished())

    var other = RecordRing(capacity: 8)
    let producer = other.takeProducer()
    do { _ = other.takeConsumer() }
    check(producer.isConsumerGone)
  }

  @Test("appending more than fits ends the process, it never overwrites")
  func noRoom() async {
    await #expect(processExitsWith: .failure) {
      var ring = RecordRing(capacity: 4)
      var producer = ring.takeProducer()
      let bytes = [UInt8](repeating: 1, count: 5 * 128)
      unsafe bytes.withUnsafeBytes { b in unsafe producer.append(b) }
    }
  }

  @Test("runs give the events that single steps give, a cut one whole", arguments: 1...20 as ClosedRange<UInt64>)
  func runs(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var ring = RecordRing(capacity: 8)
    var producer = ring.takeProducer()
    var consumer = ring.takeConsumer()
    var sent: [[UInt8]] = []
    var came: [[UInt8]] = []
    while sent.count < 500 {
      let event = randomEvent(&random)
      if producer.hasRoom(event.count / 128) {
        producer.append(event)
        producer.publish()
        sent.append(event)
        if random.next() % 3 != 0 { continue }
      }
      let limit = Int.random(in: 1...9, using: &random)
      var lent = 0
      let taken = unsafe consumer.drainRuns(limit: limit) { run, count in
        var i = 0
        while i < count {
          let at = unsafe run + i * 128
          let records = unsafe at.load(fromByteOffset: 4, as: UInt8.self) & 0x40 == 0 ? 1 : 2
          unsafe came.append([UInt8](UnsafeRawBufferPointer(start: at, count: records * 128)))
          i += records
        }
        lent += i
        return i
      }
      check(taken == lent && taken <= limit + 1, "seed \(seed)")
    }
    came += consumer.take().events
    check(came == sent, "seed \(seed)")
  }

  @Test("a consumer that dozes is woken when more than half of the ring waits, and not before")
  func dozes() throws {
    var ring = RecordRing(capacity: 64)
    var producer = ring.takeProducer()
    let consumer = Handover(ring.takeConsumer())
    let isAsleep = Shared(false)
    let found = Shared(0)
    let thread = try WorkerThread("dozes") {
      var mine = consumer.take()
      mine.bell.wait(timeoutNanos: longWaitNanos, dozes: true) {
        isAsleep.change { $0 = true }
        return mine.available() > 32
      }
      found.change { $0 = mine.available() }
    }
    while !isAsleep.value {}
    let event = [UInt8](repeating: 1, count: 128)
    for _ in 0..<33 {
      producer.append(event)
      producer.publish()
    }
    thread.join()
    #expect(found.value == 33)
  }
}
