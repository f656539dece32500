// WebSocket: the WebSocket protocol (RFC 6455) in the client's and in the server's role, as pure computation.
//
//     ReceiveBuffer ─► FrameDecoder ─► MessageAssembler ─┐
//                                                        ├─ Conversation: events in, queued frames out
//     ByteWriter   ◄─ FrameWriter ◄──────────────────────┘
//     ClientHandshake / ServerHandshake: the HTTP/1.1 heads that come before
//
// Invariant: nothing is allocated or waited for on the word of a header. Every length is checked against a named limit
// as soon as it is read, and a payload that is handed out keeps `Padding.front` and `Padding.back` around it.
//
// Out of scope: sockets, TLS and time-outs (IO and the lanes), HTTP beyond the opening handshake, HTTP/2 bootstrapping
// (RFC 8441), inflating permessage-deflate (RFC 7692: only its reserved bit is let through where it was negotiated).

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
