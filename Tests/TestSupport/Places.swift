import Glibc

/// Folders that tests use.
package enum Places {
  /// The package's root folder, found from this file's own place.
  package static var packageRoot: String {
    var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    parts.removeLast(3)
    return parts.joined(separator: "/")
  }

  /// Real data and conformance files beside the project; nil where they are absent.
  package static func shared(_ path: String) -> String? {
    let full = packageRoot + "/../shared/" + path
    return unsafe access(full, R_OK) == 0 ? full : nil
  }

  /// The whole file as bytes; nil when it cannot be read.
  package static func read(_ path: String) -> [UInt8]? {
    guard let file = unsafe fopen(path, "rb") else { return nil }
    defer { unsafe fclose(file) }
    var all: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let got = unsafe fread(&block, 1, block.count, file)
      if got == 0 { return all }
      all.append(contentsOf: block[0..<got])
    }
  }

  /// The names in a folder, sorted.
  package static func names(in folder: String) -> [String] {
    guard let dir = unsafe opendir(folder) else { return [] }
    defer { unsafe closedir(dir) }
    var names: [String] = []
    while let entry = unsafe readdir(dir) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { p in
        unsafe p.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}

/// A folder that goes away with its owner.
package final class TemporaryFolder: Sendable {
  package let path: String

  package init() {
    var template = Array("/tmp/quotewire-test-XXXXXX".utf8CString)
    let made = unsafe template.withUnsafeMutableBufferPointer { b in unsafe mkdtemp(b.baseAddress!) }
    guard let made = unsafe made else { preconditionFailure("no temporary folder: errno \(errno)") }
    path = unsafe String(cString: made)
  }

  deinit { Self.remove(path) }

  package func file(_ name: String) -> String { path + "/" + name }

  private static func remove(_ folder: String) {
    var pending = [folder]
    var folders: [String] = []
    while let next = pending.popLast() {
      folders.append(next)
      for name in Places.names(in: next) {
        let full = next + "/" + name
        var info = stat()
        if unsafe lstat(full, &info) == 0, info.st_mode & S_IFMT == S_IFDIR { pending.append(full) } else {
          unsafe unlink(full)
        }
      }
    }
    for folder in folders.reversed() { unsafe rmdir(folder) }
  }
}
