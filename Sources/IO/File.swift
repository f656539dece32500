import Bytes
import Glibc

/// An open file. Every call is made again after a signal; short writes are continued.
package struct File: ~Copyable, Sendable {
  package enum Mode: Sendable {
    case readOnly
    /// For reading and writing; an error where it is absent.
    case existing
    /// For reading and writing; created where it is absent.
    case readWrite(permissions: UInt32 = File.ownerOnly)
    /// Every write goes to the end; created where it is absent.
    case append(permissions: UInt32 = File.ownerOnly)
    /// A new file for reading and writing; `IOError.alreadyExists` where there is one.
    case create(permissions: UInt32 = File.ownerOnly)
    /// A new or emptied file for reading and writing.
    case overwrite(permissions: UInt32 = File.ownerOnly)
  }

  let descriptor: Descriptor
  package let path: String

  /// The mode of a new file: what a feed says may be licensed to its owner alone.
  package static var ownerOnly: UInt32 { 0o600 }

  package init(_ path: String, _ mode: Mode) throws(IOError) {
    let (flags, permissions): (Int32, UInt32) =
      switch mode {
      case .readOnly: (O_RDONLY, 0)
      case .existing: (O_RDWR, 0)
      case .readWrite(let permissions): (O_RDWR | O_CREAT, permissions)
      case .append(let permissions): (O_WRONLY | O_CREAT | O_APPEND, permissions)
      case .create(let permissions): (O_RDWR | O_CREAT | O_EXCL, permissions)
      case .overwrite(let permissions): (O_RDWR | O_CREAT | O_TRUNC, permissions)
      }
    let fd = SystemCall.open(path, flags, mode: permissions)
    if fd == -Int(EEXIST), case .create = mode { throw .alreadyExists(path: path) }
    guard fd >= 0 else { throw .system(action: "open", subject: path, errno: Int32(-fd)) }
    descriptor = Descriptor(owning: Int32(fd))
    self.path = path
  }

  /// A file without a name, gone with the process, however that ends.
  /// - Parameter folder: decides on which disk it lies.
  package init(temporaryIn folder: String) throws(IOError) {
    let number: UInt64 = RandomBytes.next()
    let name = "\(folder)/.quotewire-\(getpid())-\(number)"
    let fd = SystemCall.open(name, O_RDWR | O_CREAT | O_EXCL, mode: Self.ownerOnly)
    guard fd >= 0 else { throw .system(action: "create a temporary file in", subject: folder, errno: Int32(-fd)) }
    descriptor = Descriptor(owning: Int32(fd))
    path = "a temporary file in \(folder)"
    unsafe unlink(name)
  }

  /// Closes and reports a write that failed late; `deinit` would swallow it.
  package consuming func close() throws(IOError) {
    let path = path
    let failed = descriptor.close()
    if failed != 0 { throw .system(action: "close", subject: path, errno: failed) }
  }

  /// Bytes in the file now.
  package var size: Int {
    get throws(IOError) {
      let size = SystemCall.size(descriptor.raw).bytes
      guard size >= 0 else { throw .system(action: "read the size of", subject: path, errno: Int32(-size)) }
      return size
    }
  }

  /// Reads at the file's position; 0 at the end, perhaps fewer bytes than asked for before it.
  package mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(IOError) -> Int {
    let got = unsafe SystemCall.read(descriptor.raw, buffer)
    guard got >= 0 else { throw .system(action: "read", subject: path, errno: Int32(-got)) }
    return got
  }

  /// Fills the buffer from an offset, fewer bytes only where the file ends. The position stays.
  package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(IOError) -> Int {
    var done = 0
    while done < buffer.count {
      let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let got = unsafe SystemCall.read(descriptor.raw, rest, at: offset + done)
      guard got >= 0 else { throw .system(action: "read", subject: path, errno: Int32(-got)) }
      if got == 0 { break }
      done += got
    }
    return done
  }

  /// Writes everything at the file's position.
  package mutating func write(_ bytes: UnsafeRawBufferPointer) throws(IOError) {
    try unsafe DescriptorWriter.writeAll(descriptor.raw, bytes, subject: path)
  }

  package mutating func write(_ bytes: RawSpan) throws(IOError) {
    try unsafe bytes.withUnsafeBytes { b throws(IOError) in try unsafe write(b) }
  }

  /// Writes everything at an offset. The position stays.
  package mutating func write(_ bytes: RawSpan, at offset: Int) throws(IOError) {
    var done = 0
    try write(bytes, at: offset, done: &done)
  }

  /// Goes on behind the first `done` bytes, and tells by it how far it came, also where it throws.
  package mutating func write(_ bytes: RawSpan, at offset: Int, done: inout Int) throws(IOError) {
    try unsafe bytes.withUnsafeBytes { b throws(IOError) in
      while done < b.count {
        let sent = unsafe SystemCall.write(descriptor.raw, .init(rebasing: b[done...]), at: offset + done)
        guard sent > 0 else { throw .system(action: "write", subject: path, errno: sent == 0 ? EIO : Int32(-sent)) }
        done += sent
      }
    }
  }

  /// Waits until what was written is on the device.
  package mutating func synchronize() throws(IOError) {
    let result = SystemCall.synchronize(descriptor.raw)
    guard result >= 0 else { throw .system(action: "flush to the device", subject: path, errno: Int32(-result)) }
  }

  /// Cuts or extends (with zeros) to `count` bytes. The position stays.
  package mutating func truncate(to count: Int) throws(IOError) {
    let result = SystemCall.truncate(descriptor.raw, to: count)
    guard result >= 0 else { throw .system(action: "set the size of", subject: path, errno: Int32(-result)) }
  }

  /// Moves the position to an offset from the start.
  package mutating func seek(to offset: Int) throws(IOError) {
    guard lseek(descriptor.raw, offset, SEEK_SET) >= 0 else {
      throw .system(action: "seek in", subject: path, errno: errno)
    }
  }

  /// Takes the writer's lock, held until the file is closed, by the end of the process too.
  ///
  /// flock(2): it belongs to this opening of the file, so that a second opening in the same process is refused as well.
  /// - Throws: `IOError.locked` where another holds it.
  package mutating func lockForWriting() throws(IOError) {
    let result = SystemCall.lockExclusively(descriptor.raw)
    if result == -Int(EWOULDBLOCK) { throw .locked(path: path) }
    guard result >= 0 else { throw .system(action: "lock", subject: path, errno: Int32(-result)) }
  }

  /// The whole of a small file.
  /// - Throws: `limitExceeded` for more than `limitBytes`.
  package static func contents(of path: String, limitBytes: Int) throws(IOError) -> [UInt8] {
    var file = try File(path, .readOnly)
    var contents: [UInt8] = []
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 64)
    defer { unsafe block.deallocate() }
    while true {
      let got = try unsafe file.read(into: block)
      if got == 0 { return contents }
      guard contents.count + got <= limitBytes else {
        throw .limitExceeded(what: "the size of \(path)", limit: limitBytes)
      }
      unsafe contents.append(contentsOf: block[..<got])
    }
  }

  package static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

  package static func remove(_ path: String) throws(IOError) {
    guard unsafe unlink(path) == 0 else { throw .system(action: "remove", subject: path, errno: errno) }
  }

  /// Renames within a file system. Without `overwrite` an existing target is refused in one step with the renaming.
  package static func rename(_ path: String, to target: String, overwrite: Bool) throws(IOError) {
    let result = SystemCall.rename(path, target, overwrite: overwrite)
    if result == -Int(EEXIST) { throw .alreadyExists(path: target) }
    guard result >= 0 else { throw .system(action: "rename to \(target)", subject: path, errno: Int32(-result)) }
  }
}

/// Writing everything to a descriptor, blocking or not.
enum DescriptorWriter {
  static func writeAll(_ fd: Int32, _ bytes: UnsafeRawBufferPointer, subject: String) throws(IOError) {
    var done = 0
    try unsafe writeAll(fd, bytes, subject: subject, done: &done)
  }

  /// Goes on behind the first `done` bytes, and tells by it how far it came, also where it throws.
  static func writeAll(
    _ fd: Int32, _ bytes: UnsafeRawBufferPointer, subject: String, done: inout Int
  ) throws(IOError) {
    while done < bytes.count {
      let sent = unsafe SystemCall.write(fd, UnsafeRawBufferPointer(rebasing: bytes[done...]))
      if sent > 0 {
        done += sent
      } else if sent == -Int(EAGAIN) {
        // Somebody made the pipe or terminal non-blocking; it is theirs to make room.
        _ = try Wait.descriptor(fd, .writable, until: .distantFuture, wakeup: nil)
      } else {
        throw .system(action: "write", subject: subject, errno: sent == 0 ? EIO : Int32(-sent))
      }
    }
  }
}
