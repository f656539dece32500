// Times as ISO 8601 in UTC, for people: `2026-03-02T14:30:00.125Z`. Years outside 0000…9999 have a sign.

extension NumberText {
  /// Days since 1970-01-01 as year, month and day of the proleptic Gregorian calendar.
  ///
  /// Counted in years that begin in March, so that the leap day is a year's last, and in eras of 400 years, which all
  /// have
  /// 146,097 days.
  package static func date(daysSince1970 days: Int64) -> (year: Int64, month: Int, day: Int) {
    // 0000-03-01 is 719,468 days before 1970-01-01.
    let (era, dayOfEra) = floorDivide(days &+ 719_468, 146_097)
    let leapDaysPassed = dayOfEra / 1460 &- dayOfEra / 36_524 &+ dayOfEra / 146_096
    let yearOfEra = (dayOfEra &- leapDaysPassed) / 365
    let dayOfYear = dayOfEra &- (365 &* yearOfEra &+ yearOfEra / 4 &- yearOfEra / 100)
    // From March on, five months have 153 days.
    let monthFromMarch = (5 &* dayOfYear &+ 2) / 153
    let day = dayOfYear &- (153 &* monthFromMarch &+ 2) / 5 &+ 1
    let month = monthFromMarch < 10 ? monthFromMarch &+ 3 : monthFromMarch &- 9
    let year = era &* 400 &+ yearOfEra &+ (month <= 2 ? 1 : 0)
    return (year, Int(month), Int(day))
  }

  /// Quotient towards minus infinity and a remainder that is not negative.
  private static func floorDivide(_ value: Int64, _ divisor: Int64) -> (Int64, Int64) {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient &- 1, remainder &+ divisor) : (quotient, remainder)
  }

  /// `unitsPerSecond` is a power of ten with `digits` zeros.
  fileprivate static func appendTime(_ time: Int64, _ unitsPerSecond: Int64, _ digits: Int, _ out: inout ByteWriter) {
    let (seconds, fraction) = floorDivide(time, unitsPerSecond)
    let (days, secondOfDay) = floorDivide(seconds, 86_400)
    let (year, month, day) = date(daysSince1970: days)
    appendYear(year, &out)
    out.append(0x2D)
    appendPair(month, &out)
    out.append(0x2D)
    appendPair(day, &out)
    out.append(0x54)
    appendPair(Int(secondOfDay / 3600), &out)
    out.append(0x3A)
    appendPair(Int(secondOfDay / 60 % 60), &out)
    out.append(0x3A)
    appendPair(Int(secondOfDay % 60), &out)
    out.append(0x2E)
    var place = unitsPerSecond / 10
    for _ in 0..<digits {
      out.append(0x30 &+ UInt8(truncatingIfNeeded: fraction / place % 10))
      place = max(1, place / 10)
    }
    out.append(0x5A)
  }

  private static func appendYear(_ year: Int64, _ out: inout ByteWriter) {
    if year >= 0 && year <= 9999 {
      appendPair(Int(year) / 100, &out)
      appendPair(Int(year) % 100, &out)
      return
    }
    out.append(year < 0 ? 0x2D : 0x2B)
    for _ in digitCount(year.magnitude)..<max(4, digitCount(year.magnitude)) { out.append(0x30) }
    out.append(decimal: year.magnitude)
  }

  private static func appendPair(_ value: Int, _ out: inout ByteWriter) {
    unsafe out.appendUnsafe(room: 2) { p in
      unsafe writePair(UInt64(value), p)
      return 2
    }
  }
}

extension ByteWriter {
  /// A time in milliseconds since 1970 UTC as ISO 8601 with three digits of the second.
  package mutating func append(isoMillis millis: Int64) { NumberText.appendTime(millis, 1000, 3, &self) }

  /// A time in nanoseconds since 1970 UTC as ISO 8601 with nine digits of the second.
  package mutating func append(isoNanos nanos: Int64) { NumberText.appendTime(nanos, 1_000_000_000, 9, &self) }
}
