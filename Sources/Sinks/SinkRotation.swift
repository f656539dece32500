import Synchronization

/// A person's word that a sink go on in new files, and what came of it. Asked by any thread, done by the sink's.
package final class SinkRotation: Sendable {
  /// What came of a request.
  package struct Outcome: Sendable {
    /// Files that are complete now; none where no row had come.
    package var files: [String] = []
    package var failure: String?
    package init() {}
  }

  private struct State {
    var done = 0
    var outcome = Outcome()
    var hasEnded = false
  }

  private let wanted = Atomic<Int>(0)
  private let taken = Atomic<Int>(0)
  private let state = Mutex(State())

  package init() {}

  /// Asks for new files; the number is for `outcome`.
  package func ask() -> Int { wanted.wrappingAdd(1, ordering: .releasing).newValue }

  /// What came of a request; nil while nothing did.
  package func outcome(of request: Int) -> Outcome? {
    state.withLock { state in
      if state.done >= request { return state.outcome }
      return state.hasEnded ? Self.ended : nil
    }
  }

  private static var ended: Outcome {
    var outcome = Outcome()
    outcome.failure = "the sink has ended"
    return outcome
  }

  /// What is asked for and not done; nil, for the price of two loads, where nothing is.
  var request: Int? {
    let newest = wanted.load(ordering: .acquiring)
    return newest > taken.load(ordering: .relaxed) ? newest : nil
  }

  func finish(_ request: Int, files: [String], failure: String?) {
    taken.store(request, ordering: .relaxed)
    state.withLock { state in
      state.done = request
      state.outcome.files = files
      state.outcome.failure = failure
    }
  }

  /// The sink's thread does nothing more.
  func end() { state.withLock { $0.hasEnded = true } }
}
