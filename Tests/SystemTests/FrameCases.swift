// What a server can do wrong with frames and with TCP.

private let quote = Array(Wire.quotes(9...9).utf8)

/// Endless fragments of a byte each, more than a message may have.
private let fragmentFlood: [Step] = [
  .raw(Wire.frame(1, [0x20])),
  .flood([UInt8](Array(repeating: Wire.frame(0, [0x20]), count: 4096).joined()), times: 64),
]

extension HostileCase {
  private static func violates(_ name: String, _ bytes: [UInt8], _ says: String, _ code: Int = 1002)
    -> HostileCase
  {
    reconnects(
      name, [.raw(bytes), .closed(code)],
      says: ["violated the WebSocket protocol", says, "connecting again"])
  }

  static let frames: [HostileCase] = framesAgainstTheRules + framesWithinTheRules + closes

  private static let framesAgainstTheRules = [
    violates(
      "masked frame", Wire.frame(0x81, quote, mask: [1, 2, 3, 4]), "frame from the server is masked"
    ),
    violates("first reserved bit", Wire.frame(0xC1, quote), "reserved bits 0x40"),
    violates("second reserved bit", Wire.frame(0xA1, quote), "reserved bits 0x20"),
    violates("third reserved bit", Wire.frame(0x91, quote), "reserved bits 0x10"),
    violates("reserved data opcode 3", Wire.frame(0x83, quote), "reserved opcode 3"),
    violates("reserved data opcode 7", Wire.frame(0x87, quote), "reserved opcode 7"),
    violates("reserved control opcode 11", Wire.frame(0x8B, []), "reserved opcode 11"),
    violates("reserved control opcode 15", Wire.frame(0x8F, []), "reserved opcode 15"),
    violates("fragmented ping", Wire.frame(0x09, [1]), "control frame that is fragmented"),
    violates("fragmented close", Wire.frame(0x08, [3, 232]), "control frame that is fragmented"),
    violates(
      "ping of 126 bytes", Wire.frame(0x89, [UInt8](repeating: 0, count: 126)), "at most 125"),
    violates(
      "ping with a length of 64 bits", Wire.head(0x89, 127, 3, bytes: 8) + [1, 2, 3], "at most 125"),
    violates(
      "length 5 in 16 bits", Wire.head(0x81, 126, 5, bytes: 2) + [1, 2, 3, 4, 5], "shortest form"),
    violates("length 200 in 64 bits", Wire.head(0x81, 127, 200, bytes: 8), "shortest form"),
    violates("length with its top bit set", Wire.head(0x81, 127, 1 << 63 | 5, bytes: 8), "top bit"),
    violates(
      "length of 2^62", Wire.head(0x81, 127, 1 << 62, bytes: 8), "exceeds the limit of 1048576",
      1009),
    violates(
      "length of 2^40 in a continuation",
      Wire.frame(1, [0x20]) + Wire.head(0, 127, 1 << 40, bytes: 8),
      "exceeds the limit of 1048576", 1009),
    violates(
      "message a byte over the limit", Wire.head(0x81, 127, (1 << 20) + 1, bytes: 8),
      "exceeds the limit of 1048576", 1009),
    violates(
      "fragments that together are too long",
      Wire.frame(1, [UInt8](repeating: 0x20, count: 600_000))
        + Wire.frame(0, [UInt8](repeating: 0x20, count: 600_000)),
      "exceeds the limit of 1048576", 1009),
    violates("continuation of nothing", Wire.frame(0x80, quote), "without a message to continue"),
    violates(
      "new message within a message", Wire.frame(1, [0x20]) + Wire.frame(0x81, quote),
      "before the fragmented message ended"),
    reconnects("endless fragments", fragmentFlood, says: ["more than 65536 fragments"]),
    violates(
      "compressed message that was not agreed", Wire.frame(0xC1, [0xAA, 0x56, 0]), "reserved bits"),
    reconnects(
      "text that is not UTF-8",
      [
        .raw(Wire.frame(0x81, Array("{\"type\":\"".utf8) + [0xFF, 0xFE, 0x22, 0x7D])),
        .closed(1007), .drain,
      ], says: ["UTF-8"], malformedMessages: 1),
    reconnects(
      "UTF-8 split wrongly over fragments",
      [
        .raw(
          Wire.frame(1, Array("{\"type\":\"".utf8) + [0xE2, 0x82]) + Wire.frame(0x80, [0x22, 0x7D])),
        .closed(1007),
        .drain,
      ], says: ["UTF-8"], malformedMessages: 1),
    reconnects(
      "text that is not UTF-8, and a server that takes no notice of our Close",
      [
        .raw(Wire.frame(0x81, [0x22, 0xC0, 0xAF, 0x22])), .closed(1007),
        .flood(Wire.text(Wire.keepalive), times: 50_000),
        .drain,
      ],
      says: ["UTF-8"], malformedMessages: 1),
    reconnects(
      "damaged deflate data", [.raw(Wire.frame(0xC1, [0xFF, 0xFF, 0xFF, 0xFF])), .closed(1007)],
      says: ["cannot be inflated"], client: ["--compress"]
    ).compressed,
    reconnects(
      "deflate bomb", [.raw(Wire.frame(0xC1, DeflateBomb.bytes)), .closed(1009)],
      says: ["exceeds the limit of 1048576"], client: ["--compress"]
    ).compressed,
  ]

