import COpenSSL
import Glibc

/// How far a handshake, or the closing of a side, has come.
package enum HandshakeStep: Equatable, Sendable {
  case done
  case wants(Readiness)
}

/// TLS over a non-blocking socket that somebody else owns; `ByteStream` keeps the two together.
@safe
struct TLSSession: ~Copyable, Sendable {
  // Owned by this one value: whichever thread has the value has them.
  nonisolated(unsafe) private let ssl: OpaquePointer
  nonisolated(unsafe) private let transport: UnsafeMutablePointer<TLSTransport>
  private let host: String
  private let peer: String
  private var isEstablished = false
  /// What ended reading, for the calls that come after bytes which arrived before it.
  private var ending: Ending?
  /// The last read filled the caller's buffer, so that decrypted bytes may be left.
  private(set) var mayHoldMore = false

  private enum Ending {
    case clean
    case failed(IOError)
  }

  /// - Parameter host: for a client, the name or address that the certificate has to be for; not used by a server.
  init(_ context: TLSContext, descriptor: Int32, host: String, peer: String) throws(IOError) {
    // A trailing dot belongs to DNS, not to certificates.
    let host = host.last == "." ? String(host.dropLast()) : host
    unsafe (ssl, transport) = try Self.make(context, descriptor: descriptor, host: host, peer: peer)
    self.host = host
    self.peer = peer
  }

  private static func make(
    _ context: TLSContext, descriptor: Int32, host: String, peer: String
  ) throws(IOError) -> (OpaquePointer, UnsafeMutablePointer<TLSTransport>) {
    ERR_clear_error()
    let transport = UnsafeMutablePointer<TLSTransport>.allocate(capacity: 1)
    unsafe transport.initialize(to: TLSTransport(descriptor: descriptor, readBytes: context.receiveBytes))
    let ssl = unsafe SSL_new(context.pointer)
    do throws(IOError) {
      guard let ssl = unsafe ssl, let bio = unsafe TLSTransport.makeBIO(transport) else {
        throw IOError.tls(.other(TLSFailure.text(ERR_get_error())), peer: peer, established: false)
      }
      // The session owns the BIO from here on.
      unsafe SSL_set_bio(ssl, bio, bio)
      _ = unsafe qw_ssl_set_pointer(ssl, transport)
      switch context.role {
      case .server: unsafe SSL_set_accept_state(ssl)
      case .client:
        unsafe SSL_set_connect_state(ssl)
        try unsafe expect(host, ssl)
      }
      return unsafe (ssl, transport)
    } catch {
      unsafe SSL_free(ssl)
      unsafe transport.deinitialize(count: 1)
      unsafe transport.deallocate()
      throw error
    }
  }

  deinit {
    unsafe SSL_free(ssl)
    unsafe transport.deinitialize(count: 1)
    unsafe transport.deallocate()
  }

