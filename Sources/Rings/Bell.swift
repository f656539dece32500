import CShims
import Synchronization

/// Wakes one sleeping thread. The sleeper says that it is about to sleep, looks once more, then waits; the ringer makes
/// its news visible, then rings only if somebody sleeps.
///
/// The store of `sleeping` and the load of the news on one side, and the store of the news and the load of `sleeping`
/// on the other, are sequentially consistent: one of the two sees the other, so no news is slept over.
@safe
package final class Bell: @unchecked Sendable {
  /// The futex word: 1 while somebody sleeps. Allocated raw because the kernel needs its address.
  private let word: UnsafeMutablePointer<Atomic<UInt32>>

  package init() {
    unsafe word = .allocate(capacity: 1)
    unsafe word.initialize(to: Atomic(0))
  }

  deinit {
    unsafe word.deinitialize(count: 1)
    unsafe word.deallocate()
  }

  /// Wakes the sleeper, if there is one. Call after the news was published.
  package func ring() {
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    guard unsafe word.pointee.load(ordering: .relaxed) != 0 else { return }
    unsafe word.pointee.store(0, ordering: .releasing)
    unsafe qw_futex_wake(UnsafePointer(OpaquePointer(word)), 1)
  }

  /// Sleeps until `ring`, at most `timeoutNanos`; returns at once if `isThereNews` says so after the announcement.
  package func wait(timeoutNanos: Int64, unless isThereNews: () -> Bool) {
    unsafe word.pointee.store(1, ordering: .sequentiallyConsistent)
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    if !isThereNews() { _ = unsafe qw_futex_wait(UnsafePointer(OpaquePointer(word)), 1, timeoutNanos) }
    unsafe word.pointee.store(0, ordering: .relaxed)
  }
}
