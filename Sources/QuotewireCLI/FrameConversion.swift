import Bytes
import IO
import Ingest
import Market
import Recording
import Sinks

/// Frame text to recordings and back, and recordings to recordings.
enum FrameConversion {
  /// Bytes of frame text read at once.
  private static let blockBytes = 1 << 20

  // MARK: frame text to recording

  static func record(
    _ input: String, _ output: String, _ arguments: Arguments
  ) throws(CommandFailure) -> ExitCode {
    var base: Int64 = 0
    if let text = arguments.string("base") {
      guard let nanos = TimeText.nanos(text) else {
        throw .usage("--base takes 2026-01-02T14:30:00Z or milliseconds since 1970, not '\(text)'")
      }
      base = nanos
    }
    let start = Arrival(wall: WallNanos(rawValue: base), monotonic: MonotonicNanos(rawValue: 0))
    do {
      var text = try File(input, .readOnly)
      var out = try RecordingOutput(output, created: start.wall, arguments)
      let frames = try copyFrames(&text, start, &out)
      try out.finish(at: start)
      try StandardStream.error.write("\(output): \(frames) frames\n")
      return .done
    } catch let error as RecordingError {
      throw CommandFailure("\(input): \(error)")
    } catch let error as CommandFailure {
      throw error
    } catch { throw CommandFailure("\(error)") }
  }

  private static func copyFrames(_ text: inout File, _ start: Arrival, _ out: inout RecordingOutput) throws -> Int {
    var splitter = LineSplitter()
    var clock = FrameTextClock(base: start)
    var block = [UInt8](repeating: 0, count: blockBytes)
    var frames = 0
    func take(_ bytes: UnsafeRawBufferPointer, _ number: Int) throws {
      guard let line = try unsafe FrameText.parse(bytes, number: number) else { return }
      let arrival = clock.arrival(of: line)
      try unsafe out.append(.received, 0, arrival, line.frame)
      frames += 1
    }
    while true {
      let got = try unsafe block.withUnsafeMutableBytes { b in try unsafe text.read(into: b) }
      if got == 0 { break }
      try unsafe block.withUnsafeBytes { bytes in
        let filled = unsafe UnsafeRawBufferPointer(rebasing: bytes[..<got])
        var offset = 0
        while let line = try unsafe splitter.next(in: filled, from: &offset) {
          try unsafe take(line, splitter.lineNumber)
        }
      }
    }
    if let line = try unsafe splitter.finish() { try unsafe take(line, splitter.lineNumber) }
    return frames
  }

  // MARK: recording to frame text

  static func frameText(
    _ input: String, _ output: String, _ arguments: Arguments
  ) throws(CommandFailure) -> ExitCode {
    do {
      let map = try MappedFile(input)
      var out = try PendingFile(output, force: arguments.has("force"))
      let verdict = try unsafe map.withBytes { bytes in
        var reader = try unsafe RecordingReader(bytes, compression: try? ZstdCompression())
        try copyFrames(&reader, &out)
        return reader.verdict
      }
      try out.commit()
      return tell(verdict, input)
    } catch let error as RecordingError {
      throw CommandFailure("\(input): \(error)")
    } catch { throw CommandFailure("\(error)") }
  }

  /// Says what of the input is not in the output.
  private static func tell(_ verdict: RecordingVerdict?, _ input: String) -> ExitCode {
    switch verdict {
    case .torn(_, let bytes)? where bytes > 0:
      Console().say("\(input): its last \(bytes) bytes are no whole entry (a crash?); everything before was converted")
    case .corrupt(let at)?:
      Console().say("\(input): damaged from byte \(at) on; what could be read was converted. See 'quotewire inspect'")
      return .failed
    default: break
    }
    return .done
  }

  private static func copyFrames(_ reader: inout RecordingReader, _ out: inout PendingFile) throws {
    var lines = ByteWriter(capacity: 2 * blockBytes)
    var first: Int64?
    while let entry = reader.next() {
      guard entry.kind == .received else { continue }
      let start = first ?? entry.arrival.wall.rawValue
      first = start
      unsafe FrameText.append(offsetNanos: entry.arrival.wall.rawValue &- start, frame: entry.payload, to: &lines)
      if lines.count >= blockBytes { try flush(&lines, &out) }
    }
    try flush(&lines, &out)
  }

  private static func flush(_ lines: inout ByteWriter, _ out: inout PendingFile) throws(IOError) {
    try unsafe lines.withBytes { b throws(IOError) in try unsafe out.file.write(b) }
    lines.removeAll()
  }

  /// A copy of everything that can be read: without damage, compressed or not as asked.
  static func rewrite(
    _ input: String, _ output: String, _ arguments: Arguments
  ) throws(CommandFailure) -> ExitCode {
    do {
      let map = try MappedFile(input)
      try unsafe map.withBytes { bytes in
        var reader = try unsafe RecordingReader(bytes, compression: try? ZstdCompression())
        var out = try RecordingOutput(output, created: reader.header.created, arguments)
        var last = Arrival(wall: reader.header.created, monotonic: MonotonicNanos(rawValue: 0))
        while let entry = reader.next() {
          try unsafe out.append(entry.kind, entry.lane, entry.arrival, entry.payload)
          last = entry.arrival
        }
        try out.finish(at: last)
      }
      return .done
    } catch let error as RecordingError {
      throw CommandFailure("\(input): \(error)")
    } catch let error as CommandFailure {
      throw error
    } catch { throw CommandFailure("\(error)") }
  }
}

/// A recording that is written in one go and appears when it is whole. Its file id follows from its creation time, so
/// that the same input gives the same bytes.
struct RecordingOutput: ~Copyable {
  private var writer: RecordingWriter
  /// Nil once it is finished.
  private var file: PendingFile?

  private static let blockBytes = 1 << 20

  init(_ path: String, created: WallNanos, _ arguments: Arguments) throws(IOError) {
    try self.init(
      path, created: created, fileID: UInt64(bitPattern: created.rawValue) &* 0x9E37_79B9_7F4A_7C15 | 1,
      compressed: arguments.has("zstd"), force: arguments.has("force"))
  }

  init(_ path: String, created: WallNanos, fileID: UInt64, compressed: Bool, force: Bool) throws(IOError) {
    let compression = compressed ? try ZstdCompression() : nil
    let pending = try PendingFile(path, force: force)
    writer = RecordingWriter(fileID: fileID, created: created, compression: compression)
    file = consume pending
  }

  mutating func append(
    _ kind: EntryKind, _ lane: UInt16, _ arrival: Arrival, _ payload: UnsafeRawBufferPointer
  ) throws {
    try unsafe writer.append(kind, lane: lane, arrival: arrival, payload: payload)
    if writer.pendingCount >= Self.blockBytes { try flush() }
  }

  private mutating func flush() throws(IOError) {
    let count = try unsafe writer.withPending { b throws(IOError) in
      try unsafe file?.file.write(b)
      return b.count
    }
    writer.removePending(count)
  }

  mutating func finish(at arrival: Arrival) throws(IOError) {
    writer.close(at: arrival)
    try flush()
    if let whole = file.take() { try whole.commit() }
  }
}