  private static let framesWithinTheRules = [
    goesOn("binary message", [.raw(Wire.frame(0x82, quote))], says: ["binary message"]),
    goesOn(
      "fifty thousand binary messages", [.flood(many(Wire.frame(0x82, [1]), 2000), times: 25)],
      says: ["binary message", "further such sentences"]),
    goesOn(
      "empty messages, fifty thousand", [.flood(many(Wire.frame(0x81, []), 2000), times: 25)],
      malformedMessages: 50_000, says: ["could not be read"]),
    goesOn(
      "empty fragments around a message",
      [
        .raw(
          Wire.frame(1, []) + many(Wire.frame(0, []), 1000)
            + Wire.frame(0, Array(Wire.keepalive.utf8))
            + Wire.frame(0x80, []))
      ]),
    goesOn("message in fragments of a byte", [.raw(Wire.fragments(Wire.keepalive, each: 1))]),
    goesOn(
      "pings between fragments",
      [
        .raw(
          Wire.frame(1, Array(Wire.keepalive.utf8.prefix(9))) + Wire.frame(0x89, [7])
            + Wire.frame(0x8A, [])
            + Wire.frame(0x80, Array(Wire.keepalive.utf8.dropFirst(9))))
      ]),
    goesOn(
      "ping flood",
      [.flood(many(Wire.frame(0x89, [UInt8](repeating: 1, count: 125)), 500), times: 40)]),
    goesOn(
      "ping flood from a server that reads nothing",
      [
        .smallWindow,
        .flood(many(Wire.frame(0x89, [UInt8](repeating: 1, count: 125)), 500), times: 40),
        .wideWindow,
      ]),
    goesOn(
      "pongs that nobody asked for", [.flood(many(Wire.frame(0x8A, [1, 2, 3]), 2000), times: 10)]),
    goesOn(
      "message of exactly the limit",
      [
        .raw(
          Wire.frame(
            0x81,
            Array(Wire.keepalive.utf8)
              + [UInt8](repeating: 0x20, count: (1 << 20) - Wire.keepalive.utf8.count)))
      ]),
    goesOn(
      "thirty messages of a megabyte",
      [
        .flood(
          Wire.frame(0x81, Array(Wire.keepalive.utf8) + [UInt8](repeating: 0x20, count: 1_000_000)),
          times: 30)
      ]),
    goesOn("frame byte by byte", [.pieces(Wire.text(Wire.keepalive), size: 1, pauseMicros: 200)]),
    goesOn(
      "characters split over reads",
      [.pieces(Wire.text(Wire.error("X", "Grüße €")), size: 1, pauseMicros: 200)],
      says: ["Grüße €"]),
    goesOn(
      "frames behind the row in one segment",
      [
        .raw(
          Wire.text(Wire.keepalive) + Wire.frame(0x89, []) + Wire.frame(0x8A, [])
            + Wire.text(Wire.keepalive))
      ]),
  ]

  private static let closes = [
    violates("close of one byte", Wire.frame(0x88, [3]), "payload of one byte"),
    violates("close with code 999", Wire.close(999), "code 999"),
    violates("close with code 1005", Wire.close(1005), "code 1005"),
    violates("close with code 1006", Wire.close(1006), "code 1006"),
    violates("close with code 1015", Wire.close(1015), "code 1015"),
    violates("close with code 65535", Wire.close(65_535), "code 65535"),
    violates(
      "close whose reason is not UTF-8", Wire.frame(0x88, [3, 232, 0xFF]),
      "close reason is not UTF-8", 1007),
    reconnects(
      "close without a code", [.raw(Wire.frame(0x88, [])), .closed(1005), .drain],
      says: ["the server closed the connection"]),
    reconnects(
      "close 1000 Bye", [.raw(Wire.close(1000, "Bye")), .closed(1000), .drain], says: ["\"Bye\""]),
    reconnects(
      "close 1001", [.raw(Wire.close(1001)), .closed(1001), .drain], says: ["closed the connection"]
    ),
    reconnects(
      "close 1009", [.raw(Wire.close(1009)), .closed(1009), .drain], says: ["closed the connection"]
    ),
    reconnects(
      "close 1011 with a reason that would steer a terminal",
      [.raw(Wire.close(1011, "\u{1B}[2J\u{9B}1mgone")), .closed(1011), .drain],
      says: ["closed the connection", "gone"]),
    reconnects(
      "close 4999", [.raw(Wire.close(4999, "own")), .closed(4999), .drain], says: ["4999"]),
    reconnects(
      "close, and then more data",
      [
        .raw(Wire.close(1001) + Wire.text(Wire.quotes(9...9))), .closed(1001),
        .drain,
      ], says: ["closed the connection"]),
    reconnects(
      "close that is never followed by an end", [.raw(Wire.close(1001)), .closed(1001), .hold],
      says: ["closed the connection"]),
  ]

