import COpenSSL
import Glibc

/// What every TLS connection of one side shares: trusted authorities, or the server's certificate. TLS 1.2 or later.
///
/// Made once and used by all lanes: OpenSSL counts its references and locks it.
@safe
package final class TLSContext: Sendable {
  package enum Trust: Equatable, Sendable {
    /// The authorities that the operating system trusts.
    case system
    /// Only those in this PEM file.
    case file(String)
  }

  enum Role { case client, server }

  // Never changed after init; OpenSSL's reference count is atomic.
  nonisolated(unsafe) let pointer: OpaquePointer
  let role: Role
  /// Room that a client offers to each recv. OpenSSL's own read-ahead buffer moves all that is left to its front with
  /// every record, so that it has to be small; few big reads are cheaper, for each wakes the sender.
  package static let receiveBytes = 2 << 20
  /// The same for a server, whose clients say little.
  static let serverReceiveBytes = 16 << 10

  var receiveBytes: Int { role == .client ? Self.receiveBytes : Self.serverReceiveBytes }

  private init(role: Role) throws(IOError) {
    ERR_clear_error()
    guard let made = unsafe SSL_CTX_new(role == .client ? TLS_client_method() : TLS_server_method()) else {
      throw .tls(.other(TLSFailure.text(ERR_get_error())), peer: "OpenSSL", established: false)
    }
    unsafe pointer = made
    self.role = role
    _ = unsafe qw_ssl_ctx_set_min_version(made, TLS1_2_VERSION)
    unsafe qw_ssl_ctx_set_stream_modes(made)
    unsafe qw_ssl_ctx_refuse_renegotiation(made)
    unsafe qw_ssl_ctx_set_read_ahead(made)
  }

  deinit { unsafe SSL_CTX_free(pointer) }

  /// For connections to servers. The peer's certificate and its host name are always checked.
  package static func client(trust: Trust = .system) throws(IOError) -> TLSContext {
    let context = try TLSContext(role: .client)
    let ssl = unsafe context.pointer
    unsafe SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER, TLSTransport.noteVerification)
    unsafe SSL_CTX_set_client_cert_cb(ssl, TLSTransport.noteCertificateWanted)
    ERR_clear_error()
    switch trust {
    case .system:
      guard unsafe SSL_CTX_set_default_verify_paths(ssl) == 1 else {
        throw .unusableFile(path: "the system's certificates", reason: TLSFailure.text(ERR_peek_last_error()))
      }
    case .file(let path):
      try checkReadable(path)
      guard unsafe SSL_CTX_load_verify_file(ssl, path) == 1 else {
        throw .unusableFile(
          path: path, reason: "it holds no PEM certificate (\(TLSFailure.text(ERR_peek_last_error())))")
      }
    }
    return context
  }

  /// For a server: its certificate followed by the intermediate ones, and its private key, both PEM.
  package static func server(certificateFile: String, keyFile: String) throws(IOError) -> TLSContext {
    let context = try TLSContext(role: .server)
    let ssl = unsafe context.pointer
    // Without this a key with a passphrase would ask for it on the terminal.
    unsafe SSL_CTX_set_default_passwd_cb(ssl) { _, _, _, _ in -1 }
    try checkReadable(certificateFile)
    try checkReadable(keyFile)
    ERR_clear_error()
    guard unsafe SSL_CTX_use_certificate_chain_file(ssl, certificateFile) == 1 else {
      throw .unusableFile(
        path: certificateFile, reason: "it holds no PEM certificate (\(TLSFailure.text(ERR_peek_last_error())))")
    }
    ERR_clear_error()
    guard unsafe SSL_CTX_use_PrivateKey_file(ssl, keyFile, SSL_FILETYPE_PEM) == 1 else {
      let code = ERR_peek_last_error()
      // OpenSSL compares the key with the certificate as soon as it has both.
      let reason = qw_ssl_error_reason(code)
      if reason == X509_R_KEY_VALUES_MISMATCH || reason == X509_R_KEY_TYPE_MISMATCH {
        throw .unusableFile(path: keyFile, reason: "the key does not belong to the certificate in \(certificateFile)")
      }
      throw .unusableFile(
        path: keyFile, reason: "it holds no PEM private key without passphrase (\(TLSFailure.text(code)))")
    }
    return context
  }

  /// A plain errno sentence for a missing file, which OpenSSL would hide behind its own.
  private static func checkReadable(_ path: String) throws(IOError) {
    let fd = SystemCall.open(path, O_RDONLY, mode: 0)
    guard fd >= 0 else { throw .system(action: "open", subject: path, errno: Int32(-fd)) }
    _ = Glibc.close(Int32(fd))
  }

  /// Limits the newest version, for tests of the oldest allowed one.
  package func limitVersion(toTLS12: Bool) {
    _ = unsafe qw_ssl_ctx_set_max_version(pointer, toTLS12 ? TLS1_2_VERSION : 0)
  }
}
