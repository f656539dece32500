import Rings
import Synchronization
import TestSupport
import Testing

/// Two real threads. Each sleeps at a bell when it cannot go on; a lost wake-up shows as a wait that ran out.
@Suite("Rings between two threads", .serialized)
struct StressTests {
  struct Outcome: Equatable, Sendable {
    var entries = 0
    var sum: UInt64 = 0xCBF2_9CE4_8422_2325
    var sleptOver = 0
  }

  @Test("every record arrives once, whole and in order", arguments: [(4, 20_000), (64, 100_000), (4096, 300_000)])
  func records(capacity: Int, count: Int) throws {
    let room = Bell()
    var ring = RecordRing(capacity: capacity)
    let producerHalf = Handover(ring.takeProducer())
    let consumerHalf = Handover(ring.takeConsumer())
    let sent = Shared(Outcome())
    let received = Shared(Outcome())

    let writer = try WorkerThread("stress-write") {
      var producer = producerHalf.take()
      var random = SeededRandom(seed: UInt64(capacity))
      var outcome = Outcome()
      while outcome.entries < count {
        let isLong = random.next() % 4 == 0
        var event = [UInt8](repeating: UInt8(truncatingIfNeeded: outcome.entries), count: isLong ? 256 : 128)
        event[0] = UInt8(truncatingIfNeeded: random.next())
        event[4] = isLong ? 0x40 : 0x01
        let records = isLong ? 2 : 1
        while !producer.hasRoom(records) {
          producer.publish()
          if sleptOver(room, unless: { producer.hasRoom(records) }) { outcome.sleptOver += 1 }
        }
        producer.append(event)
        outcome.sum = unsafe event.withUnsafeBytes { b in unsafe checksum(b, after: outcome.sum) }
        outcome.entries += 1
        if random.next() % 8 == 0 { producer.publish() }
      }
      producer.publish()
      sent.change { $0 = outcome }
    }
    let reader = try WorkerThread("stress-read") {
      var consumer = consumerHalf.take()
      let bell = consumer.bell
      var outcome = Outcome()
      while !consumer.isFinished() {
        let taken = unsafe consumer.drain(limit: 100) { p in
          let isLong = unsafe p.load(fromByteOffset: 4, as: UInt8.self) == 0x40
          let bytes = unsafe UnsafeRawBufferPointer(start: p, count: isLong ? 256 : 128)
          outcome.sum = unsafe checksum(bytes, after: outcome.sum)
          outcome.entries += 1
        }
        if taken > 0 {
          room.ring()
        } else if sleptOver(bell, unless: { consumer.available() > 0 || consumer.isFinished() }) {
          outcome.sleptOver += 1
        }
      }
      received.change { $0 = outcome }
    }
    writer.join()
    reader.join()
    #expect(received.value == sent.value)
    #expect(received.value.entries == count)
    #expect(sent.value.sleptOver == 0 && received.value.sleptOver == 0)
  }

  @Test("every byte string arrives once, whole and in order", arguments: [(4096, 100_000), (1 << 16, 200_000)])
  func byteStrings(capacity: Int, count: Int) throws {
    let room = Bell()
    var ring = ByteRing(capacity: capacity)
    let producerHalf = Handover(ring.takeProducer())
    let consumerHalf = Handover(ring.takeConsumer())
    let sent = Shared(Outcome())
    let received = Shared(Outcome())

    let writer = try WorkerThread("stress-write") {
      var producer = producerHalf.take()
      var random = SeededRandom(seed: UInt64(capacity))
      var outcome = Outcome()
      while outcome.entries < count {
        let longest = outcome.entries % 50 == 0 ? producer.maximumEntryBytes - 2 : 60
        let tail = [UInt8](
          repeating: UInt8(truncatingIfNeeded: outcome.entries), count: Int.random(in: 0...longest, using: &random))
        let head = [UInt8(truncatingIfNeeded: tail.count), UInt8(truncatingIfNeeded: random.next())]
        while !producer.append(head, tail) {
          producer.publish()
          // The consumer gives room back when it drained all, so an empty ring is the news to wait for.
          if sleptOver(room, unless: { producer.backlog == 0 }) { outcome.sleptOver += 1 }
        }
        outcome.sum = unsafe (head + tail).withUnsafeBytes { b in unsafe checksum(b, after: outcome.sum) }
        outcome.entries += 1
        if random.next() % 8 == 0 { producer.publish() }
      }
      producer.publish()
      sent.change { $0 = outcome }
    }
    let reader = try WorkerThread("stress-read") {
      var consumer = consumerHalf.take()
      let bell = consumer.bell
      var outcome = Outcome()
      while !consumer.isFinished() {
        let taken = unsafe consumer.drain(limit: 100) { b in
          outcome.sum = unsafe checksum(b, after: outcome.sum)
          outcome.entries += 1
        }
        if taken > 0 {
          room.ring()
        } else if sleptOver(bell, unless: { consumer.hasNews() || consumer.isFinished() }) {
          outcome.sleptOver += 1
        }
      }
      received.change { $0 = outcome }
    }
    writer.join()
    reader.join()
    #expect(received.value == sent.value)
    #expect(received.value.entries == count)
    #expect(sent.value.sleptOver == 0 && received.value.sleptOver == 0)
  }

  @Test("two threads that wake each other in turn never miss a ring")
  func pingPong() throws {
    let turns = 20_000
    let bells = [Bell(), Bell()]
    let turn = Shared(0)
    let missed = Shared(0)
    let play: @Sendable (Int) -> Void = { me in
      while turn.value < turns {
        if turn.value % 2 == me {
          turn.change { $0 += 1 }
          bells[1 - me].ring()
        } else if sleptOver(bells[me], unless: { turn.value % 2 == me || turn.value >= turns }) {
          missed.change { $0 += 1 }
        }
      }
    }
    let ping = try WorkerThread("ping") { play(0) }
    let pong = try WorkerThread("pong") { play(1) }
    ping.join()
    pong.join()
    #expect(turn.value == turns)
    #expect(missed.value == 0)
  }

  @Test("a consumer that sleeps is woken when its producer goes away")
  func wokenByLeaving() throws {
    for _ in 0..<200 {
      var ring = RecordRing(capacity: 4)
      let consumerHalf = Handover(ring.takeConsumer())
      let missed = Shared(false)
      let reader = try WorkerThread("sleeper") {
        var consumer = consumerHalf.take()
        let bell = consumer.bell
        while !consumer.isFinished() {
          if sleptOver(bell, unless: { consumer.isFinished() }) { missed.change { $0 = true } }
        }
      }
      do { _ = ring.takeProducer() }
      reader.join()
      #expect(!missed.value)
    }
  }
}
