import Market
import Snapshots

/// A row of a test: its flags, and its index as what tells rows apart.
struct Row: Equatable, CustomStringConvertible {
  var symbol: UInt32 = 1
  var flags: UInt8
  var index: Int64 = 0
  var description: String { "\(symbol)/\(flags)/\(index)" }
}

/// What a stage gave: the rows of each commit.
struct Given: Equatable {
  var isSnapshot: Bool
  var rows: [Row]
}

/// A stage under test with a batch to make events in.
struct Bench: ~Copyable {
  var stage: SnapshotStage
  private var batch = EventBatch(capacity: 8)

  init(limits: SnapshotLimits = SnapshotLimits()) { stage = SnapshotStage(limits: limits) }

  mutating func take<Event: MarketEvent>(_ event: Event) -> (isIndexed: Bool, given: [Given]) {
    batch.removeAll()
    precondition(batch.append(event))
    var given: [Given] = []
    var isIndexed = false
    let index = IndexedFields.all[Event.eventType.index]?.index ?? 0
    batch.forEach { ref in
      isIndexed = stage.take(
        ref, commit: { given.append(Given(isSnapshot: $0.isSnapshot, rows: [])) },
        each: { _, row in
          given[given.count - 1].rows.append(
            Row(symbol: row.symbol.rawValue, flags: row.flags.rawValue, index: row.load(index, as: Int64.self)))
        })
    }
    return (isIndexed, given)
  }

  /// Takes a candle of these flags.
  mutating func take(_ row: Row) -> [Given] {
    var candle = Candle()
    candle.head.symbol = TextID(rawValue: row.symbol)
    candle.head.eventFlags = EventFlags(rawValue: row.flags)
    candle.index = row.index
    return take(candle).given
  }

  mutating func take(flags: [UInt8]) -> [Given] {
    var all: [Given] = []
    for (i, one) in flags.enumerated() { all += take(Row(flags: one, index: Int64(i))) }
    return all
  }

  static func key(_ symbol: UInt32) -> TopicKey { TopicKey(.candle, TextID(rawValue: symbol)) }
}
