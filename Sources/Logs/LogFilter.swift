/// Which records are written: `LEVEL[,module=LEVEL]…`, such as `warn,lane=debug`.
package struct LogFilter: Equatable, Sendable {
  private var general = LogLevel.info
  private var byModule: [LogModule: LogLevel] = [:]

  /// Everything but debug.
  package init() {}

  /// Throws a sentence that says what is wrong and what would be right.
  package init(parsing text: String) throws(LogFilterError) {
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let word = String(sides[sides.count - 1])
      guard let level = LogLevel(name: word) else {
        throw LogFilterError("'\(word)' is no level; levels are \(Self.names(LogLevel.allCases.map(\.name)))")
      }
      guard sides.count == 2 else {
        general = level
        continue
      }
      guard let module = LogModule(rawValue: String(sides[0])) else {
        throw LogFilterError(
          "'\(sides[0])' is no module; modules are \(Self.names(LogModule.allCases.map(\.name)))")
      }
      byModule[module] = level
    }
  }

  package func wants(_ level: LogLevel, of module: LogModule) -> Bool { level <= byModule[module] ?? general }

  private static func names(_ names: [String]) -> String {
    names.dropLast().joined(separator: ", ") + " and " + (names.last ?? "")
  }
}

/// A filter that cannot be read.
package struct LogFilterError: Error, Equatable, CustomStringConvertible {
  package let description: String
  init(_ description: String) { self.description = description }
}
