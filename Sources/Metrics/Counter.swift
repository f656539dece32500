import Synchronization

/// A number that only rises. The value lies alone on its cache lines, so that neighbours in memory do not slow it down.
package final class Counter: Sendable {
  private let front = InlineArray<15, UInt64>(repeating: 0)
  private let value = Atomic<Int>(0)
  private let back = InlineArray<15, UInt64>(repeating: 0)

  package init() {}

  /// Adds from any thread. Relaxed: the number orders nothing else.
  package func add(_ amount: Int = 1) {
    assert(amount >= 0)
    value.wrappingAdd(amount, ordering: .relaxed)
  }

  /// Adds without a locked instruction; only where one thread alone writes this counter.
  package func addAsOnlyWriter(_ amount: Int = 1) {
    assert(amount >= 0)
    value.store(value.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
  }

  package var count: Int { value.load(ordering: .relaxed) }
}

/// A number that rises and falls, such as the lanes that are connected now.
package final class Gauge: Sendable {
  private let front = InlineArray<15, UInt64>(repeating: 0)
  private let value = Atomic<Int>(0)
  private let back = InlineArray<15, UInt64>(repeating: 0)

  package init() {}

  package func set(_ new: Int) { value.store(new, ordering: .relaxed) }
  package func add(_ amount: Int) { value.wrappingAdd(amount, ordering: .relaxed) }
  package var current: Int { value.load(ordering: .relaxed) }
}
