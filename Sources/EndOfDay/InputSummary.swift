import Bytes
import IO
package import Recording
import Sinks

/// What a recording holds, counted by reading its entries and nothing else: what a replay's figures are held against.
package struct InputSummary: Sendable, Equatable {
  package var frames = 0
  package var gaps = 0
  /// `clean`, `torn` or `corrupt`.
  package var verdict = "clean"
  /// Entries that segment ends count and that cannot be read.
  package var entriesLost = 0
  package var damagedBytes = 0
  package var tornBytes = 0
  /// Wall times of the first and last message, nanoseconds since 1970 UTC; nil where there is none.
  package var covered: ClosedRange<Int64>?

  package init() {}

  /// Whether the recording is as it was written.
  package var isWhole: Bool { entriesLost == 0 && damagedBytes == 0 && tornBytes == 0 }

  /// Reads a whole recording.
  static func of(_ path: String) throws(EndOfDayError) -> InputSummary {
    let map: MappedFile
    do throws(IOError) { map = try MappedFile(path) } catch { throw .io(error) }
    do throws(RecordingError) {
      return try unsafe map.withBytes { bytes throws(RecordingError) in
        var reader = try unsafe RecordingReader(bytes, compression: try? ZstdCompression())
        return InputSummary(reading: &reader)
      }
    } catch { throw .recording(path: path, reason: "\(error)") }
  }

  package init(reading reader: inout RecordingReader) {
    while let entry = reader.next() {
      let wall = entry.arrival.wall.rawValue
      if entry.kind == .received {
        frames += 1
        covered = min(covered?.lowerBound ?? wall, wall)...max(covered?.upperBound ?? wall, wall)
      } else if entry.kind == .gap, unsafe GapMark(parsing: entry.payload) != nil {
        gaps += 1
      }
    }
    switch reader.verdict {
    case .torn: verdict = "torn"
    case .corrupt: verdict = "corrupt"
    default: break
    }
    entriesLost = Int(clamping: reader.entriesLost)
    damagedBytes = reader.damagedBytes
    tornBytes = reader.tornBytes
  }
}
