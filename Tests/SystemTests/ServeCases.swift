import COpenSSL
import Glibc
import TestSupport

private func masked(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] {
  Wire.frame(first, payload, mask: [9, 8, 7, 6])
}

extension ServeCase {
  static let all: [ServeCase] = handshakes + frames + sessions + floods

  /// Of a server with TLS.
  static let secure: [ServeCase] = [
    ServeCase("plain request to a port with TLS", tls) { attacker in
      let peer = try attacker.connect()
      try peer.send(Attacker.request + "\r\n")
      return try peer.awaitEnd()
    },
    ServeCase("half a TLS greeting", tls) { attacker in
      let peer = try attacker.connect()
      try peer.send([0x16, 3, 1, 2, 0, 1])
      return try peer.awaitEnd()
    },
    ServeCase("TLS rubbish", tls) { attacker in
      let peer = try attacker.connect()
      try peer.send([0x16, 3, 1, 1, 0] + (0..<256).map { UInt8(truncatingIfNeeded: $0 &* 37) })
      return try peer.awaitEnd()
    },
    ServeCase("TLS, and then no request", tls) { attacker in
      let peer = try attacker.connect()
      try peer.startTLS(try PeerTLS.Context())
      return try peer.awaitEnd()
    },
    ServeCase("renegotiation asked for by a client", tls) { attacker in
      let context = try PeerTLS.Context()
      context.limitVersions(TLS1_2_VERSION, TLS1_2_VERSION)
      let peer = try attacker.upgraded(tls: context)
      try? peer.tls?.renew()
      return try peer.awaitEnd()
    },
    ServeCase("hundred TLS clients that come and go", tls) { attacker in
      let context = try PeerTLS.Context()
      for _ in 0..<100 {
        let peer = try attacker.upgraded(tls: context)
        peer.reset()
      }
      return "gone"
    },
  ]

  private static let tls = [
    "--tls-cert", certificate("good.pem"), "--tls-key", certificate("good.key"),
  ]

  private static func certificate(_ name: String) -> String {
    TestAuthority.shared?.folder.file(name) ?? name
  }

  private static let handshakes = [
    ServeCase("request that never comes") { try $0.connect().awaitEnd() },
    ServeCase("slowloris: a byte of the request a while") { attacker in
      let peers = try (0..<20).map { _ in try attacker.connect() }
      for _ in 0..<15 {
        for peer in peers { try? peer.send("G") }
        usleep(100_000)
      }
      for peer in peers { _ = try peer.awaitEnd() }
      return "20 hung up on"
    },
    ServeCase("request of another protocol") {
      try $0.expect(status: 400, "EHLO mail.example\r\n\r\n")
    },
    ServeCase("binary rubbish") { attacker in
      let peer = try attacker.connect()
      try peer.send((0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ 7) })
      return try peer.awaitEnd()
    },
    ServeCase("TLS spoken to a plain port") { attacker in
      let peer = try attacker.connect()
      try peer.send([0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3] + [UInt8](repeating: 7, count: 500))
      return try peer.awaitEnd()
    },
    ServeCase("giant header") { attacker in
      let peer = try attacker.connect()
      do {
        try peer.send(Attacker.request + "X: ")
        for _ in 0..<32 { try peer.send([UInt8](repeating: 0x78, count: 65_536)) }
      } catch is Peer.Gone {}
      return try peer.awaitEnd()
    },
    ServeCase("two hundred headers") {
      try $0.expect(
        status: 431, Attacker.request + String(repeating: "A: b\r\n", count: 200) + "\r\n")
    },
    ServeCase("POST") {
      try $0.expect(status: 405, "POST" + Attacker.request.dropFirst(3) + "\r\n")
    },
    ServeCase("HTTP/1.0") {
      try $0.expect(
        status: 505,
        Attacker.request.split(separator: "HTTP/1.1").joined(separator: "HTTP/1.0") + "\r\n")
    },
    ServeCase("plain page asked for") {
      try $0.expect(status: 426, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    },
    ServeCase("old version of WebSocket") {
      try $0.expect(
        status: 426, Attacker.request.split(separator: "n: 13").joined(separator: "n: 8") + "\r\n")
    },
    ServeCase("key that is none") {
      try $0.expect(
        status: 400, Attacker.request.split(separator: "dGhl").joined(separator: "x") + "\r\n")
    },
    ServeCase("request with a body") {
      try $0.expect(status: 400, Attacker.request + "Content-Length: 5\r\n\r\nhello")
    },
    ServeCase("bare line feeds") { try $0.expect(status: 400, "GET / HTTP/1.1\nHost: x\n\n") },
    ServeCase("request byte by byte, and then good") { attacker in
      let peer = try attacker.connect()
      try peer.send(Array((Attacker.request + "\r\n").utf8), each: 1, pauseMicros: 200)
      return String(try peer.takeHead().prefix(12))
    },
    ServeCase("frames in the same segment as the request") { attacker in
      let peer = try attacker.connect()
      try peer.send(
        Array((Attacker.request + "\r\n").utf8) + masked(0x81, Array(Attacker.setup.utf8)))
      _ = try peer.takeHead()
      _ = try peer.message("AUTH_STATE")
      return "served"
    },
    ServeCase("more clients than it takes", ["--max-clients", "20"] + patient) { attacker in
      let peers = try (0..<19).map { _ in try attacker.upgraded() }
      let said = try attacker.expect(status: 503, Attacker.request + "\r\n")
      for peer in peers { peer.close() }
      usleep(100_000)
      return said
    },
    ServeCase("a thousand connections that come and go") { attacker in
      for number in 0..<1000 {
        let peer = try attacker.connect()
        if number & 1 == 0 { peer.reset() } else { peer.close() }
      }
      return "gone"
    },
  ]

