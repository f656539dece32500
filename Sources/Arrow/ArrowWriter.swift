package import Bytes
package import Columns

/// Batches of one event type as an Arrow stream or file. Appends to a buffer that the caller empties into its file.
///
///     var writer = ArrowWriter(schema, form: .file, compression: .runs)
///     writer.begin(&out)
///     writer.append(batch, to: &out)      // again and again, the batch emptied between
///     writer.finish(batch, to: &out)
///
/// The batch's dictionaries must grow only, from the beginning to the end.
package struct ArrowWriter: ~Copyable {
  package enum Form: Sendable { case stream, file }
  package enum Compression: Sendable {
    case none
    /// Buffers of runs become LZ4 frames.
    case runs
  }

  /// Where a message lies, for the footer.
  private struct Block {
    let position: Int
    let metadataBytes: Int
    let bodyBytes: Int
  }

  /// What of a column's dictionary was written.
  private struct Dictionary {
    let template: BatchTemplate
    var written = 0
    var block: Block?
    var isWritten = false
    var hasDeltas = false
  }

  private let schema: ColumnSchema
  private let form: Form
  private let compression: Compression
  private let template: BatchTemplate
  private var dictionaries: [Dictionary?]
  private let chars: [CharDictionary?]
  private var batches: [Block] = []
  private let scratch = ColumnScratch()
  /// Bytes since the beginning.
  package private(set) var position = 0

  package init(_ schema: ColumnSchema, form: Form, compression: Compression) {
    self.schema = schema
    self.form = form
    self.compression = compression
    template = BatchTemplate(
      nodes: schema.columns.count, buffers: 2 * schema.columns.count, isCompressed: compression != .none)
    dictionaries = schema.columns.enumerated().map { i, column in
      ArrowSchema.hasDictionary(column.type) ? Dictionary(template: BatchTemplate(dictionary: i)) : nil
    }
    chars = schema.columns.map { $0.type == .char ? CharDictionary() : nil }
  }

  /// Appends what stands before the first batch.
  package mutating func begin(to out: inout ByteWriter) {
    if form == .file {
      out.append(ArrowFrame.magic)
      out.append(raw: UInt16(0))
      position += ArrowFrame.magicBytes
    }
    let start = out.count
    _ = beginMessage(ArrowSchema.message(schema), to: &out)
    position += out.count - start
    for (i, column) in schema.columns.enumerated() where column.type == .code {
      appendDictionary(i, column.names.map { Array($0.utf8) }, isDelta: false, to: &out)
    }
  }

  /// Appends the rows of a batch, and before them the texts that are new.
  package mutating func append(_ columns: borrowing ColumnBatch, to out: inout ByteWriter) {
    precondition(columns.schema.type == schema.type)
    let count = columns.rowCount
    if count == 0 { return }
    appendNewTexts(columns, to: &out)
    let start = out.count
    let metadata = beginMessage(template.bytes, to: &out)
    let body = out.count
    for (i, column) in schema.columns.enumerated() {
      var nulls = 0
      let (validity, values) = (metadata + template.buffers[2 * i], metadata + template.buffers[2 * i + 1])
      switch column.type {
      case .text: nulls = unsafe appendTexts(columns.values(i), count, body, validity, values, &out)
      case .code: nulls = unsafe appendCodes(columns.values(i), count, body, validity, values, &out)
      default:
        markEmpty(validity, body, &out)
        unsafe appendValues(columns.values(i), i, count, body, values, &out)
      }
      out.overwrite(at: metadata + template.nodes[i], raw: Int64(count))
      out.overwrite(at: metadata + template.nodes[i] + 8, raw: Int64(nulls))
    }
    align(&out, body)
    out.overwrite(at: metadata + template.rowCount, raw: Int64(count))
    out.overwrite(at: metadata + template.bodyLength, raw: Int64(out.count - body))
    if form == .file {
      batches.append(Block(position: position, metadataBytes: body - start, bodyBytes: out.count - body))
    }
    position += out.count - start
  }

  /// Appends what stands behind the last batch.
  package mutating func finish(_ columns: borrowing ColumnBatch, to out: inout ByteWriter) {
    appendNewTexts(columns, to: &out)
    if form == .file {
      for (i, column) in schema.columns.enumerated() where dictionaries[i]?.hasDeltas == true {
        dictionaries[i]?.written = 0
        appendTexts(of: i, column.type, columns, isDelta: false, to: &out)
      }
    }
    out.append(raw: ArrowFrame.continuation)
    out.append(raw: UInt32(0))
    position += ArrowFrame.prefixBytes
    if form == .file { appendFooter(to: &out) }
  }

  private func appendFooter(to out: inout ByteWriter) {
    var flat = FlatWriter()
    let table = flat.table(
      from: FlatWriter.root, [.short(ArrowNumber.version), .reference, .reference, .reference])
    ArrowSchema.write(schema, from: table[1], &flat)
    Self.write(dictionaries.compactMap { $0?.block }, from: table[2], &flat)
    Self.write(batches, from: table[3], &flat)
    let footer = flat.bytes
    out.append(footer)
    out.append(raw: UInt32(footer.count))
    out.append(ArrowFrame.magic)
  }

  private static func write(_ blocks: [Block], from: Int, _ flat: inout FlatWriter) {
    let places = flat.vector(from: from, blocks.count, elementBytes: 24, alignment: 8)
    for (block, place) in zip(blocks, places) {
      flat.set(place, Int64(block.position))
      flat.set(place + 8, Int32(block.metadataBytes))
      flat.set(place + 16, Int64(block.bodyBytes))
    }
  }

  // MARK: messages

  /// Appends prefix and metadata, so that the body begins at a multiple of 64 bytes; returns where the metadata lies.
  private func beginMessage(_ metadata: [UInt8], to out: inout ByteWriter) -> Int {
    let end = ArrowFrame.padded(position + ArrowFrame.prefixBytes + metadata.count)
    let length = end - position - ArrowFrame.prefixBytes
    out.append(raw: ArrowFrame.continuation)
    out.append(raw: UInt32(length))
    let start = out.count
    out.append(metadata)
    Self.pad(&out, to: start + length)
    return start
  }

  private static func pad(_ out: inout ByteWriter, to count: Int) {
    let missing = count - out.count
    if missing <= 0 { return }
    unsafe out.appendUnsafe(room: missing) { p in
      unsafe p.update(repeating: 0, count: missing)
      return missing
    }
  }

  /// To a multiple of 64 behind the body's start, plus `extra`.
  private func align(_ out: inout ByteWriter, _ body: Int, extra: Int = 0) {
    Self.pad(&out, to: body + ArrowFrame.padded(out.count - body - extra) + extra)
  }

  /// Notes that a buffer lies from `start` to here.
  private func mark(_ place: Int, _ body: Int, from start: Int, out: inout ByteWriter) {
    out.overwrite(at: place, raw: Int64(start - body))
    out.overwrite(at: place + 8, raw: Int64(out.count - start))
  }

  /// Notes a buffer without bytes; readers want its offset to be a multiple of 8 all the same.
  private func markEmpty(_ place: Int, _ body: Int, _ out: inout ByteWriter) {
    out.overwrite(at: place, raw: Int64((out.count - body + 7) / 8 * 8))
    out.overwrite(at: place + 8, raw: Int64(0))
  }

  // MARK: columns

  /// Appends a buffer that stays as it is, by `write`, which gets room for `bytes`.
  private func appendPlain(
    _ bytes: Int, _ body: Int, _ place: Int, _ out: inout ByteWriter, _ write: (UnsafeMutableRawPointer) -> Void
  ) {
    let prefix = compression == .none ? 0 : 8
    align(&out, body, extra: prefix == 0 ? 0 : ArrowFrame.alignment - prefix)
    let start = out.count
    // Not compressed.
    if prefix > 0 { out.append(raw: Int64(-1)) }
    unsafe out.appendUnsafe(room: bytes + ColumnBatch.slackBytes) { p in
      unsafe write(UnsafeMutableRawPointer(p))
      return bytes
    }
    mark(place, body, from: start, out: &out)
  }

  /// Appends values as runs where that pays, else as they are.
  private func appendNumbers<T: FixedWidthInteger & BitwiseCopyable>(
    _ values: UnsafePointer<T>, _ count: Int, _ body: Int, _ place: Int, _ out: inout ByteWriter
  ) {
    let bytes = count * MemoryLayout<T>.size
    if compression == .runs {
      align(&out, body)
      let start = out.count
      out.append(raw: Int64(bytes))
      if unsafe RunFrame.append(values, count, to: &out) { return mark(place, body, from: start, out: &out) }
      out.truncate(to: start)
    }
    unsafe appendPlain(bytes, body, place, &out) { to in unsafe to.copyMemory(from: values, byteCount: bytes) }
  }

  /// The values of a column that has no null.
  private func appendValues(
    _ values: UnsafeRawPointer, _ i: Int, _ count: Int, _ body: Int, _ place: Int, _ out: inout ByteWriter
  ) {
    switch schema.columns[i].type {
    case .double, .int64, .timestampMillis, .timestampNanos:
      unsafe appendNumbers(values.assumingMemoryBound(to: UInt64.self), count, body, place, &out)
    case .int32, .symbol: unsafe appendNumbers(values.assumingMemoryBound(to: UInt32.self), count, body, place, &out)
    case .flags: unsafe appendNumbers(values.assumingMemoryBound(to: UInt8.self), count, body, place, &out)
    case .bool:
      unsafe appendPlain((count + 7) / 8, body, place, &out) { to in unsafe Bits.pack(values, count, to) }
    case .char:
      let codes = unsafe scratch.room(count, of: UInt16.self)
      unsafe chars[i]?.codes(values.assumingMemoryBound(to: UInt16.self), count, codes)
      unsafe appendNumbers(UnsafePointer(codes), count, body, place, &out)
    case .text, .code: break
    }
  }

  /// Codes of texts, and a validity bitmap if one is null; returns how many are.
  private func appendTexts(
    _ values: UnsafeRawPointer, _ count: Int, _ body: Int, _ validity: Int, _ place: Int, _ out: inout ByteWriter
  ) -> Int {
    let codes = unsafe values.assumingMemoryBound(to: Int32.self)
    var nulls = 0
    for i in 0..<count { unsafe nulls &+= codes[i] < 0 ? 1 : 0 }
    if nulls == 0 {
      markEmpty(validity, body, &out)
      unsafe appendNumbers(codes, count, body, place, &out)
      return 0
    }
    unsafe appendPlain((count + 7) / 8, body, validity, &out) { to in
      unsafe Bits.fill(count, to) { i in unsafe codes[i] >= 0 }
    }
    let known = unsafe scratch.room(count, of: Int32.self)
    for i in 0..<count { unsafe known[i] = max(codes[i], 0) }
    unsafe appendNumbers(UnsafePointer(known), count, body, place, &out)
    return nulls
  }

  /// Codes of names, and a validity bitmap if one is null; returns how many are.
  private func appendCodes(
    _ values: UnsafeRawPointer, _ count: Int, _ body: Int, _ validity: Int, _ place: Int, _ out: inout ByteWriter
  ) -> Int {
    let codes = unsafe values.assumingMemoryBound(to: UInt8.self)
    var nulls = 0
    for i in 0..<count { unsafe nulls &+= codes[i] == Column.nullCode ? 1 : 0 }
    if nulls == 0 {
      markEmpty(validity, body, &out)
      unsafe appendNumbers(codes, count, body, place, &out)
      return 0
    }
    unsafe appendPlain((count + 7) / 8, body, validity, &out) { to in
      unsafe Bits.fill(count, to) { i in unsafe codes[i] != Column.nullCode }
    }
    let known = unsafe scratch.room(count, of: UInt8.self)
    for i in 0..<count { unsafe known[i] = codes[i] == Column.nullCode ? 0 : codes[i] }
    unsafe appendNumbers(UnsafePointer(known), count, body, place, &out)
    return nulls
  }

  // MARK: dictionaries

  /// Texts that came since the last batch.
  private mutating func appendNewTexts(_ columns: borrowing ColumnBatch, to out: inout ByteWriter) {
    for (i, column) in schema.columns.enumerated() where dictionaries[i] != nil && column.type != .code {
      if column.type == .char, let chars = chars[i] {
        // The characters of this batch stand in front of it.
        unsafe chars.add(columns.values(i).assumingMemoryBound(to: UInt16.self), columns.rowCount)
      }
      let isFirst = dictionaries[i]?.isWritten == false
      let count = columns.dictionary(i)?.count ?? chars[i]?.count ?? 0
      if isFirst || dictionaries[i]!.written < count {
        appendTexts(of: i, column.type, columns, isDelta: !isFirst, to: &out)
      }
    }
  }

  private mutating func appendTexts(
    of i: Int, _ type: ColumnType, _ columns: borrowing ColumnBatch, isDelta: Bool, to out: inout ByteWriter
  ) {
    var texts: [[UInt8]] = []
    let written = dictionaries[i]?.written ?? 0
    if let dictionary = columns.dictionary(i) {
      texts = (written..<dictionary.count).map { code in unsafe [UInt8](dictionary.bytes(Int32(code))) }
    } else if let chars = chars[i] {
      texts = (written..<chars.count).map { chars.text($0) }
    }
    appendDictionary(i, texts, isDelta: isDelta, to: &out)
  }

  private mutating func appendDictionary(_ i: Int, _ texts: [[UInt8]], isDelta: Bool, to out: inout ByteWriter) {
    guard let template = dictionaries[i]?.template else { return }
    let start = out.count
    let metadata = beginMessage(template.bytes, to: &out)
    let body = out.count
    mark(metadata + template.buffers[0], body, from: out.count, out: &out)
    var end: Int32 = 0
    out.append(raw: end)
    for text in texts {
      end += Int32(text.count)
      out.append(raw: end)
    }
    mark(metadata + template.buffers[1], body, from: body, out: &out)
    align(&out, body)
    let first = out.count
    for text in texts { out.append(text) }
    mark(metadata + template.buffers[2], body, from: first, out: &out)
    align(&out, body)
    out.overwrite(at: metadata + template.nodes[0], raw: Int64(texts.count))
    out.overwrite(at: metadata + template.rowCount, raw: Int64(texts.count))
    out.overwrite(at: metadata + template.isDelta, raw: UInt8(isDelta ? 1 : 0))
    out.overwrite(at: metadata + template.bodyLength, raw: Int64(out.count - body))
    dictionaries[i]?.written += texts.count
    dictionaries[i]?.isWritten = true
    if isDelta {
      dictionaries[i]?.hasDeltas = true
    } else {
      dictionaries[i]?.block = Block(position: position, metadataBytes: body - start, bodyBytes: out.count - body)
    }
    position += out.count - start
  }
}

