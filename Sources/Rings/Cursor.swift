import Synchronization

/// A sequence number alone on two cache lines, so that producer and consumer do not share one.
struct Cursor: ~Copyable {
  let value = Atomic<Int>(0)
  let padding = InlineArray<15, UInt64>(repeating: 0)
}

/// What both halves of a ring share.
@safe
final class RingCore: @unchecked Sendable {
  let produced = Cursor()
  let consumed = Cursor()
  let bell: Bell
  let producerGone = Atomic<Bool>(false)
  let consumerGone = Atomic<Bool>(false)
  let memory: UnsafeMutableRawPointer

  /// The memory is written by the producer and read by the consumer, each only where the cursors say it may.
  init(byteCount: Int, bell: Bell) {
    self.bell = bell
    unsafe memory = .allocate(byteCount: byteCount, alignment: 128)
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
  }

  deinit { unsafe memory.deallocate() }
}
