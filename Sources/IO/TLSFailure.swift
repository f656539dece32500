import COpenSSL

/// Why TLS failed, in the words of the person who has to mend it.
package enum TLSFailure: Equatable, Sendable {
  /// `since` is a day, as 2025-01-31.
  case expired(host: String, since: String)
  case notYetValid(host: String, from: String)
  case hostMismatch(asked: String)
  case selfSigned(host: String)
  case unknownAuthority(host: String, issuer: String)
  /// The server sent only its own certificate, and nothing here leads from it to a trusted authority.
  case missingIntermediate(host: String, issuer: String)
  case badCertificate(host: String, reason: String)
  case versionTooOld
  /// The peer's bytes are no TLS at all.
  case notTLS
  /// The peer sent an alert (RFC 8446 section 6): number and name.
  case refused(alert: Int, name: String)
  /// The server asked for a certificate of ours, got none and went no further.
  case wantsCertificate
  /// Bytes on an established connection that are no TLS, or not what the peer encrypted.
  case damaged(String)
  /// The peer closed the connection in the middle of the handshake.
  case closedDuringHandshake
  case other(String)

  /// Alerts by which a peer says that our bytes came to it damaged: unexpected_message, bad_record_mac,
  /// record_overflow, decode_error, decrypt_error (RFC 8446 section 6).
  private static var damageAlerts: [Int] { [10, 20, 22, 50, 51] }
  /// Alerts of a server that wanted a certificate: handshake_failure in TLS 1.2, certificate_required in 1.3, and
  /// bad_certificate of some servers.
  private static var certificateAlerts: [Int] { [40, 42, 116] }

  /// The same failure with what is known of the connection.
  func known(established: Bool, certificateWanted: Bool) -> TLSFailure {
    switch self {
    case .notTLS where established: .damaged("what came is no TLS")
    case .other(let reason) where established: .damaged(reason)
    case .refused(let alert, _) where certificateWanted && Self.certificateAlerts.contains(alert): .wantsCertificate
    default: self
    }
  }

  func helpsToReconnect(established: Bool) -> Bool {
    switch self {
    // internal_error and user_canceled say nothing about us.
    case .refused(let alert, _): alert == 80 || alert == 90 || (established && Self.damageAlerts.contains(alert))
    case .closedDuringHandshake, .damaged: true
    case .other: established
    default: false
    }
  }
}

extension TLSFailure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .expired(let host, let since):
      "the certificate of \(host) expired on \(since); the server needs a new one (or this machine's clock is wrong)"
    case .notYetValid(let host, let from):
      "the certificate of \(host) is not valid before \(from); check this machine's clock"
    case .hostMismatch(let asked):
      "the server's certificate is not for \(asked); check the host in the URL"
    case .selfSigned(let host):
      "the certificate of \(host) is self-signed, so nobody vouches for it; if it is yours, name it with --ca-file"
    case .unknownAuthority(let host, let issuer):
      "the certificate of \(host) was issued by \(issuer), which is not trusted here; "
        + "if you trust that authority, name its certificate with --ca-file"
    case .missingIntermediate(let host, let issuer):
      "the certificate of \(host) was issued by \(issuer), which is not trusted here, and the server sent no "
        + "intermediate certificate that leads to a trusted authority; let the server send its whole chain, "
        + "or name the authority's certificate with --ca-file"
    case .badCertificate(let host, let reason):
      "the certificate of \(host) was not accepted: \(reason)"
    case .versionTooOld:
      "the two sides have no protocol version in common; TLS 1.2 is the oldest allowed here"
    case .notTLS:
      "the peer does not speak TLS on this port; is it a ws:// address, or another port?"
    case .refused(let alert, let name):
      "the peer refused (TLS alert \(alert): \(name))"
    case .wantsCertificate:
      "the server wants a certificate of ours, and client certificates are not supported; "
        + "ask its operator for an address that takes a token alone"
    case .damaged(let reason):
      "damaged on the way, or by the server (\(reason))"
    case .closedDuringHandshake:
      "the peer closed the connection during the handshake"
    case .other(let reason):
      reason
    }
  }
}

extension TLSFailure {
  /// From the verdict of the certificate check.
  init(verification code: Int, host: String, depth: Int, sentCertificates: Int, issuer: String, day: String) {
    switch Int32(code) {
    case X509_V_ERR_CERT_HAS_EXPIRED: self = .expired(host: host, since: day)
    case X509_V_ERR_CERT_NOT_YET_VALID: self = .notYetValid(host: host, from: day)
    case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH: self = .hostMismatch(asked: host)
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT: self = .selfSigned(host: host)
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
      X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
      self =
        depth == 0 && sentCertificates <= 1
        ? .missingIntermediate(host: host, issuer: issuer) : .unknownAuthority(host: host, issuer: issuer)
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN: self = .unknownAuthority(host: host, issuer: issuer)
    default:
      self = .badCertificate(host: host, reason: unsafe String(cString: X509_verify_cert_error_string(code)))
    }
  }

  /// From a code of OpenSSL's error queue.
  init(errorCode code: UInt) {
    let reason = qw_ssl_error_reason(code)
    guard qw_ssl_error_library(code) == ERR_LIB_SSL else {
      self = .other(Self.text(code))
      return
    }
    switch reason {
    case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, SSL_R_VERSION_TOO_LOW,
      SSL_R_NO_PROTOCOLS_AVAILABLE, SSL_R_WRONG_SSL_VERSION:
      self = .versionTooOld
    case SSL_R_WRONG_VERSION_NUMBER, SSL_R_HTTP_REQUEST, SSL_R_HTTPS_PROXY_REQUEST, SSL_R_PACKET_LENGTH_TOO_LONG:
      self = .notTLS
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
      self = .closedDuringHandshake
    case SSL_AD_REASON_OFFSET..<SSL_AD_REASON_OFFSET + 256:
      let alert = reason - SSL_AD_REASON_OFFSET
      self = .refused(alert: Int(alert), name: unsafe String(cString: SSL_alert_desc_string_long(alert)))
    default:
      self = .other(Self.text(code))
    }
  }

  /// The library's own words for an error code.
  static func text(_ code: UInt) -> String {
    guard let words = unsafe ERR_reason_error_string(code) else { return "TLS error \(code)" }
    return unsafe String(cString: words)
  }
}
