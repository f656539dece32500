import BenchmarkKit
import TestSupport
import Testing

@Suite("The decision of the gate", .tags(.unit))
struct DecisionTests {
  private let bootstrap = Bootstrap(resamples: 100)

  @Test("a clear change is seen in both directions")
  func clear() {
    var machine = NoisyMachine(.shared, seed: 1)
    let slower = machine.rounds(base: 1000, now: 2000)
    #expect(Decision(slower, bootstrap: bootstrap).verdict == .regression)
    let faster = slower.map { Decision.Round(base: $0.now, now: $0.base) }
    #expect(Decision(faster, bootstrap: bootstrap).verdict == .improvement)
  }

  @Test("fewer than three rounds decide nothing")
  func tooFew() {
    var machine = NoisyMachine(.shared, seed: 2)
    #expect(Decision(machine.rounds(base: 1000, now: 2000, count: 2), bootstrap: bootstrap).verdict == .noChange)
  }

  @Test("one slow round alone is no regression")
  func oneRound() {
    let quiet = Decision.Round(base: [100, 101, 102, 103], now: [100, 101, 102, 103])
    let slow = Decision.Round(base: [100, 101, 102, 103], now: [300, 301, 302, 303])
    let decision = Decision([quiet, slow, quiet], bootstrap: bootstrap)
    #expect(decision.p95Ratio > 1.1 && decision.verdict == .noChange)
  }

  @Test("where one version's samples are mostly disturbed, the fastest tell no change and 15 % apart")
  func mostlyDisturbed() {
    let round = { (now: Double, busy: Double) in
      Decision.Round(
        base: (0..<40).map { 1000 + Double($0 % 7) },
        now: (0..<40).map { ($0 % 5 == 0 ? 1 : busy) * now + Double($0 % 7) })
    }
    let same = Decision([round(1000, 1.5), round(1000, 1.3), round(1000, 1.8)], bootstrap: bootstrap)
    #expect(same.p95Ratio > 1.3 && same.p95Interval.low > 1 && same.verdict == .noChange)
    let slower = Decision([round(1150, 1.5), round(1150, 1), round(1150, 1.8)], bootstrap: bootstrap)
    #expect(slower.verdict == .regression)
  }

  @Test("a slowdown of 15 % is caught in noise", arguments: [NoisyMachine.Kind.calm, .shared, .heavyTailed], 1...10)
  func planted(kind: NoisyMachine.Kind, seed: UInt64) {
    var machine = NoisyMachine(kind, seed: seed &* 7919)
    let decision = Decision(machine.rounds(base: 1000, now: 1150), bootstrap: bootstrap)
    #expect(decision.verdict == .regression, "\(kind), seed \(seed): \(decision)")
  }

  @Test("where slow phases are as long as a turn, 15 % more is caught more often than not, and 50 % nearly always")
  func plantedInSlowTurns() {
    let caught = { (now: Double) in
      (1...20).count { seed in
        var machine = NoisyMachine(.slowTurns, seed: UInt64(seed) &* 7919)
        return Decision(machine.rounds(base: 1000, now: now), bootstrap: bootstrap).verdict == .regression
      }
    }
    #expect(caught(1150) > 10)
    #expect(caught(1500) >= 17)
  }

  @Test("twenty comparisons of a version with itself raise no alarm", arguments: NoisyMachine.Kind.allCases)
  func silent(kind: NoisyMachine.Kind) {
    for seed in 1...20 {
      var machine = NoisyMachine(kind, seed: UInt64(seed) &* 104_729)
      let decision = Decision(machine.rounds(base: 1000, now: 1000), bootstrap: bootstrap)
      #expect(decision.verdict == .noChange, "\(kind), seed \(seed): \(decision)")
    }
  }
}