  static let transports: [HostileCase] = [
    reconnects(
      "reset in mid-frame",
      [.raw(Array(Wire.text(Wire.quotes(9...9)).prefix(20))), .pause(millis: 50), .reset],
      says: ["connection lost", "connecting again"]),
    reconnects("reset between frames", [.pause(millis: 50), .reset], says: ["connection lost"]),
    reconnects("end without a Close", [.finish, .drain], says: ["without a Close frame"]),
    reconnects(
      "end in the middle of a frame's head", [.raw([0x81]), .finish, .drain],
      says: ["without a Close frame"]),
    reconnects(
      "end in mid-frame", [.raw(Array(Wire.text(Wire.quotes(9...9)).dropLast())), .finish, .drain],
      says: ["without a Close frame"]),
    reconnects("half-open silence", [.text(short), .hold], says: ["nothing arrived for 1.5 s"]),
    reconnects(
      "silence in the middle of a frame",
      [
        .text(short), .raw(Array(Wire.text(Wire.quotes(9...9)).prefix(20))),
        .hold,
      ], says: ["nothing arrived for 1.5 s"]),
    goesOn("window of nothing", [.smallWindow, .pause(millis: 1200), .text(Wire.keepalive)]),
    HostileCase(
      name: "whole session in segments of one byte",
      scripts: [
        [.answerPieces(Step.switching, size: 1, pauseMicros: 0)]
          + Step.session + [.pieces(Wire.text(Wire.quotes(1...3)), size: 1, pauseMicros: 100)]
          + Step.over
      ], expected: Expected(quotes: [1, 2, 3])),
    reconnects(
      "frame that trickles in slower than the time-out, and never ends",
      [
        .text(short), .raw(Wire.head(0x81, 126, 500, bytes: 2)),
        .pieces([UInt8](repeating: 0x20, count: 3), size: 1, pauseMicros: 600_000), .finish, .drain,
      ],
      says: ["without a Close frame"]),
    HostileCase(
      name: "four losses in a row",
      scripts: Array(repeating: Step.opening + [.reset], count: 4) + [
        Step.opening + [.quotes(1...2)] + Step.over
      ],
      expected: Expected(
        says: ["attempt 3"], quotes: [1, 2], gaps: 4, reconnects: 4, connections: 5)),
  ]

  /// SETUP again, with a time-out that ends soon.
  private static let short =
    #"{"type":"SETUP","channel":0,"version":"1.0-test","keepaliveTimeout":1}"#

  /// The same with a server that agrees to compress.
  private var compressed: HostileCase {
    var other = self
    let agreed = Step.switching.dropLast() + "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
    other.scripts = scripts.map { script in
      script.map { step in
        switch step {
        case .answer(Step.switching): .answer(String(agreed))
        // What the client says is compressed; it is given time instead.
        case .until: .pause(millis: 300)
        default: step
        }
      }
    }
    return other
  }

  static func many(_ bytes: [UInt8], _ count: Int) -> [UInt8] {
    [UInt8](Array(repeating: bytes, count: count).joined())
  }
}

/// A compressed message (RFC 7692) that says little and means much: zeros by the block of RFC 1951 with fixed codes.
enum DeflateBomb {
  /// Inflates to 100 MB.
  static let bytes: [UInt8] = {
    var bits = Bits()
    // Not the last block; fixed codes; a literal 0; the longest match at distance 1, again and again; end of block.
    bits.add("010")
    bits.add("00110000")
    for _ in 0..<100_000_000 / 258 { bits.add("1100010100000") }
    bits.add("0000000")
    // The head of an empty stored block, whose length is left out on the wire.
    bits.add("000")
    return bits.bytes
  }()

  private struct Bits {
    private(set) var bytes: [UInt8] = []
    private var used = 0

    mutating func add(_ text: StaticString) {
      for i in 0..<text.utf8CodeUnitCount {
        if used & 7 == 0 { bytes.append(0) }
        if unsafe text.utf8Start[i] == 0x31 { bytes[bytes.count - 1] |= 1 << UInt8(used & 7) }
        used += 1
      }
    }
  }
}
