import Bytes
import JSON
package import Market

/// Events and gap marks from NDJSON: what `NDJSONEncoder` and `GapRow` write, and lines of others with dxLink's names,
/// keys
/// in any order, fields left out. Takes bytes in blocks of any size, as `CSVDecoder` does; does no I/O.
package struct NDJSONDecoder: ~Copyable {
  package struct Limits: Sendable {
    package var maximumLineBytes: Int
    package init(maximumLineBytes: Int = 1 << 20) { self.maximumLineBytes = maximumLineBytes }
  }

  /// The most that one `append` takes.
  package static let blockBytes = RecordBuffer.blockBytes

  /// Lines that became events.
  package private(set) var rowCount = 0
  /// The line at which the bytes begin that were not read yet.
  package var line: Int { buffer.line }
  /// Keys that the schema of their line does not have; they are ignored.
  package private(set) var unknownKeyCount = 0

  private var buffer: RecordBuffer
  private var scanner: Scanner
  private var row = NDJSONRow()

  package init(limits: Limits = Limits()) {
    buffer = RecordBuffer(maximumRecordBytes: limits.maximumLineBytes)
    scanner = Scanner(maximumBytes: limits.maximumLineBytes)
  }

  /// Takes the next bytes of the text, at most `blockBytes`, and says how many. Takes all of a block of that size when
  /// `decode` has said `needMore` since the last.
  package mutating func append(_ bytes: RawSpan) -> Int { buffer.append(bytes) }

  /// Says that there are no more bytes: a last line without its line break counts.
  package mutating func finish() { buffer.finish() }

  /// Decodes until the batch is full, a gap mark comes or more bytes are needed. A line that throws is passed and
  /// leaves no
  /// event.
  package mutating func decode(
    into batch: inout EventBatch, _ texts: inout TextTable
  ) throws(FormatError) -> DecodeStep {
    while true {
      if buffer.isSkipping, !buffer.skipRecord() { return .needMore }
      guard batch.recordCount + EventRecord.maximumPerEvent <= batch.capacity else { return .batchFull }
      guard let (count, consumed) = try nextLine() else { return .needMore }
      let line = buffer.line
      defer { buffer.consume(consumed, lines: 1) }
      if count > buffer.maximumRecordBytes {
        throw .recordTooLong(line: line, limit: buffer.maximumRecordBytes)
      }
      let bytes = unsafe UnsafeRawBufferPointer(rebasing: buffer.readable[..<count])
      if unsafe isBlank(bytes) { continue }
      if let gap = try unsafe readLine(bytes, line, &batch, &texts) { return .gap(gap) }
    }
  }

  private mutating func nextLine() throws(FormatError) -> (count: Int, consumed: Int)? {
    let bytes = unsafe UnsafeRawBufferPointer(buffer.readable)
    if let end = unsafe bytes[buffer.scanned...].firstIndex(of: 0x0A) { return (end, end + 1) }
    buffer.scanned = bytes.count
    if buffer.isFinished { return bytes.count == 0 ? nil : (bytes.count, bytes.count) }
    try buffer.checkLength()
    return nil
  }

  private func isBlank(_ line: UnsafeRawBufferPointer) -> Bool {
    unsafe line.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
  }

  /// Appends the line's event, or gives its gap mark.
  private mutating func readLine(
    _ bytes: UnsafeRawBufferPointer, _ line: Int, _ batch: inout EventBatch, _ texts: inout TextTable
  ) throws(FormatError) -> Gap? {
    let mark = batch.mark
    unsafe row.begin(bytes, line)
    var gap: Gap?
    do {
      // The line lies in the receive buffer, which has its padding.
      try unsafe scanner.scan(bytes) { cursor throws(JSONError) in
        gap = try row.read(&cursor, &batch, &texts)
      }
    } catch {
      batch.rollBack(to: mark)
      throw .invalidLine(line: line, error: error)
    }
    if let fault = row.fault {
      batch.rollBack(to: mark)
      throw fault
    }
    unknownKeyCount += row.unknownKeys
    if gap == nil { rowCount += 1 }
    return gap
  }
}
