import BenchmarkKit

/// Times as machines give them, from a seed. Whatever disturbs strikes the version that happens to run.
struct NoisyMachine {
  enum Kind: String, CaseIterable, Sendable {
    /// A machine of one's own: a spread of 1 %, a spike now and then.
    case calm
    /// Shared with others, as seen on one: a spread of 2 %, slow phases of 1.2 to 2.5 times over a few samples, spikes.
    case shared
    /// One sample in twenty is longer by a factor without an upper end (Pareto, exponent 1.5).
    case heavyTailed
    /// Slow phases of 1.1 to 1.8 times that are as long as a turn or two of one version.
    case slowTurns
  }

  private let kind: Kind
  private var random: SplitMix64
  private var phase = 1.0
  private var phaseLeft = 0
  private var drift = 1.0

  init(_ kind: Kind, seed: UInt64) {
    self.kind = kind
    random = SplitMix64(seed: seed)
  }

  private mutating func normal() -> Double {
    // Twelve uniform numbers, near enough to a normal one.
    (0..<12).reduce(-6.0) { sum, _ in sum + random.unit() }
  }

  /// A slow phase begins with that chance at a sample.
  private mutating func slowPhase(chance: Double, samples: ClosedRange<Double>, factor: ClosedRange<Double>) {
    if phaseLeft > 0 { phaseLeft -= 1 } else { phase = 1 }
    if phaseLeft == 0, random.unit() < chance {
      phaseLeft = Int(samples.lowerBound + random.unit() * (samples.upperBound - samples.lowerBound))
      phase = factor.lowerBound + random.unit() * (factor.upperBound - factor.lowerBound)
    }
  }

  private mutating func spike(chance: Double) -> Double { random.unit() < chance ? 1 + random.unit() * 2 : 1 }

  mutating func sample(_ nanos: Double) -> Double {
    drift *= 1 + normal() * 0.0005
    switch kind {
    case .calm: return nanos * drift * spike(chance: 0.01) * (1 + 0.01 * normal())
    case .shared:
      slowPhase(chance: 0.03, samples: 2...10, factor: 1.2...2.5)
      return nanos * drift * phase * spike(chance: 0.01) * (1 + 0.02 * normal())
    case .heavyTailed:
      let uniform = max(random.unit(), 1e-9)
      let tail = random.unit() < 0.05 ? 1 / cubeRoot(uniform * uniform) : 1
      return nanos * drift * tail * (1 + 0.02 * normal())
    case .slowTurns:
      slowPhase(chance: 0.006, samples: 15...40, factor: 1.1...1.8)
      return nanos * drift * phase * spike(chance: 0.01) * (1 + 0.015 * normal())
    }
  }

  /// By Newton's method, for positive numbers up to 1.
  private func cubeRoot(_ value: Double) -> Double {
    var root = 1.0
    for _ in 0..<80 { root = (2 * root + value / (root * root)) / 3 }
    return root
  }

  /// As tools/bench-ab takes them: base now now base, then now base base now, with so many samples a turn.
  mutating func rounds(base: Double, now: Double, count: Int = 3, turn: Int = 80) -> [Decision.Round] {
    (0..<count).map { i in
      var round = Decision.Round(base: [], now: [])
      for isBase in i % 2 == 0 ? [true, false, false, true] : [false, true, true, false] {
        for _ in 0..<turn {
          if isBase { round.base.append(sample(base)) } else { round.now.append(sample(now)) }
        }
      }
      return round
    }
  }
}
