// The cursor's rare paths: skipping, the end of a document, errors.

extension Cursor {
  /// Skips any value, fully checked, without recursion.
  @usableFromInline package mutating func skipValue() throws(JSONError) {
    let before = self
    do throws(JSONError) {
      if try skipScalarOrEnter() { try leaveContainers(downTo: before.depth) }
    } catch {
      self = before
      throw error
    }
  }

  /// The byte range of any value, checked as `skipValue` does.
  @usableFromInline package mutating func rawValue() throws(JSONError) -> Range<Int> {
    let start = offset
    let isScalar = kind != .object && kind != .array && kind != .string
    var scalarEnd = 0
    if isScalar, kind != .invalid { scalarEnd = scalarRange.end }
    try skipValue()
    // The last token passed is a closing bracket or quote, unless the value is a scalar.
    return start..<(isScalar ? scalarEnd : unsafe Int(index[position &- 1]) &+ 1)
  }

  /// Validates what is left of the document, to its last byte.
  @usableFromInline package mutating func finishDocument() throws(JSONError) {
    if position == tokenCount, depth == 0 { return }
    let before = self
    do throws(JSONError) {
      if position == 0 {
        try skipValue()
      } else if depth > 0 {
        if expectsValue { try skipValue() }
        try leaveContainers(downTo: 0)
      }
      guard position == tokenCount else { throw .trailingBytes(offset: offset) }
    } catch {
      self = before
      throw error
    }
  }

  /// Inside a container: whether a value was announced (by a colon, a comma, a first element) and not yet read.
  private var expectsValue: Bool {
    switch unsafe payload[Int(index[position &- 1])] {
    case 0x3A, 0x2C: true
    case 0x5B: !isFresh
    default: false
    }
  }

  /// Passes a scalar, or enters a container and says so.
  private mutating func skipScalarOrEnter() throws(JSONError) -> Bool {
    switch kind {
    case .object:
      try enterObject()
      return true
    case .array:
      try enterArray()
      return true
    case .string: _ = try readString()
    case .number:
      let (start, end) = scalarRange
      // The payload has its padding.
      let parts = unsafe Number.scan(payload, start, end, isPadded: true)
      guard parts.form != .malformed else { throw .invalidNumber(offset: start) }
      position &+= 1
    case .true, .false: _ = try readBool()
    case .null: try readNull()
    case .invalid: throw .expectedValue(offset: offset)
    }
    return false
  }

  /// Walks on until only `floor` containers are open. The cursor stands where a comma or an end may follow, or in a
  /// fresh container.
  private mutating func leaveContainers(downTo floor: Int) throws(JSONError) {
    while depth > floor {
      let hasMember = containers & 1 == 1 ? try nextKey() != nil : try nextElement()
      if hasMember { _ = try skipScalarOrEnter() }
    }
  }

  // MARK: Rare ends of the hot functions
  // Static, with what they need as arguments: a cursor passed by value would be copied before every call's condition.

  @inline(never) @usableFromInline
  static func mismatch(_ wanted: Kind, _ firstByte: UInt8, _ offset: Int) -> JSONError {
    Kind(firstByte: firstByte) == .invalid ? .expectedValue(offset: offset) : .wrongKind(wanted: wanted, offset: offset)
  }

  /// `end` moved before the white space that precedes it.
  @inline(never) @usableFromInline
  static func trimmed(_ payload: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int {
    var end = end
    while end > start {
      switch unsafe payload[end &- 1] {
      case 0x20, 0x09, 0x0A, 0x0D: end &-= 1
      default: return end
      }
    }
    return end
  }

  /// Whether there are escapes between the two offsets; throws at one that the grammar does not know.
  @inline(never) @usableFromInline
  static func checkEscapes(_ payload: UnsafePointer<UInt8>, _ start: Int, _ end: Int) throws(JSONError) -> Bool {
    let raw = unsafe UnsafeRawBufferPointer(start: payload + start, count: end &- start)
    switch unsafe Escapes.check(raw) {
    case .none: return false
    case .wellFormed: return true
    case .malformed(let at): throw .invalidEscape(offset: start &+ at)
    }
  }
}
