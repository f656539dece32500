/// Why there is no token.
package enum AccountError: Error, Equatable, Sendable {
  /// What somebody has to do before another try makes sense.
  package enum Kind: Sendable {
    /// Nothing: the same question may be answered later.
    case passing
    /// The same question gets the same answer.
    case refused
    /// We were asked to stop.
    case stopped
  }

  /// Nothing is stored at any of the places, and the environment has nothing.
  case noCredentials(places: [String])
  /// A place that cannot be used, or what it holds.
  case credentials(place: String, reason: String)
  case badURL(reason: String)
  /// The network or TLS.
  case unreachable(host: String, reason: String, isPassing: Bool)
  case stopped
  /// Bytes that are no answer to the question.
  case badAnswer(question: String, reason: String)
  /// 429: asked too often.
  case tooMany(question: String, retryAfterSeconds: Double?)
  /// 5xx, or another status that says nothing about us.
  case failing(question: String, status: String)
  /// The server says no, with its words and what to do.
  case refused(question: String, status: String, words: String, advice: String)

  package var kind: Kind {
    switch self {
    case .unreachable(_, _, let isPassing): isPassing ? .passing : .refused
    case .badAnswer, .tooMany, .failing: .passing
    case .noCredentials, .credentials, .badURL, .refused: .refused
    case .stopped: .stopped
    }
  }
}

extension AccountError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .noCredentials(let places):
      "no tastytrade login is stored (\(places.joined(separator: ", ")) were looked for); run 'quotewire login', or "
        + "set \(CredentialSource.secretVariable) and \(CredentialSource.refreshVariable)"
    case .credentials(let place, let reason): "the login in \(place) cannot be used: \(reason)"
    case .badURL(let reason): "the address of the account's interface cannot be used: \(reason)"
    case .unreachable(let host, let reason, let isPassing):
      "the login server \(host) cannot be reached: \(reason)" + (isPassing ? "" : "; check --account-url and --ca-file")
    case .stopped: "the login was stopped on request"
    case .badAnswer(let question, let reason): "the login server's answer to \(question) cannot be used: \(reason)"
    case .tooMany(let question, let seconds):
      "the login server was asked too often (429 to \(question))"
        + (seconds.map { "; it wants to be left alone for \(Int($0)) s" } ?? "")
    case .failing(let question, let status): "the login server failed (\(status) to \(question))"
    case .refused(let question, let status, let words, let advice):
      "the login server refused \(question) (\(status)\(words.isEmpty ? "" : ": " + words)); \(advice)"
    }
  }
}
