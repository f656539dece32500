package import IO

/// Tokens that somebody else gets and renews while lanes run. One for all lanes of a run, so that a login server sees
/// one client, however many lanes ask.
///
/// Lanes call it from their threads; nothing here waits.
package protocol TokenRenewal: AnyObject, Sendable {
  /// Begins at the first call; later ones do nothing. `say` takes sentences for people, from any thread.
  func start(say: @escaping @Sendable (String) -> Void)
  /// The number of the newest pass; 0 before the first. It changes when a fresh one came.
  var serial: Int { get }
  /// A pass that still serves, or why there is none.
  func answer() -> RenewalAnswer
  /// The feed refused the pass with this number: it is never given out again, and a fresh one is fetched.
  func rejected(_ serial: Int)
  /// The feed took the pass with this number.
  func accepted(_ serial: Int)
}

/// A token with the feed that takes it.
package struct FeedPass: Sendable {
  package let serial: Int
  package let token: String
  /// Where to connect; nil for the address that the settings name.
  package let url: FeedURL?

  package init(serial: Int, token: String, url: FeedURL?) {
    self.serial = serial
    self.token = token
    self.url = url
  }
}

package enum RenewalAnswer: Sendable {
  case pass(FeedPass)
  /// One is being fetched; with the trouble that was met, and how many attempts in a row had one.
  case waiting(trouble: String?, failures: Int)
  /// There will be none: what refused us, and what to do.
  case refused(String)
  /// There will be none: what failed.
  case failed(String)
}
