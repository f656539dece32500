/// The distinct values of a column of numbers, by their bits, each with a code counted from 0; up to a limit.
@safe
final class NumberDictionary {
  /// As other writers do: a dictionary page of 1 MiB.
  static let maximumCount = 1 << 17
  private(set) var values: [UInt64] = []
  /// Codes and 1; 0 for a free slot.
  private var slots: [UInt32]

  init() { slots = [UInt32](repeating: 0, count: 1 << 10) }

  func removeAll() {
    values.removeAll(keepingCapacity: true)
    slots = [UInt32](repeating: 0, count: slots.count)
  }

  /// Codes of `count` values; false when the dictionary would be too large. What was added stays.
  func codes(_ count: Int, _ to: UnsafeMutablePointer<UInt32>, _ value: (Int) -> UInt64) -> Bool {
    var last: UInt64 = 0
    var lastCode: UInt32 = 0
    for i in 0..<count {
      let bits = value(i)
      if i == 0 || bits != last {
        guard let code = code(of: bits) else { return false }
        last = bits
        lastCode = code
      }
      unsafe to[i] = lastCode
    }
    return true
  }

  private func code(of bits: UInt64) -> UInt32? {
    let mask = slots.count - 1
    let hash = bits &* 0x9E37_79B9_7F4A_7C15
    var i = Int(truncatingIfNeeded: hash ^ hash &>> 32) & mask
    while true {
      let slot = slots[i]
      if slot == 0 { break }
      if values[Int(slot) &- 1] == bits { return slot &- 1 }
      i = (i &+ 1) & mask
    }
    guard values.count < Self.maximumCount else { return nil }
    values.append(bits)
    slots[i] = UInt32(values.count)
    if values.count * 2 > slots.count { grow() }
    return UInt32(values.count - 1)
  }

  private func grow() {
    let mask = slots.count * 2 - 1
    var bigger = [UInt32](repeating: 0, count: mask + 1)
    for (code, bits) in values.enumerated() {
      let hash = bits &* 0x9E37_79B9_7F4A_7C15
      var i = Int(truncatingIfNeeded: hash ^ hash &>> 32) & mask
      while bigger[i] != 0 { i = (i &+ 1) & mask }
      bigger[i] = UInt32(code + 1)
    }
    slots = bigger
  }
}
