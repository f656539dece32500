// What a server can do wrong with its configuration and with the session.

extension HostileCase {
  static let configurations: [HostileCase] = [
    HostileCase(
      name: "configuration missing: rows come in the order asked",
      scripts: [
        Array(Step.opening.dropLast()) + [.quotes(1...3)] + Step.over
      ], expected: Expected(quotes: [1, 2, 3])),
    goesOn(
      "configuration with fields in another order",
      [
        .text(Wire.configuration(["askPrice", "bidPrice", "eventSymbol"])),
        .text(Wire.data("\"Quote\",[9.5,9.0,\"A\"]")),
        .text(Wire.configuration),
      ], quotes: [1, 2, 9, 3]),
    goesOn(
      "configuration with a field that nobody knows",
      [
        .text(Wire.configuration(["eventSymbol", "mystery", "bidPrice"])),
        .text(Wire.data("\"Quote\",[\"A\",[1,{}],9.0]")),
        .text(Wire.configuration),
      ], skipped: ["unknownField": 1], quotes: [1, 2, 9, 3]),
    goesOn(
      "configuration without the symbol: its rows have no owner",
      [
        .text(Wire.configuration(["bidPrice"])), .text(Wire.data("\"Quote\",[9.0,8.0]")),
        .text(Wire.configuration),
      ],
      malformedRows: 2),
    goesOn(
      "configuration with no field at all",
      [
        .text(Wire.configuration([])), .text(Wire.data("\"Quote\",[1,2]")),
        .text(Wire.configuration),
      ], malformedRows: 2),
    goesOn(
      "configuration of a field twice: the last one counts",
      [
        .text(Wire.configuration(["eventSymbol", "bidPrice", "bidPrice"])),
        .text(Wire.data("\"Quote\",[\"A\",8.0,9.0]")),
        .text(Wire.configuration),
      ], quotes: [1, 2, 9, 3]),
    goesOn(
      "configuration of six hundred fields",
      [.text(Wire.configuration((0..<600).map { "f\($0)" }))], malformedMessages: 1,
      says: ["could not be read"]),
    goesOn(
      "configuration of eighty thousand types",
      [
        .text(
          #"{"type":"FEED_CONFIG","channel":1,"eventFields":{"#
            + (0..<80_000).map { "\"\($0)\":[]" }.joined(separator: ",") + "}}"
        )
      ]),
    goesOn("thousand configurations", [.times(1000, [.text(Wire.configuration)])]),
    goesOn(
      "configuration with null and nonsense for the rest",
      [
        .text(
          #"{"type":"FEED_CONFIG","channel":1,"dataFormat":"PLAIN","aggregationPeriod":"NaN","eventFields":null}"#
        )
      ]),
    goesOn(
      "rows of a channel that is not open",
      [.text(Wire.quotes(9...9, channel: 77))], quotes: [1, 2, 9, 3]),
    goesOn(
      "rows on a hundred channels",
      (0..<100).map { .text(Wire.quotes(9...9, channel: 101 + 2 * $0)) }, malformedMessages: 37,
      says: ["could not be read"], quotes: [1, 2] + Array(repeating: 9, count: 63) + [3]),
    HostileCase(
      name: "flags out of order: every row stays, with its flags",
      scripts: [
        Array(Step.opening.dropLast()) + [
          .text(Wire.configuration(["eventSymbol", "eventFlags", "bidPrice"])),
          .text(
            Wire.data("\"Quote\",[\"A\",10,1.0,\"A\",4,2.0,\"A\",-1,3.0,\"A\",2147483647,4.0]")),
        ] + Step.over
      ], expected: Expected(quotes: [1, 2, 3, 4], skipped: ["unknownField": 1])),
  ]

  static let floods: [HostileCase] = [
    goesOn(
      "ten thousand errors",
      [.flood(many(Wire.text(Wire.error("BAD_ACTION", "no", channel: 1)), 100), times: 100)],
      says: ["BAD_ACTION: no", "further such sentences are left out"]),
    goesOn(
      "error of a megabyte",
      [.text(Wire.error("UNKNOWN", String(repeating: "long ", count: 200_000)))],
      says: ["UNKNOWN"]),
    goesOn(
      "error that would steer a terminal",
      [.text(Wire.error("X", "\\u001b[2J\\u009b31m\\r\\nquotewire: all is well"))],
      says: ["all is well"]),
    goesOn(
      "ten thousand malformed messages", [.flood(many(Wire.text("}{"), 100), times: 100)],
      malformedMessages: 10_000,
      says: ["further such sentences are left out"]),
    goesOn(
      "twenty thousand keepalives", [.flood(many(Wire.text(Wire.keepalive), 1000), times: 20)]),
    goesOn("ten thousand SETUPs", [.flood(many(Wire.text(Wire.setup), 100), times: 100)]),
    goesOn("ten thousand AUTH_STATEs", [.flood(many(Wire.text(Wire.authorized), 100), times: 100)]),
    goesOn("ten thousand channels opened", [.flood(many(Wire.text(Wire.opened), 100), times: 100)]),
    symbols("hundred thousand symbols that nobody asked for", 100_000, bytes: 8),
    symbols("four hundred thousand symbols that nobody asked for", 400_000, bytes: 8),
    symbols("twenty megabytes of symbols that nobody asked for", 20_000, bytes: 1000),
    rowFlood("two hundred thousand rows at once", 200_000),
  ]

