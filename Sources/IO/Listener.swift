package import Bytes
import Glibc

/// A listening, non-blocking TCP socket.
package struct Listener: ~Copyable, Sendable {
  let descriptor: Descriptor
  /// Where it listens, with the port that the system chose where 0 was asked for.
  package let address: SocketAddress

  /// Connections that wait to be accepted, at most.
  package static let defaultBacklog = 128
  /// Connections that broke before they were accepted are passed over, so many a call.
  private static let maximumBroken = 64

  package init(on wanted: SocketAddress, backlog: Int = Listener.defaultBacklog) throws(IOError) {
    let socket = try TCPConnection.makeSocket(wanted, action: "listen on")
    TCPConnection.set(socket.raw, SOL_SOCKET, SO_REUSEADDR, 1)
    if wanted.isIPv6 { TCPConnection.set(socket.raw, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 1) }
    let number = socket.raw
    var result = unsafe wanted.withSystemAddress { unsafe bind(number, $0, $1) }
    if result == 0 { result = listen(number, Int32(clamping: backlog)) }
    guard result == 0 else {
      let failed = errno
      if failed == EADDRINUSE { throw .portTaken(address: "\(wanted)") }
      throw .system(action: "listen on", subject: "\(wanted)", errno: failed)
    }
    address = unsafe SocketAddress.ofSocket { unsafe getsockname(number, $0, $1) } ?? wanted
    descriptor = socket
  }

  /// Waits until a connection can be accepted.
  package func wait(until deadline: MonotonicNanos, wakeup: Wakeup? = nil) throws(IOError) -> WaitOutcome {
    try Wait.descriptor(descriptor.raw, .readable, until: deadline, wakeup: wakeup)
  }

  /// The next connection, or nil where none waits.
  package mutating func accept(
    options: TCPConnection.Options = TCPConnection.Options()
  ) throws(IOError) -> TCPConnection? {
    for _ in 0..<Self.maximumBroken {
      let fd = SystemCall.accept(descriptor.raw)
      if fd >= 0 {
        let accepted = Descriptor(owning: Int32(fd))
        guard let peer = unsafe SocketAddress.ofSocket({ unsafe getpeername(Int32(fd), $0, $1) }) else { continue }
        return TCPConnection(owning: accepted, peer: peer, options: options)
      }
      switch Int32(-fd) {
      case EAGAIN: return nil
      case ECONNABORTED, ENETDOWN, EPROTO, EHOSTDOWN, EHOSTUNREACH, ENETUNREACH: continue
      case let failed: throw .system(action: "accept on", subject: "\(address)", errno: failed)
      }
    }
    return nil
  }
}
