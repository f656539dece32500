import Bytes
import IO

/// The folder of a day: what is finished, and beside it, hidden, what is being made.
///
///     DIR/Quote.parquet …, bars-1m.parquet, bars-1d.parquet, gaps.csv       finished
///     DIR/manifest.json          last: says what the others are
///     DIR/.eod.lock              held (flock) while a run works here
///     DIR/.eod-work/             files under way; a run begins by emptying it
///
/// Publishing renames one file after the other. Until the new manifest has its name, the old one says of every file
/// that was renamed already that it is another: a run that is killed there is done again.
struct DayFolder: ~Copyable {
  let path: String
  private let lock: File
  var workPath: String { path + "/.eod-work" }
  /// Whether a run was ended before its time.
  let hasLeftovers: Bool

  init(_ path: String) throws(EndOfDayError) {
    self.path = path
    do throws(IOError) {
      try Directory.create(path)
      var lock = try File(path + "/.eod.lock", .readWrite())
      try lock.lockForWriting()
      self.lock = lock
    } catch {
      if case .locked = error { throw .busy(folder: path) }
      throw .io(error)
    }
    hasLeftovers = Directory.isDirectory(path + "/.eod-work")
  }

  /// The manifest that is published; nil where there is none, or it is damaged or of another version.
  func manifest() -> Manifest? { Self.manifest(path + "/" + OutputName.manifest) }

  private static func manifest(_ path: String) -> Manifest? {
    guard let bytes = try? File.contents(of: path, limitBytes: Manifest.limitBytes) else { return nil }
    return Manifest(parsing: bytes)
  }

  var hasManifest: Bool { File.exists(path + "/" + OutputName.manifest) }

  /// A file that stands under a name of ours.
  var anyOutput: String? { OutputName.all.first { File.exists(path + "/" + $0) } }

  /// Makes the work folder, empty.
  func beginWork() throws(IOError) {
    try Directory.create(workPath)
    for name in try Directory.list(workPath) { try File.remove(workPath + "/" + name) }
  }

  func endWork() throws(IOError) {
    guard Directory.isDirectory(workPath) else { return }
    for name in try Directory.list(workPath) { try File.remove(workPath + "/" + name) }
    try Directory.remove(workPath)
  }

  /// Gives the files in the work folder their names, removes those of ours that the manifest does not have, then
  /// publishes the manifest.
  func publish(_ manifest: Manifest) throws(IOError) {
    let made = try Directory.list(workPath)
    for name in made { try File.rename(workPath + "/" + name, to: path + "/" + name, overwrite: true) }
    for name in OutputName.all where manifest.output(name) == nil && File.exists(path + "/" + name) {
      try File.remove(path + "/" + name)
    }
    try Directory.synchronize(path)
    var file = try PendingFile(path + "/" + OutputName.manifest, force: true)
    let text = Array(manifest.text.utf8)
    try unsafe file.file.write(text.span.bytes)
    try file.commit()
    for left in try PendingFile.leftovers(beside: path + "/" + OutputName.manifest) { try File.remove(left) }
    try endWork()
  }
}
