// HTTP: HTTP/1.1 requests and responses (RFC 9112) as pure computation, as a client of small JSON interfaces needs
// them.
//
// Heads are read by the reader of the WebSocket handshake, strictly. A response ends by Content-Length, by chunks or
// with the connection; what could be read in two ways (both lengths, lengths that differ) is refused.
//
// Invariant: every byte of a response may be hostile; nothing grows beyond `HTTPLimits`, and the outcome does not
// depend on how the bytes were cut.
//
// Out of scope: sockets and time-outs (Account), connections that stay open, redirects, cookies, compression.

/// The named limits of one response.
package struct HTTPLimits: Sendable, Equatable {
  /// Longest body, in bytes, without what frames its chunks.
  package var maximumBodyBytes = 256 << 10
  package var maximumHeadBytes = 16 << 10
  package var maximumHeaders = 100
  /// Longest line with the size of a chunk, extensions included, in bytes.
  package var maximumChunkLineBytes = 256
  /// Most bytes of header lines behind the last chunk.
  package var maximumTrailerBytes = 4 << 10
  /// Responses with a status of 1xx that may come before the final one.
  package var maximumInterimResponses = 4
  package init() {}
}
