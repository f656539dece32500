/// Which file lies where in a process, out of `/proc/self/maps`:
///
///     55d0c8a00000-55d0c8b00000 r-xp 00100000 fe:01 1234    /usr/lib/libc.so.6
struct MemoryMap {
  struct Range: Equatable {
    var start: UInt64
    var end: UInt64
    /// Of the first byte in the file.
    var offset: UInt64
    var path: String
  }

  /// What can be executed, sorted.
  private(set) var ranges: [Range] = []

  init(_ text: String) {
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
      guard words.count == 6, words[1].contains("x") else { continue }
      let bounds = words[0].split(separator: "-")
      guard bounds.count == 2, let start = UInt64(bounds[0], radix: 16), let end = UInt64(bounds[1], radix: 16),
        let offset = UInt64(words[2], radix: 16)
      else { continue }
      ranges.append(Range(start: start, end: end, offset: offset, path: String(words[5].drop { $0 == " " })))
    }
    ranges.sort { $0.start < $1.start }
  }

  func range(of address: UInt64) -> Range? {
    var low = 0
    var high = ranges.count
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].start <= address { low = middle + 1 } else { high = middle }
    }
    guard low > 0, address < ranges[low - 1].end else { return nil }
    return ranges[low - 1]
  }
}
