import Bytes
import JSON
import Market

// FEED_DATA's `data`: COMPACT pairs of a type name and a flat array of values, or FULL objects. The form is told by
// each element itself, whatever the FEED_CONFIG said: servers have been seen to switch without a word.

extension FrameReader {
  /// Reads the array at the cursor. When `keyRepeats` is set on return the frame must be read again.
  mutating func readData(
    _ cursor: inout Cursor, _ batch: inout EventBatch, _ texts: inout TextTable, _ flush: (inout EventBatch) -> Void
  ) throws(JSONError) {
    try cursor.enterArray()
    while try cursor.nextElement() {
      switch cursor.kind {
      case .string:
        let offset = cursor.offset
        let type = typeIndex(try cursor.readString())
        guard try cursor.nextElement() else {
          malformed(.notAPair, nil, offset)
          return
        }
        if cursor.kind != .array {
          malformed(.notAPair, nil, offset)
          try cursor.skipValue()
        } else if let type {
          try readSection(channels[channelSlot].plans[type], &cursor, &batch, &texts, flush)
        } else {
          counters.rows += 1
          counters.unknownType += 1
          try cursor.skipValue()
        }
      case .object: try readObject(&cursor, &batch, &texts, flush)
      default:
        malformed(.notAPair, nil, cursor.offset)
        try cursor.skipValue()
      }
      if keyRepeats { return }
    }
  }

  private mutating func malformed(_ reason: RowTrouble.Reason, _ type: EventType?, _ offset: Int) {
    counters.rows += 1
    counters.rowsMalformed += 1
    trouble(reason, type, offset)
  }

  /// `EventType.index` of a name.
  private mutating func typeIndex(_ name: StringToken) -> Int? {
    if name.hasEscapes {
      scratch.removeAll()
      name.decode(into: &scratch)
      return unsafe scratch.withBytes { b in unsafe Self.typeIndex(b, keys, lastTypeIndex) }
    }
    guard let found = unsafe name.withRaw({ b in unsafe Self.typeIndex(b, keys, lastTypeIndex) }) else { return nil }
    lastTypeIndex = found
    return found
  }

  private static func typeIndex(_ name: UnsafeRawBufferPointer, _ keys: [FieldKeys], _ hint: Int) -> Int? {
    if unsafe Bytewise.equal(keys[hint].typeName, name) { return hint }
    return keys.firstIndex { unsafe Bytewise.equal($0.typeName, name) }
  }

  // MARK: COMPACT

  private mutating func readSection(
    _ plan: ColumnPlan, _ cursor: inout Cursor, _ batch: inout EventBatch, _ texts: inout TextTable,
    _ flush: (inout EventBatch) -> Void
  ) throws(JSONError) {
    let start = cursor
    let mark = batch.mark
    let before = counters
    let end = try readRows(plan, &cursor, &batch, &texts, flush)
    switch end {
    case .whole: break
    case .keyRepeats: break
    case .uneven:
      // Nothing of this section was handed on: that would have needed an even number of values.
      batch.rollBack(to: mark)
      counters = before
      cursor = start
      try dropSection(plan, &cursor)
    }
  }

  private enum SectionEnd { case whole, uneven, keyRepeats }

  private mutating func readRows(
    _ plan: ColumnPlan, _ cursor: inout Cursor, _ batch: inout EventBatch, _ texts: inout TextTable,
    _ flush: (inout EventBatch) -> Void
  ) throws(JSONError) -> SectionEnd {
    let width = plan.width
    var isFirst = true
    try cursor.enterArray()
    while try cursor.nextElement() {
      if width == 0 { return .uneven }
      if isFirst {
        counters.unknownField += plan.unknownFields
        isFirst = false
      }
      let offset = cursor.offset
      guard let event = unsafe try claim(plan.type, cursor, width: width, &batch, flush) else {
        return keyRepeats ? .keyRepeats : .uneven
      }
      counters.rows &+= 1
      var isGood = true
      for column in 0..<width {
        if column > 0 {
          guard try cursor.nextElement() else { return .uneven }
        }
        let at = cursor.offset
        if let reason = try unsafe store(plan.ops[column], plan.type, &cursor, event, &texts) {
          isGood = false
          trouble(reason, plan.type, at)
        }
      }
      unsafe finishRow(isGood, plan.type, offset, event, &batch)
    }
    return .whole
  }

