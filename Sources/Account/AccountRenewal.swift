import Bytes
import IO
import Ingest
import Synchronization

/// The renewing thread and what it shares with the lanes.
///
///     no pass, or one that is due ─► fetch ─┬─ a fresh pass ─► wait until it is due, or refused by the feed
///          ▲                                ├─ trouble ─────► wait for the retry
///          └────────────────────────────────┴─ refused ─────► wait longer; in the end only for other secrets
final class AccountRenewal: Sendable {
  /// A pass with its life.
  private struct Held {
    let pass: FeedPass
    let life: TokenLife
  }

  private struct State {
    var held: Held?
    /// The newest pass that the feed refused.
    var rejectedSerial = 0
    /// Refused passes since the last one that the feed took.
    var rejections = 0
    var trouble: String?
    /// Attempts in a row without a pass.
    var failures = 0
    /// The end of all tries.
    var verdict: RenewalAnswer?
  }

  let say = Mutex<@Sendable (String) -> Void>({ _ in })
  private let settings: AccountSettings
  private let state = Mutex(State())
  private let newest = Atomic<Int>(0)
  private let isStopped = Atomic<Bool>(false)
  /// Wakes the thread to look around.
  private let attention: Wakeup
  /// Ends what the thread waits for.
  private let ended: Wakeup

  /// The clock of the calendar may jump while the thread waits: it looks this often.
  private static let lookSeconds = 30.0

  init(_ settings: AccountSettings) throws(IOError) {
    self.settings = settings
    attention = try Wakeup()
    ended = try Wakeup()
  }

  // MARK: For lanes

  var serial: Int { newest.load(ordering: .acquiring) }

  func answer() -> RenewalAnswer {
    state.withLock { state in
      if let held = state.held, held.pass.serial > state.rejectedSerial, !held.life.isOver(.now()) {
        return .pass(held.pass)
      }
      return state.verdict ?? .waiting(trouble: state.trouble, failures: state.failures)
    }
  }

  func rejected(_ serial: Int) {
    let most = settings.limits.maximumRejections
    state.withLock { state in
      guard let held = state.held, serial == held.pass.serial, serial > state.rejectedSerial else { return }
      state.rejectedSerial = serial
      state.rejections += 1
      if state.rejections >= most {
        state.verdict = .refused(
          "the feed refused \(most) fresh quote tokens in a row; check that the account may stream quotes "
            + "('quotewire login --check'), and --url if it was given")
      }
    }
    attention.signal()
  }

  func accepted(_ serial: Int) {
    state.withLock { state in if serial > state.rejectedSerial { state.rejections = 0 } }
  }

  // MARK: The thread

  func stop() {
    isStopped.store(true, ordering: .releasing)
    ended.signal()
    attention.signal()
  }

  /// There is no thread.
  func fail(_ why: String) { state.withLock { $0.verdict = .failed(why) } }

  func run() {
    var schedule = RetrySchedule(settings.limits, seed: RandomBytes.next())
    var access: AccessToken?
    let client = LoginClient(settings)
    while !isStopped.load(ordering: .acquiring) {
      attention.clear()
      let now = Arrival.now()
      let wanted = nextFetch(now)
      let due = max(wanted, schedule.notBefore)
      if now.monotonic < due || isGivenUp || (schedule.isParked && !secretsChanged(schedule)) {
        let seconds = schedule.isParked ? settings.limits.refusalSeconds : Self.lookSeconds
        let look = now.monotonic.advanced(bySeconds: seconds)
        _ = attention.pause(until: now.monotonic < due ? min(due, look) : look)
        continue
      }
      fetch(client, &access, &schedule)
    }
  }

  /// The feed refuses whatever we bring: no more is fetched.
  private var isGivenUp: Bool {
    let most = settings.limits.maximumRejections
    return state.withLock { $0.rejections >= most }
  }

  private func secretsChanged(_ schedule: RetrySchedule) -> Bool {
    guard let now = try? settings.source.read() else { return false }
    return now != schedule.refusedCredentials
  }

  /// When the next pass is wanted, if the present one is not refused before.
  private func nextFetch(_ now: Arrival) -> MonotonicNanos {
    state.withLock { state in
      guard let held = state.held, held.pass.serial > state.rejectedSerial, !held.life.isDue(now) else {
        return now.monotonic
      }
      return held.life.renewAt
    }
  }

  private func fetch(_ client: LoginClient, _ access: inout AccessToken?, _ schedule: inout RetrySchedule) {
    let asked = Arrival.now()
    let credentials = try? settings.source.read()
    do throws(AccountError) {
      let fresh = try client.quoteToken(&access, stop: ended)
      take(fresh, asked, &schedule)
    } catch {
      if error.kind != .stopped { note(error, credentials, &schedule) }
    }
  }

  private func take(_ fresh: QuoteToken, _ asked: Arrival, _ schedule: inout RetrySchedule) {
    let limits = settings.limits
    let life = TokenLife(
      from: asked, seconds: limits.tokenSeconds,
      fraction: limits.renewalFraction + limits.renewalJitter * (2 * schedule.chance() - 1))
    let (serial, failures, rejections) = state.withLock { state in
      let serial = (state.held?.pass.serial ?? 0) + 1
      let failures = state.failures
      state.held = Held(pass: FeedPass(serial: serial, token: fresh.token.text, url: fresh.feed), life: life)
      state.trouble = nil
      state.failures = 0
      state.verdict = nil
      return (serial, failures, state.rejections)
    }
    newest.store(serial, ordering: .releasing)
    schedule.succeeded(rejections: rejections, now: .now())
    if failures > 0 {
      tell("a fresh quote token came after \(failures) failed attempts")
    } else if serial > 1 {
      tell("the quote token was renewed")
    }
  }

  private func note(_ error: AccountError, _ credentials: Credentials?, _ schedule: inout RetrySchedule) {
    schedule.failed(error, credentials, now: .now())
    let sentence = "\(error)"
    let isParked = schedule.isParked
    let (failures, isNews, serves, isLastWord) = state.withLock { state in
      state.failures += 1
      let isNews = state.trouble != sentence
      state.trouble = sentence
      // Before the first pass a refusal is the last word; later only when nothing is left to try with.
      if error.kind == .refused && (state.held == nil || isParked) { state.verdict = .refused(sentence) }
      let serves = state.held.map { $0.pass.serial > state.rejectedSerial && !$0.life.isOver(.now()) } ?? false
      return (state.failures, isNews, serves, state.held == nil && state.verdict != nil)
    }
    // The run ends with this very sentence, and nobody asks again.
    if isLastWord { return }
    // An outage of a day is no thousand sentences.
    guard isNews || failures & (failures - 1) == 0 else { return }
    let next = isParked ? "not asked again before the secrets change" : "asked again in \(schedule.waitWords)"
    tell("\(sentence); \(next)" + (serves ? "; the present quote token still serves" : ""))
  }

  private func tell(_ sentence: String) { say.withLock { $0 }("account: \(sentence)") }
}
