import CShims

/// The decimal of the fewest digits that reads back to a double, of those the nearest to it: digits x 10^exponent.
///
/// Raffaello Giulietti, "The Schubfach way to render doubles" (2020). All decimals that round to the double form an
/// interval; of the powers of ten, 10^k is the largest that is not longer than it, so that the interval holds a
/// multiple of 10^k and at most one of 10^(k+1). The double and both ends are multiplied by 10^-k, from a table of
/// 128-bit powers that are rounded up, with two binary places kept and all lower bits gathered in the lowest (round to
/// odd): enough to compare with multiples of 10^k as if the products were exact.
struct ShortestDecimal {
  /// At most 17 digits. May end in zeros.
  private(set) var digits: UInt64
  private(set) var exponent: Int

  /// - Parameter magnitude: finite and above zero.
  init(_ magnitude: Double) {
    let fraction = magnitude.bitPattern & (1 &<< 52 &- 1)
    let biased = Int(truncatingIfNeeded: magnitude.bitPattern &>> 52)
    let isNormal = biased != 0
    let significand = isNormal ? fraction | 1 &<< 52 : fraction
    // The double is significand x 2^power.
    let power = (isNormal ? biased : 1) &- 1075
    // Below a power of two the doubles are twice as dense.
    let isLowerCloser = fraction == 0 && biased > 1
    // floor(log10(2^power)), or of 3/4 of it; constants scaled by 2^22.
    let k = (power &* 1_262_611 &- (isLowerCloser ? 524_031 : 0)) &>> 22
    // floor(log2(10^-k)), the constant scaled by 2^19.
    let shift = UInt64(truncatingIfNeeded: power &+ (-k &* 1_741_647) &>> 19 &+ 1)
    // -k lies within the table's limits for every double.
    let words = unsafe qw_decimal_power10(Int64(-k))
    let (high, low) = unsafe (words[0], words[1])
    // In quarters of 10^k.
    let value = Self.product(high, low, (significand &* 4) &<< shift)
    // Ends belong to the interval where ties round to this double, which is to even.
    let isOdd = significand & 1
    let lower = isOdd &+ Self.product(high, low, (significand &* 4 &- (isLowerCloser ? 1 : 2)) &<< shift)
    let upper = Self.product(high, low, (significand &* 4 &+ 2) &<< shift) &- isOdd

    let below = value &>> 2
    let tenth = below / 10
    let isTenthInside = lower <= tenth &* 40
    let isNextTenthInside = tenth &* 40 &+ 40 <= upper
    if below >= 10, isTenthInside != isNextTenthInside {
      digits = tenth &+ (isNextTenthInside ? 1 : 0)
      exponent = k &+ 1
      return
    }
    exponent = k
    let isBelowInside = lower <= below &* 4
    let isAboveInside = below &* 4 &+ 4 <= upper
    if isBelowInside != isAboveInside {
      digits = below &+ (isAboveInside ? 1 : 0)
      return
    }
    let middle = below &* 4 &+ 2
    let roundsUp = value > middle || (value == middle && below & 1 == 1)
    digits = below &+ (roundsUp ? 1 : 0)
  }

  /// The upper 64 bits of a 192-bit product; the lowest of them is set where any below is.
  @inline(__always)
  private static func product(_ high: UInt64, _ low: UInt64, _ factor: UInt64) -> UInt64 {
    let carried = low.multipliedFullWidth(by: factor).high
    let (top, rest) = high.multipliedFullWidth(by: factor)
    let (sum, overflow) = rest.addingReportingOverflow(carried)
    return (top &+ (overflow ? 1 : 0)) | (sum > 1 ? 1 : 0)
  }
}

/// 17 digits without a point, the first not zero, zeros after the last.
struct SignificantDigits {
  private let first: UInt64
  private let next: UInt64
  private let last: UInt64
  /// Without the zeros at the end, at least one.
  let count: Int
  /// Power of ten of the first digit.
  let exponent: Int

  init(_ decimal: ShortestDecimal) { self.init(decimal.digits, decimal.exponent) }

  /// - Parameter digits: above zero and below 10^17.
  init(_ digits: UInt64, _ exponent: Int) {
    let digitCount = NumberText.digitCount(digits)
    self.exponent = exponent &+ digitCount &- 1
    let all = digits &* NumberText.powerOfTen(17 &- digitCount)
    first = all / 10_000_000_000_000_000
    let rest = all &- first &* 10_000_000_000_000_000
    let upper = rest / 100_000_000
    let lower = rest &- upper &* 100_000_000
    let sixteen = qw_digits_sixteen(upper, lower)
    (next, last) = (sixteen.first, sixteen.last)
    if lower != 0 {
      count = 9 &+ Int(sixteen.used)
    } else {
      // Zero characters have no bit in the lower half of their bytes.
      let bits = next & 0x0F0F_0F0F_0F0F_0F0F
      count = 9 &- bits.leadingZeroBitCount &>> 3
    }
  }

  /// All 17.
  @inline(__always)
  func write(_ to: UnsafeMutablePointer<UInt8>) {
    unsafe to[0] = 0x30 &+ UInt8(truncatingIfNeeded: first)
    unsafe writeFraction(to + 1)
  }

  /// All but the first.
  @inline(__always)
  private func writeFraction(_ to: UnsafeMutablePointer<UInt8>) {
    unsafe NumberText.storeWord(next, to)
    unsafe NumberText.storeWord(last, to + 8)
  }

  /// `0.000ddd`, `dd.ddd` or `ddd00.0`: for exponents from -4 to 15.
  func writePlain(_ to: UnsafeMutablePointer<UInt8>) -> Int {
    if exponent < 0 {
      // "0.000000"
      unsafe NumberText.storeWord(0x3030_3030_3030_2E30, to)
      unsafe write(to + (1 &- exponent))
      return 1 &- exponent &+ count
    }
    unsafe write(to)
    let point = unsafe to + (exponent &+ 1)
    let tail = UnsafeMutableRawPointer(point)
    let moved = unsafe (tail.loadUnaligned(as: UInt64.self), (tail + 8).loadUnaligned(as: UInt64.self))
    unsafe (tail + 1).storeBytes(of: moved.0, as: UInt64.self)
    unsafe (tail + 9).storeBytes(of: moved.1, as: UInt64.self)
    unsafe point[0] = 0x2E
    return max(count, exponent &+ 2) &+ 1
  }

  /// `d.ddd`, or `d` alone; `hasPoint` makes that `d.0`.
  func writeMantissa(_ to: UnsafeMutablePointer<UInt8>, hasPoint: Bool) -> Int {
    unsafe to[0] = 0x30 &+ UInt8(truncatingIfNeeded: first)
    unsafe to[1] = 0x2E
    unsafe writeFraction(to + 2)
    return count > 1 ? count &+ 1 : hasPoint ? 3 : 1
  }
}
