import Foundation
import Glibc
import IO
import TestSupport
import Testing

@Suite("Files", .tags(.unit)) struct FileTests {
  let folder = TemporaryFolder()

  private func write(_ path: String, _ bytes: [UInt8]) throws {
    var file = try File(path, .overwrite())
    try unsafe file.write(bytes.span.bytes)
    try file.close()
  }

  private func read(_ path: String) throws -> [UInt8] { try File.contents(of: path, limitBytes: 1 << 20) }

  private func mode(_ path: String) -> UInt32 {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
  }

  @Test("what is written is read back, by position and by offset")
  func roundTrip() throws {
    let path = folder.file("a")
    var file = try File(path, .create(permissions: 0o600))
    #expect(mode(path) == 0o600)
    try unsafe file.write(([1, 2, 3, 4] as [UInt8]).span.bytes)
    try unsafe file.write(([9, 9] as [UInt8]).span.bytes, at: 1)
    try file.synchronize()
    #expect(try file.size == 4)
    try file.truncate(to: 3)
    try file.seek(to: 1)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 8, alignment: 8)
    defer { unsafe buffer.deallocate() }
    let first = try unsafe file.read(into: buffer)
    #expect(first == 2)
    let second = try unsafe file.read(into: buffer, at: 0)
    #expect(second == 3)
    try file.close()
    #expect(try read(path) == [1, 9, 9])
    var more = try File(path, .append())
    try unsafe more.write(([5] as [UInt8]).span.bytes)
    #expect(try read(path) == [1, 9, 9, 5])
    let exists = failure { () throws(IOError) in _ = try File(path, .create()) }
    #expect(exists == .alreadyExists(path: path))
    let large = failure { () throws(IOError) in _ = try File.contents(of: path, limitBytes: 3) }
    #expect(large == .limitExceeded(what: "the size of \(path)", limit: 3))
  }

  @Test("short writes go on, signals are passed over")
  func shortWrites() throws {
    let path = folder.file("short")
    var random = SeededRandom(seed: 11)
    let bytes = random.bytes(1000)
    try SyscallFaults.with([
      .shorten(.write, toBytes: 3), .fail(.write, on: 5, times: 7, errno: EINTR), .fail(.open, errno: EINTR),
      .fail(.sync, errno: EINTR), .shorten(.read, toBytes: 10), .fail(.read, on: 2, errno: EINTR),
    ]) {
      var file = try File(path, .overwrite())
      try unsafe file.write(bytes.span.bytes)
      try unsafe file.write(bytes.span.bytes, at: 1000)
      try file.synchronize()
      try file.close()
      #expect(try read(path) == bytes + bytes)
    }
  }

  @Test("a full disk is an error with advice, on whichever write it comes", arguments: [1, 2, 5])
  func diskFull(_ call: Int) throws {
    var file = try File(folder.file("full"), .overwrite())
    let bytes = [UInt8](repeating: 1, count: 100)
    let thrown = SyscallFaults.with([.shorten(.write, toBytes: 10), .fail(.write, on: call, errno: ENOSPC)]) {
      failure { () throws(IOError) in try unsafe file.write(bytes.span.bytes) }
    }
    #expect(thrown?.errno == ENOSPC && "\(thrown!)".contains("no space left"))
    #expect(try file.size == (call - 1) * 10)
  }

  @Test(
    "a forced failure reaches the caller with its errno",
    arguments: [
      (SyscallFaults.Call.open, EACCES), (.sync, EIO), (.truncate, EFBIG), (.read, EIO), (.lock, ENOLCK),
    ])
  func forced(_ call: SyscallFaults.Call, _ code: Int32) throws {
    let path = folder.file("forced")
    try write(path, [1])
    let thrown = SyscallFaults.with([.fail(call, errno: code)]) {
      failure { () throws(IOError) in
        var file = try File(path, .readWrite())
        try file.lockForWriting()
        try file.synchronize()
        try file.truncate(to: 1)
        _ = try File.contents(of: path, limitBytes: 10)
      }
    }
    #expect(thrown?.errno == code && "\(thrown!)".contains(path))
  }

  @Test("a fault concerns the calling thread alone, or the whole process")
  func faultScopes() throws {
    let path = folder.file("scope")
    let probe: @Sendable () -> Bool = {
      // A call that nothing else in the tests makes.
      failure { () throws(IOError) in
        var file = try File(path, .readWrite())
        try file.truncate(to: 7)
      } == nil
    }
    SyscallFaults.with([.fail(.truncate, errno: EFBIG)]) {
      TestThread { [probe] in #expect(probe()) }.join()
      #expect(!probe() && probe())
    }
  }

  @Test("the second writer of a file is refused, also one in another process, until the first is gone")
  func locks() throws {
    let path = folder.file("locked")
    do {
      var first = try File(path, .readWrite())
      try first.lockForWriting()
      let thrown = failure { () throws(IOError) in
        var second = try File(path, .readWrite())
        try second.lockForWriting()
      }
      #expect(thrown == .locked(path: path))
      #expect(try flockElsewhere(path) != 0)
      try first.lockForWriting()
      try first.close()
    }
    #expect(try flockElsewhere(path) == 0)
    var next = try File(path, .readWrite())
    try next.lockForWriting()
  }

  /// The exit code of another process that tries to take the lock.
  private func flockElsewhere(_ path: String) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["flock", "-n", path, "true"]
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }

  @Test("directories are made with their parents and listed in order")
  func directories() throws {
    let deep = folder.file("x/y/z")
    try Directory.create(deep)
    try Directory.create(deep)
    #expect(Directory.isDirectory(deep))
    try write(deep + "/b", [])
    try write(deep + "/a", [1])
    #expect(try Directory.list(deep) == ["a", "b"])
    #expect(try Directory.freeBytes(at: deep) > 0)
    let blocked = failure { () throws(IOError) in try Directory.create(deep + "/a/c") }
    #expect(blocked?.errno == ENOTDIR)
    let absent = failure { () throws(IOError) in _ = try Directory.list(folder.file("none")) }
    #expect(absent?.errno == ENOENT && "\(absent!)".contains("none"))
    #expect(
      ["a", "d/a", "/a", "d/e/a", "./a"].map { Directory.parent(of: $0) } == [".", "d", "/", "d/e", "."])
    try File.remove(deep + "/a")
    #expect(!File.exists(deep + "/a"))
  }
}

