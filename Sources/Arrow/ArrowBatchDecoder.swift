import Columns
import Market

/// Dictionaries and record batches of a stream. What it takes is checked whole before any of it is used.
struct ArrowBatchDecoder: ~Copyable {
  /// A column of the batch that waits, in the widths of `ColumnType`, codes still those of the stream.
  private var values: [[UInt8]]
  /// Texts by number of the dictionary.
  private var dictionaries: [Int64: [[UInt8]]] = [:]
  /// Counts whole dictionaries that came, so that what was learned of older ones is forgotten.
  private var generation = 0
  /// By field: the target's codes of the stream's codes, and for which target.
  private var learned: [Learned]
  private let schema: ArrowReadSchema
  private let columns: ColumnSchema
  private let maximumRows: Int
  private(set) var rowCount = 0
  private var taken = 0

  private struct Learned {
    var codes: [Int32] = []
    var generation = -1
    /// Kept, so that no other can take its place in memory.
    var target: TextDictionary?
    var targetGeneration = -1
  }

  init(_ schema: ArrowReadSchema, maximumRows: Int) {
    self.schema = schema
    self.maximumRows = maximumRows
    columns = ColumnSchema.of(schema.type)
    values = schema.fields.map { _ in [] }
    learned = schema.fields.map { _ in Learned() }
  }

  var hasRows: Bool { taken < rowCount }

  // MARK: buffers

  /// The nodes and buffers of a batch.
  private struct Layout {
    var rows = 0
    var nodes: [(count: Int, nulls: Int)] = []
    /// In the body.
    var buffers: [Range<Int>] = []
    var isCompressed = false
  }

  private func layout(_ batch: FlatTable, _ bodyBytes: Int) throws(ArrowFault) -> Layout {
    var layout = Layout()
    do throws(FlatReader.Damage) {
      let rows = try batch.number(0, Int64.self)
      guard rows >= 0, rows <= Int64(maximumRows) else {
        throw FlatReader.Damage(what: "\(rows) rows, where at most \(maximumRows) are read")
      }
      layout.rows = Int(rows)
      let nodes = try batch.vector(1, elementBytes: 16)
      for i in 0..<nodes.count {
        let (count, nulls) = (
          try batch.reader.load(nodes.first + 16 * i, Int64.self),
          try batch.reader.load(nodes.first + 16 * i + 8, Int64.self)
        )
        guard count == rows, nulls >= 0, nulls <= count else { throw FlatReader.Damage(what: "a column's length") }
        layout.nodes.append((Int(count), Int(nulls)))
      }
      let buffers = try batch.vector(2, elementBytes: 16)
      for i in 0..<buffers.count {
        let (offset, count) = (
          try batch.reader.load(buffers.first + 16 * i, Int64.self),
          try batch.reader.load(buffers.first + 16 * i + 8, Int64.self)
        )
        guard offset >= 0, count >= 0, count == 0 || (offset <= bodyBytes && count <= Int64(bodyBytes) - offset) else {
          throw FlatReader.Damage(what: "a buffer outside of its message")
        }
        let start = count == 0 ? 0 : Int(offset)
        layout.buffers.append(start..<start + Int(count))
      }
      if let compression = try batch.table(3) {
        guard try compression.number(0, UInt8.self) == ArrowNumber.codecLZ4 else {
          throw FlatReader.Damage(what: "another compression than LZ4", isForeign: true)
        }
        layout.isCompressed = true
      }
    } catch {
      throw error.isForeign ? .unsupported(error.what) : .damage(error.what)
    }
    return layout
  }

  /// A buffer's contents, of which the first `bytes` are wanted.
  private func contents(
    _ layout: Layout, _ i: Int, _ body: UnsafeRawBufferPointer, bytes: Int
  ) throws(ArrowFault) -> [UInt8] {
    let raw = unsafe UnsafeRawBufferPointer(rebasing: body[layout.buffers[i]])
    guard layout.isCompressed, raw.count > 0 else {
      guard raw.count >= bytes else { throw .damage("a buffer that is too short") }
      return unsafe [UInt8](raw[..<bytes])
    }
    guard raw.count >= 8 else { throw .damage("a compressed buffer without its length") }
    let length = unsafe Int64(littleEndian: raw.loadUnaligned(as: Int64.self))
    let rest = unsafe UnsafeRawBufferPointer(rebasing: raw[8...])
    if length == -1 {
      guard rest.count >= bytes else { throw .damage("a buffer that is too short") }
      return unsafe [UInt8](rest[..<bytes])
    }
    // Padding to 64 bytes is allowed.
    guard length >= Int64(bytes), length <= Int64(bytes) + 64 else { throw .damage("a compressed buffer's length") }
    var out = [UInt8](repeating: 0, count: Int(length))
    let isWhole = unsafe out.withUnsafeMutableBytes { o in unsafe LZ4Frame.decompress(rest, into: o) }
    guard isWhole else { throw .damage("a compressed buffer") }
    out.removeLast(out.count - bytes)
    return out
  }