  private static let frames = [
    ServeCase("unmasked frame") { try $0.expect(close: 1002, Wire.text(Attacker.setup)) },
    ServeCase("reserved bits") { try $0.expect(close: 1002, masked(0xC1, [1])) },
    ServeCase("reserved opcode") { try $0.expect(close: 1002, masked(0x83, [1])) },
    ServeCase("fragmented ping") { try $0.expect(close: 1002, masked(0x09, [1])) },
    ServeCase("continuation of nothing") { try $0.expect(close: 1002, masked(0x80, [1])) },
    ServeCase("giant frame announced") {
      try $0.expect(close: 1009, Wire.head(0x81, 0xFF, 1 << 62, bytes: 8) + [1, 2, 3, 4])
    },
    ServeCase("giant frame sent") {
      try $0.expect(close: 1009, masked(0x81, [UInt8](repeating: 0x20, count: 2 << 20)))
    },
    ServeCase("length with its top bit set") {
      try $0.expect(close: 1002, Wire.head(0x81, 0xFF, 1 << 63, bytes: 8) + [1, 2, 3, 4])
    },
    ServeCase("message of many fragments that is too long") { attacker in
      let fragment = masked(0, [UInt8](repeating: 0x20, count: 1000))
      return try attacker.expect(
        close: 1009, masked(1, [0x20]) + [UInt8](Array(repeating: fragment, count: 100).joined()))
    },
    ServeCase("endless empty fragments") { attacker in
      let flood = [UInt8](Array(repeating: masked(0, []), count: 70_000).joined())
      return try attacker.expect(close: 1009, masked(1, []) + flood)
    },
    ServeCase("text that is not UTF-8") {
      try $0.expect(close: 1007, masked(0x81, [0x22, 0xFF, 0x22]))
    },
    ServeCase("close with a code that is none") {
      try $0.expect(close: 1002, masked(0x88, [0, 7]))
    },
    ServeCase("ping flood from a client that reads nothing") { attacker in
      let peer = try attacker.subscriber(receiveBuffer: 2048)
      let pings = [UInt8](
        Array(repeating: masked(0x89, [UInt8](repeating: 1, count: 125)), count: 1000).joined())
      for _ in 0..<20 { try peer.send(pings) }
      return "20,000 pings taken"
    },
    ServeCase("binary messages") { attacker in
      let peer = try attacker.opened()
      try peer.send([UInt8](Array(repeating: masked(0x82, [1, 2]), count: 1000).joined()))
      try peer.sendMasked(Attacker.everything)
      try peer.awaitData()
      return "passed over"
    },
    ServeCase("deflate bomb", ["--compress"]) { attacker in
      let peer = try attacker.upgraded(extra: "Sec-WebSocket-Extensions: permessage-deflate\r\n")
      return try attacker.expect(
        close: 1009, masked(0xC1, DeflateBomb.bytes.prefix(60_000) + [0, 0]), on: peer)
    },
    ServeCase("damaged deflate data", ["--compress"]) { attacker in
      let peer = try attacker.upgraded(extra: "Sec-WebSocket-Extensions: permessage-deflate\r\n")
      return try attacker.expect(close: 1007, masked(0xC1, [255, 255, 255, 255]), on: peer)
    },
    ServeCase("a frame that never ends") { attacker in
      let peer = try attacker.upgraded()
      try peer.send(Wire.head(0x81, 0xFE, 500, bytes: 2) + [1, 2, 3, 4, 5])
      return try peer.awaitEnd()
    },
    ServeCase("reset in mid-frame") { attacker in
      for _ in 0..<50 {
        let peer = try attacker.opened()
        try peer.send(Wire.head(0x81, 0xFE, 500, bytes: 2))
        peer.reset()
      }
      return "50 gone"
    },
  ]
}
