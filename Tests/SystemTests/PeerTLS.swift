import COpenSSL
import Glibc
import TestSupport

/// TLS in the hands of a test, straight on OpenSSL, so that it can do what the product's own TLS never does.
@safe
final class PeerTLS {
  /// What the connections of one server, or of one client, share.
  @safe
  final class Context {
    fileprivate let pointer: OpaquePointer
    fileprivate let isServer: Bool
    /// Sessions that were resumed, counted by the server's side.
    fileprivate(set) var resumed = 0

    /// A server with the certificate of that name.
    init(_ authority: TestAuthority, _ leaf: TestAuthority.Leaf) throws {
      isServer = true
      guard let made = unsafe SSL_CTX_new(TLS_server_method()) else {
        throw Trouble("no TLS context")
      }
      unsafe pointer = made
      // Old versions and their hashes are to be had here.
      unsafe SSL_CTX_set_security_level(made, 0)
      guard unsafe SSL_CTX_set_cipher_list(made, "ALL:@SECLEVEL=0") == 1,
        unsafe SSL_CTX_use_certificate_chain_file(made, authority.certificateFile(leaf)) == 1,
        unsafe SSL_CTX_use_PrivateKey_file(made, authority.keyFile(leaf), SSL_FILETYPE_PEM) == 1
      else { throw Trouble("the certificate \(leaf) cannot be used") }
      _ = unsafe SSL_CTX_set_session_id_context(made, Array("test".utf8), 4)
    }

    /// A client that believes everyone.
    init() throws {
      isServer = false
      guard let made = unsafe SSL_CTX_new(TLS_client_method()) else {
        throw Trouble("no TLS context")
      }
      unsafe pointer = made
    }

    deinit { unsafe SSL_CTX_free(pointer) }

    func limitVersions(_ oldest: Int32, _ newest: Int32) {
      _ = unsafe qw_ssl_ctx_set_min_version(pointer, oldest)
      _ = unsafe qw_ssl_ctx_set_max_version(pointer, newest)
    }

    func askForCertificate(insists: Bool) {
      let mode = insists ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT : SSL_VERIFY_PEER
      unsafe SSL_CTX_set_verify(pointer, mode, nil)
    }

    func sendTickets(_ count: Int) { _ = unsafe SSL_CTX_set_num_tickets(pointer, count) }
  }

  private let ssl: OpaquePointer
  private let context: Context

  init(_ context: Context, descriptor: Int32) throws {
    self.context = context
    guard let made = unsafe SSL_new(context.pointer) else { throw Trouble("no TLS session") }
    unsafe ssl = made
    unsafe SSL_set_fd(made, descriptor)
    if context.isServer {
      unsafe SSL_set_accept_state(made)
    } else {
      unsafe SSL_set_connect_state(made)
    }
  }

  deinit { unsafe SSL_free(ssl) }

  func handshake() throws {
    ERR_clear_error()
    guard unsafe SSL_do_handshake(ssl) == 1 else { throw Peer.Gone() }
    if unsafe SSL_session_reused(ssl) == 1 { context.resumed += 1 }
  }

  func send(_ bytes: [UInt8]) throws {
    var sent = 0
    ERR_clear_error()
    guard unsafe SSL_write_ex(ssl, bytes, bytes.count, &sent) == 1 else { throw Peer.Gone() }
  }

  /// Empty at a clean end.
  func receive(_ most: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: most)
    var got = 0
    ERR_clear_error()
    if unsafe SSL_read_ex(ssl, &bytes, most, &got) == 1 { return Array(bytes[..<got]) }
    switch unsafe SSL_get_error(ssl, 0) {
    case SSL_ERROR_ZERO_RETURN: return []
    case SSL_ERROR_WANT_READ: throw Peer.Silence()
    default: throw Peer.Gone()
    }
  }

  /// Asks for a new handshake (TLS 1.2), or for new keys (TLS 1.3).
  func renew() throws {
    ERR_clear_error()
    if unsafe String(cString: SSL_get_version(ssl)) == "TLSv1.3" {
      guard unsafe SSL_key_update(ssl, Int32(SSL_KEY_UPDATE_REQUESTED)) == 1 else {
        throw Trouble("no key update")
      }
    } else {
      guard unsafe SSL_renegotiate(ssl) == 1 else { throw Trouble("no renegotiation") }
    }
    _ = unsafe SSL_do_handshake(ssl)
  }

  /// Says that nothing more comes.
  func closeNotify() { _ = unsafe SSL_shutdown(ssl) }

  var version: String { unsafe String(cString: SSL_get_version(ssl)) }
}
