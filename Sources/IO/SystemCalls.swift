import CShims
import Glibc

/// The system calls that move bytes or can be interrupted. Each gives a count or a negative errno; EINTR never leaves.
enum SystemCall {
  /// Makes a call until no signal interrupts it. `count` is the most bytes it may move.
  static func make(_ call: SyscallFaults.Call, count: Int = 0, _ body: (Int) -> Int) -> Int {
    while true {
      var allowed = count
      if SyscallFaults.isArmed {
        let forced = SyscallFaults.consult(call, &allowed)
        if forced == EINTR { continue }
        if forced != 0 { return -Int(forced) }
      }
      let result = body(allowed)
      if result >= 0 { return result }
      let failed = errno
      if failed != EINTR { return -Int(failed) }
    }
  }

  static func open(_ path: String, _ flags: Int32, mode: UInt32) -> Int {
    make(.open) { _ in
      Int(unsafe path.withCString { unsafe qw_open($0, flags | O_CLOEXEC, mode) })
    }
  }

  static func read(_ fd: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
    make(.read, count: buffer.count) { n in unsafe Glibc.read(fd, buffer.baseAddress, n) }
  }

  static func read(_ fd: Int32, _ buffer: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
    make(.read, count: buffer.count) { n in unsafe Glibc.pread(fd, buffer.baseAddress, n, offset) }
  }

  static func write(_ fd: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    make(.write, count: bytes.count) { n in unsafe Glibc.write(fd, bytes.baseAddress, n) }
  }

  static func write(_ fd: Int32, _ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int {
    make(.write, count: bytes.count) { n in unsafe Glibc.pwrite(fd, bytes.baseAddress, n, offset) }
  }

  /// - Parameter waits: whether a socket that may wait (`TCPConnection.allowWaiting`) does so.
  static func receive(_ fd: Int32, _ buffer: UnsafeMutableRawBufferPointer, waits: Bool = false) -> Int {
    let flags = waits ? 0 : Int32(MSG_DONTWAIT)
    return make(.receive, count: buffer.count) { n in unsafe Glibc.recv(fd, buffer.baseAddress, n, flags) }
  }

  static func send(_ fd: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    make(.send, count: bytes.count) { n in
      unsafe Glibc.send(fd, bytes.baseAddress, n, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
    }
  }

  static func synchronize(_ fd: Int32) -> Int { make(.sync) { _ in Int(fsync(fd)) } }
  static func truncate(_ fd: Int32, to count: Int) -> Int { make(.truncate) { _ in Int(ftruncate(fd, count)) } }
  static func accept(_ fd: Int32) -> Int { make(.accept) { _ in Int(qw_accept(fd)) } }
  static func lockExclusively(_ fd: Int32) -> Int { make(.lock) { _ in Int(qw_lock_exclusive(fd)) } }

  static func rename(_ from: String, _ to: String, overwrite: Bool) -> Int {
    make(.rename) { _ in
      unsafe Int(overwrite ? Glibc.rename(from, to) : qw_rename_new(from, to))
    }
  }

  /// Starts a connection; an interrupted one goes on in the background like any other.
  static func connect(_ fd: Int32, _ address: SocketAddress) -> Int {
    if SyscallFaults.isArmed {
      var unused = 0
      let forced = SyscallFaults.consult(.connect, &unused)
      if forced != 0 { return forced == EINTR ? -Int(EINPROGRESS) : -Int(forced) }
    }
    let result = unsafe address.withSystemAddress { unsafe Glibc.connect(fd, $0, $1) }
    if result == 0 { return 0 }
    let failed = errno
    return failed == EINTR ? -Int(EINPROGRESS) : -Int(failed)
  }

  /// `st_size` and whether it is a regular file, or a negative errno.
  static func size(_ fd: Int32) -> (bytes: Int, isRegular: Bool) {
    var status = stat()
    guard unsafe fstat(fd, &status) == 0 else { return (-Int(errno), false) }
    return (Int(status.st_size), status.st_mode & S_IFMT == S_IFREG)
  }
}

/// Owns a file descriptor.
struct Descriptor: ~Copyable, Sendable {
  let raw: Int32
  init(owning raw: Int32) { self.raw = raw }
  // Linux frees the number even when close is interrupted, so it is never called again.
  deinit { _ = Glibc.close(raw) }

  /// Closes and gives the errno, 0 when all is well: a network file system may report a failed write only here.
  consuming func close() -> Int32 {
    let number = raw
    discard self
    if Glibc.close(number) == 0 { return 0 }
    return errno == EINTR ? 0 : errno
  }
}
