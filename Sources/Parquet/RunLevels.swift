import Bytes

/// Parquet's hybrid of runs and packed bits, for dictionary codes and levels.
///
///     run      count << 1, varint | the value in as many bytes as the width needs
///     packed   (groups of eight) << 1 | 1, varint | the values, `width` bits each, first value lowest
enum RunLevels {
  /// Shorter runs cost more than they save.
  private static let shortestRun = 8

  static func append(_ values: UnsafePointer<UInt32>, _ count: Int, width: Int, to out: inout ByteWriter) {
    var i = 0
    while i < count {
      let run = unsafe length(values, from: i, count)
      if run >= shortestRun {
        Varint.append(UInt64(run) << 1, to: &out)
        let value = unsafe values[i]
        for byte in 0..<(width + 7) / 8 { out.append(UInt8(truncatingIfNeeded: value >> UInt32(8 * byte))) }
        i += run
        continue
      }
      // Groups of eight up to the next run that begins with a group.
      var end = i
      while end < count {
        let next = unsafe length(values, from: end, count)
        if next >= shortestRun { break }
        end += 8
      }
      unsafe pack(values, from: i, min(end, count), width, to: &out)
      i = min(end, count)
    }
  }

  private static func length(_ values: UnsafePointer<UInt32>, from start: Int, _ count: Int) -> Int {
    let value = unsafe values[start]
    var i = start + 1
    while unsafe i < count && values[i] == value { i &+= 1 }
    return i - start
  }

  private static func pack(
    _ values: UnsafePointer<UInt32>, from start: Int, _ end: Int, _ width: Int, to out: inout ByteWriter
  ) {
    let groups = (end - start + 7) / 8
    Varint.append(UInt64(groups) << 1 | 1, to: &out)
    unsafe out.appendUnsafe(room: groups * width + 8) { to in
      let target = UnsafeMutableRawPointer(to)
      unsafe target.initializeMemory(as: UInt8.self, repeating: 0, count: groups * width + 8)
      unsafe BitPack.pack(width, end - start, target) { i in unsafe UInt64(values[start &+ i]) }
      return groups * width
    }
  }
}

/// Values of some bits each, one behind the other, the first in the lowest bits.
enum BitPack {
  /// Eight bytes behind the last may be written.
  static func pack(_ width: Int, _ count: Int, _ to: UnsafeMutableRawPointer, _ value: (Int) -> UInt64) {
    var waiting: UInt64 = 0
    var bits = 0
    var at = 0
    for i in 0..<count {
      let next = value(i)
      waiting |= next &<< UInt64(bits)
      let used = bits &+ width
      if used >= 64 {
        unsafe to.storeBytes(of: waiting.littleEndian, toByteOffset: at, as: UInt64.self)
        at &+= 8
        bits = used &- 64
        // What of it did not fit.
        waiting = bits == 0 ? 0 : next &>> UInt64(width &- bits)
      } else {
        bits = used
      }
    }
    if bits > 0 { unsafe to.storeBytes(of: waiting.littleEndian, toByteOffset: at, as: UInt64.self) }
  }
}
