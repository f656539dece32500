import BenchmarkKit
import Bytes
import Market
import Rings

/// Events from one thread to another.
enum RingSuite {
  static var all: [Benchmark] { [steadyState] + [1, 16, 256].map(twoThreads) }

  /// The work of both sides without the other core: what allocates here allocates in every run.
  private static let steadyState = Benchmark(
    "ring/steady-state", input: "one thread, 64,000 records (smoke: 640), published and drained by 64", allocations: 0
  ) { size in
    let loop = RingLoop()
    let rounds = size == .smoke ? 10 : 1000
    let count = rounds * RingLoop.batch
    return Work(Units(events: count, bytes: count * RecordRing.recordByteCount)) { loop.pass(rounds) }
  }

  private static func twoThreads(_ batch: Int) -> Benchmark {
    Benchmark(
      "ring/publish-each-\(batch)", input: "two threads, 1,000,000 records of 128 bytes (smoke: 10,000)"
    ) { size in
      let count = size == .smoke ? 10_000 : 1_000_000
      return Work(Units(events: count, bytes: count * RecordRing.recordByteCount)) { try pass(count, batch) }
    }
  }

  private static func pass(_ count: Int, _ batch: Int) throws(ThreadError) -> UInt64 {
    var ring = RecordRing(capacity: 16_384)
    let producer = Handover(ring.takeProducer())
    var consumer = ring.takeConsumer()
    let thread = try WorkerThread("qw-bench") {
      var producer = producer.take()
      var records = [UInt64](repeating: 0, count: batch * 16)
      var sent = 0
      while sent < count {
        let now = min(batch, count - sent)
        for i in 0..<now {
          records[i * 16] = UInt64(EventType.quote.rawValue) << 32
          records[i * 16 + 1] = UInt64(sent + i)
        }
        while !producer.hasRoom(now) { Pause.sleep(nanos: 1000) }
        unsafe records.withUnsafeBytes { all in
          unsafe producer.append(UnsafeRawBufferPointer(rebasing: all[..<(now * RecordRing.recordByteCount)]))
        }
        producer.publish()
        sent += now
      }
    }
    var sum: UInt64 = 0
    while !consumer.isFinished() {
      let got = unsafe consumer.drain { event in
        sum = unsafe Fold.add(sum, event.load(fromByteOffset: 8, as: UInt64.self))
      }
      if got == 0 { Pause.sleep(nanos: 1000) }
    }
    thread.join()
    return sum
  }
}

/// A ring that goes on from pass to pass.
private final class RingLoop {
  static let batch = 64
  private var producer: RecordProducer
  private var consumer: RecordConsumer
  private var records = [UInt64](repeating: 0, count: batch * 16)

  init() {
    var ring = RecordRing(capacity: 16_384)
    producer = ring.takeProducer()
    consumer = ring.takeConsumer()
    for i in 0..<Self.batch {
      records[i * 16] = UInt64(EventType.quote.rawValue) << 32
      records[i * 16 + 1] = UInt64(i)
    }
  }

  func pass(_ rounds: Int) -> UInt64 {
    var sum: UInt64 = 0
    for _ in 0..<rounds {
      guard producer.hasRoom(Self.batch) else { return 0 }
      unsafe records.withUnsafeBytes { all in unsafe producer.append(all) }
      producer.publish()
      unsafe _ = consumer.drain { event in
        sum = unsafe Fold.add(sum, event.load(fromByteOffset: 8, as: UInt64.self))
      }
    }
    return sum
  }
}