  /// Counts a row, or takes its event back. The event must be the batch's last one.
  private mutating func finishRow(
    _ isGood: Bool, _ type: EventType, _ offset: Int, _ event: UnsafeMutableRawPointer, _ batch: inout EventBatch
  ) {
    if isGood, unsafe event.load(as: UInt32.self) != 0 {
      unsafe event.storeBytes(of: receivedNanos, toByteOffset: EventHead.receivedOffset, as: Int64.self)
      counters.rowsDecoded &+= 1
    } else {
      if isGood { trouble(.noSymbol, type, offset) }
      counters.rowsMalformed &+= 1
      batch.rollBack(to: rowMark)
    }
  }

  private mutating func dropSection(_ plan: ColumnPlan, _ cursor: inout Cursor) throws(JSONError) {
    trouble(.unevenSection, plan.type, cursor.offset)
    var values = 0
    try cursor.enterArray()
    while try cursor.nextElement() {
      try cursor.skipValue()
      values += 1
    }
    let width = max(plan.width, 1)
    counters.rows += (values + width - 1) / width
    counters.rowsMalformed += (values + width - 1) / width
  }

  // MARK: FULL

  private mutating func readObject(
    _ cursor: inout Cursor, _ batch: inout EventBatch, _ texts: inout TextTable, _ flush: (inout EventBatch) -> Void
  ) throws(JSONError) {
    let offset = cursor.offset
    let index: Int
    switch try objectType(cursor) {
    case .known(let found): index = found
    case .unknown:
      counters.rows += 1
      counters.unknownType += 1
      return try cursor.skipValue()
    case .missing:
      malformed(.noType, nil, offset)
      return try cursor.skipValue()
    }
    let type = keys[index].type
    guard let event = unsafe try claim(type, cursor, width: 0, &batch, flush) else { return }
    counters.rows &+= 1
    var isGood = true
    var hint = 0
    objectOrder.removeAll(keepingCapacity: true)
    var isKnown = true
    try cursor.enterObject()
    while let key = try cursor.nextKey() {
      let at = cursor.offset
      guard let op = self.op(key, index, &hint) else {
        isKnown = false
        counters.unknownField += 1
        try cursor.skipValue()
        continue
      }
      objectOrder.append(hint &- 1)
      if let reason = try unsafe store(op, type, &cursor, event, &texts) {
        isGood = false
        trouble(reason, type, at)
      }
    }
    if isKnown && isGood { objects.learn(index, objectOrder, keys[index], level) }
    unsafe finishRow(isGood, type, offset, event, &batch)
  }

  private enum ObjectType { case known(Int), unknown, missing }

  /// The type of the object at a copy of the cursor. `eventType` mostly is the first key.
  private mutating func objectType(_ cursor: Cursor) throws(JSONError) -> ObjectType {
    var ahead = cursor
    try ahead.enterObject()
    while let key = try ahead.nextKey() {
      if key.equals("eventType") {
        guard ahead.kind == .string else { return .missing }
        return typeIndex(try ahead.readString()).map { .known($0) } ?? .unknown
      }
      try ahead.skipValue()
    }
    return .missing
  }

  private mutating func op(_ key: StringToken, _ index: Int, _ hint: inout Int) -> ColumnOp? {
    if key.hasEscapes {
      scratch.removeAll()
      key.decode(into: &scratch)
      return unsafe scratch.withBytes { b in unsafe keys[index].op(b, hint: &hint) }
    }
    return unsafe key.withRaw { b in unsafe keys[index].op(b, hint: &hint) }
  }
}
