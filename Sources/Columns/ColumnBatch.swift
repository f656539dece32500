package import Market
package import Rings

/// Rows of one event type in columns of fixed capacity. Columns.swift says what their values are and how to fill them.
///
///     one allocation:  column 0, 64 bytes of slack | column 1, 64 bytes of slack | …      each at a multiple of 64
@safe
package struct ColumnBatch: ~Copyable {
  package let schema: ColumnSchema
  /// Rows.
  package let capacity: Int
  package private(set) var rowCount = 0
  private let memory: UnsafeMutableRawPointer
  private let starts: [Int]
  private let dictionaries: [TextDictionary?]
  private let moves: Moves

  /// Bytes behind each column that may be overwritten and read.
  package static let slackBytes = 64

  /// - Parameters:
  ///   - capacity: rows; rounded up to a multiple of 64.
  ///   - dictionaryLimits: of each text column's dictionary.
  package init(
    _ type: EventType, capacity: Int, dictionaryLimits: TextStore.Limits = TextDictionary.defaultLimits
  ) {
    self.init(ColumnSchema.of(type), capacity: capacity, dictionaryLimits: dictionaryLimits)
  }

  /// A batch of other columns than all of a type.
  package init(
    _ schema: ColumnSchema, capacity: Int, dictionaryLimits: TextStore.Limits = TextDictionary.defaultLimits
  ) {
    precondition(capacity > 0 && capacity <= 1 << 24)
    self.capacity = (capacity + 63) / 64 * 64
    self.schema = schema
    var starts: [Int] = []
    var end = 0
    for column in schema.columns {
      starts.append(end)
      end += self.capacity * column.type.width + Self.slackBytes
    }
    self.starts = starts
    moves = Moves(schema, starts)
    unsafe memory = .allocate(byteCount: end, alignment: 64)
    dictionaries = schema.columns.map { column in
      column.type == .symbol || column.type == .text ? TextDictionary(limits: dictionaryLimits) : nil
    }
  }

  deinit { unsafe memory.deallocate() }

  package var room: Int { capacity - rowCount }
  package var isFull: Bool { rowCount == capacity }

  /// The texts of a `symbol` or `text` column; nil for others. They stay through `removeAll`.
  package func dictionary(_ column: Int) -> TextDictionary? { dictionaries[column] }

  /// The first row of a column.
  package func values(_ column: Int) -> UnsafeRawPointer { unsafe UnsafeRawPointer(memory + starts[column]) }

  /// Where a column's first free row lies: `room` values may be written there, and 64 bytes behind them.
  package mutating func column(_ column: Int) -> UnsafeMutableRawPointer { unsafe free(column) }

  private func free(_ column: Int) -> UnsafeMutableRawPointer {
    unsafe memory + (starts[column] &+ rowCount &* schema.columns[column].type.width)
  }

  /// Writes `rows` values that a field has when nobody sets it, at a column's first free rows. Texts are null, a symbol
  /// cannot be left out.
  package mutating func fillDefault(_ column: Int, rows: Int) {
    precondition(rows >= 0 && rows <= room)
    let to = unsafe free(column)
    switch schema.columns[column].type {
    case .double: unsafe to.initializeMemory(as: Double.self, repeating: .nan, count: rows)
    case .int64, .timestampMillis, .timestampNanos:
      unsafe to.initializeMemory(as: Int64.self, repeating: 0, count: rows)
    case .int32: unsafe to.initializeMemory(as: Int32.self, repeating: 0, count: rows)
    case .char: unsafe to.initializeMemory(as: UInt16.self, repeating: 0, count: rows)
    case .flags, .bool, .code: unsafe to.initializeMemory(as: UInt8.self, repeating: 0, count: rows)
    case .text: unsafe to.initializeMemory(as: Int32.self, repeating: Column.nullText, count: rows)
    case .symbol: preconditionFailure("a row has a symbol")
    }
  }

  /// Takes rows whose values were written at every column's first free row.
  package mutating func commit(rows: Int) {
    precondition(rows >= 0 && rows <= room)
    rowCount &+= rows
  }

  /// Forgets the last rows.
  package mutating func removeLast(_ count: Int) {
    precondition(count >= 0 && count <= rowCount)
    rowCount &-= count
  }

  /// Forgets the rows, keeps the dictionaries.
  package mutating func removeAll() { rowCount = 0 }

  /// Forgets the rows and the texts.
  package mutating func removeAllAndTexts() {
    rowCount = 0
    forgetTexts()
  }

  /// Forgets the texts: rows that are there have no meaning any more.
  package func forgetTexts() {
    for dictionary in dictionaries { dictionary?.removeAll() }
  }

  /// Appends events of the batch's type whose texts lie in `texts`. Returns how many were taken: fewer than given when
  /// the batch is full, or a dictionary is (then there is still `room`).
  package mutating func append(_ events: UnsafeBufferPointer<UnsafeRawPointer>, _ texts: TextStore) -> Int {
    guard let base = events.baseAddress else { return 0 }
    var count = min(events.count, room)
    // Texts first: where one finds no room, the row and those behind it are not taken.
    for move in moves.texts {
      guard let dictionary = dictionaries[move.column] else { continue }
      let to = unsafe place(move, Int32.self)
      if move.isSymbol {
        count = unsafe dictionary.codes(ofSymbols: base, count, at: move.offset, texts, to)
      } else {
        count = unsafe dictionary.codes(ofTexts: base, count, at: move.offset, texts, to)
      }
    }
    unsafe gather(base, count, moves.words, UInt64.self)
    unsafe gather(base, count, moves.halves, UInt32.self)
    unsafe gather(base, count, moves.chars, UInt16.self)
    unsafe gather(base, count, moves.bytes, UInt8.self)
    for move in moves.codes { unsafe Self.gatherCodes(base, count, move.offset, move.names, place(move, UInt8.self)) }
    rowCount &+= count
    return count
  }

  /// Appends one event; false when there is no room. `append(_:_:)` of many is much faster.
  package mutating func append(_ event: EventRef, _ texts: TextStore) -> Bool {
    var base = unsafe event.base
    return unsafe withUnsafePointer(to: &base) { one in
      unsafe append(UnsafeBufferPointer(start: one, count: 1), texts) == 1
    }
  }

  /// Columns of one width, four in one walk over the events while there are four, then two, then one.
  private func gather<T: BitwiseCopyable>(
    _ events: UnsafePointer<UnsafeRawPointer>, _ count: Int, _ moves: [Move], _: T.Type
  ) {
    var m = 0
    while m &+ 4 <= moves.count {
      let (a, b) = unsafe (place(moves[m], T.self), place(moves[m &+ 1], T.self))
      let (c, d) = unsafe (place(moves[m &+ 2], T.self), place(moves[m &+ 3], T.self))
      let from = SIMD4(moves[m].offset, moves[m &+ 1].offset, moves[m &+ 2].offset, moves[m &+ 3].offset)
      let (fromA, fromB, fromC, fromD) = (from[0], from[1], from[2], from[3])
      var i = 0
      while i < count {
        let event = unsafe events[i]
        unsafe a[i] = event.load(fromByteOffset: fromA, as: T.self)
        unsafe b[i] = event.load(fromByteOffset: fromB, as: T.self)
        unsafe c[i] = event.load(fromByteOffset: fromC, as: T.self)
        unsafe d[i] = event.load(fromByteOffset: fromD, as: T.self)
        i &+= 1
      }
      m &+= 4
    }
    while m &+ 2 <= moves.count {
      let (a, b) = unsafe (place(moves[m], T.self), place(moves[m &+ 1], T.self))
      let (fromA, fromB) = (moves[m].offset, moves[m &+ 1].offset)
      var i = 0
      while i < count {
        let event = unsafe events[i]
        unsafe a[i] = event.load(fromByteOffset: fromA, as: T.self)
        unsafe b[i] = event.load(fromByteOffset: fromB, as: T.self)
        i &+= 1
      }
      m &+= 2
    }
    if m == moves.count { return }
    let (to, from) = unsafe (place(moves[m], T.self), moves[m].offset)
    var i = 0
    while i < count {
      unsafe to[i] = events[i].load(fromByteOffset: from, as: T.self)
      i &+= 1
    }
  }

  private func place<T: BitwiseCopyable>(_ move: Move, _: T.Type) -> UnsafeMutablePointer<T> {
    unsafe (memory + (move.start &+ rowCount &* MemoryLayout<T>.size)).assumingMemoryBound(to: T.self)
  }

  private static func gatherCodes(
    _ events: UnsafePointer<UnsafeRawPointer>, _ count: Int, _ offset: Int, _ names: Int,
    _ to: UnsafeMutablePointer<UInt8>
  ) {
    var i = 0
    while i < count {
      let code = unsafe events[i].load(fromByteOffset: offset, as: UInt8.self)
      unsafe to[i] = Int(code) < names ? code : Column.nullCode
      i &+= 1
    }
  }
}
