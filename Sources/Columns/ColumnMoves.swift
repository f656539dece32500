/// Where a column's values come from and go to. Copies of a `Column` and its texts would cost more than the walk over
/// some hundred events.
struct Move {
  let column: Int
  /// In the event.
  let offset: Int
  /// In the batch.
  let start: Int
  let isSymbol: Bool
  /// Of a `.code`.
  let names: Int
}

/// The moves of an event type, by what they move.
struct Moves {
  private(set) var texts: [Move] = []
  private(set) var words: [Move] = []
  private(set) var halves: [Move] = []
  private(set) var chars: [Move] = []
  private(set) var bytes: [Move] = []
  private(set) var codes: [Move] = []

  init(_ schema: ColumnSchema, _ starts: [Int]) {
    for (i, column) in schema.columns.enumerated() {
      let move = Move(
        column: i, offset: column.offset, start: starts[i], isSymbol: column.type == .symbol,
        names: column.names.count)
      switch column.type {
      case .symbol, .text: texts.append(move)
      case .double, .int64, .timestampMillis, .timestampNanos: words.append(move)
      case .int32: halves.append(move)
      case .char: chars.append(move)
      case .flags, .bool: bytes.append(move)
      case .code: codes.append(move)
      }
    }
  }
}
