/// Limits that real servers have and ours leaves off, read from text such as `preset=tastytrade` or
/// `topics=25000,changes=10000`. What is refused gets an ERROR with the words of real servers, and has no data.
package struct LimitsSpec: Sendable, Equatable {
  /// Topics (type, symbol, source) of a connection.
  package var topics: Int?
  /// Changes, additions and removals, within any 60 seconds of a connection.
  package var changes: Int?
  /// Topics of one FEED_SUBSCRIPTION.
  package var messageTopics: Int?
  /// Candle snapshots that a channel may have asked for and not been given.
  package var snapshots: Int?
  /// Connections with the same token at a time.
  package var sessions: Int?

  package init() {}

  /// What users of tastytrade's feed have met.
  package static var tastytrade: LimitsSpec {
    var spec = LimitsSpec()
    spec.topics = 25_000
    spec.changes = 10_000
    spec.messageTopics = 2_000
    spec.snapshots = 20
    spec.sessions = 5
    return spec
  }

  /// Each key, what it takes and what it means: for `--help`.
  package static let table: [(key: String, values: String, meaning: String)] = [
    (
      "preset", "none, tastytrade",
      "tastytrade: topics=25000,changes=10000,message-topics=2000,snapshots=20,sessions=5"
    ),
    ("topics", "1…10000000", "topics (type, symbol, source) of a connection"),
    ("changes", "1…10000000", "additions and removals within any 60 seconds of a connection"),
    ("message-topics", "1…100000", "topics of one FEED_SUBSCRIPTION"),
    ("snapshots", "1…100000", "candle snapshots that a channel has asked for and not got yet"),
    ("sessions", "1…100000", "connections with the same token at a time"),
  ]

  package init(_ text: String) throws(SimulatorError) {
    let spec = try SpecText(text, name: "limits", known: Self.table.map(\.key))
    for (key, value) in spec.items where key == "preset" {
      switch value {
      case "none": break
      case "tastytrade": self = .tastytrade
      default: throw spec.error(key, value, "none or tastytrade")
      }
    }
    for (key, value) in spec.items {
      switch key {
      case "topics": topics = try spec.integer(key, value, 1...10_000_000)
      case "changes": changes = try spec.integer(key, value, 1...10_000_000)
      case "message-topics": messageTopics = try spec.integer(key, value, 1...100_000)
      case "snapshots": snapshots = try spec.integer(key, value, 1...100_000)
      case "sessions": sessions = try spec.integer(key, value, 1...100_000)
      default: break
      }
    }
  }
}
