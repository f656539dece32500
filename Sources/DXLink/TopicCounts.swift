/// Where a wanted topic stands. A server confirms nothing, so that `live` rests on what it did not say.
///
///     pending ─ told ─► sent ─┬─ no refusal in time, or data seen ─► live
///        ▲                    └─ refused, and no data seen ─► refused ─┐
///        └─────────────────── after a back-off ────────────────────────┘
package enum TopicState: Int, Sendable, CaseIterable {
  /// The server was not told yet: the channel is not open, or a budget makes it wait.
  case pending
  /// Told; the server may still refuse it.
  case sent
  case live
  /// The server refused it, or it waits behind others that were; it is tried again.
  case refused
}

/// How many wanted topics are in each state.
package struct TopicCounts: Equatable, Sendable {
  package var pending = 0
  package var sent = 0
  package var live = 0
  package var refused = 0

  package init() {}

  package var wanted: Int { pending + sent + live + refused }

  package subscript(_ state: TopicState) -> Int {
    get {
      switch state {
      case .pending: pending
      case .sent: sent
      case .live: live
      case .refused: refused
      }
    }
    set {
      switch state {
      case .pending: pending = newValue
      case .sent: sent = newValue
      case .live: live = newValue
      case .refused: refused = newValue
      }
    }
  }

  package static func += (a: inout TopicCounts, b: TopicCounts) {
    for state in TopicState.allCases { a[state] += b[state] }
  }
}
