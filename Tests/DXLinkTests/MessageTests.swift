import Bytes
import DXLink
import JSON
import TestSupport
import Testing

func text(_ message: SessionMessage) -> String {
  var out = ByteWriter()
  MessageWriter.append(message, to: &out)
  return out.string
}

func read(_ text: String) throws(FeedError) -> SessionMessage {
  var reader = MessageReader()
  return try unsafe Padded(text).withBytes { b throws(FeedError) in try unsafe reader.read(b) }
}

@Suite("Messages", .tags(.unit))
struct MessageTests {
  static let wire: [(SessionMessage, String)] = [
    (.setup(Setup(version: "0.1-SWIFT/1.0", keepaliveTimeout: 60, acceptKeepaliveTimeout: 2.5)),
      #"{"type":"SETUP","channel":0,"version":"0.1-SWIFT/1.0","keepaliveTimeout":60,"acceptKeepaliveTimeout":2.5}"#),
    (.setup(Setup(version: "1")), #"{"type":"SETUP","channel":0,"version":"1"}"#),
    (.auth(token: "t\"0\\\n\u{1}é"), #"{"type":"AUTH","channel":0,"token":"t\"0\\\n\u0001é"}"#),
    (.authState(AuthState(.unauthorized)), #"{"type":"AUTH_STATE","channel":0,"state":"UNAUTHORIZED"}"#),
    (.authState(AuthState(.authorized, userId: "u1")),
      #"{"type":"AUTH_STATE","channel":0,"state":"AUTHORIZED","userId":"u1"}"#),
    (.authState(AuthState(.other("BUSY"))), #"{"type":"AUTH_STATE","channel":0,"state":"BUSY"}"#),
    (.keepalive, #"{"type":"KEEPALIVE","channel":0}"#),
    (.error(channel: 3, ErrorNotice(code: "BAD_ACTION", message: "no")),
      #"{"type":"ERROR","channel":3,"error":"BAD_ACTION","message":"no"}"#),
    (.channelRequest(channel: 1, ChannelService(.history)),
      #"{"type":"CHANNEL_REQUEST","channel":1,"service":"FEED","parameters":{"contract":"HISTORY"}}"#),
    (.channelOpened(channel: 1, ChannelService(.auto, subFormat: "LIST")),
      #"{"type":"CHANNEL_OPENED","channel":1,"service":"FEED","parameters":{"contract":"AUTO","subFormat":"LIST"}}"#),
    (.channelOpened(channel: 1, ChannelService(service: "DOM", contractName: nil)),
      #"{"type":"CHANNEL_OPENED","channel":1,"service":"DOM","parameters":{}}"#),
    (.channelCancel(channel: 5), #"{"type":"CHANNEL_CANCEL","channel":5}"#),
    (.channelClosed(channel: 5), #"{"type":"CHANNEL_CLOSED","channel":5}"#),
    (.feedSetup(
      channel: 1,
      FeedSetup(
        acceptAggregationPeriod: 0.1, acceptDataFormat: .compact,
        acceptEventFields: [TypeFields("Quote", ["eventSymbol", "bidPrice"]), TypeFields("X", [])])),
      #"{"type":"FEED_SETUP","channel":1,"acceptAggregationPeriod":0.1,"acceptDataFormat":"COMPACT","#
        + #""acceptEventFields":{"Quote":["eventSymbol","bidPrice"],"X":[]}}"#),
    (.feedConfig(channel: 7, FeedConfig(aggregationPeriod: 10, dataFormat: .compact)),
      #"{"type":"FEED_CONFIG","channel":7,"dataFormat":"COMPACT","aggregationPeriod":10.0}"#),
    (.feedConfig(channel: 7, FeedConfig(dataFormat: .full, eventFields: [TypeFields("Trade", ["price"])])),
      #"{"type":"FEED_CONFIG","channel":7,"dataFormat":"FULL","eventFields":{"Trade":["price"]}}"#),
    (.feedSubscription(
      channel: 1,
      FeedSubscription(
        reset: true, remove: [SubscriptionItem(typeName: "Quote", symbol: "A\"B")],
        add: [
          SubscriptionItem(typeName: "Order", symbol: "AAPL", source: "NTV"),
          SubscriptionItem(typeName: "Candle", symbol: "AAPL{=5m}", fromTime: 1_757_548_800_000),
        ])),
      #"{"type":"FEED_SUBSCRIPTION","channel":1,"reset":true,"remove":[{"type":"Quote","symbol":"A\"B"}],"#
        + #""add":[{"type":"Order","symbol":"AAPL","source":"NTV"},"#
        + #"{"type":"Candle","symbol":"AAPL{=5m}","fromTime":1757548800000}]}"#),
    (.feedData(channel: 3), #"{"type":"FEED_DATA","channel":3,"data":[]}"#),
    (.unknown(channel: 9, name: "NEW_THING"), #"{"type":"NEW_THING","channel":9}"#),
  ]

  @Test("every message is written as expected and read back equal", arguments: wire)
  func roundTrip(message: SessionMessage, expected: String) throws {
    #expect(text(message) == expected)
    #expect(try read(expected) == message)
  }

  @Test("a message is read whatever the white space, the order of keys and unknown keys", arguments: wire)
  func layouts(message: SessionMessage, expected: String) throws {
    var spaced = ""
    var inString = false
    var escaped = false
    for character in expected {
      if !escaped, character == "\"" { inString.toggle() }
      escaped = !escaped && inString && character == "\\"
      spaced.append(character)
      if !inString, ",:{[".contains(character) { spaced += " \n\t" }
    }
    #expect(try read(" " + spaced + "\r\n") == message)
    let tail = #"{"extra":{"a":[1,{"type":"no"}]},"agent":null,"# + String(expected.dropFirst())
    #expect(try read(tail) == message)
    #expect(try read(String(expected.dropLast()) + #","zzz":[null,true]}"#) == message)
    // The envelope last, after the body.
    let parts = expected.split(separator: ",", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
    if parts.count == 3 {
      let turned = "{" + parts[2].dropLast() + "," + parts[1] + "," + parts[0].dropFirst() + "}"
      #expect(try read(turned) == message)
    }
  }

  @Test("of a key that stands twice the last one counts")
  func lastWins() throws {
    let twice = #"{"type":"AUTH","channel":7,"token":"a","channel":0,"type":"AUTH","token":"b"}"#
    #expect(try read(twice) == .auth(token: "b"))
    #expect(try read(#"{"type":"KEEPALIVE","type":"CHANNEL_CLOSED","channel":3}"#) == .channelClosed(channel: 3))
    let lists = #"{"type":"FEED_CONFIG","channel":1,"eventFields":{"Q":["a"],"R":["b"],"Q":["c"]}}"#
    guard case .feedConfig(_, let config) = try read(lists) else { return #expect(Bool(false)) }
    #expect(config.eventFields == [TypeFields("R", ["b"]), TypeFields("Q", ["c"])])
  }

  static let clientLayouts: [(String, SessionMessage)] = [
    (#"{"type": "FEED_SUBSCRIPTION", "channel": 7, "add": [{"symbol": "SPY", "type": "Quote"}]}"#,
      .feedSubscription(
        channel: 7, FeedSubscription(add: [SubscriptionItem(typeName: "Quote", symbol: "SPY")]))),
    (#"{"channel":1,"type":"FEED_SUBSCRIPTION","reset":false,"add":[],"remove":[]}"#,
      .feedSubscription(channel: 1, FeedSubscription())),
    (#"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Candle","symbol":"A{=d}","fromTime":1.7E12}]}"#,
      .feedSubscription(
        channel: 1,
        FeedSubscription(add: [
          SubscriptionItem(typeName: "Candle", symbol: "A{=d}", fromTime: 1_700_000_000_000)
        ]))),
    (#"{"type":"SETUP","channel":0,"version":"0.1","keepaliveTimeout":60.0,"agent":{"name":"x"}}"#,
      .setup(Setup(version: "0.1", keepaliveTimeout: 60))),
    (#"{"type":"CHANNEL_REQUEST","channel":3,"service":"FEED"}"#,
      .channelRequest(channel: 3, ChannelService(contractName: nil))),
    (#"{"type":"ERROR","channel":0,"error":"UNKNOWN"}"#,
      .error(channel: 0, ErrorNotice(code: "UNKNOWN", message: ""))),
    (#"{"ty\u0070e":"KEEP\u0041LIVE","channel":0}"#, .keepalive),
  ]

  @Test("layouts that clients in the field use are understood", arguments: clientLayouts)
  func clients(wire: String, message: SessionMessage) throws {
    #expect(try read(wire) == message)
  }

  @Test("a Java client asks for the server's period with the string NaN")
  func javaNaN() throws {
    let wire = #"{"type":"FEED_SETUP","channel":1,"acceptAggregationPeriod":"NaN"}"#
    guard case .feedSetup(1, let setup) = try read(wire) else { return #expect(Bool(false)) }
    #expect(setup.acceptAggregationPeriod?.isNaN == true)
    #expect(text(.feedSetup(channel: 1, setup)) == wire)
  }

  static let failures: [(String, FeedError)] = [
    ("", .json(.empty)),
    ("[]", .notAnObject(offset: 0)),
    (" 7", .notAnObject(offset: 1)),
    ("{}", .missingKey("type", offset: 0)),
    (#"{"type":"KEEPALIVE"}"#, .missingKey("channel", offset: 0)),
    (#"{"type":7,"channel":0}"#, .wrongKind(key: "type", wanted: "a string", offset: 8)),
    (#"{"type":"A","channel":"0"}"#, .wrongKind(key: "channel", wanted: "a channel number", offset: 22)),
    (#"{"type":"A","channel":-1}"#, .wrongKind(key: "channel", wanted: "a channel number", offset: 22)),
    (#"{"type":"A","channel":1.5}"#, .wrongKind(key: "channel", wanted: "a channel number", offset: 22)),
    (#"{"type":"A","channel":1e99}"#, .wrongKind(key: "channel", wanted: "a channel number", offset: 22)),
    (#"{"type":"AUTH","channel":0}"#, .missingKey("token", offset: 0)),
    (#"{"type":"AUTH","channel":0,"token":null}"#, .wrongKind(key: "token", wanted: "a string", offset: 35)),
    (#"{"type":"SETUP","channel":0}"#, .missingKey("version", offset: 0)),
    (#"{"type":"AUTH_STATE","channel":0}"#, .missingKey("state", offset: 0)),
    (#"{"type":"ERROR","channel":0,"message":"x"}"#, .missingKey("error", offset: 0)),
    (#"{"type":"CHANNEL_OPENED","channel":1}"#, .missingKey("service", offset: 0)),
    (#"{"type":"FEED_CONFIG","channel":1,"eventFields":[]}"#,
      .wrongKind(key: "eventFields", wanted: "an object", offset: 48)),
    (#"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Quote"}]}"#, .missingKey("symbol", offset: 47)),
    (#"{"type":"FEED_SUBSCRIPTION","channel":1,"add":{}}"#, .wrongKind(key: "add", wanted: "an array", offset: 46)),
    (#"{"type":"FEED_SUBSCRIPTION","channel":1,"reset":1}"#,
      .wrongKind(key: "reset", wanted: "true or false", offset: 48)),
    (#"{"type":"KEEPALIVE","channel":0} x"#, .json(.trailingBytes(offset: 33))),
    (#"{"type":"KEEPALIVE","channel":0,}"#, .json(.expectedKey(offset: 32))),
  ]

  @Test("an error names the key and the place", arguments: failures)
  func errors(wire: String, error: FeedError) {
    #expect(throws: error) { try read(wire) }
    #expect(error.description.count > 10)
  }

  @Test("no cut of a message and no changed byte is read as something else without an error or a message")
  func mutations() {
    var random = SeededRandom(seed: 11)
    for (_, wire) in Self.wire {
      for end in 0..<wire.utf8.count {
        let cut = String(decoding: Array(wire.utf8)[..<end], as: UTF8.self)
        #expect(throws: FeedError.self, "cut at \(end) of \(wire)") { try read(cut) }
      }
      for _ in 0..<50 {
        var bytes = Array(wire.utf8)
        bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
        var reader = MessageReader()
        _ = try? unsafe Padded(bytes).withBytes { b throws(FeedError) in try unsafe reader.read(b) }
      }
    }
  }

  @Test("a list of more fields than the limit is refused")
  func fieldLimit() {
    let names = (0...ProtocolLimits.fieldsPerType).map { "\"f\($0)\"" }.joined(separator: ",")
    #expect(throws: FeedError.tooManyFields(type: "Quote", offset: 57)) {
      try read(#"{"type":"FEED_CONFIG","channel":1,"eventFields":{"Quote":["# + names + "]}}")
    }
  }
}
