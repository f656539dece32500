package import WebSocket

/// A whole response.
package struct HTTPResponse: Sendable, Equatable {
  /// 200 to 999.
  package var status: Int
  /// The server's words behind the status, without anything that could steer a terminal.
  package var reason: String
  package var headers: HeaderFields
  package var body: [UInt8]

  package var isSuccess: Bool { (200..<300).contains(status) }

  /// Seconds of a Retry-After header that names a number; a date is not understood and gives nil.
  package var retryAfterSeconds: Double? {
    guard let text = headers["Retry-After"], !text.isEmpty, text.utf8.count <= 9,
      text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 })
    else { return nil }
    return Double(text)
  }

  /// `401 Unauthorized`.
  package var statusWords: String { reason.isEmpty ? "\(status)" : "\(status) \(reason)" }
}
