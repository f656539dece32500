import JSON
import Market

/// What to do with the value of one column or key.
struct ColumnOp {
  enum Action: UInt8 {
    case symbol, double, int64, int32, char, bool, code, text, json, flags
    /// The type's own name, which is checked.
    case eventType
    /// A field that the schema does not have.
    case skip
  }

  var action: Action
  /// Position in the type's `codes`.
  var codes: UInt8
  /// Byte offset in the event.
  var offset: Int32
}

/// The ops of a type: for all names that it knows on the wire, second names included.
///
/// Names are compared as bytes; the search begins where the last one ended, because peers keep the order of fields. A
/// class, so that a row's way through it copies one reference and not five arrays.
final class FieldKeys {
  let type: EventType
  let typeName: [UInt8]
  let codes: [CodeNames]
  private let names: [[UInt8]]
  private let ops: [ColumnOp]

  init(_ schema: Schema) {
    type = schema.type
    typeName = Array(schema.name.utf8)
    var codes: [CodeNames] = []
    var names: [[UInt8]] = [Array("eventType".utf8)]
    var ops = [ColumnOp(action: .eventType, codes: 0, offset: 0)]
    for field in schema.fields {
      let op = ColumnOp(action: Self.action(field.kind), codes: UInt8(codes.count), offset: Int32(field.offset))
      if let list = field.codes { codes.append(list) }
      for name in [field.name, field.alias].compactMap({ $0 }) {
        names.append(Array(name.utf8))
        ops.append(op)
      }
    }
    self.codes = codes
    self.names = names
    self.ops = ops
  }

  private static func action(_ kind: FieldKind) -> ColumnOp.Action {
    switch kind {
    case .symbol: .symbol
    case .double: .double
    case .int64: .int64
    case .int32: .int32
    case .char: .char
    case .bool: .bool
    case .code: .code
    case .text: .text
    case .json: .json
    case .flags: .flags
    }
  }

  func name(at i: Int) -> [UInt8] { names[i] }
  func op(at i: Int) -> ColumnOp { ops[i] }

  static let skip = ColumnOp(action: .skip, codes: 0, offset: 0)

  /// The op of that name; nil for an unknown one. `hint` is where the search begins and goes on next time.
  func op(_ name: UnsafeRawBufferPointer, hint: inout Int) -> ColumnOp? {
    var i = hint < names.count ? hint : 0
    for _ in names.indices {
      if unsafe Bytewise.equal(names[i], name) {
        hint = i &+ 1
        return ops[i]
      }
      i = i &+ 1 < names.count ? i &+ 1 : 0
    }
    return nil
  }

  func op(_ name: String) -> ColumnOp? {
    var hint = 0
    var copy = name
    return copy.withUTF8 { b in unsafe op(UnsafeRawBufferPointer(b), hint: &hint) }
  }
}

enum Bytewise {
  static func equal(_ a: [UInt8], _ b: UnsafeRawBufferPointer) -> Bool {
    guard a.count == b.count else { return false }
    var i = 0
    while i < a.count {
      if unsafe a[i] != b[i] { return false }
      i &+= 1
    }
    return true
  }
}

/// The columns of COMPACT rows of one type, compiled from a field list.
///
/// A field that stands twice is stored twice: the last one counts.
struct ColumnPlan {
  let type: EventType
  let ops: [ColumnOp]
  /// Columns that the schema does not have.
  let unknownFields: Int

  var width: Int { ops.count }

  init(_ names: [String], _ keys: FieldKeys) {
    type = keys.type
    ops = names.map { keys.op($0) ?? FieldKeys.skip }
    unknownFields = ops.count { $0.action == .skip }
  }
}

/// What the server said about one feed channel, merged: each FEED_CONFIG overwrites only what it has.
struct FeedChannel {
  let number: Int
  var isClosed = false
  var aggregationPeriod: Double?
  var dataFormat: DataFormat?
  /// Plans by `EventType.index`; until a FEED_CONFIG names a type, that of the fields which were asked for.
  private(set) var plans: [ColumnPlan]
  /// The same for the predicted layout.
  private(set) var sections: SectionTable
  /// Types that a FEED_CONFIG named, by index.
  private var typesTold: UInt32 = 0

  init(_ number: Int, requested: [ColumnPlan], _ sections: SectionTable) {
    self.number = number
    plans = requested
    self.sections = sections
  }

  mutating func merge(_ config: FeedConfig, _ keys: [FieldKeys], _ level: SIMDLevel) {
    aggregationPeriod = config.aggregationPeriod ?? aggregationPeriod
    dataFormat = config.dataFormat ?? dataFormat
    for list in config.eventFields {
      guard let type = EventType(name: list.typeName) else { continue }
      plans[type.index] = ColumnPlan(list.names, keys[type.index])
      typesTold |= 1 << UInt32(type.index)
    }
    if !config.eventFields.isEmpty { sections = SectionTable(plans, keys, level) }
  }

  /// What the client asked for on this channel; a FEED_CONFIG before or after it counts more.
  mutating func request(_ setup: FeedSetup, _ keys: [FieldKeys], _ level: SIMDLevel) {
    for list in setup.acceptEventFields {
      guard let type = EventType(name: list.typeName), typesTold & 1 << UInt32(type.index) == 0 else { continue }
      plans[type.index] = ColumnPlan(list.names, keys[type.index])
    }
    sections = SectionTable(plans, keys, level)
  }
}
