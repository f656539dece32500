/// What is known of a key's snapshot.
package enum SnapshotState: UInt8, CaseIterable, BitwiseCopyable, Sendable {
  /// None began: live events alone, if any.
  case absent
  /// One began and has not ended, or the last one was lost with its connection.
  case loading
  /// Ended with all rows there are.
  case complete
  /// Ended with SNIP: older rows exist and were cut off by the server.
  case cutOff
  /// Ended without a row.
  case empty
  /// Took more room than the limits allow: void, until another one begins.
  case tooLong

  /// Whether the snapshot ended, with rows or without.
  package var isWhole: Bool { self == .complete || self == .cutOff || self == .empty }

  /// In words, for people.
  package var words: String {
    switch self {
    case .absent: "nothing came"
    case .loading: "loading"
    case .complete: "complete"
    case .cutOff: "cut off"
    case .empty: "empty"
    case .tooLong: "too long"
    }
  }
}
