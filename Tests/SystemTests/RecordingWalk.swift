/// Where the entries of a recording lie, found by their lengths alone: not the reader under test.
struct RecordingWalk {
  struct Entry {
    let range: Range<Int>
    let kind: UInt8
    var isReceived: Bool { kind == 1 }
  }

  static let headerBytes = 64
  let entries: [Entry]

  /// - Parameter bytes: a recording that is whole up to its end, where it may be cut.
  init(_ bytes: [UInt8]) {
    var entries: [Entry] = []
    var at = Self.headerBytes
    while at + 32 <= bytes.count {
      let length = (0..<4).reduce(0) { $0 | Int(bytes[at + 8 + $1]) << (8 * $1) }
      let end = at + 32 + (length + 7) / 8 * 8
      if end > bytes.count { break }
      entries.append(Entry(range: at..<end, kind: bytes[at + 12]))
      at = end
    }
    self.entries = entries
  }

  /// Where the last whole entry ends.
  var end: Int { entries.last?.range.upperBound ?? Self.headerBytes }
  var received: Int { entries.count { $0.isReceived } }
}

/// NDJSON without receive times, which each client has of its own.
func withoutTimes(_ rows: [UInt8]) -> [UInt8] {
  let name = Array(",\"receivedNanos\":".utf8)
  var out: [UInt8] = []
  out.reserveCapacity(rows.count)
  for line in rows.split(separator: 0x0A) {
    let end = line.lastIndex(of: UInt8(ascii: ",")) ?? line.endIndex
    out += line[end...].starts(with: name) ? line[..<end] : line
    out.append(0x0A)
  }
  return out
}
