/// What the bytes of a connection were, behind TLS: `received` = `data` + `control` + `overhead`.
package struct WireCounts: Equatable, Sendable {
  package var received = 0
  /// Payloads of text and binary frames as they came, compressed ones too.
  package var data = 0
  /// Payloads of Ping, Pong and Close.
  package var control = 0
  /// The answer to the opening handshake, frame headers, and what was no whole frame at the end.
  package var overhead = 0

  package init() {}

  package static func += (a: inout WireCounts, b: WireCounts) {
    a.received += b.received
    a.data += b.data
    a.control += b.control
    a.overhead += b.overhead
  }
}
