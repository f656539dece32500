import Columns
import Market

/// How columns are described in a file's metadata.
enum ParquetSchema {
  static func physicalType(_ type: ColumnType) -> Int32 {
    switch type {
    case .double: ParquetNumber.typeDouble
    case .int64, .timestampMillis, .timestampNanos: ParquetNumber.typeInt64
    case .int32, .flags: ParquetNumber.typeInt32
    case .bool: ParquetNumber.typeBoolean
    case .symbol, .text, .char, .code: ParquetNumber.typeByteArray
    }
  }

  /// Field 5 of the metadata.
  static func pairs(_ schema: ColumnSchema) -> [(key: String, value: String)] {
    var pairs = [(key: "quotewire.eventType", value: schema.type.name)]
    for column in schema.columns {
      if let unit = column.unit { pairs.append((key: "unit." + column.name, value: unit)) }
    }
    return pairs
  }

  /// A SchemaElement.
  static func write(_ column: Column, _ thrift: inout ThriftWriter) {
    thrift.beginElement()
    thrift.int(1, physicalType(column.type))
    thrift.int(3, column.type.isNullable ? 1 : 0)
    thrift.text(4, column.name)
    switch column.type {
    case .symbol, .text, .char, .code:
      thrift.int(6, ParquetNumber.convertedUTF8)
      thrift.begin(10)
      thrift.begin(1)
      thrift.end()
      thrift.end()
    case .timestampMillis:
      thrift.int(6, ParquetNumber.convertedTimestampMillis)
      writeTimestamp(unit: 1, &thrift)
    case .timestampNanos: writeTimestamp(unit: 3, &thrift)
    case .flags:
      thrift.int(6, ParquetNumber.convertedUInt8)
      thrift.begin(10)
      thrift.begin(10)
      thrift.byte(1, 8)
      thrift.bool(2, false)
      thrift.end()
      thrift.end()
    case .double, .int64, .int32, .bool: break
    }
    thrift.end()
  }

  private static func writeTimestamp(unit: Int16, _ thrift: inout ThriftWriter) {
    thrift.begin(10)
    thrift.begin(8)
    thrift.bool(1, true)
    thrift.begin(2)
    thrift.begin(unit)
    thrift.end()
    thrift.end()
    thrift.end()
    thrift.end()
  }
}
