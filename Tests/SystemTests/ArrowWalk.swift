/// The messages of an Arrow stream behind the magic of a file, read by hand: the format's documents, not our reader.
struct ArrowWalk {
  /// Rows of whole record batches.
  var rows = 0
  var batches = 0
  /// Behind the last whole message.
  var end = 0
  /// Whether the mark of the stream's end is there.
  var isEnded = false

  private static let magicBytes = 8
  private static let prefixBytes = 8
  private static let recordBatch = 3

  init(_ bytes: [UInt8]) {
    guard bytes.count >= Self.magicBytes else { return }
    end = Self.magicBytes
    while end + Self.prefixBytes <= bytes.count, Self.number(bytes, end, 4) == 0xFFFF_FFFF {
      let metadata = Self.number(bytes, end + 4, 4)
      if metadata == 0 {
        isEnded = true
        end += Self.prefixBytes
        return
      }
      let start = end + Self.prefixBytes
      guard start + metadata <= bytes.count else { return }
      // A flatbuffer: where the root table lies, then tables with a list of their fields' places in front.
      let root = start + Self.number(bytes, start, 4)
      let body = Self.field(bytes, root, 3).map { Self.number(bytes, $0, 8) } ?? 0
      guard start + metadata + body <= bytes.count else { return }
      if let kind = Self.field(bytes, root, 1), Self.number(bytes, kind, 1) == Self.recordBatch,
        let header = Self.field(bytes, root, 2)
      {
        batches += 1
        rows += Self.field(bytes, header + Self.number(bytes, header, 4), 0).map { Self.number(bytes, $0, 8) } ?? 0
      }
      end = start + metadata + body
    }
  }

  /// Where a field of a table lies; nil where it has none.
  private static func field(_ bytes: [UInt8], _ table: Int, _ number: Int) -> Int? {
    let back = Int(Int32(truncatingIfNeeded: Self.number(bytes, table, 4)))
    let places = table - back
    let at = 4 + 2 * number
    guard at + 2 <= Self.number(bytes, places, 2) else { return nil }
    let offset = Self.number(bytes, places + at, 2)
    return offset == 0 ? nil : table + offset
  }

  /// Little-endian.
  private static func number(_ bytes: [UInt8], _ at: Int, _ count: Int) -> Int {
    guard at >= 0, at + count <= bytes.count else { return 0 }
    return (0..<count).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) }
  }
}