  /// The certificate has to be for the host; its name is told to the server (SNI) unless it is an address.
  private static func expect(_ host: String, _ ssl: OpaquePointer) throws(IOError) {
    let parameters = unsafe SSL_get0_param(ssl)
    let result: Int32
    if SocketAddress(numeric: host, port: 0) != nil {
      result = unsafe X509_VERIFY_PARAM_set1_ip_asc(parameters, host)
    } else {
      unsafe X509_VERIFY_PARAM_set_hostflags(parameters, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
      let named = unsafe X509_VERIFY_PARAM_set1_host(parameters, host, 0)
      result = named == 1 ? unsafe qw_ssl_set_server_name(ssl, host) : named
    }
    guard result == 1 else { throw .invalidAddress(text: IOText.quoted(host), reason: "it cannot be checked by TLS") }
  }

  mutating func handshake() throws(IOError) -> HandshakeStep {
    prepare()
    let result = unsafe SSL_do_handshake(ssl)
    if result == 1 {
      isEstablished = true
      return .done
    }
    switch outcome(result) {
    case .wants(let readiness): return .wants(readiness)
    case .clean, .truncated: throw .tls(.closedDuringHandshake, peer: peer, established: false)
    case .failed(let error): throw error
    }
  }

  /// Decrypts straight into the buffer until it is full or the socket has no more.
  mutating func read(into buffer: UnsafeMutableRawBufferPointer, waits: Bool) throws(IOError) -> Transfer {
    precondition(buffer.count > 0)
    mayHoldMore = false
    unsafe transport.pointee.waits = waits
    unsafe transport.pointee.isDrained = false
    defer {
      unsafe transport.pointee.waits = false
      unsafe transport.pointee.isDrained = nil
    }
    var filled = 0
    while ending == nil {
      prepare()
      var got = 0
      // Within the buffer: filled < count.
      if unsafe SSL_read_ex(ssl, buffer.baseAddress! + filled, buffer.count - filled, &got) == 1 {
        filled += got
        // Nobody waits who has something.
        unsafe transport.pointee.waits = false
        if filled < buffer.count { continue }
        mayHoldMore = true
        return .bytes(filled)
      }
      switch outcome(0) {
      case .wants(let readiness): return filled > 0 ? .bytes(filled) : .wouldBlock(readiness)
      case .clean: ending = .clean
      case .truncated: ending = .failed(.truncated(peer: peer))
      case .failed(let error): ending = .failed(error)
      }
    }
    // What arrived before the end is handed out first.
    if filled > 0 {
      mayHoldMore = true
      return .bytes(filled)
    }
    if case .failed(let error) = ending { throw error }
    return .endOfStream
  }

  /// After `wouldBlock` the same bytes have to be offered again; they may have moved, and more may follow them.
  mutating func write(_ bytes: UnsafeRawBufferPointer) throws(IOError) -> Transfer {
    guard let base = bytes.baseAddress, bytes.count > 0 else { return .bytes(0) }
    prepare()
    var sent = 0
    if unsafe SSL_write_ex(ssl, base, bytes.count, &sent) == 1 { return .bytes(sent) }
    switch outcome(0) {
    case .wants(let readiness): return .wouldBlock(readiness)
    case .clean, .truncated: throw .system(action: "send to", subject: peer, errno: EPIPE)
    case .failed(let error): throw error
    }
  }

  /// Sends close_notify, which tells the peer that nothing was cut off.
  mutating func finishWriting() throws(IOError) -> HandshakeStep {
    guard isEstablished else { return .done }
    if case .failed = ending { return .done }
    prepare()
    let result = unsafe SSL_shutdown(ssl)
    if result >= 0 { return .done }
    switch outcome(result) {
    case .wants(let readiness): return .wants(readiness)
    case .clean, .truncated: return .done
    case .failed(let error): throw error
    }
  }

  /// "TLSv1.3" and the like.
  var version: String { unsafe String(cString: SSL_get_version(ssl)) }

  private enum Outcome {
    case wants(Readiness)
    case clean, truncated
    case failed(IOError)
  }

  /// OpenSSL judges a call by the thread's error queue: what another session left there must not count.
  private func prepare() {
    ERR_clear_error()
    unsafe transport.pointee.errno = 0
  }

  private func outcome(_ result: Int32) -> Outcome {
    switch unsafe SSL_get_error(ssl, result) {
    case SSL_ERROR_WANT_READ: return .wants(.readable)
    case SSL_ERROR_WANT_WRITE: return .wants(.writable)
    case SSL_ERROR_ZERO_RETURN: return .clean
    case SSL_ERROR_SYSCALL:
      let failed = unsafe transport.pointee.errno
      if failed == 0 { return .truncated }
      return .failed(.system(action: isEstablished ? "use TLS with" : "make TLS with", subject: peer, errno: failed))
    default:
      let code = ERR_peek_error()
      if isEstablished && qw_ssl_error_reason(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING { return .truncated }
      return .failed(.tls(failure(code), peer: peer, established: isEstablished))
    }
  }

  private func failure(_ code: UInt) -> TLSFailure {
    guard qw_ssl_error_reason(code) == SSL_R_CERTIFICATE_VERIFY_FAILED, let flaw = unsafe transport.pointee.flaw else {
      return TLSFailure(errorCode: code).known(
        established: isEstablished, certificateWanted: unsafe transport.pointee.certificateWanted)
    }
    return TLSFailure(
      verification: flaw.code, host: host, depth: flaw.depth, sentCertificates: flaw.sentCertificates,
      issuer: flaw.issuer, day: flaw.day)
  }
}
