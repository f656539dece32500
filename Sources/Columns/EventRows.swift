package import Market

/// Rows of batches back as events, texts by ids of a text table. What a code of a dictionary stands for in the table is
/// looked up once.
package struct EventRows: ~Copyable {
  private var texts: [TextWords]
  private let schema: ColumnSchema

  /// Words of `Text` by the codes of one column.
  private struct TextWords {
    var words: [UInt64] = []
    /// Stands for a code that was not looked up yet: no `Text` has it.
    static let unknown: UInt64 = 0xFE << 56
  }

  package init(_ type: EventType) {
    schema = ColumnSchema.of(type)
    texts = schema.columns.map { _ in TextWords() }
  }

  /// Forgets what codes stand for: call when a dictionary or the table has become another.
  package mutating func removeAll() {
    for i in texts.indices { texts[i].words.removeAll(keepingCapacity: true) }
  }

  /// Appends rows as events, as many as there is room for; returns how many.
  /// - Throws: `textTableFull`; no event is left then.
  package mutating func append(
    _ rows: Range<Int>, from columns: borrowing ColumnBatch, into batch: inout EventBatch, _ table: inout TextTable
  ) throws(ColumnsError) -> Int {
    precondition(rows.lowerBound >= 0 && rows.upperBound <= columns.rowCount && columns.schema.type == schema.type)
    let stride = schema.type.recordCount * EventRecord.byteCount
    let first = unsafe batch.room.base
    let mark = batch.mark
    var count = 0
    while count < rows.count, unsafe batch.append(schema.type) != nil { count += 1 }
    do throws(ColumnsError) {
      for (i, column) in schema.columns.enumerated() {
        let from = unsafe columns.values(i) + rows.lowerBound * column.type.width
        let to = unsafe first + column.offset
        switch column.type {
        case .double, .int64, .timestampMillis, .timestampNanos: unsafe scatter(from, count, to, stride, UInt64.self)
        case .int32: unsafe scatter(from, count, to, stride, UInt32.self)
        case .char: unsafe scatter(from, count, to, stride, UInt16.self)
        case .flags, .bool, .code: unsafe scatter(from, count, to, stride, UInt8.self)
        case .symbol, .text:
          guard let dictionary = columns.dictionary(i) else { continue }
          let codes = unsafe UnsafeBufferPointer(start: from.assumingMemoryBound(to: Int32.self), count: count)
          unsafe try scatterTexts(codes, i, dictionary, to, stride, &table)
        }
      }
    } catch {
      batch.rollBack(to: mark)
      throw error
    }
    return count
  }

  private func scatter<T: BitwiseCopyable>(
    _ from: UnsafeRawPointer, _ count: Int, _ to: UnsafeMutableRawPointer, _ stride: Int, _: T.Type
  ) {
    let values = unsafe from.assumingMemoryBound(to: T.self)
    for i in 0..<count { unsafe to.storeBytes(of: values[i], toByteOffset: i &* stride, as: T.self) }
  }

  private mutating func scatterTexts(
    _ codes: UnsafeBufferPointer<Int32>, _ column: Int, _ dictionary: TextDictionary, _ to: UnsafeMutableRawPointer,
    _ stride: Int, _ table: inout TextTable
  ) throws(ColumnsError) {
    let isSymbol = schema.columns[column].type == .symbol
    if texts[column].words.count < dictionary.count {
      let missing = dictionary.count - texts[column].words.count
      texts[column].words.append(contentsOf: repeatElement(TextWords.unknown, count: missing))
    }
    for i in codes.indices {
      let code = unsafe codes[i]
      if code == Column.nullText {
        unsafe to.storeBytes(of: Text.null, toByteOffset: i * stride, as: Text.self)
        continue
      }
      var word = texts[column].words[Int(code)]
      if word == TextWords.unknown {
        guard let found = unsafe Self.word(dictionary.bytes(code), isSymbol, &table) else { throw .textTableFull }
        word = found
        texts[column].words[Int(code)] = found
      }
      if isSymbol {
        let id = TextID(rawValue: UInt32(truncatingIfNeeded: word))
        unsafe to.storeBytes(of: id, toByteOffset: i * stride, as: TextID.self)
      } else {
        unsafe to.storeBytes(of: Text(word: word), toByteOffset: i * stride, as: Text.self)
      }
    }
  }

  private static func word(_ bytes: UnsafeRawBufferPointer, _ isSymbol: Bool, _ table: inout TextTable) -> UInt64? {
    if !isSymbol && bytes.count <= Text.inlineLimit { return unsafe Text(inline: bytes).word }
    guard let id = unsafe table.intern(bytes) else { return nil }
    return isSymbol ? UInt64(id.rawValue) : Text(id: id).word
  }
}
