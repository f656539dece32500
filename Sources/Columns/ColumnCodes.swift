/// What the codes of one batch's dictionaries are in another's, looked up once each. For two batches, always the same.
package struct ColumnCodes {
  /// By column, then by code; `unknown` where it was not looked up yet.
  fileprivate var codes: [[Int32]]
  /// By column: how many times the two dictionaries were emptied when the codes were looked up.
  fileprivate var generations: [SIMD2<Int>]
  fileprivate static let unknown: Int32 = -2

  package init(_ schema: ColumnSchema) {
    codes = schema.columns.map { _ in [] }
    generations = schema.columns.map { _ in SIMD2(0, 0) }
  }
}

extension ColumnBatch {
  /// Appends rows of another batch of the same type. Returns how many were taken: fewer than given when this batch is
  /// full, or a dictionary is (then there is still `room`).
  package mutating func append(
    _ rows: Range<Int>, from other: borrowing ColumnBatch, _ known: inout ColumnCodes
  ) -> Int {
    precondition(other.schema.type == schema.type && rows.lowerBound >= 0 && rows.upperBound <= other.rowCount)
    var count = min(rows.count, room)
    for (i, column) in schema.columns.enumerated() where column.type == .symbol || column.type == .text {
      guard let mine = dictionary(i), let theirs = other.dictionary(i) else { continue }
      let generation = SIMD2(mine.generation, theirs.generation)
      if known.generations[i] != generation {
        known.generations[i] = generation
        known.codes[i].removeAll(keepingCapacity: true)
      }
      let missing = theirs.count - known.codes[i].count
      if missing > 0 { known.codes[i].append(contentsOf: repeatElement(ColumnCodes.unknown, count: missing)) }
      let from = unsafe other.values(i).assumingMemoryBound(to: Int32.self) + rows.lowerBound
      let to = unsafe self.column(i).assumingMemoryBound(to: Int32.self)
      count = unsafe Self.translate(from, count, to, mine, theirs, &known.codes[i])
    }
    for (i, column) in schema.columns.enumerated() where column.type != .symbol && column.type != .text {
      let width = column.type.width
      unsafe self.column(i).copyMemory(from: other.values(i) + rows.lowerBound * width, byteCount: count * width)
    }
    commit(rows: count)
    return count
  }

  /// Stops where the dictionary has no room.
  private static func translate(
    _ from: UnsafePointer<Int32>, _ count: Int, _ to: UnsafeMutablePointer<Int32>, _ mine: TextDictionary,
    _ theirs: TextDictionary, _ known: inout [Int32]
  ) -> Int {
    for row in 0..<count {
      let code = unsafe from[row]
      if code < 0 {
        unsafe to[row] = code
        continue
      }
      var translated = known[Int(code)]
      if translated == ColumnCodes.unknown {
        guard let new = unsafe mine.code(of: theirs.bytes(code)) else { return row }
        translated = new
        known[Int(code)] = new
      }
      unsafe to[row] = translated
    }
    return count
  }
}

extension ColumnBatch {
  /// Forgets the rows, and the texts where there are many.
  package mutating func removeAllAndManyTexts() {
    let many = schema.columns.indices.contains { i in
      dictionary(i).map { $0.count > ColumnBatch.manyTexts || $0.byteCount > ColumnBatch.manyTextBytes } ?? false
    }
    if many { removeAllAndTexts() } else { removeAll() }
  }

  private static var manyTexts: Int { 1 << 18 }
  private static var manyTextBytes: Int { 16 << 20 }

  /// Changes when texts were forgotten: what was known of their codes means nothing any more.
  package var textGeneration: Int { schema.columns.indices.reduce(0) { $0 + (dictionary($1)?.generation ?? 0) } }
}
