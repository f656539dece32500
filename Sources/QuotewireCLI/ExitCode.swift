/// How a command ended, for scripts. These numbers are a contract.
package enum ExitCode: Int32, Sendable {
  case done = 0
  /// Something failed that is none of the below.
  case failed = 1
  /// The arguments were wrong.
  case usage = 2
  /// The feed refused us: authentication, TLS or protocol.
  case refused = 3
  /// Data was lost or malformed and `--strict` was given.
  case lossy = 4
  /// Interrupted, after a clean drain.
  case interrupted = 130
}

/// An error that ends the command: what, where, what to do, and the exit code.
package struct CommandFailure: Error, CustomStringConvertible {
  package let description: String
  package let exitCode: ExitCode

  package init(_ description: String, _ exitCode: ExitCode = .failed) {
    self.description = description
    self.exitCode = exitCode
  }

  package static func usage(_ words: String) -> CommandFailure { CommandFailure(words, .usage) }
}
