import Bytes
import DXLink
import Market

// Tokens of a lane that come from an account and are renewed while it runs.

extension Lane {
  /// How soon a lane without traffic sees a fresh token.
  static var renewalLookNanos: Int64 { 1_000_000_000 }
  /// How soon a lane that waits for a token sees it.
  private static var passLookNanos: Int64 { 50_000_000 }

  /// Waits for a token that serves. Nil for a lane whose tokens come from elsewhere.
  mutating func takePass() throws(PassRefusal) -> FeedPass? {
    guard let renewal else { return nil }
    var hasSaid = false
    while true {
      switch renewal.answer() {
      case .pass(let pass):
        passSerial = pass.serial
        lastToken = pass.token
        needsFreshToken = false
        session.updateToken(pass.token, now: .now())
        return pass
      case .refused(let why): throw PassRefusal(end: .refused(why))
      case .failed(let why): throw PassRefusal(end: .lost(.authorizationLost, why, stood: false))
      case .waiting(let trouble, let failures):
        if let trouble, !hasSaid {
          hasSaid = true
          complain("waits for a token: \(trouble)")
        }
        if case .attempts(let most) = settings.reconnect, let trouble, failures > most {
          throw PassRefusal(end: .lost(.authorizationLost, "no token: \(trouble)", stood: false))
        }
      }
      pause(until: MonotonicNanos.now().advanced(byNanos: Self.passLookNanos))
      if stop.isDraining { throw PassRefusal(end: .drained) }
    }
  }

  /// Sends a token that was renewed meanwhile on the living connection; channels and subscriptions stay.
  mutating func follow(_ renewal: any TokenRenewal) {
    guard renewal.serial != passSerial, session.isReady, case .pass(let pass) = renewal.answer() else { return }
    passSerial = pass.serial
    lastToken = pass.token
    session.updateToken(pass.token, now: .now())
  }

  /// The server no longer takes the token that it was sent.
  mutating func renewToken() {
    guard let renewal else {
      complain("the server wants a fresh token")
      guard let token = try? settings.token.read() else { return }
      lastToken = token
      return session.updateToken(token, now: .now())
    }
    renewal.rejected(passSerial)
    follow(renewal)
    if needsPass(renewal) {
      complain("the server no longer takes the token; a fresh one is fetched")
      openGap(.authorizationLost)
    }
  }

  private func needsPass(_ renewal: any TokenRenewal) -> Bool {
    if case .pass = renewal.answer() { false } else { true }
  }

  /// A session's failure as the end of its connection. Where tokens are renewed, a refused one is no last word.
  mutating func end(_ failure: SessionFailure, _ stood: Bool) -> ConnectionEnd {
    if failure.remedy == .newToken, let renewal {
      renewal.rejected(passSerial)
      needsFreshToken = true
      return .lost(.authorizationLost, "the server refused the token; a fresh one is fetched", stood: stood)
    }
    let reason: Gap.Reason = if case .silence = failure { .silence } else { .connectionLost }
    return failure.reconnectingHelps ? .lost(reason, "\(failure)", stood: stood) : .refused("\(failure)")
  }
}

/// Why a lane cannot connect: there is no token for it.
struct PassRefusal: Error {
  let end: ConnectionEnd
}
