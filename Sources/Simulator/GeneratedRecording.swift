import Bytes
import DXLink
import Market
package import Recording

/// A recording made from a spec: the same spec gives the same bytes.
package enum GeneratedRecording {
  /// What a manifest says about a recording.
  package struct Summary: Sendable, Equatable {
    /// The spec's canonical text, with the generator's version.
    package var spec = ""
    package var frames = 0
    package var payloadBytes = 0
    /// Events that the generator made.
    package var eventsMade = 0
    /// Events that a decoder finds; fewer or others than made where the preset is hostile.
    package var eventsDecoded = 0
    package var framesRefused = 0
    package var rowsMalformed = 0
    /// Digest of the decoded events.
    package var digest = ""
  }

  /// Pending bytes are handed out in blocks of about this size.
  static let blockBytes = 1 << 20

  /// Makes the recording and hands out its bytes, block by block.
  package static func make<E: Error>(
    _ spec: GenerateSpec, compression: (any SegmentCompression)? = nil, limits: RecordingLimits = RecordingLimits(),
    write: (UnsafeRawBufferPointer) throws(E) -> Void
  ) throws -> Summary {
    var stream = try FrameStream(spec)
    let start = Generator.startSeconds * 1_000_000_000
    var writer = RecordingWriter(
      fileID: fileID(spec), created: WallNanos(rawValue: start), compression: compression, limits: limits)
    var reader = SummaryReader()
    var last = arrival(start)
    // Not the URL of anything: a name that says where the frames come from.
    let mark = SessionStart(session: 1, url: "simulator://generator", version: spec.text)
    try writer.append(mark, lane: 0, arrival: last)
    var failure: RecordingError?
    var isMore = true
    while isMore, failure == nil {
      isMore = stream.next { nanos, payload in
        last = arrival(nanos)
        do throws(RecordingError) {
          try writer.append(.received, lane: 0, arrival: last, payload: payload)
        } catch {
          failure = error
        }
        reader.read(payload, nanos)
      }
      if writer.pendingCount >= blockBytes { try unsafe drain(&writer, write) }
    }
    if let failure { throw failure }
    let end = SessionEnd(session: 1, closeCode: EndOfFeed.closeCode, reason: EndOfFeed.reason)
    try writer.append(end, lane: 0, arrival: last)
    writer.close(at: last)
    try unsafe drain(&writer, write)
    var summary = reader.finish()
    summary.spec = spec.text
    summary.eventsMade = stream.eventCount
    return summary
  }

  private static func drain<E: Error>(
    _ writer: inout RecordingWriter, _ write: (UnsafeRawBufferPointer) throws(E) -> Void
  ) throws(E) {
    try unsafe writer.withPending { (bytes: UnsafeRawBufferPointer) throws(E) in try unsafe write(bytes) }
    writer.removePending(writer.pendingCount)
  }

  /// Wall time as simulated; the monotonic clock starts an hour after its zero.
  private static func arrival(_ nanos: Int64) -> Arrival {
    let monotonic = nanos - Generator.startSeconds * 1_000_000_000 + 3_600_000_000_000
    return Arrival(wall: WallNanos(rawValue: nanos), monotonic: MonotonicNanos(rawValue: monotonic))
  }

  /// From the spec's text, so that the file is reproducible; different specs have different ids.
  private static func fileID(_ spec: GenerateSpec) -> UInt64 {
    var text = spec.text
    return text.withUTF8 { unsafe TextTable.hash(UnsafeRawBufferPointer($0)) }
  }
}

/// Decodes what was made, as every reader of the recording will.
private struct SummaryReader: ~Copyable {
  private var summary = GeneratedRecording.Summary()
  private var decoder = FeedDecoder()
  private var digest = Digest()
  private var texts = TextTable()
  private let current = BatchBox(capacity: 4096)
  private var padded = ReceiveBuffer(capacity: 128 << 10)

  mutating func read(_ payload: RawSpan, _ nanos: Int64) {
    summary.frames += 1
    summary.payloadBytes += payload.byteCount
    padded.removeAll()
    guard padded.makeRoom(payload.byteCount) else { return }
    unsafe _ = padded.fill { room in
      unsafe payload.withUnsafeBytes { bytes in unsafe room.copyMemory(from: bytes) }
      return payload.byteCount
    }
    let current = self.current
    current.batch.removeAll()
    let store = texts.store
    // The buffer stays as it is for the length of the call.
    let bytes = unsafe padded.withReadable { unsafe $0 }
    do throws(FeedError) {
      _ = try unsafe decoder.decode(bytes, receivedNanos: nanos, batch: &current.batch, texts: &texts) { full in
        full.forEach { digest.update($0, store) }
        full.removeAll()
      }
      current.batch.forEach { digest.update($0, store) }
    } catch {
      summary.framesRefused += 1
    }
  }

  consuming func finish() -> GeneratedRecording.Summary {
    summary.eventsDecoded = digest.eventCount
    summary.rowsMalformed = decoder.counters.rowsMalformed
    summary.digest = Digest.text(Digest.total([(digest, texts.store)]))
    return summary
  }
}