  // MARK: dictionaries

  mutating func takeDictionary(_ table: FlatTable, _ body: UnsafeRawBufferPointer) throws(ArrowFault) {
    let id: Int64
    let isDelta: Bool
    let batch: FlatTable
    do throws(FlatReader.Damage) {
      id = try table.number(0)
      isDelta = try table.number(2, UInt8.self) != 0
      guard let data = try table.table(1) else { throw FlatReader.Damage(what: "a dictionary without contents") }
      batch = data
    } catch { throw .damage(error.what) }
    guard schema.fields.contains(where: { $0.dictionary == id }) else { throw .damage("a dictionary of no column") }
    let layout = try layout(batch, body.count)
    guard layout.nodes.count == 1, layout.buffers.count == 3, layout.nodes[0].nulls == 0 else {
      throw .damage("a dictionary that is not one of texts without null")
    }
    let count = layout.rows
    var texts = isDelta ? dictionaries.removeValue(forKey: id) ?? [] : []
    if count > 0 {
      let offsets = unsafe try contents(layout, 1, body, bytes: 4 * (count + 1))
      let ends = unsafe offsets.withUnsafeBytes { b in
        (0...count).map { i in unsafe Int(Int32(littleEndian: b.loadUnaligned(fromByteOffset: 4 * i, as: Int32.self))) }
      }
      for i in 0..<count where ends[i] < 0 || ends[i + 1] < ends[i] { throw .damage("texts that overlap") }
      let bytes = unsafe try contents(layout, 2, body, bytes: ends[count])
      for i in 0..<count { texts.append(Array(bytes[ends[i]..<ends[i + 1]])) }
    }
    guard texts.count <= Int(Int32.max) else { throw .damage("more texts than codes") }
    dictionaries[id] = texts
    if !isDelta { generation += 1 }
    try checkTexts(id, texts)
  }

  /// Texts of names and characters must be such; all must be UTF-8.
  private func checkTexts(_ id: Int64, _ texts: [[UInt8]]) throws(ArrowFault) {
    for text in texts where String(validating: text, as: UTF8.self) == nil { throw .damage("a text that is no UTF-8") }
    for field in schema.fields where field.dictionary == id && field.type == .char {
      for text in texts {
        guard unsafe text.withUnsafeBytes({ b in unsafe CharDictionary.unit(of: b) }) != nil else {
          throw .columns("\(columns.columns[field.column].name) has a text that is no character")
        }
      }
    }
  }

  // MARK: record batches

  mutating func takeBatch(_ batch: FlatTable, _ body: UnsafeRawBufferPointer) throws(ArrowFault) {
    let layout = try layout(batch, body.count)
    rowCount = 0
    taken = 0
    let count = layout.rows
    guard layout.nodes.count == schema.fields.count, layout.buffers.count == 2 * schema.fields.count else {
      throw .damage("another number of columns than the schema's")
    }
    for (i, field) in schema.fields.enumerated() {
      let nulls = layout.nodes[i].nulls
      if nulls > 0 && !field.type.isNullable {
        throw .columns("\(columns.columns[field.column].name) has nulls")
      }
      let validity = nulls == 0 ? nil : unsafe try contents(layout, 2 * i, body, bytes: (count + 7) / 8)
      let width = ArrowSchema.hasDictionary(field.type) ? ArrowSchema.indexWidth(field.type) : field.type.width
      let bytes = field.type == .bool ? (count + 7) / 8 : count * width
      var read = unsafe try contents(layout, 2 * i + 1, body, bytes: bytes)
      if field.type == .bool { read = unpack(read, count) }
      try setNulls(&read, width, validity, count)
      if let id = field.dictionary { try checkCodes(read, field, width, dictionaries[id]?.count ?? 0, count) }
      values[i] = read
    }
    rowCount = count
  }

  private func unpack(_ bits: [UInt8], _ count: Int) -> [UInt8] {
    (0..<count).map { bits[$0 / 8] >> UInt8($0 % 8) & 1 }
  }

  /// All bits set stand for null in the widths of both types that have it.
  private func setNulls(_ read: inout [UInt8], _ width: Int, _ validity: [UInt8]?, _ count: Int) throws(ArrowFault) {
    guard let validity else { return }
    for i in 0..<count where validity[i / 8] >> UInt8(i % 8) & 1 == 0 {
      for byte in i * width..<(i + 1) * width { read[byte] = 0xFF }
    }
  }

