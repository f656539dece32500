import Bytes
import Foundation
import Glibc
import IO
import TestSupport
import Testing

@Suite("Compression", .tags(.unit)) struct ZstdTests {
  /// Nil, with a message, where the library is not installed.
  private func zstd() throws -> Bool {
    let thrown = failure { () throws(IOError) in _ = try Zstd() }
    if let thrown {
      guard case .missingLibrary = thrown else { throw thrown }
      print("skipped: \(thrown)")
    }
    return thrown == nil
  }

  @Test("what is compressed comes back, level by level", arguments: [0, 1, 10, 100_000, 300_000], [-1, 3, 19])
  func roundTrip(_ count: Int, _ level: Int) throws {
    guard try zstd() else { return }
    var zstd = try Zstd()
    var random = SeededRandom(seed: UInt64(count) + 1)
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 / 7) ^ UInt8(random.next() & 3) }
    var packed = ByteWriter()
    packed.append(0xAA)
    try unsafe zstd.compress(bytes.span.bytes, level: level, into: &packed)
    try unsafe zstd.compress(([1, 2, 3] as [UInt8]).span.bytes, level: level, into: &packed)
    let frames = Array(packed.array.dropFirst())
    #expect(frames.prefix(4) == [0x28, 0xB5, 0x2F, 0xFD])
    var out = ByteWriter()
    out.append(0xBB)
    try unsafe zstd.decompress(frames.span.bytes, limitBytes: count + 3, into: &out)
    #expect(out.array == [0xBB] + bytes + [1, 2, 3])
  }

  @Test("a bomb is refused at the limit and leaves the output as it was")
  func bomb() throws {
    guard try zstd() else { return }
    var zstd = try Zstd()
    var packed = ByteWriter()
    let zeros = [UInt8](repeating: 0, count: 64 << 20)
    try unsafe zstd.compress(zeros.span.bytes, into: &packed)
    let bytes = packed.array
    #expect(bytes.count < 10_000)
    var out = ByteWriter()
    out.append(1)
    let thrown = failure { () throws(IOError) in
      try unsafe zstd.decompress(bytes.span.bytes, limitBytes: 1 << 20, into: &out)
    }
    #expect(thrown == .limitExceeded(what: "the size of zstd contents", limit: 1 << 20))
    let (count, capacity) = (out.count, out.capacity)
    #expect(count == 1 && capacity < 4 << 20)
    // The contexts are fit for the next block.
    try unsafe zstd.decompress(bytes.span.bytes, limitBytes: 64 << 20, into: &out)
    let whole = out.count
    #expect(whole == (64 << 20) + 1)
  }

  @Test("cut or damaged bytes are an error at every length, never a part of the contents")
  func everyCut() throws {
    guard try zstd() else { return }
    var zstd = try Zstd()
    var packed = ByteWriter()
    var random = SeededRandom(seed: 4)
    try unsafe zstd.compress(random.bytes(300).span.bytes, into: &packed)
    let bytes = packed.array
    for count in 0..<bytes.count {
      var out = ByteWriter()
      let part = Array(bytes[..<count])
      let thrown = failure { () throws(IOError) in
        try unsafe zstd.decompress(part.span.bytes, limitBytes: 1000, into: &out)
      }
      let left = out.count
      #expect(thrown != nil && left == 0, "cut at \(count)")
    }
  }

  @Test("an absent library names what to install")
  func absent() throws {
    let thrown = failure { () throws(IOError) in
      _ = try DynamicLibrary("libquotewire-absent.so.9", debianPackage: "libabsent9")
    }
    #expect("\(thrown!)".contains("apt install libabsent9"))
    let library = try DynamicLibrary("libc.so.6", debianPackage: "libc6")
    let missing = failure { () throws(IOError) in
      _ = try unsafe library.function("no_such_function", as: (@convention(c) () -> Int32).self)
    }
    #expect("\(missing!)".contains("no function no_such_function"))
    let process = try unsafe library.function("getpid", as: (@convention(c) () -> Int32).self)
    #expect(process() == getpid())
  }
}

@Suite("The process and its surroundings", .serialized) struct ProcessTests {
  @Test("a first signal asks to drain, a second to stop, and both wake")
  func signals() throws {
    // Sent to the process: the threads that run tests block signals, the main thread takes them.
    let signals = try Signals()
    #expect(signals.request == .none && !signals.wakeup.clear())
    kill(getpid(), SIGTERM)
    #expect(try signals.wakeup.wait(until: patience()))
    #expect(signals.request == .drain && signals.wakeup.clear())
    kill(getpid(), SIGINT)
    #expect(try signals.wakeup.wait(until: patience()))
    #expect(signals.request == .stop)
    let later = try Signals()
    #expect(later.request == .none)
  }

  @Test("signals that a parent blocked come through again", arguments: [SIGINT, SIGTERM])
  func blockedByParent(_ number: Int32) throws {
    var blocked = sigset_t()
    var before = sigset_t()
    unsafe sigemptyset(&blocked)
    unsafe sigaddset(&blocked, number)
    unsafe pthread_sigmask(SIG_BLOCK, &blocked, &before)
    defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
    let signals = try Signals()
    // To this thread: a blocked signal would stay pending.
    pthread_kill(pthread_self(), number)
    #expect(signals.request == .drain)
  }

  @Test("a wakeup works across threads")
  func wakeup() throws {
    let wakeup = try Wakeup()
    let thread = TestThread { wakeup.signal() }
    #expect(try wakeup.wait(until: patience()))
    thread.join()
    #expect(wakeup.clear())
    #expect(try !wakeup.wait(until: .now()))
  }

  @Test("a reader that is gone is told from an error of standard error")
  func readerGone() throws {
    Signals.ignoreBrokenPipes()
    let gone = try SyscallFaults.with([.fail(.write, errno: EPIPE)]) { () throws(IOError) in
      try StandardStream.error.write("never seen\n")
    }
    #expect(gone == .readerGone)
    let thrown = SyscallFaults.with([.fail(.write, errno: EIO)]) {
      failure { () throws(IOError) in _ = try StandardStream.error.write("never seen\n") }
    }
    #expect(thrown == .system(action: "write", subject: "standard error", errno: EIO))
  }

  @Test("a stream that is no terminal has no columns")
  func terminal() {
    for stream in [StandardStream.output, .error] where !stream.isTerminal { #expect(stream.terminalColumns == nil) }
  }

  @Test("random bytes differ from call to call and fill the buffer")
  func random() {
    let (a, b) = (RandomBytes.bytes(64), RandomBytes.bytes(64))
    #expect(a != b && Set(a).count > 8)
    #expect(RandomBytes.next(UInt64.self) != RandomBytes.next(UInt64.self))
    #expect(RandomBytes.bytes(0) == [])
  }
}
