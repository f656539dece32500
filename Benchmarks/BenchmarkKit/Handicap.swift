/// More iterations than claimed, in percent: what is planted to prove that counts of instructions show it. Fractions of
/// an iteration are carried over.
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
