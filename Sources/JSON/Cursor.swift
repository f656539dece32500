/// A forward cursor over an indexed document. It is a value: copy it to look ahead, assign it back to return.
///
///     try cursor.enterArray()
///     while try cursor.nextElement() { … read or skip one value … }
///
/// After `nextKey` gave a key, or `nextElement` true, exactly one value must be read, skipped or entered. A call
/// that throws leaves the cursor where it was.
///
/// Invariant: `index[0..<tokenCount]` ascends, `index[tokenCount]` is the payload's length; quotes come in pairs.
@frozen @usableFromInline
@safe
package struct Cursor {
  @usableFromInline let payload: UnsafePointer<UInt8>
  @usableFromInline let index: UnsafePointer<UInt32>
  @usableFromInline let tokenCount: Int
  @usableFromInline let maximumDepth: Int
  /// One bit an open container, innermost lowest: 1 for an object.
  @usableFromInline var containers: UInt64 = 0
  @usableFromInline var position = 0
  @usableFromInline var depth = 0
  /// The innermost container was entered and nothing asked of it.
  @usableFromInline var isFresh = false
  /// Whether the document has a backslash at all.
  @usableFromInline let hasBackslashes: Bool

  @usableFromInline
  init(
    payload: UnsafePointer<UInt8>, index: UnsafePointer<UInt32>, tokenCount: Int, maximumDepth: Int,
    hasBackslashes: Bool
  ) {
    unsafe self.payload = payload
    unsafe self.index = index
    self.tokenCount = tokenCount
    self.maximumDepth = maximumDepth
    self.hasBackslashes = hasBackslashes
  }

  /// The first byte of the token at the cursor; 0, which starts no token, at the end.
  @inlinable @inline(__always) package var firstByte: UInt8 {
    // Index entries lie within the payload.
    position < tokenCount ? unsafe payload[Int(index[position])] : 0
  }

  /// Byte offset of the token at the cursor; the payload's length at the end.
  @inlinable @inline(__always) package var offset: Int { unsafe Int(index[position]) }

  /// Kind of the value at the cursor.
  @inlinable @inline(__always) package var kind: Kind {
    Kind(firstByte: firstByte)
  }

  // MARK: Containers

  @inlinable package mutating func enterObject() throws(JSONError) {
    guard firstByte == 0x7B else { throw Self.mismatch(.object, firstByte, offset) }
    try push(1)
  }

  @inlinable package mutating func enterArray() throws(JSONError) {
    guard firstByte == 0x5B else { throw Self.mismatch(.array, firstByte, offset) }
    try push(0)
  }

  @inlinable mutating func push(_ bit: UInt64) throws(JSONError) {
    guard depth < maximumDepth else { throw .tooDeep(offset: offset, maximum: maximumDepth) }
    containers = containers &<< 1 | bit
    depth &+= 1
    position &+= 1
    isFresh = true
  }

  @inlinable @inline(__always) mutating func pop() {
    containers &>>= 1
    depth &-= 1
    position &+= 1
    isFresh = false
  }

  /// The next key of the object entered last, with its colon; nil when the object's end was passed.
  @inlinable package mutating func nextKey() throws(JSONError) -> StringToken? {
    var at = position
    let first = firstByte
    if first == 0x7D {
      pop()
      return nil
    }
    if !isFresh {
      guard first == 0x2C else { throw .expectedCommaOrEnd(offset: offset) }
      at &+= 1
    }
    // A quote is never the last token, so `at + 1` is in the index, and `at + 2` is its end or a token.
    guard at < tokenCount, unsafe payload[Int(index[at])] == 0x22 else {
      throw .expectedKey(offset: unsafe Int(index[at]))
    }
    let key = try string(at)
    guard at &+ 2 < tokenCount, unsafe payload[Int(index[at &+ 2])] == 0x3A else {
      throw .expectedColon(offset: unsafe Int(index[at &+ 2]))
    }
    position = at &+ 3
    isFresh = false
    return key
  }

  /// Goes to the next element of the array entered last; false when the array's end was passed.
  @inlinable package mutating func nextElement() throws(JSONError) -> Bool {
    let first = firstByte
    if first == 0x2C, !isFresh {
      position &+= 1
      return true
    }
    if first == 0x5D {
      pop()
      return false
    }
    guard isFresh else { throw .expectedCommaOrEnd(offset: offset) }
    isFresh = false
    return true
  }

  // MARK: Scalars

  @inlinable package mutating func readString() throws(JSONError) -> StringToken {
    guard firstByte == 0x22 else { throw Self.mismatch(.string, firstByte, offset) }
    let token = try string(position)
    position &+= 2
    return token
  }

  /// The string whose opening quote is token `at`; its escapes are checked.
  @inlinable @inline(__always) func string(_ at: Int) throws(JSONError) -> StringToken {
    let start = unsafe Int(index[at]) &+ 1
    let end = unsafe Int(index[at &+ 1])
    let hasEscapes = hasBackslashes ? try unsafe Self.checkEscapes(payload, start, end) : false
    return unsafe StringToken(payload: payload, start: start, end: end, hasEscapes: hasEscapes)
  }

  /// A number as the nearest double, ties to even, equal to strtod's. Beyond the range of a double: an infinity.
  @inlinable package mutating func readDouble() throws(JSONError) -> Double {
    guard isNumber else { throw Self.mismatch(.number, firstByte, offset) }
    let (start, end) = scalarRange
    // The payload has its padding.
    let result = unsafe Number.parseDouble(payload, start, end, isPadded: true)
    guard let value = result else { throw .invalidNumber(offset: start) }
    position &+= 1
    return value
  }

  /// A number that is an integer of 64 bits, however it is written: `7`, `7.0`, `0.7e1`. Anything else throws.
  @inlinable package mutating func readInt64() throws(JSONError) -> Int64 {
    guard isNumber else { throw Self.mismatch(.number, firstByte, offset) }
    let (start, end) = scalarRange
    // The payload has its padding.
    switch unsafe Number.parseInt64(payload, start, end, isPadded: true) {
    case .value(let value):
      position &+= 1
      return value
    case .malformed: throw .invalidNumber(offset: start)
    case .notIntegral: throw .notIntegral(offset: start)
    case .outOfRange: throw .outOfRange(offset: start)
    }
  }

  @inlinable package mutating func readBool() throws(JSONError) -> Bool {
    let first = firstByte
    guard first == 0x74 || first == 0x66 else { throw Self.mismatch(first == 0x66 ? .false : .true, firstByte, offset) }
    guard isLiteral(first) else { throw .invalidLiteral(offset: offset) }
    position &+= 1
    return first == 0x74
  }

  @inlinable package mutating func readNull() throws(JSONError) {
    guard firstByte == 0x6E else { throw Self.mismatch(.null, firstByte, offset) }
    guard isLiteral(0x6E) else { throw .invalidLiteral(offset: offset) }
    position &+= 1
  }

  @inlinable @inline(__always) var isNumber: Bool {
    let first = firstByte
    return first &- 0x30 < 10 || first == 0x2D
  }

  /// From the scalar's first byte to the end of its run, without white space behind.
  @inlinable @inline(__always) var scalarRange: (start: Int, end: Int) {
    let start = unsafe Int(index[position])
    let end = unsafe Int(index[position &+ 1])
    if unsafe payload[end &- 1] > 0x20 { return (start, end) }
    return unsafe (start, Self.trimmed(payload, start, end))
  }

  /// Whether the scalar at the cursor is the literal with that first byte: `true`, `false` or `null`.
  @inlinable @inline(__always) func isLiteral(_ first: UInt8) -> Bool {
    let (start, end) = scalarRange
    // Four bytes from the first one are payload or padding; the length decides first.
    let four = unsafe UInt32(
      littleEndian: UnsafeRawPointer(payload + start).loadUnaligned(as: UInt32.self))
    switch first {
    case 0x74: return end &- start == 4 && four == 0x6575_7274
    case 0x6E: return end &- start == 4 && four == 0x6C6C_756E
    default: return unsafe end &- start == 5 && four == 0x736C_6166 && payload[start &+ 4] == 0x65
    }
  }
}
