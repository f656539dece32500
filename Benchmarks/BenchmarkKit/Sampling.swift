/// One measured stretch: that many iterations took that long.
package struct Sample: Hashable, Sendable {
  package var iterations: Int
  package var nanos: Int64
  package init(iterations: Int, nanos: Int64) {
    self.iterations = iterations
    self.nanos = nanos
  }
  package var nanosPerIteration: Double { Double(nanos) / Double(iterations) }
}

/// How many iterations each sample has.
///
/// Linear, as Criterion does it: d, 2d, 3d … Nd iterations, with d such that all fit the measuring time. A cost that
/// comes once a sample (reading the clock, a cold start) then shows as an intercept and not in the slope. Where even d
/// = 1
/// would take more than twice the time, all samples have the same count.
package struct SamplingPlan: Hashable, Sendable {
  package enum Mode: String, Sendable { case linear, flat }
  package let mode: Mode
  /// Iterations of each sample, in the order in which they are taken.
  package let iterations: [Int]

  /// - Parameter nanosPerIteration: as the warm-up found it.
  package init(samples: Int, measureNanos: Int64, nanosPerIteration: Double) {
    precondition(samples > 0 && measureNanos >= 0)
    let nanos = max(nanosPerIteration, 0.1)
    let steps = Double(samples) * Double(samples + 1) / 2
    let step = Double(measureNanos) / nanos / steps
    if step >= 0.5 {
      let d = max(1, Int(min(step.rounded(), 1e12)))
      mode = .linear
      iterations = (1...samples).map { $0 * d }
    } else {
      let each = max(1, Int((Double(measureNanos) / nanos / Double(samples)).rounded()))
      mode = .flat
      iterations = Array(repeating: each, count: samples)
    }
  }
}

/// Least squares over samples.
package enum Slope {
  /// Nanoseconds an iteration: the line through the origin that is nearest to all samples.
  package static func nanosPerIteration(_ samples: [Sample]) -> Double {
    let products = samples.reduce(0) { $0 + Double($1.iterations) * Double($1.nanos) }
    let squares = samples.reduce(0) { $0 + Double($1.iterations) * Double($1.iterations) }
    return squares > 0 ? products / squares : 0
  }

  /// Share of the variance of the times that the line explains, at most 1.
  package static func fit(_ samples: [Sample]) -> Double {
    let slope = nanosPerIteration(samples)
    let mean = samples.reduce(0) { $0 + Double($1.nanos) } / Double(samples.count)
    let total = samples.reduce(0) { $0 + (Double($1.nanos) - mean) * (Double($1.nanos) - mean) }
    let left = samples.reduce(0) { sum, sample in
      let off = Double(sample.nanos) - slope * Double(sample.iterations)
      return sum + off * off
    }
    return total > 0 ? 1 - left / total : 0
  }
}
