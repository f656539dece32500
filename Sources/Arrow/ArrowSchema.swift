import Columns
import Market

/// The metadata of messages, built once for a schema.
enum ArrowSchema {
  /// The dictionary of a column, by its position; nil for a column without.
  static func hasDictionary(_ type: ColumnType) -> Bool {
    type == .symbol || type == .text || type == .code || type == .char
  }

  /// A message of the schema.
  static func message(_ schema: ColumnSchema) -> [UInt8] {
    var flat = FlatWriter()
    let message = flat.table(
      from: FlatWriter.root,
      [.short(ArrowNumber.version), .byte(ArrowNumber.headerSchema), .reference, .long(0)])
    write(schema, from: message[2], &flat)
    return flat.bytes
  }

  static func write(_ schema: ColumnSchema, from: Int, _ flat: inout FlatWriter) {
    let table = flat.table(from: from, [.short(0), .reference, .reference])
    let fields = flat.references(from: table[1], schema.columns.count)
    pairs([(ArrowKey.eventType, schema.type.name)], from: table[2], &flat)
    for (i, column) in schema.columns.enumerated() { write(column, i, from: fields[i], &flat) }
  }

  private static func write(_ column: Column, _ position: Int, from: Int, _ flat: inout FlatWriter) {
    let dictionary = hasDictionary(column.type)
    let field = flat.table(
      from: from,
      [
        .reference, .byte(column.type.isNullable ? 1 : 0), .byte(typeNumber(column.type)), .reference,
        dictionary ? .reference : .none, .reference, column.unit == nil ? .none : .reference,
      ])
    flat.text(from: field[0], column.name)
    switch column.type {
    case .double: _ = flat.table(from: field[3], [.short(ArrowNumber.precisionDouble)])
    case .int64: integer(from: field[3], 64, true, &flat)
    case .int32: integer(from: field[3], 32, true, &flat)
    case .flags: integer(from: field[3], 8, false, &flat)
    case .timestampMillis, .timestampNanos:
      let unit = column.type == .timestampMillis ? ArrowNumber.unitMillis : ArrowNumber.unitNanos
      let timestamp = flat.table(from: field[3], [.short(unit), .reference])
      flat.text(from: timestamp[1], "UTC")
    case .bool, .code, .char, .symbol, .text: _ = flat.table(from: field[3], [])
    }
    if dictionary {
      let encoding = flat.table(from: field[4], [.long(Int64(position)), .reference])
      let width = indexWidth(column.type)
      integer(from: encoding[1], Int32(width * 8), column.type != .char, &flat)
    }
    _ = flat.references(from: field[5], 0)
    if let unit = column.unit { pairs([(ArrowKey.unit, unit)], from: field[6], &flat) }
  }

  private static func integer(from: Int, _ bits: Int32, _ isSigned: Bool, _ flat: inout FlatWriter) {
    _ = flat.table(from: from, [.int(bits), .byte(isSigned ? 1 : 0)])
  }

  private static func pairs(_ pairs: [(String, String)], from: Int, _ flat: inout FlatWriter) {
    let places = flat.references(from: from, pairs.count)
    for (i, pair) in pairs.enumerated() {
      let table = flat.table(from: places[i], [.reference, .reference])
      flat.text(from: table[0], pair.0)
      flat.text(from: table[1], pair.1)
    }
  }

  /// Of the values; a dictionary's are texts.
  static func typeNumber(_ type: ColumnType) -> UInt8 {
    switch type {
    case .double: ArrowNumber.typeFloat
    case .int64, .int32, .flags: ArrowNumber.typeInt
    case .timestampMillis, .timestampNanos: ArrowNumber.typeTimestamp
    case .bool: ArrowNumber.typeBool
    case .code, .char, .symbol, .text: ArrowNumber.typeUTF8
    }
  }

  /// Bytes of a dictionary's codes.
  static func indexWidth(_ type: ColumnType) -> Int {
    switch type {
    case .code: 1
    case .char: 2
    default: 4
    }
  }
}

/// The metadata of a record batch or a dictionary batch, of which only numbers change from one to the next.
struct BatchTemplate {
  /// A flatbuffer.
  let bytes: [UInt8]
  /// Where the numbers stand.
  let bodyLength: Int
  let rowCount: Int
  let isDelta: Int
  /// Each 16 bytes: length and nulls of a column.
  let nodes: [Int]
  /// Each 16 bytes: offset in the body and length.
  let buffers: [Int]

  /// Of a record batch with `nodes` columns of `buffers` buffers altogether.
  init(nodes: Int, buffers: Int, isCompressed: Bool) {
    var flat = FlatWriter()
    let message = flat.table(
      from: FlatWriter.root,
      [.short(ArrowNumber.version), .byte(ArrowNumber.headerRecordBatch), .reference, .long(0)])
    let batch = Self.batch(from: message[2], nodes, buffers, isCompressed, &flat)
    self.init(flat.bytes, message[3], 0, batch)
  }

  /// Of a batch of a dictionary of texts.
  init(dictionary: Int) {
    var flat = FlatWriter()
    let message = flat.table(
      from: FlatWriter.root,
      [.short(ArrowNumber.version), .byte(ArrowNumber.headerDictionary), .reference, .long(0)])
    let table = flat.table(from: message[2], [.long(Int64(dictionary)), .reference, .byte(0)])
    let batch = Self.batch(from: table[1], 1, 3, false, &flat)
    self.init(flat.bytes, message[3], table[2], batch)
  }

  private typealias Places = (rowCount: Int, nodes: [Int], buffers: [Int])

  private init(_ bytes: [UInt8], _ bodyLength: Int, _ isDelta: Int, _ batch: Places) {
    self.bytes = bytes
    self.bodyLength = bodyLength
    self.isDelta = isDelta
    rowCount = batch.rowCount
    nodes = batch.nodes
    buffers = batch.buffers
  }

  private static func batch(
    from: Int, _ nodes: Int, _ buffers: Int, _ isCompressed: Bool, _ flat: inout FlatWriter
  ) -> Places {
    let table = flat.table(from: from, [.long(0), .reference, .reference, isCompressed ? .reference : .none])
    let nodePlaces = flat.vector(from: table[1], nodes, elementBytes: 16, alignment: 8)
    let bufferPlaces = flat.vector(from: table[2], buffers, elementBytes: 16, alignment: 8)
    if isCompressed { _ = flat.table(from: table[3], [.byte(ArrowNumber.codecLZ4), .byte(0)]) }
    return (table[0], nodePlaces, bufferPlaces)
  }
}
