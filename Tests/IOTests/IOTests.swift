// IOTests: sockets, TLS, files and the rest of IO, against loopback, a throw-away certificate authority and forced
// errors. Nothing here waits for a time to pass, except where the limit itself is what is tested.

import Bytes
import Glibc
import IO
import Synchronization

/// How long a test waits for an event that has to come.
let patienceMillis = 20_000

func patience() -> MonotonicNanos { .now().advanced(bySeconds: Double(patienceMillis) / 1000) }

/// The error that a body throws, nil where it throws none.
func failure(_ body: () throws(IOError) -> Void) -> IOError? {
  do {
    try body()
    return nil
  } catch {
    return error
  }
}

func failure<T: ~Copyable>(of body: () throws(IOError) -> T) -> IOError? {
  do {
    _ = try body()
    return nil
  } catch {
    return error
  }
}

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

/// A thread that can be joined.
final class TestThread: Sendable {
  private let thread: Mutex<pthread_t>

  init(_ body: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    let passed = unsafe Unmanaged.passRetained(Body(body))
    let failed = unsafe pthread_create(
      &thread, nil,
      { argument in
        unsafe Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue().run()
        return nil
      }, passed.toOpaque())
    precondition(failed == 0)
    self.thread = Mutex(thread)
  }

  func join() { _ = pthread_join(thread.withLock { $0 }, nil) }

  private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }
}

/// A server on loopback with a thread of its own that serves one connection after the other.
final class LoopbackServer: Sendable {
  let address: SocketAddress
  private let thread: Mutex<TestThread?> = Mutex(nil)
  private let failures: Mutex<[IOError]> = Mutex([])

  var port: UInt16 { address.port }

  /// Serves `connections` connections, each with a handshake where a context is given.
  init(
    host: String = "127.0.0.1", tls: TLSContext? = nil, connections: Int = 1,
    _ serve: @escaping @Sendable (inout ByteStream) throws(IOError) -> Void
  ) throws(IOError) {
    let listener = try Listener(on: SocketAddress(numeric: host, port: 0)!)
    address = listener.address
    let kept = Kept(listener)
    thread.withLock {
      $0 = TestThread { [self] in
        for _ in 0..<connections {
          do throws(IOError) {
            guard let accepted = try kept.accept() else { return }
            var stream = try Self.stream(accepted, tls)
            try stream.completeHandshake(limitMillis: patienceMillis)
            try serve(&stream)
          } catch {
            failures.withLock { $0.append(error) }
          }
        }
      }
    }
  }

  private static func stream(_ accepted: consuming TCPConnection, _ tls: TLSContext?) throws(IOError) -> ByteStream {
    if let tls { return try ByteStream(accepted, tls: tls) }
    return ByteStream(plain: accepted)
  }

  /// Waits for the thread; the errors that the server met.
  @discardableResult
  func finish() -> [IOError] {
    thread.withLock { $0 }?.join()
    return failures.withLock { $0 }
  }

  private final class Kept: Sendable {
    private let listener: Mutex<Listener>
    init(_ listener: consuming Listener) { self.listener = Mutex(listener) }

    func accept() throws(IOError) -> TCPConnection? {
      try listener.withLock { listener throws(IOError) in
        guard try listener.wait(until: patience()) == .ready else { return nil }
        return try listener.accept()
      }
    }
  }
}

extension ByteStream {
  /// Reads until the end of the stream, or until `count` bytes are there.
  mutating func readAll(atMost count: Int = .max, bufferBytes: Int = 4096) throws(IOError) -> [UInt8] {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferBytes, alignment: 16)
    defer { unsafe buffer.deallocate() }
    var all: [UInt8] = []
    while all.count < count {
      switch try unsafe read(into: .init(rebasing: buffer[..<min(bufferBytes, count - all.count)])) {
      case .bytes(let got): unsafe all.append(contentsOf: buffer[..<got])
      case .endOfStream: return all
      case .wouldBlock(let readiness):
        guard try wait(for: readiness, until: patience()) == .ready else {
          throw .timedOut(phase: "reading from", subject: "\(peer)", limitMillis: patienceMillis)
        }
      }
    }
    return all
  }

  mutating func writeAll(_ bytes: [UInt8]) throws(IOError) {
    try unsafe writeAll(bytes.span.bytes, limitMillis: patienceMillis)
  }

  mutating func finish() throws(IOError) {
    while case .wants(let readiness) = try finishWriting() { _ = try wait(for: readiness, until: patience()) }
  }

  /// Sends back what comes until the end.
  mutating func echo() throws(IOError) {
    try writeAll(readAll())
    try finish()
  }

  /// Sends everything back as it comes, to the peer's end.
  mutating func echoAtOnce() throws(IOError) {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 1000, alignment: 16)
    defer { unsafe memory.deallocate() }
    while true {
      switch try unsafe read(into: memory) {
      case .bytes(let count): try unsafe writeAll([UInt8](memory[..<count]))
      case .wouldBlock(let readiness): _ = try wait(for: readiness, until: patience())
      case .endOfStream: return try finish()
      }
    }
  }
}

/// A connector whose limits do not matter.
func patientConnector() -> ClientConnector {
  var connector = ClientConnector()
  connector.resolveTimeoutMillis = patienceMillis
  connector.addressTimeoutMillis = patienceMillis
  connector.connectTimeoutMillis = patienceMillis
  connector.tlsTimeoutMillis = patienceMillis
  return connector
}

/// A port of 127.0.0.1 on which nobody listens: it was free a moment ago.
func unusedPort() throws(IOError) -> UInt16 {
  let listener = try Listener(on: SocketAddress(numeric: "127.0.0.1", port: 0)!)
  return listener.address.port
}
