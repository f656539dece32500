import Bytes

/// Compressed messages of one connection (RFC 7692 section 7.2).
///
///     message ─► DEFLATE, flushed ─► … 00 00 FF FF ─► without these four bytes ─► payload, first reserved bit set
///
/// Example: "Hello" is F2 48 CD C9 C9 07 00; with the window of the first one, a second "Hello" is F2 00 11 00 00.
@safe
package final class PermessageDeflate {
  package let parameters: DeflateParameters
  private let engine: any DeflateEngine
  private let forgetsSent: Bool
  private let forgetsReceived: Bool
  /// The last inflated message, with the padding that payloads have. Gets its memory when the first one comes.
  private var inflated = ReceiveBuffer(capacity: 1, maximumCapacity: 1)
  private var deflated = ByteWriter(capacity: 4096)

  /// What ends a flush, and is left out of a message.
  private static let tail: [UInt8] = [0x00, 0x00, 0xFF, 0xFF]
  /// Room for what is inflated, in bytes: at first, and the least for each step.
  private static let firstRoomBytes = 64 << 10
  private static let leastRoomBytes = 4 << 10
  /// Buffers that a message made larger than this, in bytes, are given back when the next one comes.
  private static let keptBytes = 1 << 20

  init?(
    _ parameters: DeflateParameters, role: Role, _ makeEngine: (DeflateWindows) -> (any DeflateEngine)?
  ) {
    let isServer = role == .server
    let windows = DeflateWindows(
      sentBits: isServer ? parameters.serverBits : parameters.clientBits,
      receivedBits: isServer ? parameters.clientBits : parameters.serverBits)
    guard let engine = makeEngine(windows) else { return nil }
    self.engine = engine
    self.parameters = parameters
    forgetsSent = isServer ? parameters.serverForgets : parameters.clientForgets
    forgetsReceived = isServer ? parameters.clientForgets : parameters.serverForgets
  }

  /// The payload of a compressed message. It stays valid until the next call.
  func deflate(_ message: RawSpan) -> UnsafeRawBufferPointer {
    if deflated.capacity > Self.keptBytes { deflated = ByteWriter(capacity: 4096) }
    deflated.removeAll()
    unsafe message.withUnsafeBytes { unsafe engine.deflate($0, into: &deflated) }
    if forgetsSent { engine.forgetSent() }
    let endsWithTail = unsafe deflated.withBytes { unsafe $0.suffix(4).elementsEqual(Self.tail) }
    if endsWithTail { deflated.truncate(to: deflated.count - Self.tail.count) }
    // An empty message is one empty block without its end.
    if deflated.isEmpty { deflated.append(0x00 as UInt8) }
    // The bytes stay where they are until something is deflated again.
    return unsafe deflated.withBytes { unsafe $0 }
  }

  /// The message in a compressed payload. It stays valid until the next call.
  /// - Parameter limit: a message of more bytes is refused as soon as it is known to be one.
  func inflate(_ payload: UnsafeRawBufferPointer, limit: Int) throws(WebSocketError) -> UnsafeRawBufferPointer {
    // One byte more than the limit tells a message that is too long from one that just fits.
    let most = limit + 1
    if inflated.maximumCapacity != most || inflated.capacity > Self.keptBytes {
      inflated = ReceiveBuffer(capacity: min(Self.firstRoomBytes, most), maximumCapacity: most)
    }
    inflated.removeAll()
    // Some peers write an empty message as nothing at all, where RFC 7692 section 7.2.3.6 has one byte.
    if unsafe payload.isEmpty { return unsafe payload }
    if forgetsReceived { engine.forgetReceived() }
    let tail = Self.tail
    guard try unsafe go(payload.bytes, limit) != nil, try unsafe go(tail.span.bytes, limit) == true else {
      throw .compressedDataInvalid(messageBytes: payload.count)
    }
    // The bytes stay where they are until something is inflated again.
    return unsafe inflated.withReadable { unsafe $0 }
  }

  /// Inflates a piece to its end. True where it ended between two blocks, nil where it is damaged.
  private func go(_ bytes: RawSpan, _ limit: Int) throws(WebSocketError) -> Bool? {
    var read = 0
    while true {
      let held = inflated.readableCount
      guard held <= limit else { throw .messageTooLong(bytes: held, limit: limit) }
      let hasRoom = inflated.makeRoom(min(Self.leastRoomBytes, limit + 1 - held))
      precondition(hasRoom, "the buffer holds one byte more than the limit")
      var step = InflateStep(read: 0, wrote: 0, outcome: .damaged)
      var filled = false
      _ = unsafe inflated.fill { room in
        unsafe bytes.extracting(read..<bytes.byteCount).withUnsafeBytes { rest in
          step = unsafe engine.inflate(rest, into: room)
        }
        filled = step.wrote == room.count
        return step.wrote
      }
      guard case .good(let atBlockEnd) = step.outcome else { return nil }
      read += step.read
      // Room that was filled to the brim may leave output behind that needs no more input.
      if read == bytes.byteCount && !filled { return atBlockEnd }
      guard step.read > 0 || step.wrote > 0 else { return nil }
    }
  }
}
