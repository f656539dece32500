import COpenSSL
import Glibc

/// The other end of a connection, in the hands of a test: blocking, byte by byte if need be, each call with a limit.
final class Peer {
  private var descriptor: Int32
  private(set) var tls: PeerTLS?
  /// What was read, and how much of it was taken.
  private var held: [UInt8] = []
  private var taken = 0
  private(set) var bytesSent = 0

  /// Nothing came, or nothing was taken, within the limit.
  struct Silence: Error, CustomStringConvertible {
    let description = "the other side says nothing"
  }
  /// The other side hung up.
  struct Gone: Error, CustomStringConvertible {
    let description = "the other side hung up"
  }

  static let limitSeconds = 20
  /// POLLRDHUP, which Glibc's module leaves out.
  private static let hungUp: Int16 = 0x2000

  init(descriptor: Int32, limitSeconds: Int = Peer.limitSeconds) {
    self.descriptor = descriptor
    var limit = timeval(tv_sec: limitSeconds, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
    unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
    set(TCP_NODELAY, 1, level: Int32(IPPROTO_TCP))
  }

  deinit { close() }

  private func set(_ option: Int32, _ value: Int32, level: Int32 = SOL_SOCKET) {
    var value = value
    unsafe setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
  }

  /// Connects to a port of this machine.
  /// - Parameter receiveBuffer: bytes that the system holds for us at most; nil for its own choice.
  static func connect(port: UInt16, receiveBuffer: Int32? = nil, limitSeconds: Int = limitSeconds)
    throws -> Peer
  {
    let descriptor = Glibc.socket(
      AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw Trouble("no socket: errno \(errno)") }
    let peer = Peer(descriptor: descriptor, limitSeconds: limitSeconds)
    if let receiveBuffer { peer.set(SO_RCVBUF, receiveBuffer) }
    var address = Loopback.address(port)
    let done = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard done == 0 else { throw Trouble("cannot connect to port \(port): errno \(errno)") }
    return peer
  }

  func setReceiveBuffer(_ bytes: Int32) { set(SO_RCVBUF, bytes) }

  /// Speaks TLS from here on, as a server or as a client.
  func startTLS(_ context: PeerTLS.Context) throws {
    tls = try PeerTLS(context, descriptor: descriptor)
    try tls?.handshake()
  }

  // MARK: Sending

  func send(_ bytes: [UInt8]) throws {
    bytesSent += bytes.count
    if let tls { return try tls.send(bytes) }
    try sendPlain(bytes)
  }

  /// Past TLS, if there is any.
  func sendPlain(_ bytes: [UInt8]) throws {
    var done = 0
    while done < bytes.count {
      // Within the array: done < count.
      let sent = unsafe bytes.withUnsafeBytes {
        unsafe Glibc.send(
          descriptor, $0.baseAddress! + done, bytes.count - done, Int32(MSG_NOSIGNAL))
      }
      if sent < 0 {
        if errno == EINTR { continue }
        if errno == EAGAIN { throw Silence() }
        throw Gone()
      }
      done += sent
    }
  }

  func send(_ text: String) throws { try send(Array(text.utf8)) }

  /// Sends in pieces with a pause behind each.
  func send(_ bytes: [UInt8], each size: Int, pauseMicros: UInt32) throws {
    var from = 0
    while from < bytes.count {
      try send(Array(bytes[from..<min(bytes.count, from + size)]))
      from += size
      if pauseMicros > 0 { usleep(pauseMicros) }
    }
  }

  /// A message as a client sends it.
  func sendMasked(_ text: String) throws {
    try send(Wire.frame(0x81, Array(text.utf8), mask: [1, 2, 3, 4]))
  }

  // MARK: Receiving

  /// What comes next; empty where the other side ended.
  func receive(_ most: Int = 65_536) throws -> [UInt8] {
    if taken < held.count {
      defer { taken = held.count }
      return Array(held[taken...])
    }
    return try read(most)
  }

  private func read(_ most: Int) throws -> [UInt8] {
    if let tls { return try tls.receive(most) }
    var bytes = [UInt8](repeating: 0, count: most)
    while true {
      let got = unsafe Glibc.recv(descriptor, &bytes, most, 0)
      if got >= 0 { return Array(bytes[..<got]) }
      if errno == EINTR { continue }
      if errno == EAGAIN { throw Silence() }
      throw Gone()
    }
  }

  /// Exactly so many bytes.
  func take(_ count: Int) throws -> [UInt8] {
    while held.count - taken < count {
      let fresh = try read(65_536)
      if fresh.isEmpty { throw Gone() }
      held = Array(held[taken...]) + fresh
      taken = 0
    }
    defer { taken += count }
    return Array(held[taken..<taken + count])
  }

  /// An HTTP head with its closing empty line.
  func takeHead() throws -> String {
    var head: [UInt8] = []
    while !head.ends(with: Array("\r\n\r\n".utf8)) {
      if head.count > 1 << 20 { throw Trouble("a head without end") }
      head += try take(1)
    }
    return String(decoding: head, as: UTF8.self)
  }

  /// A frame, unmasked.
  func takeFrame() throws -> (first: UInt8, payload: [UInt8]) {
    let start = try take(2)
    var count = Int(start[1] & 0x7F)
    if count >= 126 { count = try take(count == 126 ? 2 : 8).reduce(0) { $0 << 8 | Int($1) } }
    guard start[1] & 0x80 != 0 else { return (start[0], try take(count)) }
    let mask = try take(4)
    var payload = try take(count)
    for i in payload.indices { payload[i] ^= mask[i & 3] }
    return (start[0], payload)
  }

  /// Reads and forgets until the other side ends.
  func drain() {
    taken = held.count
    while let bytes = try? receive(), !bytes.isEmpty {}
  }

  /// Waits, without reading, until the other side ends or resets; bounded.
  func waitForEnd() {
    var seen = pollfd(fd: descriptor, events: Self.hungUp, revents: 0)
    unsafe poll(&seen, 1, Int32(Self.limitSeconds) * 1000)
  }

  /// The same past TLS.
  func drainPlain() {
    var bytes = [UInt8](repeating: 0, count: 4096)
    while unsafe recv(descriptor, &bytes, bytes.count, 0) > 0 {}
  }

  // MARK: Ending

  /// Ends our side.
  func finish() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Cuts the connection with an RST.
  func reset() {
    var how = linger(l_onoff: 1, l_linger: 0)
    unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &how, socklen_t(MemoryLayout<linger>.size))
    close()
  }

  func close() {
    tls = nil
    if descriptor >= 0 { Glibc.close(descriptor) }
    descriptor = -1
  }
}

extension Array where Element == UInt8 {
  fileprivate func ends(with tail: [UInt8]) -> Bool {
    count >= tail.count && Array(suffix(tail.count)) == tail
  }
}

/// Addresses and listeners of this machine.
enum Loopback {
  static func address(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
  }

  /// A listening socket on a port that the system chooses.
  static func listen() throws -> (descriptor: Int32, port: UInt16) {
    let descriptor = Glibc.socket(
      AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = address(0)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(descriptor, $0, size) == 0 && Glibc.listen(descriptor, 64) == 0
          && getsockname(descriptor, $0, &size) == 0
      }
    }
    guard descriptor >= 0, isBound else { throw Trouble("cannot listen: errno \(errno)") }
    return (descriptor, UInt16(bigEndian: address.sin_port))
  }
}
