import Glibc
import IO

/// A folder for the files of one benchmark; goes away with its owner.
final class TemporaryPlace {
  let path: String

  init() throws(IOError) {
    path = Self.parent + "/quotewire-bench-\(getpid())-\(String(RandomBytes.next() as UInt64, radix: 36))"
    try Directory.create(path)
  }

  /// On a disk, where the folder for temporary files may be kept in memory only.
  private static var parent: String {
    guard let named = unsafe getenv("TMPDIR") else { return "/var" + "/tmp" }
    return unsafe String(cString: named)
  }

  deinit { Self.remove(path) }

  func file(_ name: String) -> String { path + "/" + name }

  /// Removes everything in the folder.
  func clear() throws(IOError) {
    for name in try Directory.list(path) { Self.remove(path + "/" + name) }
  }

  /// Two levels are all that benchmarks make.
  private static func remove(_ path: String) {
    if Directory.isDirectory(path) {
      for name in (try? Directory.list(path)) ?? [] {
        let inner = path + "/" + name
        for file in Directory.isDirectory(inner) ? (try? Directory.list(inner)) ?? [] : [] {
          unsafe unlink(inner + "/" + file)
        }
        _ = unsafe Directory.isDirectory(inner) ? rmdir(inner) : unlink(inner)
      }
      unsafe rmdir(path)
    } else {
      unsafe unlink(path)
    }
  }
}
