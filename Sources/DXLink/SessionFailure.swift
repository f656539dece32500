/// Why a session cannot go on, and what helps.
package enum SessionFailure: Error, Equatable, Sendable {
  /// What somebody has to do before another try makes sense.
  package enum Remedy: Sendable {
    /// Nothing: connect again, with back-off.
    case reconnect
    /// A new connection needs another token.
    case newToken
    /// Trying again gives the same answer.
    case none
  }

  case unsupportedProtocol(String)
  case tokenNeeded
  case tokenRefused
  case tokenExpired
  case noSetup(seconds: Double)
  case noAuthState(seconds: Double)
  case noChannel(seconds: Double)
  case silence(seconds: Double)
  /// The server closed the feed channel too often; with its last ERROR if it sent one.
  case channelRefused(attempts: Int, lastError: ErrorNotice?)

  package var remedy: Remedy {
    switch self {
    case .unsupportedProtocol: .none
    case .tokenNeeded, .tokenRefused, .tokenExpired: .newToken
    case .noSetup, .noAuthState, .noChannel, .silence: .reconnect
    case .channelRefused(_, let error): error == nil ? .reconnect : .none
    }
  }

  /// Whether the same connection made again, with nothing changed, can succeed.
  package var reconnectingHelps: Bool { remedy == .reconnect }
}

extension SessionFailure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unsupportedProtocol(let text):
      "the server does not speak our version of the protocol (UNSUPPORTED_PROTOCOL: \(text)); check --url"
    case .tokenNeeded:
      "the server wants a token; give one with --token-env VAR or --token-file FILE, or use --auth tastytrade"
    case .tokenRefused:
      "the server refused the token; get a fresh one and give it with --token-env VAR or --token-file FILE"
    case .tokenExpired:
      "the token expired in the middle of the session; give a fresh one with --token-env VAR or --token-file FILE"
    case .noSetup(let seconds): "the server sent no SETUP within \(seconds) s; connect again, or check the URL"
    case .noAuthState(let seconds): "the server sent no AUTH_STATE within \(seconds) s; connect again"
    case .noChannel(let seconds): "the server opened no feed channel within \(seconds) s; connect again"
    case .silence(let seconds): "nothing arrived for \(seconds) s; the connection is dead, connect again"
    case .channelRefused(let attempts, let error):
      "the server closed the feed channel \(attempts) times"
        + (error.map { " (\($0.code): \($0.message)); check --contract, --types and --symbols" } ?? "; connect again")
    }
  }
}
