import Glibc
import TestSupport

/// For cases in which many clients come at once: on a busy machine the good client waits for its turn longer than a
/// client may read nothing.
let patient = ["--client-timeout", Sanitizer.isThere ? "600" : "60"]
/// More than fits into the buffers of a client that reads nothing, and less than one in the test's hands can read.
private let crowded = "seed=1,symbols=200,rate=\(5000 / Sanitizer.patience)"

private func subscription(_ range: Range<Int>, filler: String = "") -> String {
  let items = range.map { #"{"type":"Quote","symbol":"S\#($0)\#(filler)"}"# }.joined(separator: ",")
  return #"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[\#(items)]}"#
}

extension ServeCase {
  static let sessions = [
    ServeCase("no SETUP") { attacker in try attacker.upgraded().awaitClose(1000) },
    ServeCase("half-open: SETUP, and then nothing") { attacker in
      let peer = try attacker.upgraded()
      try peer.sendMasked(
        #"{"type":"SETUP","channel":0,"version":"0.1-test","keepaliveTimeout":1}"#)
      return try peer.awaitClose(1000)
    },
    ServeCase("something else before SETUP") {
      try $0.expect(error: "BAD_ACTION", [Attacker.channel], on: $0.upgraded())
    },
    ServeCase("protocol version of the future") {
      try $0.expect(
        error: "UNSUPPORTED_PROTOCOL", [#"{"type":"SETUP","channel":0,"version":"9.9"}"#],
        on: $0.upgraded())
    },
    ServeCase("no JSON") { try $0.expect(error: "INVALID_MESSAGE", ["}{"]) },
    ServeCase("half a million levels") { attacker in
      try attacker.expect(error: "INVALID_MESSAGE", [String(repeating: "[", count: 60_000)])
    },
    ServeCase("unknown message type") {
      try $0.expect(error: "BAD_ACTION", [#"{"type":"MYSTERY","channel":1}"#])
    },
    ServeCase("message that only servers send") {
      try $0.expect(error: "BAD_ACTION", [#"{"type":"FEED_DATA","channel":1,"data":[]}"#])
    },
    ServeCase("even channel number") {
      try $0.expect(
        error: "BAD_ACTION",
        [#"{"type":"CHANNEL_REQUEST","channel":2,"service":"FEED","parameters":{}}"#])
    },
    ServeCase("channel that is not open") {
      try $0.expect(error: "BAD_ACTION", [#"{"type":"FEED_SUBSCRIPTION","channel":9,"add":[]}"#])
    },
    ServeCase("channel twice") { try $0.expect(error: "BAD_ACTION", [Attacker.channel]) },
    ServeCase("unknown service") {
      try $0.expect(
        error: "BAD_ACTION",
        [#"{"type":"CHANNEL_REQUEST","channel":3,"service":"ATTACK","parameters":{}}"#])
    },
    ServeCase("wrong types everywhere") {
      try $0.expect(
        error: "INVALID_MESSAGE",
        [#"{"type":"FEED_SUBSCRIPTION","channel":1,"add":{"type":7,"symbol":[]}}"#])
    },
    ServeCase("wrong tokens", ["--token-env", "QUOTEWIRE_TOKEN"]) { attacker in
      let peer = try attacker.upgraded()
      try peer.sendMasked(Attacker.setup)
      for _ in 0..<5 { try peer.sendMasked(#"{"type":"AUTH","channel":0,"token":"guess"}"#) }
      return try peer.awaitClose(1000)
    },
    ServeCase("data asked for without a token", ["--token-env", "QUOTEWIRE_TOKEN"]) { attacker in
      try attacker.expect(
        error: "UNAUTHORIZED", [Attacker.setup, Attacker.channel], on: attacker.upgraded())
    },
  ]

  static let floods = [
    ServeCase("subscription flood", patient) { attacker in
      let peer = try attacker.opened()
      for part in 0..<180 { try peer.sendMasked(subscription(part * 1000..<part * 1000 + 1000)) }
      let text = try peer.message("ERROR")
      guard text.contains("too big") else { throw Trouble("not refused: \(text.prefix(200))") }
      return "refused: too big"
    },
    ServeCase("subscription flood of ten clients", patient) { attacker in
      let peers = try (0..<10).map { _ in try attacker.opened() }
      var refused = 0
      for part in 0..<20 {
        for peer in peers { try peer.sendMasked(subscription(part * 1000..<part * 1000 + 1000)) }
      }
      for peer in peers {
        try peer.sendMasked(#"{"type":"MYSTERY","channel":1}"#)
        if try peer.message("ERROR").contains("too big") { refused += 1 }
      }
      return "\(refused) of 10 refused in part"
    },
    ServeCase("symbols of kilobytes") { attacker in
      let peer = try attacker.opened()
      let filler = String(repeating: "x", count: 6000)
      for part in 0..<520 {
        try peer.sendMasked(subscription(part * 8..<part * 8 + 8, filler: filler))
      }
      try peer.sendMasked(#"{"type":"MYSTERY","channel":1}"#)
      return String(try peer.message("ERROR").dropFirst(20).prefix(80))
    },
    ServeCase("subscribe and unsubscribe, again and again") { attacker in
      let peer = try attacker.opened()
      for _ in 0..<500 {
        try peer.sendMasked(
          #"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Quote","symbol":"*"}]}"#)
        try peer.sendMasked(#"{"type":"FEED_SUBSCRIPTION","channel":1,"reset":true}"#)
      }
      try peer.sendMasked(Attacker.everything)
      try peer.awaitData()
      return "served"
    },
    ServeCase("channel flood") { attacker in
      let peer = try attacker.opened()
      for number in 1..<10_200 {
        try peer.sendMasked(
          #"{"type":"CHANNEL_REQUEST","channel":\#(2 * number + 1),"service":"FEED","parameters":{"contract":"AUTO"}}"#
        )
        // The answers are taken away, or the server reads no more.
        if number % 100 == 0 {
          try peer.sendMasked(Attacker.setup)
          _ = try peer.message("SETUP")
        }
      }
      return try peer.message("ERROR").contains("Too many channels")
        ? "ERROR names the limit" : "another ERROR"
    },
    ServeCase("errors provoked by a client that reads nothing") { attacker in
      let peer = try Peer.connect(port: attacker.port, receiveBuffer: 2048, limitSeconds: 1)
      try peer.send(Attacker.request + "\r\n")
      _ = try peer.takeHead()
      try peer.sendMasked(Attacker.setup)
      let rubbish = [UInt8](
        Array(repeating: Wire.frame(0x81, [0x7D], mask: [1, 2, 3, 4]), count: 10_000).joined())
      do { for _ in 0..<100 { try peer.send(rubbish) } } catch is Peer.Silence {
        return "reads no more"
      }
      return "took everything"
    },
    ServeCase(
      "clients that read nothing", ["--generate", crowded] + patient
    ) { attacker in
      let peers = try (0..<40).map { _ in try attacker.subscriber(receiveBuffer: 2048) }
      usleep(3_000_000)
      for peer in peers { peer.close() }
      return "40 held or let go"
    },
    ServeCase(
      "clients that read nothing, conflated",
      ["--generate", crowded, "--slow-clients", "conflate"] + patient
    ) { attacker in
      let peers = try (0..<40).map { _ in try attacker.subscriber(receiveBuffer: 2048) }
      usleep(3_000_000)
      for peer in peers { peer.close() }
      return "40 held"
    },
    ServeCase("hundred clients beside each other", patient) { attacker in
      let peers = try (0..<100).map { _ in try attacker.subscriber() }
      for peer in peers { try peer.awaitData() }
      return "100 served"
    },
    ServeCase("SETUP flood") { attacker in
      let peer = try attacker.opened()
      for _ in 0..<50 {
        for _ in 0..<200 { try peer.sendMasked(Attacker.setup) }
        _ = try peer.message("SETUP")
      }
      return "answered"
    },
    ServeCase(
      "candles from the beginning of time",
      ["--generate", "seed=1,symbols=20,rate=200,mix=all"] + patient
    ) { attacker in
      let peer = try attacker.opened()
      for period in 1...200 {
        try peer.sendMasked(
          #"{"type":"FEED_SUBSCRIPTION","channel":1,"add":"#
            + #"[{"type":"Candle","symbol":"AAPL{=\#(period)m}","fromTime":0}]}"#
        )
      }
      _ = try peer.message("FEED_DATA")
      return "served"
    },
  ]
}