  /// Rows of ever new symbols; the table of texts has a limit, and rows beyond it are counted.
  private static func symbols(_ name: String, _ count: Int, bytes: Int) -> HostileCase {
    let perMessage = max(1, 50_000 / (bytes + 30))
    let filler = String(repeating: "x", count: bytes - 7)
    var each = HostileCase(
      name: name,
      scripts: [
        Step.opening + [.quotes(1...2), .symbols(count, perMessage: perMessage, filler: filler)]
          + Step.over
      ],
      expected: Expected(quotes: [1, 2]))
    each.expected.counts = count
    return each
  }

  private static func rowFlood(_ name: String, _ count: Int) -> HostileCase {
    let message = Wire.data(
      "\"Quote\",[" + Array(repeating: Wire.row(9), count: 1000).joined(separator: ",") + "]")
    var each = HostileCase(
      name: name,
      scripts: [
        Step.opening + [.quotes(1...2), .flood(Wire.text(message), times: count / 1000)] + Step.over
      ],
      expected: Expected(quotes: [1, 2]))
    each.expected.counts = count
    return each
  }

  static let sessions: [HostileCase] = refusals + losses + tokens

  private static let refusals = [
    stops(
      "protocol version that is not supported",
      [
        .upgrade, .until("SETUP"), .text(Wire.setup),
        .text(Wire.error("UNSUPPORTED_PROTOCOL", "only 9.9")), .drain,
      ],
      says: ["does not speak our version of the protocol", "only 9.9"]),
    stops(
      "token wanted, and there is none",
      [.upgrade, .until("SETUP"), .text(Wire.setup), .text(Wire.unauthorized), .drain],
      says: ["wants a token", "--token-file"]),
    stops(
      "channel closed again and again, with an error",
      [.upgrade, .until("SETUP"), .text(Wire.setup), .text(Wire.authorized)]
        + (0..<6).flatMap { number -> [Step] in
          [
            .until("CHANNEL_REQUEST"),
            .text(Wire.error("BAD_ACTION", "no such contract", channel: 1 + 2 * number)),
            .text(#"{"type":"CHANNEL_CLOSED","channel":\#(1 + 2 * number)}"#),
          ]
        } + [.drain],
      says: ["closed the feed channel 6 times", "no such contract", "--contract"]),
  ]

  private static let losses = [
    triesAgain(
      "no SETUP", [.upgrade, .hold], says: ["no SETUP within 1.0 s"],
      client: ["--answer-timeout", "1"]),
    triesAgain(
      "no AUTH_STATE", [.upgrade, .until("SETUP"), .text(Wire.setup), .hold],
      says: ["no AUTH_STATE within 1.0 s"],
      client: ["--answer-timeout", "1"]),
    triesAgain(
      "no channel", [.upgrade, .until("SETUP"), .text(Wire.setup), .text(Wire.authorized), .hold],
      says: ["no feed channel within 1.0 s"], client: ["--answer-timeout", "1"]),
    triesAgain(
      "rubbish instead of SETUP", [.upgrade, .text("hello"), .hold],
      says: ["could not be read", "no SETUP"],
      client: ["--answer-timeout", "1"]
    ).malformed(1),
    triesAgain(
      "AUTH_STATE of a state that nobody knows",
      [
        .upgrade, .until("SETUP"), .text(Wire.setup),
        .text(#"{"type":"AUTH_STATE","channel":0,"state":"PERHAPS"}"#), .hold,
      ],
      says: ["no AUTH_STATE"], client: ["--answer-timeout", "1"]),
    triesAgain(
      "Bye before the session stands",
      [.upgrade, .raw(Wire.close(1000, "Bye")), .closed(1000), .drain],
      says: ["\"Bye\""]),
    reconnects(
      "Bye after a TIMEOUT",
      [
        .text(Wire.error("TIMEOUT", "nothing came")), .raw(Wire.close(1000, "Bye")),
        .closed(1000), .drain,
      ], says: ["TIMEOUT: nothing came", "\"Bye\""]),
    HostileCase(
      name: "four Byes in a row",
      scripts: Array(
        repeating: Step.opening + [.raw(Wire.close(1000, "Bye")), .closed(1000), .drain], count: 4)
        + [Step.opening + [.quotes(1...2)] + Step.over],
      expected: Expected(
        says: ["\"Bye\"", "attempt 3"], quotes: [1, 2], gaps: 4, reconnects: 4, connections: 5)),
    reconnects(
      "no keepalive, and nothing else",
      [
        .text(#"{"type":"SETUP","channel":0,"version":"1.0-test","keepaliveTimeout":1}"#),
        .until("KEEPALIVE"),
        .until("KEEPALIVE"), .drain,
      ], says: ["nothing arrived for 1.5 s"]),
    goesOn("keepalive of zero seconds", [.text(setup("0"))]),
    goesOn("keepalive of less than nothing", [.text(setup("-60"))]),
    goesOn("keepalive of for ever", [.text(setup("1e400"))]),
    goesOn(
      "keepalive that is a text", [.text(setup("\"soon\""))], malformedMessages: 1,
      says: ["could not be read"]),
    channelClosed("channel closed in mid-stream: a new one serves", []),
    channelClosed(
      "rows on the closed channel are left out, and counted", [.quotes(9...9)],
      skipped: ["closedChannel": 1]),
    channelClosed(
      "closed channel opened again by the server alone", [.text(Wire.opened), .text(Wire.closed)]),
  ]

  private static func setup(_ keepalive: String) -> String {
    #"{"type":"SETUP","channel":0,"version":"1.0-test","keepaliveTimeout":\#(keepalive)}"#
  }

  private static func channelClosed(_ name: String, _ steps: [Step], skipped: [String: Int] = [:])
    -> HostileCase
  {
    let again: [Step] = [
      .until("CHANNEL_REQUEST"),
      .text(
        #"{"type":"CHANNEL_OPENED","channel":3,"service":"FEED","parameters":{"contract":"AUTO"}}"#),
      .until("FEED_SUBSCRIPTION"),
      .text(
        Wire.configuration(
          ["eventSymbol", "bidPrice", "askPrice", "bidSize", "askSize"], channel: 3)),
      .text(Wire.quotes(3...3, channel: 3)),
    ]
    return HostileCase(
      name: name,
      scripts: [Step.opening + [.quotes(1...2), .text(Wire.closed)] + steps + again + Step.over],
      expected: Expected(quotes: [1, 2, 3], skipped: skipped, gaps: 1, connections: 1))
  }

  private static let authentication: [Step] = [
    .upgrade, .until("SETUP"), .text(Wire.setup), .text(Wire.unauthorized), .until("AUTH"),
  ]

  private static let tokens = [
    stops(
      "UNAUTHORIZED for our token", authentication + [.text(Wire.unauthorized), .drain],
      says: ["refused the token"],
      client: ["--token-env", tokenVariable]),
    stops(
      "error UNAUTHORIZED for our token",
      authentication + [.text(Wire.error("UNAUTHORIZED", "no")), .drain],
      says: ["refused the token"], client: ["--token-env", tokenVariable]),
    HostileCase(
      name: "UNAUTHORIZED in mid-stream: the token is sent again",
      scripts: [
        Step.opening + [
          .quotes(1...2), .text(Wire.unauthorized), .until("AUTH"), .text(Wire.authorized),
          .quotes(3...3),
        ]
          + Step.over
      ], client: ["--token-env", tokenVariable],
      expected: Expected(quotes: [1, 2, 3], connections: 1)),
    HostileCase(
      name: "a hundred times UNAUTHORIZED and AUTHORIZED",
      scripts: [
        Step.opening + [
          .quotes(1...2),
          .times(100, [.text(Wire.unauthorized), .until("AUTH"), .text(Wire.authorized)]),
        ]
          + [.quotes(3...3)] + Step.over
      ], client: ["--token-env", tokenVariable],
      expected: Expected(
        says: ["wants a fresh token", "further such sentences"], quotes: [1, 2, 3])),
    HostileCase(
      name: "UNAUTHORIZED in mid-stream, twice",
      scripts: [
        Step.opening + [
          .quotes(1...2), .text(Wire.unauthorized), .until("AUTH"), .text(Wire.unauthorized),
          .drain,
        ]
      ], client: ["--token-env", tokenVariable],
      expected: Expected(
        exitCode: 3, says: ["refused the token"], quotes: [1, 2], gaps: 1, connections: 1)),
  ]

  /// A variable that each program under test has.
  static let tokenVariable = "QUOTEWIRE_TEST_TOKEN"
  /// What it holds: no sentence may repeat it.
  static let token = "5a7b-not-for-print"

  private func malformed(_ count: Int) -> HostileCase {
    var other = self
    other.expected.malformedMessages = count
    return other
  }
}
