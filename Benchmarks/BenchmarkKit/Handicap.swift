/// More work than claimed, in percent: the slowdown that is planted to prove that a gate sees it. Fractions of an
/// iteration are carried over, so that the sum is right where a sample has few.
package struct Handicap: Sendable {
  private let percent: Int
  private var owedHundredths = 0

  package init(percent: Int) { self.percent = percent }

  /// Iterations to do beyond that many.
  package mutating func extra(for iterations: Int) -> Int {
    owedHundredths += iterations * percent
    let extra = owedHundredths / 100
    owedHundredths -= extra * 100
    return extra
  }
}