  private func checkCodes(
    _ read: [UInt8], _ field: ArrowReadSchema.Field, _ width: Int, _ texts: Int, _ count: Int
  ) throws(ArrowFault) {
    let isInside = unsafe read.withUnsafeBytes { b in
      var worst: UInt32 = 0
      let areNull = unsafe b.allSatisfy { $0 == 0xFF }
      for i in 0..<count {
        let code: UInt32
        switch width {
        case 1: code = unsafe b[i] == 0xFF ? 0xFFFF_FFFF : UInt32(b[i])
        case 2: code = unsafe UInt32(b.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self))
        default: code = unsafe b.loadUnaligned(fromByteOffset: 4 * i, as: UInt32.self)
        }
        // A null, where there may be one.
        if code == 0xFFFF_FFFF && field.type.isNullable { continue }
        worst = max(worst, code)
      }
      return count == 0 || worst < UInt32(texts) || (texts == 0 && worst == 0 && areNull)
    }
    guard isInside else { throw .damage("a code that its dictionary does not have") }
  }

  // MARK: rows

  /// Appends rows to columns; gives the name of a column whose dictionary is full, nil when all is well.
  mutating func read(into target: inout ColumnBatch) -> String? {
    let count = min(rowCount - taken, target.room)
    if count == 0 { return nil }
    for (i, column) in columns.columns.enumerated() {
      guard let field = schema.fields.firstIndex(where: { $0.column == i }) else {
        target.fillDefault(i, rows: count)
        continue
      }
      let to = unsafe target.column(i)
      switch column.type {
      case .symbol, .text:
        guard let dictionary = target.dictionary(i) else { continue }
        guard unsafe readTexts(field, count, dictionary, to.assumingMemoryBound(to: Int32.self)) else {
          return column.name
        }
      case .char: unsafe readChars(field, count, to.assumingMemoryBound(to: UInt16.self))
      case .code: unsafe readCodes(field, count, column.names, to.assumingMemoryBound(to: UInt8.self))
      default:
        let width = column.type.width
        unsafe values[field].withUnsafeBytes { b in
          unsafe to.copyMemory(from: b.baseAddress! + taken * width, byteCount: count * width)
        }
      }
    }
    target.commit(rows: count)
    taken += count
    return nil
  }

  private mutating func readTexts(
    _ field: Int, _ count: Int, _ dictionary: TextDictionary, _ to: UnsafeMutablePointer<Int32>
  ) -> Bool {
    let texts = dictionaries[schema.fields[field].dictionary ?? -1] ?? []
    var known = learned[field]
    let isKnown =
      known.generation == generation && known.target === dictionary
      && known.targetGeneration == dictionary.generation
    if !isKnown {
      known = Learned(
        codes: [], generation: generation, target: dictionary, targetGeneration: dictionary.generation)
    }
    while known.codes.count < texts.count { known.codes.append(-1) }
    defer { learned[field] = known }
    for i in 0..<count {
      let code = Int(number(field, taken + i, Int32.self))
      if code < 0 {
        unsafe to[i] = Column.nullText
        continue
      }
      if known.codes[code] < 0 {
        guard let new = unsafe texts[code].withUnsafeBytes({ b in unsafe dictionary.code(of: b) }) else { return false }
        known.codes[code] = new
      }
      unsafe to[i] = known.codes[code]
    }
    return true
  }

  private func readChars(_ field: Int, _ count: Int, _ to: UnsafeMutablePointer<UInt16>) {
    let texts = dictionaries[schema.fields[field].dictionary ?? -1] ?? []
    let units = texts.map { text in unsafe text.withUnsafeBytes { b in unsafe CharDictionary.unit(of: b) ?? 0 } }
    for i in 0..<count { unsafe to[i] = units[Int(number(field, taken + i, UInt16.self))] }
  }

  /// Codes of names, which may stand in another order here.
  private func readCodes(_ field: Int, _ count: Int, _ names: [String], _ to: UnsafeMutablePointer<UInt8>) {
    let texts = dictionaries[schema.fields[field].dictionary ?? -1] ?? []
    let codes = texts.map { text in
      names.firstIndex(of: String(decoding: text, as: UTF8.self)).map { UInt8($0) } ?? Column.nullCode
    }
    for i in 0..<count {
      let code = Int(number(field, taken + i, UInt8.self))
      unsafe to[i] = code < codes.count ? codes[code] : Column.nullCode
    }
  }

  private func number<T: FixedWidthInteger & BitwiseCopyable>(_ field: Int, _ row: Int, _: T.Type) -> T {
    unsafe values[field].withUnsafeBytes { b in
      unsafe b.loadUnaligned(fromByteOffset: row * MemoryLayout<T>.size, as: T.self)
    }
  }
}
