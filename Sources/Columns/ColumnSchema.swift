package import Market

/// How a column's values stand in memory; the table stands in Columns.swift.
package enum ColumnType: UInt8, Sendable {
  case double, int64, int32, timestampMillis, timestampNanos, flags, bool, code, char, symbol, text

  /// Bytes of a value.
  package var width: Int {
    switch self {
    case .double, .int64, .timestampMillis, .timestampNanos: 8
    case .int32, .symbol, .text: 4
    case .char: 2
    case .flags, .bool, .code: 1
    }
  }

  /// Whether a value can be null.
  package var isNullable: Bool { self == .code || self == .text }
}

/// One column of an event type.
package struct Column: Sendable {
  /// The field's name on the wire.
  package let name: String
  /// A second name that others use for it.
  package let alias: String?
  package let type: ColumnType
  /// Byte offset of the field in the event.
  package let offset: Int
  /// Names of a `.code` column, by value.
  package let names: [String]
  /// What a number counts, where its type does not say it; nil where the model leaves it open.
  package let unit: String?
  /// Whether a text is JSON.
  package let isJSON: Bool

  /// A `.code` that is null.
  package static let nullCode: UInt8 = 0xFF
  /// A `.text` that is null.
  package static let nullText: Int32 = -1
}

/// The columns of an event type: the fields of its schema in their order, then `receivedNanos`.
package struct ColumnSchema: Sendable {
  package let type: EventType
  package let columns: [Column]

  package static let receivedNanosName = "receivedNanos"

  private init(_ schema: Schema) {
    type = schema.type
    let received = Column(
      name: Self.receivedNanosName, alias: nil, type: .timestampNanos, offset: EventHead.receivedOffset, names: [],
      unit: nil, isJSON: false)
    columns = schema.fields.map { Self.column($0) } + [received]
  }

  private init(_ type: EventType, _ columns: [Column]) {
    self.type = type
    self.columns = columns
  }

  /// Some of the columns, in the order of their names here; names that the schema does not have are left out.
  package func selecting(_ names: [String]) -> ColumnSchema {
    ColumnSchema(type, names.compactMap { position(of: $0) }.map { columns[$0] })
  }

  /// The columns of a type.
  package static func of(_ type: EventType) -> ColumnSchema { all[type.index] }

  private static let all = Schema.all.map { ColumnSchema($0) }

  /// The position of the column with that name or alias.
  package func position(of name: String) -> Int? {
    columns.firstIndex { $0.name == name || $0.alias == name }
  }

  private static func column(_ field: Field) -> Column {
    let type: ColumnType
    switch field.kind {
    case .symbol: type = .symbol
    case .double: type = .double
    case .int64: type = isTime(field.name) ? .timestampMillis : .int64
    case .int32: type = .int32
    case .char: type = .char
    case .bool: type = .bool
    case .code: type = .code
    case .text, .json: type = .text
    case .flags: type = .flags
    }
    return Column(
      name: field.name, alias: field.alias, type: type, offset: field.offset, names: field.codes?.names ?? [],
      unit: unit(field), isJSON: field.kind == .json)
  }

  /// Whether a 64-bit field counts milliseconds since 1970.
  private static func isTime(_ name: String) -> Bool { name == "time" || name.hasSuffix("Time") }

  private static func unit(_ field: Field) -> String? {
    guard field.kind == .int32 else { return nil }
    if field.name.hasSuffix("ayId") || field.name == "expiration" { return "days since 1970-01-01" }
    return field.name == "timeNanoPart" ? "nanoseconds within the millisecond of the time" : nil
  }
}
