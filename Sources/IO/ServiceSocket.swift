import Glibc

/// Where a service tells its supervisor how it is: a datagram socket, as sd_notify(3) of systemd describes it.
///
/// A message is lines of `KEY=VALUE`. Each is sent from a socket of its own: a supervisor that begins anew is found.
package struct ServiceSocket: Sendable {
  private let address: sockaddr_un
  private let count: socklen_t
  private let name: String

  /// - Parameter name: a path, or `@` and an abstract name, as in `NOTIFY_SOCKET`.
  package init(_ name: String) throws(IOError) {
    var bytes = Array(name.utf8)
    var address = sockaddr_un()
    let capacity = MemoryLayout.size(ofValue: address.sun_path) - 1
    guard bytes.first == UInt8(ascii: "/") || bytes.first == UInt8(ascii: "@"), (2...capacity).contains(bytes.count)
    else {
      throw .invalidAddress(text: name, reason: "a socket is a path, or @NAME, of at most \(capacity) bytes")
    }
    // A zero in place of @ makes the name abstract.
    if bytes[0] == UInt8(ascii: "@") { bytes[0] = 0 }
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
    self.address = address
    // An abstract name is as long as the address says; a path ends with a zero.
    count = socklen_t(MemoryLayout.offset(of: \sockaddr_un.sun_path)! + bytes.count + (bytes[0] == 0 ? 0 : 1))
    self.name = name
  }

  /// Sends one message and never waits.
  package func send(_ message: String) throws(IOError) {
    let raw = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard raw >= 0 else { throw .system(action: "create", subject: "a socket", errno: errno) }
    let socket = Descriptor(owning: raw)
    let bytes = Array(message.utf8)
    var address = address
    let sent = unsafe withUnsafePointer(to: &address) { typed in
      // Every sockaddr_* begins as a sockaddr.
      unsafe typed.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        unsafe Glibc.sendto(socket.raw, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT), generic, count)
      }
    }
    guard sent == bytes.count else { throw .system(action: "send to", subject: name, errno: errno) }
  }
}
