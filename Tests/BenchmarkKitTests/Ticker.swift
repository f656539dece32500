import Synchronization

/// Counts up at each call.
final class Ticker: Sendable {
  private let value = Atomic<Int>(0)
  func next() -> Int { value.wrappingAdd(1, ordering: .relaxed).newValue }
}
