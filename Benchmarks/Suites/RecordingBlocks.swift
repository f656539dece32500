import Bytes
import IO
import Recording
import Sinks

/// A recording's payloads in blocks: as many as fit some megabytes, copied so that a stage finds them in memory.
///
/// Invariant: a block ends before a session's start and before a change of the lane, so that one decoder fits a block.
final class RecordingBlocks {
  /// What is in cache or not is then the same for recordings of all sizes.
  static let blockBytes = 8 << 20

  let payloads = Payloads()
  /// The lane of the block's payloads.
  private(set) var lane: UInt16 = 0
  /// Whether a session begins with this block.
  private(set) var isSessionStart = false
  private let map: MappedFile
  private var reader: RecordingReader
  /// An entry that was read and belongs to the next block.
  private var held: Entry?

  init(_ path: String) throws {
    map = try MappedFile(path)
    // The map lives as long as this object, and so does the reader.
    let bytes = unsafe map.withBytes { unsafe $0 }
    reader = unsafe try RecordingReader(bytes, compression: try? ZstdCompression())
  }

  /// Fills `payloads`; false at the end.
  func next() -> Bool {
    payloads.removeAll()
    isSessionStart = false
    while payloads.byteCount < Self.blockBytes {
      let entry: Entry
      if let first = held {
        entry = first
        held = nil
      } else if let read = reader.next() {
        entry = read
      } else {
        break
      }
      guard entry.kind == .received || entry.kind == .sessionStart else { continue }
      if payloads.count > 0, entry.lane != lane || entry.kind == .sessionStart {
        held = entry
        return true
      }
      lane = entry.lane
      if entry.kind == .sessionStart { isSessionStart = true } else { unsafe payloads.append(entry.payload) }
    }
    return payloads.count > 0
  }
}
