import Ingest

/// Why a client could not be made, or why a sequence ended before its time.
public struct QuotewireError: Error, Sendable, CustomStringConvertible {
  /// What to think of it.
  public enum Kind: Sendable, Hashable {
    /// A setting makes no sense: nothing was tried.
    case configuration
    /// The feed refused us (token, TLS, protocol): trying again gives the same answer.
    case refused
    /// The feed could not be reached, or was lost and no attempt to come back was left.
    case unreachable
    /// The token's file or provider gave no token.
    case token
    /// A recording could not be read.
    case recording
    /// Something of this machine failed: threads, descriptors, memory.
    case failed
  }

  /// What to think of it.
  public let kind: Kind
  /// What happened, where, and what to do, in a sentence for people. Never holds a token.
  public let description: String

  init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }

  /// A run that could not begin.
  init(_ failure: RunFailure) {
    switch failure.kind {
    case .failed: self.init(.failed, failure.description)
    case .refused: self.init(.refused, failure.description)
    case .usage: self.init(.configuration, failure.description)
    }
  }
}
