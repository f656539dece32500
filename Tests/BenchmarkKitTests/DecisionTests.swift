import BenchmarkKit
import TestSupport
import Testing

/// A machine shared with others, as seen on one: a normal spread of 2 %, slow phases of 1.2 to 2.5 times that last for
/// some
/// samples and hit whichever version runs, single spikes, and a drift over the rounds.
private struct NoisyMachine {
  private var random: SplitMix64
  private var phase = 1.0
  private var phaseLeft = 0
  private var drift = 1.0

  init(seed: UInt64) { random = SplitMix64(seed: seed) }

  private mutating func normal() -> Double {
    // Twelve uniform numbers, near enough to a normal one.
    (0..<12).reduce(-6.0) { sum, _ in sum + random.unit() }
  }

  mutating func sample(_ nanos: Double) -> Double {
    if phaseLeft > 0 { phaseLeft -= 1 } else { phase = 1 }
    if phaseLeft == 0, random.unit() < 0.03 {
      phaseLeft = 2 + Int(random.unit() * 8)
      phase = 1.2 + random.unit() * 1.3
    }
    drift *= 1 + normal() * 0.0005
    let spike = random.unit() < 0.01 ? 1 + random.unit() * 2 : 1
    return nanos * drift * phase * spike * (1 + 0.02 * normal())
  }

  mutating func rounds(base: Double, now: Double, count: Int = 3, samples: Int = 60) -> [Decision.Round] {
    (0..<count).map { _ in
      var round = Decision.Round(base: [], now: [])
      for i in 0..<samples {
        // In turns, and each goes first as often as the other.
        if i % 2 == 0 {
          round.base.append(sample(base))
          round.now.append(sample(now))
        } else {
          round.now.append(sample(now))
          round.base.append(sample(base))
        }
      }
      return round
    }
  }
}

@Suite("The decision of the gate", .tags(.unit))
struct DecisionTests {
  private let bootstrap = Bootstrap(resamples: 400)

  @Test("a clear change is seen in both directions")
  func clear() {
    var machine = NoisyMachine(seed: 1)
    let slower = machine.rounds(base: 1000, now: 2000)
    #expect(Decision(slower, bootstrap: bootstrap).verdict == .regression)
    let faster = slower.map { Decision.Round(base: $0.now, now: $0.base) }
    #expect(Decision(faster, bootstrap: bootstrap).verdict == .improvement)
  }

  @Test("fewer than three rounds decide nothing")
  func tooFew() {
    var machine = NoisyMachine(seed: 2)
    #expect(Decision(machine.rounds(base: 1000, now: 2000, count: 2), bootstrap: bootstrap).verdict == .noChange)
  }

  @Test("one slow round alone is no regression")
  func oneRound() {
    let quiet = Decision.Round(base: [100, 101, 102, 103], now: [100, 101, 102, 103])
    let slow = Decision.Round(base: [100, 101, 102, 103], now: [300, 301, 302, 303])
    let decision = Decision([quiet, slow, quiet], bootstrap: bootstrap)
    #expect(decision.p95Ratio > 1.1 && decision.verdict == .noChange)
  }

  @Test("a slowdown of 15 % is caught in noise", arguments: 1...10)
  func planted(seed: UInt64) {
    var machine = NoisyMachine(seed: seed &* 7919)
    let decision = Decision(machine.rounds(base: 1000, now: 1150), bootstrap: bootstrap)
    #expect(decision.verdict == .regression, "seed \(seed): \(decision)")
  }

  @Test("twenty comparisons of a version with itself raise no alarm")
  func silent() {
    for seed in 1...20 {
      var machine = NoisyMachine(seed: UInt64(seed) &* 104_729)
      let decision = Decision(machine.rounds(base: 1000, now: 1000), bootstrap: bootstrap)
      #expect(decision.verdict == .noChange, "seed \(seed): \(decision)")
    }
  }
}