@Suite("Mapped files", .tags(.unit)) struct MappedFileTests {
  let folder = TemporaryFolder()

  @Test(
    "every file has readable bytes around it, also where it ends on a page boundary",
    arguments: [0, 1, 63, 127, 128, 4095, 4096, 4097, 8064, 8191, 8192, 65_536, 100_000])
  func padding(_ size: Int) throws {
    let path = folder.file("\(size)")
    var random = SeededRandom(seed: UInt64(size) + 1)
    let bytes = random.bytes(size)
    do {
      var file = try File(path, .create())
      try unsafe file.write(bytes.span.bytes)
    }
    let mapped = try MappedFile(path)
    let count = mapped.count
    #expect(count == size)
    unsafe mapped.withBytes { contents in
      unsafe #expect([UInt8](contents) == bytes)
      let start = contents.baseAddress!
      let before = unsafe UnsafeRawBufferPointer(start: start - 64, count: 64)
      let after = unsafe UnsafeRawBufferPointer(start: start + size, count: 128)
      unsafe #expect(before.allSatisfy { $0 == 0 } && after.allSatisfy { $0 == 0 })
    }
    try mapped.checkSize()
  }

  @Test("a file that grew is fine, one that was cut is an error before it is a crash")
  func shrunk() throws {
    let path = folder.file("cut")
    var file = try File(path, .create())
    try file.truncate(to: 10_000)
    let mapped = try MappedFile(path)
    try file.truncate(to: 20_000)
    try mapped.checkSize()
    let count = mapped.count
    #expect(count == 10_000)
    try file.truncate(to: 9_999)
    let thrown = failure { () throws(IOError) in try mapped.checkSize() }
    #expect("\(thrown!)".contains("from 10000 to 9999 bytes"))
  }

  @Test("a directory or a device cannot be mapped", arguments: ["/tmp", "/dev/null"])
  func noRegularFile(_ path: String) throws {
    let thrown = failure { () throws(IOError) in _ = try MappedFile(path) }
    #expect("\(thrown!)".contains("no regular file"))
  }

  @Test("a mapping that the kernel refuses is an error")
  func refused() throws {
    let path = folder.file("refused")
    var file = try File(path, .create())
    try file.truncate(to: 5000)
    for call in 1...2 {
      let thrown = SyscallFaults.with([.fail(.map, on: call, errno: ENOMEM)]) {
        failure { () throws(IOError) in _ = try MappedFile(path) }
      }
      #expect(thrown?.errno == ENOMEM)
    }
  }
}

