import Bytes
import IO

/// One file of rows, or a row of them under rotation: `NAME.csv`, or `NAME-000001.csv`, `NAME-000002.csv` and so on.
///
/// Each is written under a temporary name and renamed when it is complete. Blocks hold whole rows, and a file ends only
/// between blocks. A block whose write failed may be offered again: it goes to the same place.
final class FileSeries {
  private let path: String
  private let header: [UInt8]
  private let rotation: SinkSpec.Rotation
  private let force: Bool
  private var pending: PendingFile?
  private var offset = 0
  private var openedAt = MonotonicNanos(rawValue: 0)
  private var number = 0

  /// - Parameter header: what each file begins with.
  init(_ path: String, header: [UInt8] = [], rotation: SinkSpec.Rotation, force: Bool) {
    self.path = path
    self.header = header
    self.rotation = rotation
    self.force = force
  }

  /// Names of the files that are complete.
  private(set) var completed: [String] = []

  /// The name of file `number`, counted from 1.
  static func name(_ path: String, number: Int, rotates: Bool) -> String {
    guard rotates else { return path }
    let digits = String(number)
    let mark = "-" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    let slash = path.lastIndex(of: "/") ?? path.startIndex
    guard let dot = path.lastIndex(of: "."), dot > slash else { return path + mark }
    return path[..<dot] + mark + path[dot...]
  }

  /// Refuses at once what `--force` would be needed for.
  static func check(_ path: String, rotates: Bool, force: Bool) throws(IOError) {
    let first = name(path, number: 1, rotates: rotates)
    if !force && File.exists(first) { throw .alreadyExists(path: first) }
  }

  /// Writes a block of whole rows.
  func write(_ rows: UnsafeRawBufferPointer, now: MonotonicNanos) throws(IOError) {
    if pending == nil { try open(now) }
    try unsafe pending!.file.write(rows.bytes, at: offset)
    offset += rows.count
    if let most = rotation.bytes, offset >= most { try complete() }
  }

  /// Completes a file whose time is over; call now and then.
  func rotateIfDue(now: MonotonicNanos) throws(IOError) {
    guard pending != nil, let most = rotation.seconds, now.seconds(since: openedAt) >= most else { return }
    try complete()
  }

  private func open(_ now: MonotonicNanos) throws(IOError) {
    let name = Self.name(path, number: number + 1, rotates: rotation.isOn)
    var opened = try PendingFile(name, force: force, whenAbandoned: .keep)
    let head = header
    try unsafe opened.file.write(head.span.bytes, at: 0)
    pending = consume opened
    offset = header.count
    openedAt = now
    number += 1
  }

  /// Publishes the file under way, if there is one.
  func complete() throws(IOError) {
    guard let done = pending.take() else { return }
    let name = done.path
    try done.commit()
    completed.append(name)
  }
}
