/// The distinct values of a column of numbers, by their bits, each with a code counted from 0; up to a limit.
@safe
final class NumberDictionary {
  /// As other writers do: a dictionary page of 1 MiB.
  static let maximumCount = 1 << 17
  private static let firstBits = 12

  private(set) var count = 0
  /// By code; half as many as there are slots.
  private var values: UnsafeMutablePointer<UInt64>
  /// Codes and 1; 0 for a free slot.
  private var slots: UnsafeMutablePointer<UInt32>
  /// Of the number of slots, as a power of two.
  private var bits: Int

  init() {
    bits = Self.firstBits
    unsafe values = .allocate(capacity: 1 << (Self.firstBits - 1))
    unsafe slots = .allocate(capacity: 1 << Self.firstBits)
    unsafe slots.initialize(repeating: 0, count: 1 << Self.firstBits)
  }

  deinit {
    unsafe values.deallocate()
    unsafe slots.deallocate()
  }

  func removeAll() {
    if count == 0 { return }
    count = 0
    unsafe slots.update(repeating: 0, count: 1 << bits)
  }

  /// Lends the values, by code.
  func withValues(_ body: (UnsafeBufferPointer<UInt64>) -> Void) {
    unsafe body(UnsafeBufferPointer(start: values, count: count))
  }

  /// Codes of `count` values; false when the dictionary would be too large. What was added stays.
  func codes<T: FixedWidthInteger>(
    _ numbers: UnsafePointer<T>, _ numberCount: Int, _ to: UnsafeMutablePointer<UInt32>
  ) -> Bool {
    if numberCount > 1, unsafe Self.areEqual(numbers, numberCount) {
      guard unsafe codes(numbers, 1, to) else { return false }
      unsafe to.update(repeating: to[0], count: numberCount)
      return true
    }
    var i = 0
    while i < numberCount {
      i = unsafe knownCodes(numbers, from: i, numberCount, to)
      if i == numberCount { break }
      guard let code = unsafe add(UInt64(truncatingIfNeeded: numbers[i])) else { return false }
      unsafe to[i] = code
      i &+= 1
    }
    return true
  }

  /// Whether a column is constant, as many are.
  static func areEqual<T: FixedWidthInteger>(_ numbers: UnsafePointer<T>, _ count: Int) -> Bool {
    let first = unsafe numbers[0]
    // Most others differ soon; then many at a time, without a look at each.
    for i in 0..<min(count, 16) where unsafe numbers[i] != first { return false }
    var differences: T = 0
    for i in 0..<count { unsafe differences |= numbers[i] ^ first }
    return differences == 0
  }

  /// Stops at the first value that is new. The multiplier's high bits are the ones that all of a value's bits change.
  private func knownCodes<T: FixedWidthInteger>(
    _ numbers: UnsafePointer<T>, from start: Int, _ count: Int, _ to: UnsafeMutablePointer<UInt32>
  ) -> Int {
    let (values, slots) = unsafe (self.values, self.slots)
    let mask = 1 &<< bits &- 1
    let shift = UInt64(64 &- bits)
    var i = start
    while i < count {
      let value = unsafe UInt64(truncatingIfNeeded: numbers[i])
      var at = Int(truncatingIfNeeded: (value &* Self.multiplier) &>> shift)
      var slot = unsafe slots[at]
      while unsafe slot != 0 && values[Int(slot) &- 1] != value {
        at = (at &+ 1) & mask
        slot = unsafe slots[at]
      }
      if slot == 0 { return i }
      unsafe to[i] = slot &- 1
      i &+= 1
    }
    return i
  }

  private static var multiplier: UInt64 { 0x9E37_79B9_7F4A_7C15 }

  @inline(never)
  private func add(_ value: UInt64) -> UInt32? {
    guard count < Self.maximumCount else { return nil }
    if count == 1 << (bits - 1) { grow() }
    unsafe values[count] = value
    unsafe insert(value, UInt32(count), slots, bits)
    count += 1
    return UInt32(count - 1)
  }

  private func insert(_ value: UInt64, _ code: UInt32, _ slots: UnsafeMutablePointer<UInt32>, _ bits: Int) {
    var at = Int(truncatingIfNeeded: (value &* Self.multiplier) &>> UInt64(64 - bits))
    while unsafe slots[at] != 0 { at = (at + 1) & (1 << bits - 1) }
    unsafe slots[at] = code + 1
  }

  private func grow() {
    let more = UnsafeMutablePointer<UInt64>.allocate(capacity: 1 << bits)
    unsafe more.update(from: values, count: count)
    unsafe values.deallocate()
    unsafe values = more
    bits += 1
    unsafe slots.deallocate()
    unsafe slots = .allocate(capacity: 1 << bits)
    unsafe slots.initialize(repeating: 0, count: 1 << bits)
    for code in 0..<count { unsafe insert(values[code], UInt32(code), slots, bits) }
  }
}
