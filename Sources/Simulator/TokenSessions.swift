import Synchronization

/// Connections by the token that they authorized with.
package final class TokenSessions: Sendable {
  package let limit: Int
  private let counts = Mutex<[String: Int]>([:])

  package init(limit: Int) { self.limit = limit }

  /// A connection's place; nil where the token has as many as it may.
  func place(_ token: String) -> Place? {
    let isTaken = counts.withLock { counts in
      guard counts[token, default: 0] < limit else { return false }
      counts[token, default: 0] += 1
      return true
    }
    return isTaken ? Place(self, token) : nil
  }

  private func leave(_ token: String) {
    counts.withLock { counts in
      let left = counts[token, default: 1] - 1
      counts[token] = left > 0 ? left : nil
    }
  }

  /// Given back when it goes.
  final class Place {
    let token: String
    private let sessions: TokenSessions

    fileprivate init(_ sessions: TokenSessions, _ token: String) {
      self.sessions = sessions
      self.token = token
    }

    deinit { sessions.leave(token) }
  }
}
