// WebSocket: the WebSocket protocol (RFC 6455) in the client's and in the server's role, as pure computation.
//
//     ReceiveBuffer ─► FrameDecoder ─► MessageAssembler ─┐
//                                                        ├─ Conversation: events in, queued frames out
//     ByteWriter   ◄─ FrameWriter ◄──────────────────────┘
//     PermessageDeflate: between the two, where the handshake agreed on it (RFC 7692), with an injected DeflateEngine
//     ClientHandshake / ServerHandshake: the HTTP/1.1 heads that come before
//
// Invariant: nothing is allocated or waited for on the word of a header. Every length is checked against a named limit
// as soon as it is read, and a payload that is handed out keeps `Padding.front` and `Padding.back` around it.
//
// Out of scope: sockets, TLS and time-outs (IO and the lanes), HTTP beyond the opening handshake, HTTP/2 bootstrapping
// (RFC 8441), DEFLATE itself (RFC 1951: a library that IO loads).

/// Which end of the connection we are.
package enum Role: Sendable, Equatable {
  /// Masks what it sends, refuses masked frames.
  case client
  /// Sends plain frames, refuses unmasked ones.
  case server
}

/// What a data message holds.
package enum MessageKind: Sendable, Equatable, BitwiseCopyable {
  case text
  case binary

  package var opcode: Opcode { self == .text ? .text : .binary }
}
