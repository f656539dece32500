import Glibc

/// A smooth curve over a sample: the mean of one normal curve around each value (Rosenblatt 1956, Parzen 1962).
package struct Density: Sendable {
  package let values: [Double]
  /// Standard deviation of the curves, by Silverman's rule of thumb (1986, equation 3.31).
  package let bandwidth: Double

  /// `bandwidth` nil takes the rule's.
  package init(_ values: [Double], bandwidth: Double? = nil) {
    self.values = values
    let sorted = SortedSample(values)
    let deviation = Description(values).standardDeviation
    let range = (sorted.percentile(75) - sorted.percentile(25)) / 1.34
    let spread = range > 0 ? min(deviation, range) : deviation
    let rule = 0.9 * spread * pow(Double(values.count), -0.2)
    // Equal values have no spread: a narrow peak still shows where they lie.
    self.bandwidth = bandwidth ?? (rule > 0 ? rule : max(abs(sorted.median) * 1e-3, 1e-9))
  }

  package func at(_ x: Double) -> Double {
    let sum = values.reduce(0.0) { sum, value in
      let distance = (x - value) / bandwidth
      return sum + exp(-0.5 * distance * distance)
    }
    return sum / (Double(values.count) * bandwidth * (2 * Double.pi).squareRoot())
  }
}
