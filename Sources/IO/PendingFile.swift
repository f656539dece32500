import CShims
import Glibc

/// A file that appears under its name only when it is whole.
///
/// Written as `NAME.tmp-PID`; `commit` flushes it, renames it and flushes the directory. After a crash there is either
/// the old file or the new one under the name, and perhaps a leftover that `leftovers(beside:)` finds.
package struct PendingFile: ~Copyable {
  /// What becomes of the unfinished file when it is dropped without `commit`.
  package enum WhenAbandoned: Sendable { case remove, keep }

  /// Where the bytes go.
  package var file: File
  package let path: String
  package var temporaryPath: String { file.path }
  private let force: Bool
  private let cleanup: Cleanup

  /// At most so many unfinished files of one name in one process.
  private static let maximumNames = 64

  /// - Parameter force: replace a file that exists under the name; else it is refused, now and again at `commit`.
  package init(
    _ path: String, force: Bool = false, permissions: UInt32 = File.ownerOnly, whenAbandoned: WhenAbandoned = .remove
  ) throws(IOError) {
    if !force && File.exists(path) { throw .alreadyExists(path: path) }
    let created = try Self.create(beside: path, permissions: permissions)
    cleanup = Cleanup(path: whenAbandoned == .remove ? created.path : nil)
    file = created
    self.path = path
    self.force = force
  }

  /// A name of its own even after a crash left one behind with our process number.
  private static func create(beside path: String, permissions: UInt32) throws(IOError) -> File {
    let stem = "\(path).tmp-\(getpid())"
    for number in 1...maximumNames {
      do throws(IOError) {
        return try File(number == 1 ? stem : "\(stem)-\(number)", .create(permissions: permissions))
      } catch {
        guard case .alreadyExists = error else { throw error }
      }
    }
    throw .limitExceeded(what: "the number of unfinished files beside \(path)", limit: maximumNames)
  }

  /// Publishes the file under its name, on the device. On failure the unfinished file goes the way of `whenAbandoned`.
  package consuming func commit() throws(IOError) {
    try file.synchronize()
    try File.rename(file.path, to: path, overwrite: force)
    cleanup.disarm()
    let target = path
    try file.close()
    try Directory.synchronize(Directory.parent(of: target))
  }

  /// Drops the unfinished file, whatever `whenAbandoned` says.
  package consuming func discard() { cleanup.remove(file.path) }

  /// Whether a path is named as an unfinished file is.
  package static func isUnfinished(_ path: String) -> Bool {
    guard let mark = path.split(separator: "/").last?.firstRange(of: ".tmp-") else { return false }
    return path[mark.upperBound...].first?.isNumber == true
  }

  /// Unfinished files beside `path` whose writers no longer run.
  package static func leftovers(beside path: String) throws(IOError) -> [String] {
    let directory = Directory.parent(of: path)
    let name = path.split(separator: "/").last.map(String.init) ?? path
    let prefix = name + ".tmp-"
    return try Directory.list(directory).filter { entry in
      guard entry.hasPrefix(prefix), let number = entry.dropFirst(prefix.count).split(separator: "-").first,
        let process = pid_t(number), process > 0
      else { return false }
      return kill(process, 0) != 0 && errno == ESRCH
    }.map { directory == "." && !path.hasPrefix("./") ? $0 : "\(directory)/\($0)" }
  }

  /// Removes the unfinished file in `deinit`; apart, so that `commit` can take `file` out of the whole. A class,
  /// because a
  /// private noncopyable struct with a `deinit` does not link across modules in optimised builds (Swift 6.3.1).
  private final class Cleanup {
    private var path: String?
    init(path: String?) { self.path = path }
    func disarm() { path = nil }
    func remove(_ path: String) { self.path = path }
    deinit { if let path { unsafe unlink(path) } }
  }
}
