import Bytes
import Testing
import WebSocket

/// `81 05 48` as bytes.
func hex(_ text: String) -> [UInt8] { text.split(separator: " ").map { UInt8($0, radix: 16)! } }

/// What a conversation did, with the payloads copied out.
enum Seen: Equatable {
  case message(MessageKind, [UInt8])
  case ping([UInt8])
  case pong([UInt8])
  case closed(UInt16, String)
  case failed(WebSocketError)
}

extension ReceiveBuffer {
  mutating func receive(_ bytes: ArraySlice<UInt8>) {
    guard !bytes.isEmpty else { return }
    precondition(makeRoom(bytes.count))
    _ = unsafe fill { room in
      unsafe room.copyBytes(from: bytes)
      return bytes.count
    }
  }
}

extension Conversation {
  /// Shows the conversation some bytes and gathers everything it says.
  mutating func feed(_ bytes: ArraySlice<UInt8>, _ buffer: inout ReceiveBuffer) -> [Seen] {
    buffer.receive(bytes)
    var seen: [Seen] = []
    while let event = next(&buffer) {
      switch event {
      case .message(let kind, let payload): unsafe seen.append(.message(kind, [UInt8](payload)))
      case .ping(let payload): unsafe seen.append(.ping([UInt8](payload)))
      case .pong(let payload): unsafe seen.append(.pong([UInt8](payload)))
      case .closed: seen.append(.closed(closeCode.rawValue, closeReason))
      case .failed: seen.append(.failed(failure!))
      }
    }
    return seen
  }

  /// Takes everything that waits to be sent.
  mutating func takeQueued() -> [UInt8] {
    let bytes = unsafe withQueued { unsafe [UInt8]($0) }
    sent(bytes.count)
    return bytes
  }
}

/// Everything that a fresh conversation says and sends about bytes that come in the given pieces.
func converse(
  _ role: Role, _ pieces: [ArraySlice<UInt8>], limits: Conversation.Limits = .init(), checksText: Bool = true
) -> (seen: [Seen], sent: [UInt8]) {
  var conversation = Conversation(role: role, limits: limits, checksText: checksText, keys: MaskKeys(fixed: 0))
  var buffer = ReceiveBuffer(capacity: 256, maximumCapacity: limits.receiveBufferBytes + 4096)
  var seen: [Seen] = []
  for piece in pieces { seen += conversation.feed(piece, &buffer) }
  return (seen, conversation.takeQueued())
}

/// Bytes that a peer in the given role would send.
func written(as role: Role, _ body: (inout FrameWriter, inout ByteWriter) throws -> Void) rethrows -> [UInt8] {
  var writer = FrameWriter(role: role, keys: MaskKeys(fixed: 0x1234_5678))
  var out = ByteWriter()
  try body(&writer, &out)
  return out.array
}

extension FrameWriter {
  mutating func frame(
    _ opcode: Opcode, bytes: [UInt8], isFinal: Bool = true, reservedBits: UInt8 = 0, into out: inout ByteWriter
  ) {
    unsafe frame(opcode, bytes.span.bytes, isFinal: isFinal, reservedBits: reservedBits, into: &out)
  }
}

extension Role {
  static var both: [Role] { [.client, .server] }
  var peer: Role { self == .client ? .server : .client }
}

/// Stands in for DEFLATE where only the frames matter: each byte inverted.
final class InvertedEngine: DeflateEngine {
  func deflate(_ bytes: UnsafeRawBufferPointer, into out: inout ByteWriter) {
    for i in 0..<bytes.count { unsafe out.append(~bytes[i]) }
    out.append([0x00, 0x00, 0xFF, 0xFF])
  }

  func forgetSent() {}

  func inflate(_ bytes: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer) -> InflateStep {
    if unsafe bytes.elementsEqual([0x00, 0x00, 0xFF, 0xFF]) {
      return InflateStep(read: bytes.count, wrote: 0, outcome: .good(atBlockEnd: true))
    }
    let count = min(bytes.count, room.count)
    for i in 0..<count { unsafe room[i] = ~bytes[i] }
    return InflateStep(read: count, wrote: count, outcome: .good(atBlockEnd: false))
  }

  func forgetReceived() {}
}

/// What both sides agreed on, with the stand-in.
func inverted(role: Role) -> PermessageDeflate {
  let support = DeflateSupport { _ in InvertedEngine() }
  if role == .server { return support.grant(["permessage-deflate"])!.deflate }
  return (try? support.agreement(answer: ["permessage-deflate"]))!
}
