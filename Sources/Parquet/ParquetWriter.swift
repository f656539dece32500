package import Bytes
package import Columns

/// Row groups of one event type as a Parquet file. Appends to a buffer that the caller empties into its file.
///
///     var writer = ParquetWriter(schema)
///     let group = ParquetRowGroup(schema, compression: Snappy())
///     writer.begin(to: &out)
///     group.append(batch)                          // again and again, the batch emptied between
///     writer.append(group, texts: batch, to: &out) // when the group is large enough; it is empty after
///     writer.finish(to: &out)
package struct ParquetWriter: ~Copyable {
  /// What the metadata tells of a chunk.
  private struct Chunk {
    var position = 0
    var dictionaryBytes = 0
    var dataBytes = 0
    var uncompressedBytes = 0
    var encodings: [ParquetEncoding: Int] = [:]
    var extremes = Extremes()
    var nullCount = 0
    var pages: [ParquetChunk.Page] = []
    var columnIndex = (position: 0, byteCount: 0)
    var offsetIndex = (position: 0, byteCount: 0)
  }

  private struct Group {
    let rowCount: Int
    let codec: ParquetCodec
    var chunks: [Chunk]
  }

  private let schema: ColumnSchema
  private var groups: [Group] = []
  /// Bytes since the beginning.
  package private(set) var position = 0
  package private(set) var rowCount = 0

  package init(_ schema: ColumnSchema) { self.schema = schema }

  package mutating func begin(to out: inout ByteWriter) {
    out.append(ParquetNumber.magic)
    position += ParquetNumber.magic.count
  }

  /// Appends a group's bytes and empties it. `texts` is the batch that it was made of.
  package mutating func append(
    _ group: ParquetRowGroup, texts columns: borrowing ColumnBatch, to out: inout ByteWriter
  ) {
    precondition(group.schema.type == schema.type)
    if group.rowCount == 0 { return }
    var chunks: [Chunk] = []
    for (i, chunk) in group.chunks.enumerated() {
      var record = Chunk()
      let start = out.count
      record.position = position
      record.dictionaryBytes = chunk.appendDictionary(columns.dictionary(i), to: &out)
      unsafe chunk.data.withBytes { b in unsafe out.append(contentsOf: b) }
      record.dataBytes = out.count - start - record.dictionaryBytes
      record.uncompressedBytes = chunk.uncompressedBytes
      record.encodings = chunk.encodings
      record.pages = chunk.pages
      for page in chunk.pages {
        record.extremes.merge(page.extremes, chunk.column.type)
        record.nullCount += page.nullCount
      }
      if Self.hidesTexts(chunk) { record.extremes = Extremes() }
      position += out.count - start
      chunks.append(record)
    }
    groups.append(Group(rowCount: group.rowCount, codec: group.codec, chunks: chunks))
    rowCount += group.rowCount
    group.removeAll()
  }

  /// Whether a page has texts that are too long to be told: those of the others are not the chunk's extremes then.
  private static func hidesTexts(_ chunk: ParquetChunk) -> Bool {
    switch chunk.column.type {
    case .symbol, .text, .code, .char:
      chunk.pages.contains { $0.extremes.low == nil && $0.nullCount < $0.rowCount }
    default: false
    }
  }

  /// Appends what stands behind the last group.
  package mutating func finish(to out: inout ByteWriter) {
    appendIndexes(to: &out)
    var thrift = ThriftWriter()
    writeMetadata(&thrift)
    let count = thrift.bytes.count
    unsafe thrift.bytes.withBytes { b in unsafe out.append(contentsOf: b) }
    out.append(raw: UInt32(count))
    out.append(ParquetNumber.magic)
    position += count + 8
  }

  // MARK: page index

  private mutating func appendIndexes(to out: inout ByteWriter) {
    var thrift = ThriftWriter()
    for g in groups.indices {
      for i in groups[g].chunks.indices {
        // A page with values of which none can be told: readers would skip it wrongly.
        let pages = groups[g].chunks[i].pages
        if pages.contains(where: { $0.extremes.low == nil && $0.nullCount < $0.rowCount }) { continue }
        Self.writeColumnIndex(pages, &thrift)
        groups[g].chunks[i].columnIndex = append(&thrift, to: &out)
      }
    }
    for g in groups.indices {
      for i in groups[g].chunks.indices {
        Self.writeOffsetIndex(groups[g].chunks[i], &thrift)
        groups[g].chunks[i].offsetIndex = append(&thrift, to: &out)
      }
    }
  }

  private mutating func append(
    _ thrift: inout ThriftWriter, to out: inout ByteWriter
  ) -> (position: Int, byteCount: Int) {
    let count = thrift.bytes.count
    unsafe thrift.bytes.withBytes { b in unsafe out.append(contentsOf: b) }
    thrift.removeAll()
    position += count
    return (position - count, count)
  }

  private static func writeColumnIndex(_ pages: [ParquetChunk.Page], _ thrift: inout ThriftWriter) {
    thrift.list(1, .yes, pages.count)
    for page in pages { thrift.element(page.nullCount == page.rowCount) }
    thrift.list(2, .text, pages.count)
    for page in pages { thrift.element(page.extremes.low ?? []) }
    thrift.list(3, .text, pages.count)
    for page in pages { thrift.element(page.extremes.high ?? []) }
    // The pages are in no order of their values that is known.
    thrift.int(4, 0)
    thrift.list(5, .long, pages.count)
    for page in pages { thrift.element(Int64(page.nullCount)) }
    thrift.endAll()
  }

  private static func writeOffsetIndex(_ chunk: Chunk, _ thrift: inout ThriftWriter) {
    thrift.list(1, .structure, chunk.pages.count)
    for page in chunk.pages {
      thrift.beginElement()
      thrift.long(1, Int64(chunk.position + chunk.dictionaryBytes + page.offset))
      thrift.int(2, Int32(page.byteCount))
      thrift.long(3, Int64(page.firstRow))
      thrift.end()
    }
    thrift.endAll()
  }

  // MARK: metadata

  private func writeMetadata(_ thrift: inout ThriftWriter) {
    // Version 2 of the format's metadata.
    thrift.int(1, 2)
    thrift.list(2, .structure, schema.columns.count + 1)
    thrift.beginElement()
    thrift.text(4, "schema")
    thrift.int(5, Int32(schema.columns.count))
    thrift.end()
    for column in schema.columns { ParquetSchema.write(column, &thrift) }
    thrift.long(3, Int64(rowCount))
    thrift.list(4, .structure, groups.count)
    for (number, group) in groups.enumerated() { write(group, number, &thrift) }
    let pairs = ParquetSchema.pairs(schema)
    thrift.list(5, .structure, pairs.count)
    for pair in pairs {
      thrift.beginElement()
      thrift.text(1, pair.key)
      thrift.text(2, pair.value)
      thrift.end()
    }
    thrift.text(6, ParquetNumber.createdBy)
    thrift.list(7, .structure, schema.columns.count)
    for _ in schema.columns {
      thrift.beginElement()
      // The order that the column's type defines.
      thrift.begin(1)
      thrift.end()
      thrift.end()
    }
    thrift.endAll()
  }

  private func write(_ group: Group, _ number: Int, _ thrift: inout ThriftWriter) {
    thrift.beginElement()
    thrift.list(1, .structure, group.chunks.count)
    for (chunk, column) in zip(group.chunks, schema.columns) { Self.write(chunk, column, group, &thrift) }
    thrift.long(2, Int64(group.chunks.reduce(0) { $0 + $1.uncompressedBytes }))
    thrift.long(3, Int64(group.rowCount))
    thrift.long(5, Int64(group.chunks.first?.position ?? 0))
    thrift.long(6, Int64(group.chunks.reduce(0) { $0 + $1.dictionaryBytes + $1.dataBytes }))
    if let ordinal = Int16(exactly: number) { thrift.short(7, ordinal) }
    thrift.end()
  }

  private static func write(_ chunk: Chunk, _ column: Column, _ group: Group, _ thrift: inout ThriftWriter) {
    thrift.beginElement()
    thrift.long(2, 0)
    thrift.begin(3)
    thrift.int(1, ParquetSchema.physicalType(column.type))
    var encodings = Set(chunk.encodings.keys.map(\.rawValue))
    if column.type.isNullable { encodings.insert(ParquetEncoding.rle.rawValue) }
    if chunk.dictionaryBytes > 0 { encodings.insert(ParquetEncoding.plain.rawValue) }
    thrift.list(2, .int, encodings.count)
    for encoding in encodings.sorted() { thrift.element(encoding) }
    thrift.list(3, .text, 1)
    thrift.element(Array(column.name.utf8))
    thrift.int(4, group.codec.rawValue)
    thrift.long(5, Int64(group.rowCount))
    thrift.long(6, Int64(chunk.uncompressedBytes))
    thrift.long(7, Int64(chunk.dictionaryBytes + chunk.dataBytes))
    thrift.long(9, Int64(chunk.position + chunk.dictionaryBytes))
    if chunk.dictionaryBytes > 0 { thrift.long(11, Int64(chunk.position)) }
    thrift.begin(12)
    thrift.long(3, Int64(chunk.nullCount))
    if let low = chunk.extremes.low, let high = chunk.extremes.high {
      thrift.text(5, high)
      thrift.text(6, low)
      thrift.bool(7, true)
      thrift.bool(8, true)
    }
    thrift.end()
    writePageCounts(chunk, &thrift)
    thrift.end()
    thrift.long(4, Int64(chunk.offsetIndex.position))
    thrift.int(5, Int32(chunk.offsetIndex.byteCount))
    if chunk.columnIndex.byteCount > 0 {
      thrift.long(6, Int64(chunk.columnIndex.position))
      thrift.int(7, Int32(chunk.columnIndex.byteCount))
    }
    thrift.end()
  }

  /// How many pages have which encoding.
  private static func writePageCounts(_ chunk: Chunk, _ thrift: inout ThriftWriter) {
    let kinds = chunk.encodings.sorted { $0.key.rawValue < $1.key.rawValue }
    thrift.list(13, .structure, kinds.count + (chunk.dictionaryBytes > 0 ? 1 : 0))
    func write(_ kind: Int32, _ encoding: ParquetEncoding, _ count: Int, _ thrift: inout ThriftWriter) {
      thrift.beginElement()
      thrift.int(1, kind)
      thrift.int(2, encoding.rawValue)
      thrift.int(3, Int32(count))
      thrift.end()
    }
    if chunk.dictionaryBytes > 0 { write(ParquetNumber.dictionaryPage, .plain, 1, &thrift) }
    for (encoding, count) in kinds { write(ParquetNumber.dataPage, encoding, count, &thrift) }
  }
}
