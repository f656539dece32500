package import Bytes

/// DEFLATE (RFC 1951) in both directions for one connection, from whoever has a library for it. Each direction
/// remembers what went through it until it is told to forget.
package protocol DeflateEngine: AnyObject {
  /// Appends `bytes` compressed and flushed: ends with the empty block 00 00 FF FF, unless there was nothing to write.
  func deflate(_ bytes: UnsafeRawBufferPointer, into out: inout ByteWriter)
  /// Forgets what was deflated before.
  func forgetSent()
  /// Goes on inflating; blocks behind a final one are read too.
  func inflate(_ bytes: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer) -> InflateStep
  /// Forgets what was inflated before, damage too.
  func forgetReceived()
}

/// How far one call of `DeflateEngine.inflate` came.
package struct InflateStep: Equatable, Sendable {
  /// Bytes used up, and bytes made.
  package var read: Int
  package var wrote: Int
  package var outcome: Outcome

  package enum Outcome: Sendable, Equatable {
    /// All is well. `atBlockEnd`: nothing of a block is missing.
    case good(atBlockEnd: Bool)
    case damaged
  }

  package init(read: Int, wrote: Int, outcome: Outcome) {
    self.read = read
    self.wrote = wrote
    self.outcome = outcome
  }
}

/// The windows of an engine, each as a power of 2 from 8 to 15.
package struct DeflateWindows: Equatable, Sendable {
  package var sentBits: Int
  package var receivedBits: Int
}

/// What a side brings to the negotiation: its wishes, and where engines come from.
package struct DeflateSupport: Sendable {
  package var wishes: DeflateOffer
  /// Nil where there is no memory for one.
  package let makeEngine: @Sendable (DeflateWindows) -> (any DeflateEngine)?

  package init(
    wishes: DeflateOffer = DeflateOffer(), makeEngine: @escaping @Sendable (DeflateWindows) -> (any DeflateEngine)?
  ) {
    self.wishes = wishes
    self.makeEngine = makeEngine
  }

  /// As a client: what was agreed, nil where the server does not compress.
  /// - Parameter answer: the items of the server's Sec-WebSocket-Extensions.
  package func agreement(answer: [String]) throws(WebSocketError) -> PermessageDeflate? {
    guard let parameters = try wishes.read(answer: answer) else { return nil }
    guard let made = PermessageDeflate(parameters, role: .client, makeEngine) else { throw .noMemoryToInflate }
    return made
  }

  /// As a server: the first offer that can be granted, with the words that grant it; nil where none can.
  package func grant(_ offers: [String]) -> (words: String, deflate: PermessageDeflate)? {
    for text in offers {
      guard let offer = DeflateOffer(text) else { continue }
      let parameters = offer.granted(wishes)
      guard let made = PermessageDeflate(parameters, role: .server, makeEngine) else { return nil }
      return (parameters.words(answering: offer), made)
    }
    return nil
  }
}
