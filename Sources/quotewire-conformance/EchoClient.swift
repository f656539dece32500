import Bytes
import IO
import Ingest
import WebSocket

/// Limits of both echo roles: what the conformance suites ask for.
enum EchoLimits {
  static var conversation: Conversation.Limits {
    var limits = Conversation.Limits()
    limits.maximumFrameBytes = 16 << 20
    limits.maximumMessageBytes = 16 << 20
    limits.maximumFragments = 65_536
    return limits
  }
  /// Compressed messages where zlib is there; else a sentence says that they are not.
  static func deflate(asClient: Bool) -> DeflateSupport? {
    do { return try .zlib(asClient: asClient) } catch {
      _ = try? StandardStream.error.write("without permessage-deflate: \(error)\n")
      return nil
    }
  }
  /// A case may take this long without a byte.
  static let silenceSeconds = 60.0
  static let closeLimitMillis = 2_000
}

/// Asks the test server how many cases there are, echoes every message of each, then asks for the reports.
enum EchoClient {
  static let agent = "quotewire"

  static func run(_ base: String) throws -> Int32 {
    let root = base.hasSuffix("/") ? String(base.dropLast()) : base
    let tls = root.hasPrefix("wss") ? try TLSContext.client() : nil
    let deflate = EchoLimits.deflate(asClient: true)
    var answer = ""
    try converse(root + "/getCaseCount", tls, nil) { text in
      answer = text
      return false
    }
    guard let count = Int(answer), count >= 0 else {
      throw Trouble("the server's answer to getCaseCount is no number: '\(answer.prefix(60))'")
    }
    if count > 0 {
      for number in 1...count {
        do {
          try converse("\(root)/runCase?case=\(number)&agent=\(agent)", tls, deflate) { _ in true }
        } catch {
          _ = try? StandardStream.error.write("case \(number): \(error)\n")
        }
      }
    }
    try converse("\(root)/updateReports?agent=\(agent)", tls, nil) { _ in false }
    _ = try? StandardStream.error.write("\(count) cases done\n")
    return 0
  }

  struct Trouble: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
  }

  /// Runs one connection to its end; `wantsEcho` sees a message's first bytes as text.
  private static func converse(
    _ text: String, _ tls: TLSContext?, _ deflate: DeflateSupport?, _ wantsEcho: (String) -> Bool
  ) throws {
    let url = try FeedURL(parsing: text)
    var link = try WebSocketLink(
      to: url, tls: tls, connector: ClientConnector(), limitMillis: 10_000, limits: EchoLimits.conversation,
      checksText: true, userAgent: "quotewire-conformance", deflate: deflate, stop: nil)
    try Echo.serve(&link, wantsEcho)
    link.end(limitMillis: EchoLimits.closeLimitMillis)
  }
}

/// The echo loop of both roles.
enum Echo {
  /// Bytes of a message that `wantsEcho` is shown.
  static let excerptBytes = 64

  static func serve(_ link: inout WebSocketLink, _ wantsEcho: (String) -> Bool) throws(LinkError) {
    while true {
      try answer(&link, wantsEcho)
      try link.write()
      if link.conversation.isOver && link.conversation.queuedBytes == 0 { return }
      let got: Int
      do { got = try link.read() } catch .ended { return }
      if got > 0 || link.mayHoldMore { continue }
      let deadline = MonotonicNanos.now().advanced(bySeconds: EchoLimits.silenceSeconds)
      if try link.wait(until: deadline, wakeup: nil) == .timedOut { return }
    }
  }

  private static func answer(_ link: inout WebSocketLink, _ wantsEcho: (String) -> Bool) throws(LinkError) {
    while let event = link.conversation.next(&link.buffer) {
      guard case .message(let kind, let payload) = event else { continue }
      let excerpt = unsafe String(decoding: payload.prefix(excerptBytes), as: UTF8.self)
      guard wantsEcho(excerpt) else { continue }
      do { try unsafe link.conversation.send(kind, payload.bytes) } catch { throw .webSocket(error) }
      // A flood of messages is answered as it is read, so that the queue stays short.
      try link.write()
    }
  }
}
