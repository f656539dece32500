import Glibc

/// Directories by path.
package enum Directory {
  /// Entries beyond this many make `list` fail.
  package static let maximumEntries = 1_000_000

  /// Creates the directory and those above it that are missing, each flushed with its name.
  package static func create(_ path: String, permissions: UInt32 = 0o700) throws(IOError) {
    var current = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
      current += current.isEmpty || current == "/" ? part : "/" + part
      if unsafe mkdir(current, mode_t(permissions)) == 0 {
        try synchronize(parent(of: current))
        continue
      }
      let failed = errno
      if failed == EEXIST && isDirectory(current) { continue }
      throw .system(action: "create the directory", subject: current, errno: failed == EEXIST ? ENOTDIR : failed)
    }
  }

  package static func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The names in a directory, sorted, without `.` and `..`.
  package static func list(_ path: String) throws(IOError) -> [String] {
    guard let stream = unsafe opendir(path) else {
      throw .system(action: "list the directory", subject: path, errno: errno)
    }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      guard names.count < maximumEntries else {
        throw .limitExceeded(what: "the number of entries in \(path)", limit: maximumEntries)
      }
      // d_name ends with a zero byte; the entry lives until the next readdir.
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { tuple in
        unsafe tuple.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Removes an empty directory.
  package static func remove(_ path: String) throws(IOError) {
    guard unsafe rmdir(path) == 0 else { throw .system(action: "remove the directory", subject: path, errno: errno) }
  }

  /// Bytes that an ordinary user can still write to the file system of `path`.
  package static func freeBytes(at path: String) throws(IOError) -> Int {
    var status = statvfs()
    guard unsafe statvfs(path, &status) == 0 else {
      throw .system(action: "read the free space of", subject: path, errno: errno)
    }
    let blocks = Int(clamping: status.f_bavail)
    let (bytes, overflow) = blocks.multipliedReportingOverflow(by: Int(clamping: status.f_frsize))
    return overflow ? .max : bytes
  }

  /// Flushes the names in a directory, so that a renamed or created file is found after a power cut.
  package static func synchronize(_ path: String) throws(IOError) {
    let fd = SystemCall.open(path, O_RDONLY | O_DIRECTORY, mode: 0)
    guard fd >= 0 else { throw .system(action: "open the directory", subject: path, errno: Int32(-fd)) }
    let descriptor = Descriptor(owning: Int32(fd))
    let result = SystemCall.synchronize(descriptor.raw)
    // Some file systems cannot flush a directory, and need not.
    guard result >= 0 || result == -Int(EINVAL) else {
      throw .system(action: "flush the directory", subject: path, errno: Int32(-result))
    }
  }

  /// The directory of a file's path, "." where it names none.
  package static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
