/// Why a recording cannot be opened, written or made from text. None of these is helped by trying again.
package enum RecordingError: Error, Hashable, Sendable {
  case empty
  /// The file ends inside its header, as after a crash while it was created.
  case headerTorn(bytes: Int)
  case headerDamaged
  /// Not ours; says what the first bytes look like.
  case foreign(looksLike: String)
  case newerVersion(major: UInt16, minor: UInt16)
  case unknownFlags(UInt32)
  /// The file says that segments may be compressed, and no decompressor was given.
  case compressionUnavailable
  case payloadTooLong(bytes: Int, limit: Int)
  case pendingFull(bytes: Int, limit: Int)
  case speedNotPositive
  case lineTooLong(line: Int, limit: Int)
  case line(Int, FrameTextProblem)
}

/// What is wrong with a line of frame text.
package enum FrameTextProblem: Hashable, Sendable {
  case badTime
  case noFrame
}

extension RecordingError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .empty:
      "the file is empty: there is nothing to read; delete it or record to it anew"
    case .headerTorn(let bytes):
      "the file ends after \(bytes) of the \(Layout.headerBytes) header bytes: it holds no entry; delete it"
    case .headerDamaged:
      "the recording's header (bytes 0 to \(Layout.headerBytes - 1)) fails its checksum: restore it from a copy"
    case .foreign(let looksLike):
      "not a quotewire recording: \(looksLike)"
    case .newerVersion(let major, let minor):
      "the recording has format version \(major).\(minor), this program reads versions up to \(Layout.major): "
        + "read it with a newer quotewire"
    case .unknownFlags(let flags):
      "the recording's header asks for features that this program does not know "
        + "(flags 0x\(String(flags, radix: 16))): read it with a newer quotewire"
    case .compressionUnavailable:
      "the recording is compressed with zstd and libzstd is not available: install it and try again"
    case .payloadTooLong(let bytes, let limit):
      "a payload of \(bytes) bytes does not fit in an entry (limit \(limit))"
    case .pendingFull(let bytes, let limit):
      "\(bytes) bytes wait to be written to the recording (limit \(limit)): the disk does not keep up"
    case .speedNotPositive:
      "a replay speed must be a number above 0, or max"
    case .lineTooLong(let line, let limit):
      "line \(line) is longer than \(limit) bytes"
    case .line(let line, .badTime):
      "line \(line): expected FRAME or MILLISECONDS<TAB>FRAME, but what stands before the tab is not a time from 0 to "
        + "\(FrameText.maximumMillis) milliseconds"
    case .line(let line, .noFrame):
      "line \(line): a time with no frame after the tab"
    }
  }
}
