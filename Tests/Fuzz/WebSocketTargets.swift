import Bytes
import WebSocket

/// The peer's bytes: frames and opening handshakes. The first byte says in pieces of which length they come.
enum WebSocketTargets {
  static let all = [
    FuzzTarget(name: "frames", run: frames), FuzzTarget(name: "client-handshake", run: clientHandshake),
    FuzzTarget(name: "server-handshake", run: serverHandshake),
  ]
  private static let maximumBytes = 1 << 16

  private static func converse(_ role: Role, _ parts: [ArraySlice<UInt8>]) -> (seen: [String], sent: [UInt8]) {
    var limits = Conversation.Limits()
    limits.maximumFrameBytes = maximumBytes
    limits.maximumMessageBytes = maximumBytes
    limits.maximumFragments = 64
    var conversation = Conversation(role: role, limits: limits, checksText: true, keys: MaskKeys(fixed: 0))
    var buffer = ReceiveBuffer(capacity: 256, maximumCapacity: limits.receiveBufferBytes + 4096)
    var seen: [String] = []
    for part in parts {
      guard buffer.makeRoom(part.count) else { wrong("no room for \(part.count) bytes") }
      _ = unsafe buffer.fill { room in
        unsafe room.copyBytes(from: part)
        return part.count
      }
      while let event = conversation.next(&buffer) {
        switch event {
        case .message(let kind, let payload): seen.append(unsafe "\(kind) \([UInt8](payload))")
        case .ping(let payload): seen.append(unsafe "ping \([UInt8](payload))")
        case .pong(let payload): seen.append(unsafe "pong \([UInt8](payload))")
        case .closed: seen.append("closed \(conversation.closeCode) \(conversation.closeReason)")
        case .failed: seen.append("failed \(conversation.failurePosition) \(String(describing: conversation.failure))")
        }
      }
    }
    return (seen, unsafe conversation.withQueued { unsafe [UInt8]($0) })
  }

  /// A stream of frames says the same in one piece and in many.
  private static func frames(_ input: [UInt8]) {
    guard let cut = input.first, input.count <= maximumBytes else { return }
    for role in [Role.client, Role.server] {
      let whole = converse(role, [input[1...]])
      let parts = converse(role, pieces(input[1...], by: cut))
      if whole != parts { wrong("\(role) in pieces of \(cut): \(parts) instead of \(whole)") }
    }
  }

  private static func clientHandshake(_ input: [UInt8]) {
    guard let cut = input.first else { return }
    var target = ClientHandshake.Target(host: "example.com", port: 443, isSecure: true, path: "/realtime")
    target.subprotocols = ["dxlink"]
    target.extensions = ["permessage-deflate"]
    func outcome(_ steps: [ArraySlice<UInt8>]) -> String {
      // The key of RFC 6455 section 1.3, whose answer the corpus has.
      var handshake = ClientHandshake(target, key: HandshakeKey(nonce: Array("the sample nonce".utf8)))
      var soFar: [UInt8] = []
      do throws(WebSocketError) {
        for step in steps {
          soFar += step
          if let accepted = try unsafe handshake.next(soFar.span.bytes) { return "\(accepted)" }
        }
        return "\(String(describing: try unsafe handshake.next(soFar.span.bytes, atEnd: true)))"
      } catch {
        return "\(error)"
      }
    }
    let (whole, parts) = (outcome([input[1...]]), outcome(pieces(input[1...], by: cut)))
    if whole != parts { wrong("in pieces of \(cut): \(parts) instead of \(whole)") }
  }

  private static func serverHandshake(_ input: [UInt8]) {
    guard let cut = input.first else { return }
    func outcome(_ steps: [ArraySlice<UInt8>]) -> String {
      var handshake = ServerHandshake()
      var soFar: [UInt8] = []
      var out = ByteWriter(capacity: 1024)
      do throws(WebSocketError) {
        for step in steps {
          soFar += step
          guard let request = try unsafe handshake.next(soFar.span.bytes) else { continue }
          try ServerHandshake.accept(request, into: &out)
          return "\(request) \(out.array)"
        }
        return "more"
      } catch {
        ServerHandshake.answer(error, into: &out)
        return "\(error) \(out.array)"
      }
    }
    let (whole, parts) = (outcome([input[1...]]), outcome(pieces(input[1...], by: cut)))
    if whole != parts { wrong("in pieces of \(cut): \(parts) instead of \(whole)") }
  }
}
