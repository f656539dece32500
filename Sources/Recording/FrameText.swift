package import Bytes

/// Frame text: one frame a line, `FRAME` or `MILLISECONDS<TAB>FRAME`.
///
///     0<TAB>{"type":"SETUP","channel":0,…}
///     12.000250<TAB>{"type":"FEED_DATA",…}
///
/// The time is counted from the start of the recording and may have up to 6 decimals (nanoseconds). A line without a
/// time has that of the line before it. Blank lines and a byte order mark are skipped. What stands before the first
/// tab is a time if it begins with a digit or a sign; a frame of JSON cannot.
package enum FrameText {
  /// About 31 years.
  package static var maximumMillis: Int64 { 1_000_000_000_000 }

  /// One line, parsed.
  @safe
  package struct Line {
    /// Nanoseconds since the start; nil where the line has no time.
    package let offsetNanos: Int64?
    package let frame: UnsafeRawBufferPointer
  }

  /// Reads a line without its end. Nil for a blank one.
  /// - Throws: `line` with `number`.
  package static func parse(_ line: UnsafeRawBufferPointer, number: Int) throws(RecordingError) -> Line? {
    var line = unsafe line
    if number == 1, unsafe line.starts(with: [0xEF, 0xBB, 0xBF]) {
      unsafe line = UnsafeRawBufferPointer(rebasing: line.dropFirst(3))
    }
    guard let lead = unsafe line.first(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) else { return nil }
    let isTimed = unsafe lead == line[0] && ((lead >= 0x30 && lead <= 0x39) || lead == 0x2B || lead == 0x2D)
    guard isTimed, let tab = unsafe line.firstIndex(of: 0x09) else {
      return unsafe Line(offsetNanos: nil, frame: line)
    }
    guard let nanos = unsafe nanoseconds(UnsafeRawBufferPointer(rebasing: line[..<tab])) else {
      throw .line(number, .badTime)
    }
    let frame = unsafe UnsafeRawBufferPointer(rebasing: line[(tab + 1)...])
    if frame.count == 0 { throw .line(number, .noFrame) }
    return unsafe Line(offsetNanos: nanos, frame: frame)
  }

  /// `DIGITS` or `DIGITS.DIGITS` milliseconds, at most 6 decimals, as nanoseconds.
  private static func nanoseconds(_ text: UnsafeRawBufferPointer) -> Int64? {
    var millis: Int64 = 0
    var fraction: Int64 = 0
    var scale: Int64 = 1_000_000
    var hasDot = false
    var digits = 0
    for i in 0..<text.count {
      let byte = unsafe text[i]
      if byte == UInt8(ascii: "."), !hasDot, digits > 0 {
        hasDot = true
        digits = 0
        continue
      }
      guard byte >= 0x30, byte <= 0x39 else { return nil }
      digits += 1
      let digit = Int64(byte &- 0x30)
      if hasDot {
        guard scale > 1 else { return nil }
        scale /= 10
        fraction += digit * scale
      } else {
        millis = millis * 10 + digit
        guard millis <= maximumMillis else { return nil }
      }
    }
    return digits > 0 ? millis * 1_000_000 + fraction : nil
  }

  /// Appends a line with its time and end. JSON text has line ends only between its tokens, so each LF and CR of the
  /// frame becomes a space; returns whether there was one.
  @discardableResult
  package static func append(
    offsetNanos: Int64, frame: UnsafeRawBufferPointer, to writer: inout ByteWriter
  ) -> Bool {
    let nanos = max(0, min(offsetNanos, maximumMillis * 1_000_000))
    appendDigits(nanos / 1_000_000, width: 1, to: &writer)
    var fraction = nanos % 1_000_000
    if fraction > 0 {
      var width = 6
      while fraction % 10 == 0 {
        fraction /= 10
        width -= 1
      }
      writer.append(UInt8(ascii: "."))
      appendDigits(fraction, width: width, to: &writer)
    }
    writer.append(UInt8(ascii: "\t"))
    let start = writer.count
    unsafe writer.append(contentsOf: frame)
    var isChanged = false
    for i in 0..<frame.count where unsafe frame[i] == UInt8(ascii: "\n") || frame[i] == UInt8(ascii: "\r") {
      writer.overwrite(at: start + i, raw: UInt8(ascii: " "))
      isChanged = true
    }
    writer.append(UInt8(ascii: "\n"))
    return isChanged
  }

  private static func appendDigits(_ value: Int64, width: Int, to writer: inout ByteWriter) {
    var divisor: Int64 = 1
    var count = 1
    while count < width || (value / divisor >= 10 && count < 19) {
      divisor *= 10
      count += 1
    }
    while divisor > 0 {
      writer.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
      divisor /= 10
    }
  }
}

/// Gives lines of frame text the arrival times of a recording that starts at `base`.
package struct FrameTextClock: Sendable {
  package let base: Arrival
  private var offsetNanos: Int64 = 0

  package init(base: Arrival) { self.base = base }

  /// The arrival of this line's frame: its own time, else that of the line before.
  package mutating func arrival(of line: FrameText.Line) -> Arrival {
    if let nanos = line.offsetNanos { offsetNanos = nanos }
    return Arrival(
      wall: WallNanos(rawValue: base.wall.rawValue &+ offsetNanos),
      monotonic: base.monotonic.advanced(byNanos: offsetNanos))
  }
}
