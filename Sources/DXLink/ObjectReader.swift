import JSON

/// A cursor whose errors name the key. For session messages.
struct ObjectReader {
  var cursor: Cursor

  init(_ cursor: Cursor) { self.cursor = cursor }

  var offset: Int { cursor.offset }

  private mutating func json<R>(_ body: (inout Cursor) throws(JSONError) -> R) throws(FeedError) -> R {
    do throws(JSONError) { return try body(&cursor) } catch { throw .json(error) }
  }

  /// An error that says what was wanted; that of the scanner where no value starts at all.
  private func wrong(_ key: StaticString, _ wanted: String) -> FeedError {
    cursor.kind == .invalid
      ? .json(.expectedValue(offset: cursor.offset)) : .wrongKind(key: "\(key)", wanted: wanted, offset: cursor.offset)
  }

  /// Enters the message itself.
  mutating func enter() throws(FeedError) {
    if cursor.kind == .invalid { throw .json(.expectedValue(offset: cursor.offset)) }
    guard cursor.kind == .object else { throw .notAnObject(offset: cursor.offset) }
    try json { c throws(JSONError) in try c.enterObject() }
  }

  mutating func enter(key: StaticString) throws(FeedError) {
    guard cursor.kind == .object else { throw wrong(key, "an object") }
    try json { c throws(JSONError) in try c.enterObject() }
  }

  mutating func enterArray(key: StaticString) throws(FeedError) {
    guard cursor.kind == .array else { throw wrong(key, "an array") }
    try json { c throws(JSONError) in try c.enterArray() }
  }

  mutating func nextKey() throws(FeedError) -> StringToken? {
    try json { c throws(JSONError) in try c.nextKey() }
  }

  mutating func nextElement() throws(FeedError) -> Bool {
    try json { c throws(JSONError) in try c.nextElement() }
  }

  mutating func skip() throws(FeedError) {
    try json { c throws(JSONError) in try c.skipValue() }
  }

  /// Passes a null and says so.
  mutating func null() throws(FeedError) -> Bool {
    guard cursor.kind == .null else { return false }
    try json { c throws(JSONError) in try c.readNull() }
    return true
  }

  mutating func string(_ key: StaticString) throws(FeedError) -> String {
    guard cursor.kind == .string else { throw wrong(key, "a string") }
    return try json { c throws(JSONError) in try c.readString() }.string
  }

  mutating func optionalString(_ key: StaticString) throws(FeedError) -> String? {
    try null() ? nil : try string(key)
  }

  mutating func optionalBool(_ key: StaticString) throws(FeedError) -> Bool? {
    if try null() { return nil }
    guard cursor.kind == .true || cursor.kind == .false else { throw wrong(key, "true or false") }
    return try json { c throws(JSONError) in try c.readBool() }
  }

  /// A number, or one of the strings that stand for doubles which JSON does not know.
  mutating func optionalDouble(_ key: StaticString) throws(FeedError) -> Double? {
    if try null() { return nil }
    if cursor.kind == .number { return try json { c throws(JSONError) in try c.readDouble() } }
    guard cursor.kind == .string else { throw wrong(key, "a number") }
    let before = cursor
    let token = try json { c throws(JSONError) in try c.readString() }
    guard let value = Quoted.double(token) else {
      cursor = before
      throw wrong(key, "a number")
    }
    return value
  }

  mutating func optionalInt64(_ key: StaticString) throws(FeedError) -> Int64? {
    if try null() { return nil }
    return try integer(key, "a whole number")
  }

  mutating func channel() throws(FeedError) -> Int {
    let start = cursor
    let value = try integer("channel", "a channel number")
    guard value >= 0, value <= Int64(Int32.max) else {
      cursor = start
      throw wrong("channel", "a channel number")
    }
    return Int(value)
  }

  private mutating func integer(_ key: StaticString, _ wanted: String) throws(FeedError) -> Int64 {
    guard cursor.kind == .number else { throw wrong(key, wanted) }
    do throws(JSONError) { return try cursor.readInt64() } catch {
      switch error {
      case .notIntegral, .outOfRange: throw wrong(key, wanted)
      default: throw .json(error)
      }
    }
  }
}

/// Doubles that stand in strings.
enum Quoted {
  /// `NaN`, `Infinity`, `-Infinity`, or a JSON number.
  static func double(_ token: StringToken) -> Double? {
    if token.equals("NaN") { return .nan }
    if token.equals("Infinity") { return .infinity }
    if token.equals("-Infinity") { return -.infinity }
    if token.hasEscapes || token.rawCount == 0 { return nil }
    return unsafe token.withRaw { raw in unsafe Number.parseDouble(raw) }
  }

  /// A whole number of 64 bits; `NaN`, which has no integer, is 0.
  static func int64(_ token: StringToken) -> Int64? {
    if token.equals("NaN") { return 0 }
    if token.hasEscapes || token.rawCount == 0 { return nil }
    let result = unsafe token.withRaw { raw in unsafe Number.parseInt64(raw) }
    if case .value(let value) = result { return value }
    return nil
  }
}