/// Bitmaps, the first value in the lowest bit.
enum Bits {
  /// Of bytes that are 0 or 1; eight bytes behind them may be read, and one behind the bitmap written.
  static func pack(_ values: UnsafeRawPointer, _ count: Int, _ to: UnsafeMutableRawPointer) {
    for i in 0..<(count + 7) / 8 {
      var word = unsafe values.loadUnaligned(fromByteOffset: 8 * i, as: UInt64.self)
      let left = count - 8 * i
      if left < 8 { word &= 1 << UInt64(8 * left) - 1 }
      // The product's highest byte gathers the lowest bits of all eight.
      let product = (word & 0x0101_0101_0101_0101) &* 0x0102_0408_1020_4080
      unsafe to.storeBytes(of: UInt8(truncatingIfNeeded: product >> 56), toByteOffset: i, as: UInt8.self)
    }
  }

  static func fill(_ count: Int, _ to: UnsafeMutableRawPointer, _ isSet: (Int) -> Bool) {
    for i in 0..<(count + 7) / 8 {
      var byte: UInt8 = 0
      for bit in 0..<min(8, count - 8 * i) where isSet(8 * i + bit) { byte |= 1 << UInt8(bit) }
      unsafe to.storeBytes(of: byte, toByteOffset: i, as: UInt8.self)
    }
  }

  static func isSet(_ bits: UnsafeRawPointer, _ i: Int) -> Bool {
    unsafe bits.load(fromByteOffset: i / 8, as: UInt8.self) >> UInt8(i % 8) & 1 == 1
  }
}