@Suite("Pending files", .tags(.unit)) struct PendingFileTests {
  let folder = TemporaryFolder()

  private func names() throws -> [String] { try Directory.list(folder.path) }
  private func read(_ name: String) throws -> [UInt8] { try File.contents(of: folder.file(name), limitBytes: 1000) }

  private func publish(_ name: String, _ bytes: [UInt8], force: Bool = false) throws(IOError) {
    var pending = try PendingFile(folder.file(name), force: force)
    try unsafe pending.file.write(bytes.span.bytes)
    try pending.commit()
  }

  @Test("a file appears whole, under its name, at the commit")
  func commit() throws {
    var pending = try PendingFile(folder.file("a"), permissions: 0o600)
    try unsafe pending.file.write(([1, 2] as [UInt8]).span.bytes)
    let temporary = pending.temporaryPath
    #expect(temporary == folder.file("a.tmp-\(getpid())"))
    #expect(try names() == ["a.tmp-\(getpid())"])
    try pending.commit()
    #expect(try names() == ["a"])
    #expect(try read("a") == [1, 2])
  }

  @Test("an existing file is replaced only with force, also one that came meanwhile")
  func force() throws {
    try publish("a", [1])
    #expect(failure { () throws(IOError) in try publish("a", [2]) } == .alreadyExists(path: folder.file("a")))
    try publish("a", [3], force: true)
    #expect(try read("a") == [3])
    var late = try PendingFile(folder.file("b"))
    try unsafe late.file.write(([1] as [UInt8]).span.bytes)
    try publish("b", [2])
    #expect(finish(late) == .alreadyExists(path: folder.file("b")))
    #expect(try read("b") == [2])
    #expect(try names() == ["a", "b"])
  }

  private func finish(_ pending: consuming PendingFile) -> IOError? {
    do {
      try pending.commit()
      return nil
    } catch {
      return error
    }
  }

  @Test("what is dropped without a commit is removed, or kept on request")
  func abandoned() throws {
    do { _ = try PendingFile(folder.file("gone")) }
    #expect(try names() == [])
    do { _ = try PendingFile(folder.file("kept"), whenAbandoned: .keep) }
    #expect(try names() == ["kept.tmp-\(getpid())"])
    let second = try PendingFile(folder.file("kept"), whenAbandoned: .keep)
    let temporary = second.temporaryPath
    #expect(temporary == folder.file("kept.tmp-\(getpid())-2"))
    second.discard()
    #expect(try names() == ["kept.tmp-\(getpid())"])
    // Our own process runs, so this is none of a crash.
    #expect(try PendingFile.leftovers(beside: folder.file("kept")) == [])
  }

  @Test(
    "a failed commit leaves the old file and nothing else",
    arguments: [(SyscallFaults.Call.sync, EIO), (.rename, EACCES), (.rename, ENOSPC)])
  func failedCommit(_ call: SyscallFaults.Call, _ code: Int32) throws {
    try publish("a", [1])
    let thrown = SyscallFaults.with([.fail(call, errno: code)]) {
      failure { () throws(IOError) in try publish("a", [2], force: true) }
    }
    #expect(thrown?.errno == code)
    #expect(try read("a") == [1])
    #expect(try names() == ["a"])
  }

  @Test("the leftover of a process that was killed is found, and the name is free")
  func crash() throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    // The shell writes what a killed writer leaves, under its own number.
    process.arguments = ["-c", "printf half > \"$0.tmp-$$\"; kill -9 $$", folder.file("a")]
    try process.run()
    process.waitUntilExit()
    let name = "a.tmp-\(process.processIdentifier)"
    #expect(try names() == [name])
    #expect(try PendingFile.leftovers(beside: folder.file("a")) == [folder.file(name)])
    #expect(try PendingFile.leftovers(beside: folder.file("b")) == [])
    try publish("a", [1])
    #expect(try names() == ["a", name])
  }
}
