import Columns
import Market

/// The schema of a stream, as far as it is that of an event type.
struct ArrowReadSchema {
  struct Field {
    /// Position in the event type's columns.
    let column: Int
    let type: ColumnType
    /// Number of the dictionary; nil for a field without.
    let dictionary: Int64?
  }

  let type: EventType
  let fields: [Field]

  init(_ schema: FlatTable) throws(ArrowFault) {
    do throws(FlatReader.Damage) {
      var name: String?
      for pair in try schema.tables(2) where try pair.text(0) == ArrowKey.eventType { name = try pair.text(1) }
      guard let name, let type = EventType(name: name) else {
        throw Self.fault("its metadata has no \(ArrowKey.eventType) that is known")
      }
      guard try schema.number(0, Int16.self) == 0 else { throw Self.fault("big-endian numbers") }
      self.type = type
      let columns = ColumnSchema.of(type)
      var fields: [Field] = []
      for table in try schema.tables(1) {
        let name = try table.text(0) ?? ""
        guard let position = columns.position(of: name) else { throw Self.fault("no field \(name) in \(type.name)") }
        if fields.contains(where: { $0.column == position }) { throw Self.fault("\(name) twice") }
        let wanted = columns.columns[position].type
        guard try Self.matches(table, wanted) else { throw Self.fault("\(name) is not of type \(wanted)") }
        let dictionary = try table.table(4)
        fields.append(Field(column: position, type: wanted, dictionary: try dictionary?.number(0)))
      }
      guard fields.contains(where: { $0.type == .symbol }) else { throw Self.fault("no eventSymbol") }
      self.fields = fields
    } catch {
      throw error.isForeign ? .columns(error.what) : .damage(error.what)
    }
  }

  private static func fault(_ what: String) -> FlatReader.Damage { FlatReader.Damage(what: what, isForeign: true) }

  private static func matches(_ field: FlatTable, _ type: ColumnType) throws(FlatReader.Damage) -> Bool {
    guard try field.number(2, UInt8.self) == ArrowSchema.typeNumber(type), let values = try field.table(3) else {
      return false
    }
    let dictionary = try field.table(4)
    guard (dictionary != nil) == ArrowSchema.hasDictionary(type) else { return false }
    if let dictionary {
      guard let index = try dictionary.table(1) else { return false }
      return try isInteger(index, Int32(8 * ArrowSchema.indexWidth(type)), type != .char)
    }
    switch type {
    case .double: return try values.number(0, Int16.self) == ArrowNumber.precisionDouble
    case .int64: return try isInteger(values, 64, true)
    case .int32: return try isInteger(values, 32, true)
    case .flags: return try isInteger(values, 8, false)
    case .timestampMillis, .timestampNanos:
      let unit = type == .timestampMillis ? ArrowNumber.unitMillis : ArrowNumber.unitNanos
      let (number, zone) = (try values.number(0, Int16.self), try values.text(1))
      return number == unit && zone == "UTC"
    case .bool, .code, .char, .symbol, .text: return true
    }
  }

  private static func isInteger(
    _ table: FlatTable, _ bits: Int32, _ isSigned: Bool
  ) throws(FlatReader.Damage) -> Bool {
    let (width, sign) = (try table.number(0, Int32.self), try table.number(1, UInt8.self))
    return width == bits && (sign != 0) == isSigned
  }
}
