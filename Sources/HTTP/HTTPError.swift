package import WebSocket

/// What is wrong with a request of ours or with a response of the server.
package enum HTTPError: Error, Equatable, Sendable {
  /// A field of the request that would break out of its line; the name alone, the value may be a secret.
  case fieldInvalid(String)
  /// The lines of a head, or its size.
  case head(WebSocketError)
  case statusLineInvalid
  /// The server changes the protocol, which nobody asked for.
  case switchedProtocols
  case tooManyInterimResponses(limit: Int)
  /// Content-Length is no number, or comes with different ones.
  case lengthInvalid
  /// Content-Length beside Transfer-Encoding: two ends for one body.
  case lengthTwice
  /// A transfer or content encoding that was not asked for.
  case encodingUnknown(String)
  case chunkInvalid
  case bodyTooLong(limit: Int)
  case chunkLineTooLong(limit: Int)
  case trailerTooLong(limit: Int)
  /// The connection ended before the response did.
  case truncated(bytes: Int)
}

extension HTTPError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .fieldInvalid(let name): "the request's \(name) holds characters that HTTP does not allow"
    case .head(let error): "its head cannot be read: \(error)"
    case .statusLineInvalid: "it does not begin with an HTTP/1.1 status line; is it an HTTP server?"
    case .switchedProtocols: "it switches to another protocol, unasked"
    case .tooManyInterimResponses(let limit): "it has more than \(limit) interim responses"
    case .lengthInvalid: "its Content-Length is not one number"
    case .lengthTwice: "it has both a Content-Length and a Transfer-Encoding"
    case .encodingUnknown(let name): "it is encoded as \"\(name)\", which was not asked for"
    case .chunkInvalid: "its chunks are malformed"
    case .bodyTooLong(let limit): "its body is longer than the limit of \(limit) bytes"
    case .chunkLineTooLong(let limit): "the line before a chunk is longer than the limit of \(limit) bytes"
    case .trailerTooLong(let limit): "its trailer is longer than the limit of \(limit) bytes"
    case .truncated(let bytes): "the connection ended in the middle of it, after \(bytes) bytes of its body"
    }
  }
}
