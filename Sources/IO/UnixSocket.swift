import Glibc

/// A listening, non-blocking Unix stream socket with mode 0600. Its file is removed with it.
package struct UnixListener: ~Copyable, Sendable {
  let descriptor: Descriptor
  package let path: String
  /// The socket's file as it was made: another one under the name is not ours to remove.
  private let inode: UInt64

  /// Longest path in bytes: `sun_path` less its zero byte.
  package static let maximumPathBytes = 107
  package static let mode: UInt32 = 0o600
  private static let backlog: Int32 = 16
  /// How long the folder may be locked by another that starts, in turns of `lockTurnMicros`.
  private static let lockTurns = 100
  private static let lockTurnMicros: UInt32 = 10_000

  /// Listens under a path. A socket file that nobody listens on any more is replaced.
  /// - Throws: `unusableFile` where another process listens there or something else has the name.
  package init(_ path: String) throws(IOError) {
    self.path = path
    let made = try UnixAddress.socket("listen on", path)
    let address = try UnixAddress(path)
    // Two that start at once would remove each other's socket: one after the other, by a lock on the folder.
    let folder = try Self.lock(Directory.parent(of: path))
    // Linux makes the file with the mode of the socket itself, so that it is never open to others.
    _ = fchmod(made.raw, mode_t(Self.mode))
    var failed = address.bind(made.raw)
    if failed == EADDRINUSE {
      try Self.clear(path, address)
      failed = address.bind(made.raw)
    }
    guard failed == 0 else { throw .system(action: "listen on", subject: path, errno: failed) }
    guard let status = FileStatus(of: path), listen(made.raw, Self.backlog) == 0 else {
      let failed = errno
      unsafe unlink(path)
      throw .system(action: "listen on", subject: path, errno: failed)
    }
    inode = status.inode
    descriptor = made
    withExtendedLifetime(folder) {}
  }

  deinit { if FileStatus(of: path)?.inode == inode { unsafe unlink(path) } }

  private static func lock(_ folder: String) throws(IOError) -> Descriptor {
    let fd = SystemCall.open(folder, O_RDONLY | O_DIRECTORY, mode: 0)
    guard fd >= 0 else { throw .system(action: "open the directory", subject: folder, errno: Int32(-fd)) }
    let descriptor = Descriptor(owning: Int32(fd))
    for _ in 0..<lockTurns {
      if SystemCall.lockExclusively(descriptor.raw) == 0 { return descriptor }
      usleep(lockTurnMicros)
    }
    throw .locked(path: folder)
  }

  /// Removes a socket file without a listener.
  private static func clear(_ path: String, _ address: UnixAddress) throws(IOError) {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw .unusableFile(path: path, reason: "it is no socket; remove it, or choose another path")
    }
    let probe = try UnixAddress.socket("look at", path)
    let failed = address.connect(probe.raw)
    guard failed == ECONNREFUSED else {
      let taken = failed == 0 || failed == EAGAIN
      throw .unusableFile(
        path: path,
        reason: taken
          ? "another process listens there; end it, or choose another path" : ErrnoText.sentence(failed))
    }
    guard unsafe unlink(path) == 0 else { throw .system(action: "remove", subject: path, errno: errno) }
  }

  /// The next connection, or nil where none waits.
  package mutating func accept() throws(IOError) -> UnixConnection? {
    let fd = SystemCall.accept(descriptor.raw)
    if fd >= 0 { return UnixConnection(owning: Descriptor(owning: Int32(fd)), path: path) }
    switch Int32(-fd) {
    case EAGAIN, ECONNABORTED: return nil
    case let failed: throw .system(action: "accept on", subject: path, errno: failed)
    }
  }
}

/// A connected Unix stream socket. No call waits.
package struct UnixConnection: ~Copyable, Sendable {
  let descriptor: Descriptor
  package let path: String

  init(owning descriptor: consuming Descriptor, path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  /// Connects to a listener of this machine.
  package init(to path: String) throws(IOError) {
    let made = try UnixAddress.socket("connect to", path)
    let failed = try UnixAddress(path).connect(made.raw)
    guard failed == 0 else { throw .system(action: "connect to", subject: path, errno: failed) }
    self.init(owning: made, path: path)
  }

  /// One recv(2). The buffer must have room.
  package mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(IOError) -> Transfer {
    precondition(buffer.count > 0)
    let got = unsafe SystemCall.receive(descriptor.raw, buffer)
    if got > 0 { return .bytes(got) }
    if got == 0 { return .endOfStream }
    if got == -Int(EAGAIN) { return .wouldBlock(.readable) }
    throw .system(action: "read from", subject: path, errno: Int32(-got))
  }

  /// One send(2), perhaps of a part.
  package mutating func write(_ bytes: UnsafeRawBufferPointer) throws(IOError) -> Transfer {
    if unsafe bytes.isEmpty { return .bytes(0) }
    let sent = unsafe SystemCall.send(descriptor.raw, bytes)
    if sent >= 0 { return .bytes(sent) }
    if sent == -Int(EAGAIN) { return .wouldBlock(.writable) }
    throw .system(action: "send to", subject: path, errno: Int32(-sent))
  }
}

/// A path as an address of the family AF_UNIX.
private struct UnixAddress {
  private var address = sockaddr_un()

  init(_ path: String) throws(IOError) {
    let bytes = Array(path.utf8)
    guard !bytes.isEmpty, bytes.count <= UnixListener.maximumPathBytes, !bytes.contains(0) else {
      let most = UnixListener.maximumPathBytes
      throw .unusableFile(path: path, reason: "the path of a socket has 1 to \(most) bytes; choose a shorter one")
    }
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { place in
      // The rest of the zeros stays.
      unsafe place.copyBytes(from: bytes)
    }
  }

  static func socket(_ action: String, _ path: String) throws(IOError) -> Descriptor {
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let fd = Glibc.socket(AF_UNIX, kind, 0)
    guard fd >= 0 else { throw .system(action: action, subject: path, errno: errno) }
    return Descriptor(owning: fd)
  }

  /// 0, or why not as an errno.
  func bind(_ fd: Int32) -> Int32 { unsafe lend { unsafe Glibc.bind(fd, $0, $1) } == 0 ? 0 : errno }
  func connect(_ fd: Int32) -> Int32 { unsafe lend { unsafe Glibc.connect(fd, $0, $1) } == 0 ? 0 : errno }

  private func lend(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    unsafe withUnsafePointer(to: address) { typed in
      // Every sockaddr_* begins as a sockaddr.
      unsafe typed.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        unsafe body(generic, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }
}
