/// Why a connection ends (RFC 6455 section 7.4 and IANA's registry of close codes).
package struct CloseCode: RawRepresentable, Equatable, Hashable, Sendable, BitwiseCopyable, CustomStringConvertible {
  package let rawValue: UInt16
  package init(rawValue: UInt16) { self.rawValue = rawValue }

  package static var normal: CloseCode { CloseCode(rawValue: 1000) }
  package static var goingAway: CloseCode { CloseCode(rawValue: 1001) }
  package static var protocolError: CloseCode { CloseCode(rawValue: 1002) }
  package static var unsupportedData: CloseCode { CloseCode(rawValue: 1003) }
  /// Stands for a Close frame without a code; never on the wire.
  package static var noStatus: CloseCode { CloseCode(rawValue: 1005) }
  /// Stands for a transport that ended without a Close frame; never on the wire.
  package static var abnormal: CloseCode { CloseCode(rawValue: 1006) }
  package static var invalidPayload: CloseCode { CloseCode(rawValue: 1007) }
  package static var policyViolation: CloseCode { CloseCode(rawValue: 1008) }
  package static var messageTooBig: CloseCode { CloseCode(rawValue: 1009) }
  package static var missingExtension: CloseCode { CloseCode(rawValue: 1010) }
  package static var internalError: CloseCode { CloseCode(rawValue: 1011) }
  package static var serviceRestart: CloseCode { CloseCode(rawValue: 1012) }
  package static var tryAgainLater: CloseCode { CloseCode(rawValue: 1013) }
  package static var badGateway: CloseCode { CloseCode(rawValue: 1014) }
  /// Stands for a failed TLS handshake; never on the wire.
  package static var tlsFailed: CloseCode { CloseCode(rawValue: 1015) }

  /// Whether a Close frame that we received may carry this code: the registered ones that are not reserved for local
  /// use, and the ranges for libraries (3000-3999) and applications (4000-4999).
  package var mayBeReceived: Bool {
    switch rawValue {
    case 1000...1003, 1007...1014, 3000...4999: true
    default: false
    }
  }

  /// Whether we may send it. A server has no use for 1010: it says that the *server* failed to negotiate.
  package func maySend(as role: Role) -> Bool {
    mayBeReceived && !(role == .server && self == .missingExtension)
  }

  package var description: String {
    switch rawValue {
    case 1000: "1000 normal closure"
    case 1001: "1001 going away"
    case 1002: "1002 protocol error"
    case 1003: "1003 unsupported data"
    case 1005: "1005 no status given"
    case 1006: "1006 connection lost without a close"
    case 1007: "1007 invalid payload"
    case 1008: "1008 policy violation"
    case 1009: "1009 message too big"
    case 1010: "1010 extension missing"
    case 1011: "1011 internal error"
    case 1012: "1012 service restart"
    case 1013: "1013 try again later"
    case 1014: "1014 bad gateway"
    case 1015: "1015 TLS handshake failed"
    default: "\(rawValue)"
    }
  }
}
