/// Tukey's fences (1977): values beyond 1.5 interquartile ranges from the quartiles are mild outliers, beyond 3 severe
/// ones. They are labelled and kept: on a busy machine slow samples are what the user gets.
package struct TukeyFences: Hashable, Sendable {
  package enum Label: String, CaseIterable, Sendable {
    case lowSevere, lowMild, inside, highMild, highSevere
  }

  package let lowSevere: Double
  package let lowMild: Double
  package let highMild: Double
  package let highSevere: Double

  package init(_ values: [Double]) {
    let sorted = SortedSample(values)
    let (first, third) = (sorted.percentile(25), sorted.percentile(75))
    let range = third - first
    lowSevere = first - 3 * range
    lowMild = first - 1.5 * range
    highMild = third + 1.5 * range
    highSevere = third + 3 * range
  }

  /// A value on a fence is inside it.
  package func label(_ value: Double) -> Label {
    if value < lowSevere { return .lowSevere }
    if value < lowMild { return .lowMild }
    if value > highSevere { return .highSevere }
    return value > highMild ? .highMild : .inside
  }
}

/// How many outliers a sample has.
package struct OutlierCounts: Hashable, Sendable {
  package private(set) var mild = 0
  package private(set) var severe = 0

  package init(_ values: [Double]) {
    let fences = TukeyFences(values)
    for value in values {
      switch fences.label(value) {
      case .lowSevere, .highSevere: severe += 1
      case .lowMild, .highMild: mild += 1
      case .inside: break
      }
    }
  }
}
