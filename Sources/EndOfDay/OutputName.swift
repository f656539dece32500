package import Market

/// Names of the files in a day's folder.
package enum OutputName {
  package static let manifest = "manifest.json"
  package static let gaps = "gaps.csv"

  package static func of(_ type: EventType) -> String { type.name + ".parquet" }

  /// The type whose events a file holds; nil for other files.
  package static func type(_ name: String) -> EventType? { EventType.allCases.first { of($0) == name } }

  /// All that a run may make, but for the manifest.
  package static let all = EventType.allCases.map(of) + BarPeriod.allCases.map(\.fileName) + [gaps]
}
