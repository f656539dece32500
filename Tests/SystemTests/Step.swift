import Glibc

/// What a scripted server does with one connection, step by step.
indirect enum Step: Sendable {
  /// Bytes as they are.
  case raw([UInt8])
  /// Bytes in pieces of `size`, with a pause behind each.
  case pieces([UInt8], size: Int, pauseMicros: UInt32)
  /// Reads the upgrade request.
  case request
  /// Reads the upgrade request and answers with this text; `<accept>` in it becomes the answer to the request's key.
  case answer(String)
  /// The same in pieces of `size`, with a pause behind each.
  case answerPieces(String, size: Int, pauseMicros: UInt32)
  /// The same with more bytes right behind it.
  case answerAnd(String, [UInt8])
  /// A text message in one frame.
  case text(String)
  /// Reads until the client has sent a message of this type.
  case until(String)
  /// Reads until the client's Close, whose code has to be this.
  case closed(Int)
  case pause(millis: UInt32)
  case times(Int, [Step])
  /// These bytes again and again, so many times; ends without complaint when the client hangs up.
  case flood([UInt8], times: Int)
  /// Quotes of so many symbols, each new: its number and the filler.
  case symbols(Int, perMessage: Int, filler: String)
  /// Neither says nor reads anything until the client hangs up.
  case hold
  /// Reads until the client hangs up.
  case drain
  case smallWindow
  case wideWindow
  case reset
  case finish
  case renewTLS
  /// Bytes past TLS, straight to the socket.
  case plain([UInt8])
  case closeTLS

  static let switching =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    + "Sec-WebSocket-Accept: <accept>\r\n\r\n"

  /// The WebSocket is open behind this.
  static let upgrade = Step.answer(switching)

  static func quotes(_ numbers: ClosedRange<Int>) -> Step { .text(Wire.quotes(numbers)) }

  /// From the request to the client's first subscription.
  static let opening: [Step] = [.upgrade] + session

  /// dxLink's opening on a WebSocket that stands.
  static let session: [Step] = [
    .until("SETUP"), .text(Wire.setup), .text(Wire.authorized), .until("CHANNEL_REQUEST"),
    .text(Wire.opened),
    .until("FEED_SUBSCRIPTION"), .text(Wire.configuration),
  ]

  /// The feed's regular end.
  static let over: [Step] = [.raw(Wire.close(1000, "end of recording")), .closed(1000), .drain]
}

/// Plays steps on a connection and notes what the client did.
struct Player {
  let peer: Peer
  /// Sec-WebSocket-Key of the request.
  private var key = ""
  /// Types of the client's messages, in their order.
  private(set) var heard: [String] = []

  init(_ peer: Peer) { self.peer = peer }

  mutating func play(_ steps: [Step]) throws {
    for step in steps { try play(step) }
  }

  private mutating func play(_ step: Step) throws {
    switch step {
    case .raw(let bytes): try peer.send(bytes)
    case .pieces(let bytes, let size, let pause):
      try peer.send(bytes, each: size, pauseMicros: pause)
    case .request: try request()
    case .answer(let text): try peer.send(try answer(text))
    case .answerPieces(let text, let size, let pause):
      try peer.send(try answer(text), each: size, pauseMicros: pause)
    case .answerAnd(let text, let bytes): try peer.send(try answer(text) + bytes)
    case .text(let text): try peer.send(Wire.text(text))
    case .until(let type): try listen { $0 == type }
    case .closed(let code):
      try listen { _ in false }
      if closeCode != code {
        throw Trouble("the client closed with \(closeCode ?? 0), not with \(code)")
      }
    case .pause(let millis): usleep(millis * 1000)
    case .times(let count, let steps): for _ in 0..<count { try play(steps) }
    case .flood(let bytes, let times):
      do { for _ in 0..<times { try peer.send(bytes) } } catch is Peer.Gone { return }
    case .symbols(let count, let perMessage, let filler): try symbols(count, perMessage, filler)
    case .hold: peer.waitForEnd()
    case .drain: peer.drain()
    case .smallWindow: peer.setReceiveBuffer(2048)
    case .wideWindow: peer.setReceiveBuffer(1 << 18)
    case .reset: peer.reset()
    case .finish: peer.finish()
    case .renewTLS: try peer.tls?.renew()
    case .plain(let bytes): try peer.sendPlain(bytes)
    case .closeTLS: peer.tls?.closeNotify()
    }
  }

  private func symbols(_ count: Int, _ perMessage: Int, _ filler: String) throws {
    var number = 0
    while number < count {
      let last = min(count, number + perMessage)
      let rows = (number..<last).map { "\"\($0)\(filler)\",9.0,9.5,1.0,2.0" }.joined(separator: ",")
      try peer.send(Wire.text(Wire.data("\"Quote\",[\(rows)]")))
      number = last
    }
  }

  private mutating func answer(_ text: String) throws -> [UInt8] {
    if key.isEmpty { try request() }
    let parts = text.split(separator: "<accept>", omittingEmptySubsequences: false)
    return Array(parts.joined(separator: Wire.accept(key)).utf8)
  }

  private mutating func request() throws {
    let lines = try peer.takeHead().split(separator: "\r\n")
    let name = "sec-websocket-key:"
    let line = lines.first { $0.lowercased().hasPrefix(name) }
    key = line.map { $0.dropFirst(name.count).filter { $0 != " " } } ?? ""
  }

  private var closeCode: Int?

  /// Reads the client's frames until a message whose type is wanted, or until its Close.
  private mutating func listen(until isWanted: (String) -> Bool) throws {
    while closeCode == nil {
      let (first, payload) = try peer.takeFrame()
      switch first & 0xF {
      case 1:
        let type = Self.type(String(decoding: payload, as: UTF8.self))
        heard.append(type)
        if isWanted(type) { return }
      case 8: closeCode = payload.count >= 2 ? Int(payload[0]) << 8 | Int(payload[1]) : 1005
      default: break
      }
    }
  }

  private static func type(_ text: String) -> String {
    let halves = text.split(separator: "\"type\":\"", maxSplits: 1)
    return halves.last.map { String($0.prefix { $0 != "\"" }) } ?? ""
  }
}
