import Bytes
import IO

/// One file of rows, or a row of them under rotation: `NAME.csv`, or `NAME-000001.csv`, `NAME-000002.csv` and so on.
///
/// Each is written under a temporary name and renamed when it is complete. Blocks hold whole rows, and a file ends only
/// between blocks. A block whose write failed may be offered again: it goes to the same place.
///
/// A file that is full or whose time is over is completed before the next block, so that a failure to complete it does
/// not concern a block that was written already.
final class FileSeries {
  private let path: String
  private let header: [UInt8]
  private let rotation: SinkSpec.Rotation
  private let force: Bool
  private var pending: PendingFile?
  private var offset = 0
  private var openedAt = MonotonicNanos(rawValue: 0)
  private var number = 0
  /// Why a file could not be given its name; it stays under the temporary one.
  private var failure: IOError?

  /// - Parameter header: what each file begins with.
  init(_ path: String, header: [UInt8] = [], rotation: SinkSpec.Rotation, force: Bool) {
    self.path = path
    self.header = header
    self.rotation = rotation
    self.force = force
  }

  /// Names of the files that are complete.
  private(set) var completed: [String] = []

  /// Files that one name is looked for among.
  private static let maximumNumber = 1_000_000

  /// The name of the file that follows `number` others. Where none but a person's word rotates, the first has the plain
  /// name, and the others the first number from 2 on that no file has.
  static func next(_ path: String, behind number: Int, rotates: Bool, force: Bool) -> (name: String, number: Int) {
    var following = number + 1
    if rotates || number == 0 { return (name(path, number: following, rotates: rotates), following) }
    var name = name(path, number: following, rotates: true)
    while !force, following < maximumNumber, File.exists(name) {
      following += 1
      name = Self.name(path, number: following, rotates: true)
    }
    return (name, following)
  }

  /// The name of file `number`, counted from 1.
  static func name(_ path: String, number: Int, rotates: Bool) -> String {
    guard rotates else { return path }
    let digits = String(number)
    let mark = "-" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    let own = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
    guard let dot = path.lastIndex(of: "."), dot > own else { return path + mark }
    return path[..<dot] + mark + path[dot...]
  }

  /// Refuses at once what `--force` would be needed for.
  static func check(_ path: String, rotates: Bool, force: Bool) throws(IOError) {
    if force { return }
    guard rotates else {
      if File.exists(path) { throw .alreadyExists(path: path) }
      return
    }
    let folder = Directory.parent(of: path)
    guard Directory.isDirectory(folder) else { return }
    for found in try Directory.list(folder) where isFile(found, of: path) {
      throw .alreadyExists(path: folder == "." ? found : folder + "/" + found)
    }
  }

  /// Finds out now, and not at the first event, whether a file can be written beside `path`.
  static func probe(_ path: String) throws(IOError) {
    let probe = try PendingFile(path, force: true)
    probe.discard()
  }

  /// Whether a name in the folder is that of some file of a rotated series.
  private static func isFile(_ found: String, of path: String) -> Bool {
    let own = path.split(separator: "/").last.map(String.init) ?? path
    let dot = own.lastIndex(of: ".").flatMap { $0 > own.startIndex ? $0 : nil } ?? own.endIndex
    let (stem, ending) = (own[..<dot] + "-", own[dot...])
    guard found.hasPrefix(stem), found.hasSuffix(ending) else { return false }
    let digits = found.dropFirst(stem.count).dropLast(ending.count).utf8
    return digits.count >= 6 && digits.allSatisfy { (0x30...0x39).contains($0) }
  }

  /// Writes a block of whole rows.
  func write(_ rows: UnsafeRawBufferPointer, now: MonotonicNanos) throws(IOError) {
    try rotateIfDue(now: now)
    if pending == nil { try open(now) }
    try unsafe pending!.file.write(rows.bytes, at: offset)
    offset += rows.count
  }

  /// Completes a file that is full or whose time is over; call now and then.
  func rotateIfDue(now: MonotonicNanos) throws(IOError) {
    guard pending != nil else { return }
    if let most = rotation.bytes, offset >= most { return try complete() }
    if let most = rotation.seconds, now.seconds(since: openedAt) >= most { try complete() }
  }

  /// Completes the file under way now; its name, or nil where there is none.
  func rotateNow() throws(IOError) -> String? {
    guard pending != nil else { return nil }
    try complete()
    return completed.last
  }

  /// Takes the torn end off the file under way, which stays under its temporary name; gives that name.
  func abandon() -> String? {
    guard var left = pending.take() else { return nil }
    // What cannot be cut either ends with a torn row.
    try? left.file.truncate(to: offset)
    return left.temporaryPath
  }

  private func open(_ now: MonotonicNanos) throws(IOError) {
    let next = Self.next(path, behind: number, rotates: rotation.isOn, force: force)
    var opened = try PendingFile(next.name, force: force, whenAbandoned: .keep)
    let head = header
    do throws(IOError) { try unsafe opened.file.write(head.span.bytes, at: 0) } catch {
      // It holds nothing yet, and the next attempt makes another.
      opened.discard()
      throw error
    }
    pending = consume opened
    offset = header.count
    openedAt = now
    number = next.number
  }

  /// Publishes the file under way, if there is one.
  func complete() throws(IOError) {
    guard let done = pending.take() else { return }
    let name = done.path
    do throws(IOError) { try done.commit() } catch {
      failure = failure ?? error
      throw error
    }
    completed.append(name)
  }

  /// Publishes the last file. Throws also what an earlier file could not be completed for.
  func finish() throws(IOError) {
    try complete()
    if let failure { throw failure }
  }
}
