/// The nonce of an opening handshake and the proof that the server read it (RFC 6455 sections 1.3 and 4.2.2).
package struct HandshakeKey: Equatable, Sendable {
  /// The value of Sec-WebSocket-Key: 16 bytes in base64.
  package let text: String

  /// A fresh one from the operating system's generator.
  package init() { text = Base64.encode(SystemRandom.bytes(16)) }

  /// From 16 bytes of the caller's.
  package init(nonce: [UInt8]) {
    precondition(nonce.count == 16)
    text = Base64.encode(nonce)
  }

  /// A key that a client sent. Nil where it is not 16 bytes in base64.
  package init?(received text: String) {
    guard text.utf8.count == 24, Base64.decode(text)?.count == 16 else { return nil }
    self.text = text
  }

  /// The value of Sec-WebSocket-Accept that belongs to the key.
  package var accept: String {
    Base64.encode(SHA1.digest(Array((text + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
  }
}
