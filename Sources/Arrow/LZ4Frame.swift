/// Reads LZ4 frames (format 1.6.4) into memory of a known size, checking every length and distance.
@safe
struct LZ4Frame {
  private let input: UnsafeRawBufferPointer
  private let output: UnsafeMutableRawBufferPointer
  private var at = 0
  private var filled = 0

  private init(_ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer) {
    unsafe self.input = input
    unsafe self.output = output
  }

  /// The contents of `input` fill `output` exactly; false for anything else, and for dictionaries, which Arrow has not.
  static func decompress(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Bool {
    var frame = unsafe LZ4Frame(input, output)
    return frame.run()
  }

  private mutating func number(_ bytes: Int) -> Int? {
    guard unsafe bytes <= input.count - at else { return nil }
    var value = 0
    for i in 0..<bytes { value |= unsafe Int(input[at + i]) << (8 * i) }
    at += bytes
    return value
  }

  private mutating func run() -> Bool {
    guard number(4) == 0x184D_2204, let flags = number(1), number(1) != nil else { return false }
    // Version 01, no dictionary.
    guard flags >> 6 == 1, flags & 1 == 0 else { return false }
    let (hasBlockCheck, hasSize, hasCheck) = (flags & 0x10 != 0, flags & 0x08 != 0, flags & 0x04 != 0)
    if hasSize {
      let count = unsafe output.count
      guard number(4) == count & 0xFFFF_FFFF, number(4) == count >> 32 else { return false }
    }
    guard number(1) != nil else { return false }
    while let size = number(4) {
      if size == 0 {
        if hasCheck, number(4) == nil { return false }
        return unsafe at == input.count && filled == output.count
      }
      let count = size & 0x7FFF_FFFF
      guard unsafe count <= input.count - at else { return false }
      guard size & 0x8000_0000 == 0 ? block(end: at + count) : copy(count) else { return false }
      if hasBlockCheck, number(4) == nil { return false }
    }
    return false
  }

  /// Copies literals.
  private mutating func copy(_ count: Int) -> Bool {
    guard unsafe count <= output.count - filled, unsafe count <= input.count - at else { return false }
    if count > 0, let to = unsafe output.baseAddress, let from = unsafe input.baseAddress {
      unsafe (to + filled).copyMemory(from: from + at, byteCount: count)
    }
    at += count
    filled += count
    return true
  }

  /// The rest of a length whose four bits are all set.
  private mutating func length(_ first: Int, end: Int) -> Int? {
    var total = first
    if first < 15 { return total }
    while at < end {
      let more = unsafe Int(input[at])
      at += 1
      total += more
      if more < 255 { return total }
    }
    return nil
  }

  private mutating func block(end: Int) -> Bool {
    while at < end {
      let token = unsafe Int(input[at])
      at += 1
      guard let literals = length(token >> 4, end: end), literals <= end - at, copy(literals) else { return false }
      if at == end { return true }
      guard end - at >= 2, let distance = number(2), let more = length(token & 15, end: end) else { return false }
      let count = more + 4
      guard distance > 0, distance <= filled, unsafe count <= output.count - filled else { return false }
      repeatBytes(distance, count)
    }
    return false
  }

  /// The last `distance` bytes again and again.
  private mutating func repeatBytes(_ distance: Int, _ count: Int) {
    guard let base = unsafe output.baseAddress else { return }
    var left = count
    while left > 0 {
      // What was written since `filled - distance` may be copied whole, and has doubled after.
      let span = min(left, distance + count - left)
      let from = unsafe base + (filled - (distance + count - left))
      unsafe (base + filled).copyMemory(from: from, byteCount: span)
      filled += span
      left -= span
    }
  }
}
