import Bytes
import Columns
import IO
import Market
import Rings

/// The files of one event type under `arrow:` and `parquet:`: rows gather in a batch, batches become bytes, bytes are
/// written. A file appears under its name when it is whole.
final class ColumnFile {
  /// What the files of a folder have in common.
  struct Plan {
    let rotation: SinkSpec.Rotation
    let force: Bool
    /// Rows of a batch.
    let batchRows: Int
    /// Seconds after which rows that wait become bytes; nil for no limit.
    let ageSeconds: Double?
    let encoder: (ColumnSchema) -> any ColumnEncoder
  }

  private let path: String
  private let plan: Plan
  private var batch: ColumnBatch
  private var encoder: (any ColumnEncoder)?
  /// Encoded and not written: `ends` are the positions in it where a file ends.
  private var out = ByteWriter(capacity: 64 << 10)
  private var ends: [Int] = []
  /// Of `out`.
  private var writtenBytes = 0
  private var pending: PendingFile?
  /// Of the file under way.
  private var offset = 0
  private var openedAt: MonotonicNanos?
  private var number = 0
  /// Files that were ended by a person's word; what follows goes into another one.
  private var rotations = 0
  private var lastCompleted: String?
  private var opened = 0
  /// When the oldest row came that is not among the bytes; nil where none is.
  private var waitsSince: MonotonicNanos?
  private var rowCount = 0
  /// Rows whose bytes are with the operating system.
  private(set) var writtenRows = 0
  /// Why a file could not be given its name; it stays under the temporary one.
  private var failure: IOError?

  init(_ path: String, _ type: EventType, _ plan: Plan) {
    self.path = path
    self.plan = plan
    batch = ColumnBatch(type, capacity: plan.batchRows)
  }

  /// Bytes to be written.
  var pendingBytes: Int { out.count - writtenBytes }
  /// Rows that were taken and are not written.
  var heldRows: Int { rowCount - writtenRows }

  /// Takes events, which must be of the file's type.
  func append(_ events: UnsafeBufferPointer<UnsafeRawPointer>, _ texts: TextStore) {
    var rest = unsafe events
    while true {
      let taken = unsafe batch.append(rest, texts)
      rowCount += taken
      if taken == rest.count { return }
      unsafe rest = UnsafeBufferPointer(rebasing: rest[taken...])
      if batch.isFull {
        encode()
      } else {
        // A dictionary is full: what follows goes into the next file.
        endFile()
        batch.removeAllAndTexts()
      }
    }
  }

  private func encode() {
    if batch.rowCount == 0 { return }
    let encoder = open()
    encoder.append(batch, to: &out)
    batch.removeAll()
    if encoder.heldRows == 0 { waitsSince = nil }
  }

  private func open() -> any ColumnEncoder {
    if let encoder { return encoder }
    let new = plan.encoder(batch.schema)
    new.begin(to: &out)
    encoder = new
    return new
  }

  /// Ends the file under way in `out`.
  private func endFile() {
    encode()
    guard let encoder else { return }
    encoder.finish(batch, to: &out)
    self.encoder = nil
    ends.append(out.count)
  }

  /// Whether rows have waited as long as they may.
  func isDue(_ now: MonotonicNanos) -> Bool {
    guard batch.rowCount > 0 || encoder?.heldRows ?? 0 > 0 else {
      waitsSince = nil
      return false
    }
    guard let since = waitsSince else {
      waitsSince = now
      return false
    }
    guard let age = plan.ageSeconds else { return false }
    return now.seconds(since: since) >= age
  }

  /// Writes all bytes, those of rows that are due among them; ends a file that is full or whose time is over.
  func flush(now: MonotonicNanos) throws(SinkFailure) {
    if isDue(now) {
      encode()
      encoder?.settle(batch, to: &out)
      waitsSince = nil
    }
    if isRotationDue(now) {
      endFile()
      batch.removeAllAndTexts()
    }
    try write(now)
  }

  private func isRotationDue(_ now: MonotonicNanos) -> Bool {
    guard encoder != nil else { return false }
    // Of the last file in `out`.
    let bytes = out.count - (ends.last ?? writtenBytes - offset)
    if let most = plan.rotation.bytes, bytes >= most { return true }
    guard let most = plan.rotation.seconds, let openedAt, ends.isEmpty else { return false }
    return now.seconds(since: openedAt) >= most
  }

  /// Writes what is encoded. May be called again after it threw: it goes on where it was.
  private func write(_ now: MonotonicNanos) throws(SinkFailure) {
    while writtenBytes < out.count {
      let end = ends.first ?? out.count
      if opened > rotations && pending == nil && !plan.rotation.isOn { throw .dictionaryFull(path: path) }
      do throws(IOError) {
        if pending == nil { try openFile(now) }
        try unsafe out.withBytes { bytes throws(IOError) in
          let piece = unsafe UnsafeRawBufferPointer(rebasing: bytes[writtenBytes..<end])
          try unsafe pending!.file.write(piece.bytes, at: offset)
        }
        offset += end - writtenBytes
        writtenBytes = end
        if !ends.isEmpty {
          ends.removeFirst()
          try complete()
        }
      } catch { throw .io(error) }
    }
    out.removeAll()
    writtenBytes = 0
    writtenRows = rowCount - batch.rowCount - (encoder?.heldRows ?? 0)
  }

  /// Takes what is no whole block off the file under way, which stays under its temporary name; gives that name.
  func abandon() -> String? {
    guard var left = pending.take() else { return nil }
    try? left.file.truncate(to: offset)
    return left.temporaryPath
  }

  private func openFile(_ now: MonotonicNanos) throws(IOError) {
    let next = FileSeries.next(path, behind: number, rotates: plan.rotation.isOn, force: plan.force)
    pending = try PendingFile(next.name, force: plan.force, whenAbandoned: .keep)
    offset = 0
    openedAt = now
    number = next.number
    opened += 1
  }

  private func complete() throws(IOError) {
    guard let done = pending.take() else { return }
    openedAt = nil
    offset = 0
    let name = done.path
    lastCompleted = name
    do throws(IOError) { try done.commit() } catch {
      failure = failure ?? error
      throw error
    }
  }

  /// Ends the file under way and writes it; its name, or nil where there is none.
  func rotateNow(now: MonotonicNanos) throws(SinkFailure) -> String? {
    lastCompleted = nil
    if batch.rowCount > 0 || encoder != nil {
      endFile()
      batch.removeAllAndTexts()
      rotations += 1
    }
    try write(now)
    return lastCompleted
  }

  /// Ends the last file and writes everything.
  func finish(now: MonotonicNanos) throws(SinkFailure) {
    endFile()
    try write(now)
    if let failure { throw .io(failure) }
  }
}
