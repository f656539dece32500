import Rings
import Synchronization
import TestSupport

/// A wait that is never reached unless a wake-up was lost.
let longWaitNanos: Int64 = 30_000_000_000

/// A value that several threads of a test write to.
final class Shared<Value: Sendable>: Sendable {
  private let held: Mutex<Value>
  init(_ value: Value) { held = Mutex(value) }
  var value: Value { held.withLock { $0 } }
  func change(_ body: (inout Value) -> Void) { held.withLock { body(&$0) } }
}

/// Sleeps at a bell; tells whether it slept the whole time out, which means that a ring was lost.
func sleptOver(_ bell: Bell, unless isThereNews: () -> Bool) -> Bool {
  let before = ContinuousClock.now
  bell.wait(timeoutNanos: longWaitNanos, unless: isThereNews)
  return before.duration(to: .now) >= .nanoseconds(longWaitNanos)
}

/// A running checksum over whole words, then the bytes that are left.
func checksum(_ bytes: UnsafeRawBufferPointer, after sum: UInt64 = 0xCBF2_9CE4_8422_2325) -> UInt64 {
  var sum = (sum ^ UInt64(bytes.count)) &* 0x100_0000_01B3
  var i = 0
  while i + 8 <= bytes.count {
    let word = unsafe bytes.loadUnaligned(fromByteOffset: i, as: UInt64.self)
    sum = (sum ^ word) &* 0x9E37_79B9_7F4A_7C15
    sum ^= sum >> 29
    i += 8
  }
  while i < bytes.count {
    sum = unsafe (sum ^ UInt64(bytes[i])) &* 0x100_0000_01B3
    i += 1
  }
  return sum
}

/// An event of one or two records with random bytes, second records included: nothing but bit 6 of byte 4 of the first
/// record may tell where an event ends.
func randomEvent(_ random: inout SeededRandom) -> [UInt8] {
  let isLong = random.next() % 3 == 0
  var event = random.bytes(isLong ? 256 : 128)
  event[4] = event[4] & 0x3F | (isLong ? 0x40 : 0)
  return event
}

extension RecordProducer {
  mutating func append(_ bytes: [UInt8]) { unsafe bytes.withUnsafeBytes { b in unsafe append(b) } }
}

extension RecordConsumer {
  /// Takes about `limit` records and copies the events.
  mutating func take(limit: Int = .max) -> (events: [[UInt8]], records: Int) {
    var events: [[UInt8]] = []
    let records = unsafe drain(limit: limit) { p in
      let typeByte = unsafe p.load(fromByteOffset: 4, as: UInt8.self)
      unsafe events.append([UInt8](UnsafeRawBufferPointer(start: p, count: typeByte & 0x40 == 0 ? 128 : 256)))
    }
    return (events, records)
  }
}

extension ByteProducer {
  mutating func append(_ head: [UInt8], _ tail: [UInt8] = []) -> Bool {
    unsafe head.withUnsafeBytes { h in unsafe tail.withUnsafeBytes { t in unsafe append(h, t) } }
  }
}

extension ByteConsumer {
  mutating func take(limit: Int = .max) -> [[UInt8]] {
    var entries: [[UInt8]] = []
    let count = unsafe drain(limit: limit) { b in unsafe entries.append([UInt8](b)) }
    precondition(count == entries.count)
    return entries
  }
}
