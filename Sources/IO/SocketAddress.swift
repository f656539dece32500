import Glibc

/// An IPv4 or IPv6 address with a port.
package struct SocketAddress: Hashable, Sendable {
  private enum Host: Hashable {
    /// The four bytes as they lie in memory (network order).
    case v4(UInt32)
    /// The sixteen bytes as they lie in memory, and the scope (interface) of a link-local address.
    case v6(UInt64, UInt64, scope: UInt32)
  }

  private var host: Host
  package var port: UInt16

  /// From numbers and dots or colons; nil for anything else, host names included.
  package init?(numeric text: String, port: UInt16) {
    self.port = port
    var v4 = in_addr()
    var v6 = in6_addr()
    if unsafe inet_pton(AF_INET, text, &v4) == 1 {
      host = .v4(v4.s_addr)
    } else if unsafe inet_pton(AF_INET6, text, &v6) == 1 {
      host = Self.host(v6, scope: 0)
    } else {
      return nil
    }
  }

  /// From what the system hands out; nil for another family or too few bytes.
  init?(_ address: UnsafePointer<sockaddr>, count: Int) {
    // The family says which structure follows, and the count that it is whole.
    let raw = unsafe UnsafeRawPointer(address)
    switch unsafe Int32(address.pointee.sa_family) {
    case AF_INET where count >= MemoryLayout<sockaddr_in>.size:
      let v4 = unsafe raw.loadUnaligned(as: sockaddr_in.self)
      host = .v4(v4.sin_addr.s_addr)
      port = UInt16(bigEndian: v4.sin_port)
    case AF_INET6 where count >= MemoryLayout<sockaddr_in6>.size:
      let v6 = unsafe raw.loadUnaligned(as: sockaddr_in6.self)
      host = Self.host(v6.sin6_addr, scope: v6.sin6_scope_id)
      port = UInt16(bigEndian: v6.sin6_port)
    default:
      return nil
    }
  }

  private static func host(_ address: in6_addr, scope: UInt32) -> Host {
    unsafe withUnsafeBytes(of: address) { b in
      // An in6_addr has 16 bytes.
      unsafe .v6(
        b.loadUnaligned(as: UInt64.self), b.loadUnaligned(fromByteOffset: 8, as: UInt64.self), scope: scope)
    }
  }

  /// Asks a socket for one of its two ends.
  static func ofSocket(
    _ ask: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
  ) -> SocketAddress? {
    var storage = sockaddr_storage()
    var count = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return unsafe withUnsafeMutablePointer(to: &storage) { whole in
      // sockaddr_storage is made to be seen as any sockaddr.
      unsafe whole.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        guard unsafe ask(address, &count) == 0 else { return nil }
        return unsafe SocketAddress(address, count: Int(count))
      }
    }
  }

  func withSystemAddress<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
    switch host {
    case .v4(let bytes):
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      address.sin_addr.s_addr = bytes
      return unsafe Self.lend(&address, body)
    case .v6(let first, let second, let scope):
      var address = sockaddr_in6()
      address.sin6_family = sa_family_t(AF_INET6)
      address.sin6_port = port.bigEndian
      address.sin6_scope_id = scope
      unsafe withUnsafeMutableBytes(of: &address.sin6_addr) { b in
        unsafe b.storeBytes(of: first, as: UInt64.self)
        unsafe b.storeBytes(of: second, toByteOffset: 8, as: UInt64.self)
      }
      return unsafe Self.lend(&address, body)
    }
  }

  private static func lend<T, R>(
    _ address: inout T, _ body: (UnsafePointer<sockaddr>, socklen_t) -> R
  ) -> R {
    unsafe withUnsafePointer(to: &address) { typed in
      // Every sockaddr_* begins as a sockaddr.
      unsafe typed.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        unsafe body(generic, socklen_t(MemoryLayout<T>.size))
      }
    }
  }

  package var isIPv6: Bool { if case .v6 = host { true } else { false } }

  var family: Int32 { isIPv6 ? AF_INET6 : AF_INET }

  /// Whether the bytes stay on this machine: 127.0.0.0/8 and ::1, also written as ::ffff:127.x.
  package var isLoopback: Bool {
    switch host {
    case .v4(let bytes): return UInt32(bigEndian: bytes) >> 24 == 127
    case .v6(let first, let second, _):
      let low = UInt64(bigEndian: second)
      if first != 0 { return false }
      return low == 1 || (low >> 32 == 0xFFFF && low >> 24 & 0xFF == 127)
    }
  }

  /// The address without its port, and without brackets.
  package var hostText: String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN) + 1)
    let capacity = socklen_t(text.count)
    unsafe withSystemAddress { address, _ in
      let raw = unsafe UnsafeRawPointer(address)
      let offset =
        isIPv6 ? MemoryLayout<sockaddr_in6>.offset(of: \.sin6_addr)! : MemoryLayout<sockaddr_in>.offset(of: \.sin_addr)!
      _ = unsafe inet_ntop(family, raw + offset, &text, capacity)
    }
    let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    let plain = String(decoding: bytes, as: UTF8.self)
    if case .v6(_, _, let scope) = host, scope != 0 { return "\(plain)%\(scope)" }
    return plain
  }
}

extension SocketAddress: CustomStringConvertible {
  package var description: String { isIPv6 ? "[\(hostText)]:\(port)" : "\(hostText):\(port)" }
}
