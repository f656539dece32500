import Glibc

/// What a directory says of a file: enough to see that another one lies under the name.
package struct FileStatus: Equatable, Sendable {
  package let bytes: Int
  package let inode: UInt64
  /// When its contents changed last, nanoseconds since 1970 UTC.
  package let modifiedNanos: Int64
  /// Who may read and write it, such as 0o600.
  package let permissions: UInt32
  /// Whether it belongs to the user who runs the program.
  package let isOurs: Bool

  /// Nil where there is none, or none that may be looked at.
  package init?(of path: String) {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return nil }
    bytes = Int(status.st_size)
    inode = UInt64(status.st_ino)
    modifiedNanos = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    permissions = UInt32(status.st_mode) & 0o7777
    isOurs = status.st_uid == geteuid()
  }
}
