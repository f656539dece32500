// Account: a tastytrade account as the source of a feed's tokens: logs in, gets a quote token, and renews it in time.
//
//     refresh token, client secret ─POST /oauth/token─► access token (15 min)
//     access token ─GET /api-quote-tokens─► quote token (24 h) and the feed's address ─► lanes
//
// One thread for all lanes of a run asks the login server, one question at a time. The quote token is renewed at 80 %
// of its life; while that fails the present one is used as long as it serves. A token that the feed refused is never
// used again.
//
// Invariant: no secret stands in a sentence, an error or a description (`Secret`); every wait, retry and answer has a
// limit of `AccountLimits`; the login server is left alone after `maximumRefusals`, because it locks addresses out.
//
// Out of scope: orders, accounts and everything else that the interface offers; when lanes connect (Ingest).

package import HTTP
package import IO
import Rings
package import Ingest
import Synchronization

/// The named limits of an account.
package struct AccountLimits: Sendable {
  /// How long a quote token serves: the interface does not say.
  package var tokenSeconds = 86_400.0
  /// When a token is renewed, as a part of its life, and how far from it to either side, by chance.
  package var renewalFraction = 0.8
  package var renewalJitter = 0.025
  /// Wait before the first retry; doubles up to the longest, less up to half by chance.
  package var firstRetrySeconds = 1.0
  package var longestRetrySeconds = 30.0
  /// Longest Retry-After that is honoured.
  package var longestRetryAfterSeconds = 3600.0
  /// Refusals of one pair of secrets after which the server is not asked again before they change.
  package var maximumRefusals = 3
  /// Wait after a refusal, and between looks for changed secrets.
  package var refusalSeconds = 30.0
  /// Fresh quote tokens in a row that the feed may refuse.
  package var maximumRejections = 5
  /// How long one question to the server may take, from the name look-up to the last byte.
  package var requestMillis = 20_000
  package var http = HTTPLimits()
  package init() {}

  /// What the option for a token's life takes, in seconds.
  package static let tokenSecondsRange = 1.0...604_800.0
}

package struct AccountSettings: Sendable {
  package var source: CredentialSource
  /// The base address of the interface; nil: the one stored with the secrets, or else the standard one.
  package var url: AccountURL?
  package var tls: TLSContext
  /// `product/version`, which the interface insists on.
  package var userAgent: String
  /// Where to connect whatever the interface says; nil: the address that comes with each quote token.
  package var feed: FeedURL?
  /// Whether the interface may name a feed on another machine without TLS.
  package var allowsPlaintext = false
  package var connector = ClientConnector()
  package var limits = AccountLimits()

  package init(source: CredentialSource, tls: TLSContext, userAgent: String) {
    self.source = source
    self.tls = tls
    self.userAgent = userAgent
  }
}

/// An account that renews its quote token on a thread of its own, from the first `start` on until it is dropped.
package final class Account: TokenRenewal {
  private let core: AccountRenewal
  private let thread = Mutex<Handover<WorkerThread>?>(nil)

  package init(_ settings: AccountSettings) throws(IOError) { core = try AccountRenewal(settings) }

  deinit {
    core.stop()
    thread.withLock { $0.take() }?.take().join()
  }

  package func start(say: @escaping @Sendable (String) -> Void) {
    thread.withLock { thread in
      guard thread == nil else { return }
      core.say.withLock { $0 = say }
      let core = core
      do { thread = Handover(try WorkerThread("qw-account") { core.run() }) } catch { core.fail("\(error)") }
    }
  }

  package var serial: Int { core.serial }
  package func answer() -> RenewalAnswer { core.answer() }
  package func rejected(_ serial: Int) { core.rejected(serial) }
  package func accepted(_ serial: Int) { core.accepted(serial) }
}
