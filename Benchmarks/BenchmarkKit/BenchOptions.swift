/// Arguments of the commands: `--name value`, `--name=value`, switches, operands.
package struct BenchOptions: Sendable {
  package private(set) var operands: [String] = []
  private var values: [String: String] = [:]

  private static let switches: Set<String> = ["smoke", "quiet", "no-limits", "update"]

  /// `known` are the options of the command, switches included.
  package init(_ words: [String], known: Set<String>) throws(BenchUsage) {
    var left = words[...]
    while let word = left.popFirst() {
      guard word.hasPrefix("--") else {
        operands.append(word)
        continue
      }
      let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(parts[0])
      guard known.contains(name) else {
        let all = known.sorted().map { "--" + $0 }.joined(separator: ", ")
        throw BenchUsage("there is no option --\(name); known are \(all)")
      }
      if Self.switches.contains(name) {
        values[name] = ""
      } else if parts.count == 2 {
        values[name] = String(parts[1])
      } else if let value = left.popFirst() {
        values[name] = value
      } else {
        throw BenchUsage("--\(name) needs a value")
      }
    }
  }

  package func has(_ name: String) -> Bool { values[name] != nil }
  package func text(_ name: String) -> String? { values[name] }

  package func seconds(_ name: String, _ standard: Double) throws(BenchUsage) -> Double {
    guard let text = values[name] else { return standard }
    guard let value = Double(text), value >= 0, value <= 3600 else {
      throw BenchUsage("--\(name) takes seconds from 0 to 3600, not '\(text)'")
    }
    return value
  }

  package func int(_ name: String, _ standard: Int, in range: ClosedRange<Int>) throws(BenchUsage) -> Int {
    guard let text = values[name] else { return standard }
    guard let value = Int(text), range.contains(value) else {
      throw BenchUsage("--\(name) takes a whole number from \(range.lowerBound) to \(range.upperBound), not '\(text)'")
    }
    return value
  }
}

/// A request that makes no sense.
package struct BenchUsage: Error, CustomStringConvertible {
  package let description: String
  package init(_ description: String) { self.description = description }
}

/// How the program ends.
package enum BenchExit: Int32, Sendable {
  case done = 0
  /// A benchmark failed.
  case failed = 1
  case usage = 2
  /// A gate found a regression.
  case regression = 10
  /// A gate found improvements and no regression.
  case improvement = 11
}
