import Columns

/// The smallest and the largest value of a page or a chunk, as they stand in statistics: numbers little-endian, texts
/// as they are. Both are nil where there is no value, nothing but NaN, or a text that is too long to be told.
struct Extremes {
  var low: [UInt8]?
  var high: [UInt8]?

  /// Longer texts stand in no statistics.
  static let longestText = 256

  init() {}

  init(_ low: [UInt8], _ high: [UInt8]) {
    self.low = low
    self.high = high
  }

  /// Of whole numbers; of none where there is none.
  static func of<T: FixedWidthInteger & BitwiseCopyable>(_ values: UnsafePointer<T>, _ count: Int) -> Extremes {
    if count == 0 { return Extremes() }
    var (low, high) = unsafe (values[0], values[0])
    for i in 0..<count {
      low = unsafe min(low, values[i])
      high = unsafe max(high, values[i])
    }
    return Extremes(bytes(low), bytes(high))
  }

  /// Of doubles: NaN is passed over, a zero's sign is the one that holds whichever zeros there are.
  static func of(_ values: UnsafePointer<Double>, _ count: Int) -> Extremes {
    var (low, high) = (Double.infinity, -Double.infinity)
    var hasNumber = false
    for i in 0..<count {
      let value = unsafe values[i]
      // False for NaN.
      if value <= low { low = value }
      if value >= high { high = value }
      hasNumber = hasNumber || value == value
    }
    guard hasNumber else { return Extremes() }
    return Extremes(bytes((low == 0 ? -0.0 : low).bitPattern), bytes((high == 0 ? 0.0 : high).bitPattern))
  }

  static func bytes<T: FixedWidthInteger & BitwiseCopyable>(_ value: T) -> [UInt8] {
    unsafe withUnsafeBytes(of: value.littleEndian) { b in unsafe [UInt8](b) }
  }

  /// Takes another page's: nil where either page has values that are not told.
  mutating func merge(_ other: Extremes, _ type: ColumnType) {
    guard let low = other.low, let high = other.high else { return }
    if self.low.map({ Self.isLess(low, $0, type) }) ?? true { self.low = low }
    if self.high.map({ Self.isLess($0, high, type) }) ?? true { self.high = high }
  }

  private static func isLess(_ a: [UInt8], _ b: [UInt8], _ type: ColumnType) -> Bool {
    switch type {
    case .symbol, .text, .char, .code: a.lexicographicallyPrecedes(b)
    case .double: Double(bitPattern: UInt64(bitPattern: number(a))) < Double(bitPattern: UInt64(bitPattern: number(b)))
    default: number(a) < number(b)
    }
  }

  /// A whole number of up to eight bytes, with its sign.
  private static func number(_ bytes: [UInt8]) -> Int64 {
    var value: Int64 = bytes.count > 1 && bytes[bytes.count - 1] >= 0x80 ? -1 : 0
    for byte in bytes.reversed() { value = value << 8 | Int64(byte) }
    return value
  }
}
