import CShims
import Synchronization

/// Wakes one sleeping thread. The sleeper says that it is about to sleep, looks once more, then waits; the ringer makes
/// its news visible, then rings only if somebody sleeps.
///
/// The store of `sleeping` and the load of the news on one side, and the store of the news and the load of `sleeping`
/// on the other, are sequentially consistent: one of the two sees the other, so no news is slept over.
///
/// A wake-up costs both sides some microseconds. A sleeper under dense traffic therefore dozes: it wakes by itself
/// after a short while, and only news that press wake it before.
@safe
package final class Bell: @unchecked Sendable {
  /// The futex word: what the sleeper does. Allocated raw because the kernel needs its address.
  private let word: UnsafeMutablePointer<Atomic<UInt32>>

  private static let awake: UInt32 = 0
  private static let asleep: UInt32 = 1
  private static let dozing: UInt32 = 2

  package init() {
    unsafe word = .allocate(capacity: 1)
    unsafe word.initialize(to: Atomic(0))
  }

  deinit {
    unsafe word.deinitialize(count: 1)
    unsafe word.deallocate()
  }

  /// Wakes the sleeper, if there is one; one that dozes only for news that press. Call after the news was published.
  package func ring(presses: Bool = true) {
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    let state = unsafe word.pointee.load(ordering: .relaxed)
    guard state == Self.asleep || (state == Self.dozing && presses) else { return }
    unsafe word.pointee.store(Self.awake, ordering: .releasing)
    unsafe qw_futex_wake(UnsafePointer(OpaquePointer(word)), 1)
  }

  /// Sleeps until `ring`, at most `timeoutNanos`; returns at once if `isThereNews` says so after the announcement.
  /// - Parameter dozes: whether only news that press shall end the sleep before its time.
  package func wait(timeoutNanos: Int64, dozes: Bool = false, unless isThereNews: () -> Bool) {
    let state = dozes ? Self.dozing : Self.asleep
    unsafe word.pointee.store(state, ordering: .sequentiallyConsistent)
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    if !isThereNews() { _ = unsafe qw_futex_wait(UnsafePointer(OpaquePointer(word)), state, timeoutNanos) }
    unsafe word.pointee.store(Self.awake, ordering: .relaxed)
  }
}
