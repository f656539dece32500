import Account
import Bytes
import TestSupport
import Testing

@Suite("When a login server is asked again", .tags(.unit))
struct RetryTests {
  private static let start = MonotonicNanos(rawValue: 1_000_000_000_000)
  private static let outage = AccountError.failing(question: "the login", status: "500")
  private static let refusal = AccountError.refused(question: "the login", status: "401", words: "", advice: "")

  private func credentials(_ secret: String = "a") -> Credentials {
    Credentials(clientSecret: Secret(secret), refreshToken: Secret("b"), place: "here")
  }

  private func seconds(_ schedule: RetrySchedule) -> Double {
    Double(schedule.notBefore.nanos(since: Self.start)) / 1e9
  }

  @Test("waits of an outage double from a second to thirty, less up to half by chance, and begin anew after an answer")
  func outage() {
    for seed in UInt64(1)...50 {
      var schedule = RetrySchedule(AccountLimits(), seed: seed)
      for attempt in 0..<80 {
        schedule.failed(Self.outage, credentials(), now: Self.start)
        let full = min(30, Double(UInt64(1) << UInt64(min(attempt, 30))))
        #expect(seconds(schedule) <= full && seconds(schedule) >= full / 2)
      }
      #expect(!schedule.isParked)
      schedule.succeeded(rejections: 0, now: Self.start)
      #expect(seconds(schedule) == 0)
      schedule.failed(Self.outage, credentials(), now: Self.start)
      #expect(seconds(schedule) <= 1)
    }
  }

  @Test("a 429 is honoured, to the longest time, and never asked again sooner", arguments: [2.0, 600, 1e9, nil])
  func tooMany(asked: Double?) {
    var schedule = RetrySchedule(AccountLimits(), seed: 7)
    for _ in 0..<10 {
      let limits = AccountLimits()
      schedule.failed(.tooMany(question: "the login", retryAfterSeconds: asked), credentials(), now: Self.start)
      let honoured = min(asked ?? 0, limits.longestRetryAfterSeconds)
      #expect(seconds(schedule) >= honoured)
      #expect(seconds(schedule) <= max(limits.longestRetrySeconds, honoured * 1.1))
    }
  }

  @Test("a refused login is tried three times, thirty seconds apart, and then only with other secrets")
  func refused() {
    var schedule = RetrySchedule(AccountLimits(), seed: 1)
    for attempt in 1...3 {
      #expect(!schedule.isParked)
      schedule.failed(Self.refusal, credentials(), now: Self.start)
      #expect(seconds(schedule) == 30 && schedule.isParked == (attempt == 3))
    }
    #expect(schedule.refusedCredentials == credentials())
    schedule.failed(Self.refusal, credentials("other"), now: Self.start)
    #expect(!schedule.isParked && schedule.refusedCredentials == credentials("other"))
    schedule.succeeded(rejections: 0, now: Self.start)
    #expect(!schedule.isParked && schedule.refusedCredentials == nil)
  }

  @Test("tokens that the feed refused in a row are asked for at growing distances")
  func rejected() {
    var schedule = RetrySchedule(AccountLimits(), seed: 1)
    for rejections in 1...5 {
      schedule.succeeded(rejections: rejections, now: Self.start)
      let full = Double(1 << (rejections - 1))
      #expect(seconds(schedule) <= full && seconds(schedule) >= full / 2)
    }
  }

  @Test("a token's life ends by whichever clock is ahead")
  func life() {
    let from = Arrival(wall: WallNanos(rawValue: 5_000_000_000), monotonic: Self.start)
    let life = TokenLife(from: from, seconds: 100, fraction: 0.8)
    func after(_ wall: Double, _ monotonic: Double) -> Arrival {
      Arrival(
        wall: WallNanos(rawValue: from.wall.rawValue + Int64(wall * 1e9)),
        monotonic: from.monotonic.advanced(bySeconds: monotonic))
    }
    #expect(!life.isDue(after(79, 79)) && !life.isOver(after(99, 99)))
    #expect(life.isDue(after(80, 80)) && life.isOver(after(100, 100)))
    // The machine slept: the monotonic clock stood still.
    #expect(life.isOver(after(3600, 10)) && life.isDue(after(85, 10)))
    // The clock of the calendar was set back.
    #expect(life.isDue(after(-3600, 81)) && life.isOver(after(-3600, 101)))
    #expect(life.renewAt == from.monotonic.advanced(bySeconds: 80))
  }
}
