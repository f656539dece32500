import DXLink
import Market
import TestSupport
import Testing

@Suite("FEED_CONFIG is merged", .tags(.unit))
struct FeedConfigTests {
  private static func list(_ fields: String) -> String {
    #"{"type":"FEED_CONFIG","channel":1,"eventFields":\#(fields)}"#
  }

  /// Frames in order, and the rows of the last one as `symbol bid ask`, or nil for none.
  static let sequences: [(String, [String], [String])] = [
    ("fields come late, after a config without", [
      #"{"type":"FEED_CONFIG","channel":1,"dataFormat":"COMPACT","aggregationPeriod":0.1}"#,
      list(#"{"Quote":["eventSymbol","askPrice","bidPrice"]}"#), data(#"["Quote",["A",2.0,1.0]]"#),
    ], ["A 1.0 2.0"]),
    ("no fields ever: the order that we asked for holds", [
      #"{"type":"FEED_CONFIG","channel":1,"dataFormat":"COMPACT"}"#, data(#"["Quote",["A",1.0,2.0]]"#),
    ], ["A 1.0 2.0"]),
    ("no config at all", [data(#"["Quote",["A",1.0,2.0]]"#)], ["A 1.0 2.0"]),
    ("a config for another type changes nothing", [
      list(#"{"Quote":["eventSymbol","askPrice"]}"#), list(#"{"Trade":["eventSymbol","price"]}"#),
      data(#"["Quote",["A",2.0]]"#),
    ], ["A nan 2.0"]),
    ("a later config without fields keeps them", [
      list(#"{"Quote":["eventSymbol","askPrice"]}"#),
      #"{"type":"FEED_CONFIG","channel":1,"dataFormat":"COMPACT","aggregationPeriod":5.0}"#,
      data(#"["Quote",["A",2.0]]"#),
    ], ["A nan 2.0"]),
    ("reordered", [
      list(#"{"Quote":["eventSymbol","bidPrice","askPrice"]}"#), data(#"["Quote",["A",1.0,2.0]]"#),
      list(#"{"Quote":["askPrice","eventSymbol","bidPrice"]}"#), data(#"["Quote",[2.0,"B",1.0]]"#),
    ], ["B 1.0 2.0"]),
    ("fewer fields than before", [
      list(#"{"Quote":["eventSymbol","bidPrice","askPrice"]}"#), list(#"{"Quote":["eventSymbol","bidPrice"]}"#),
      data(#"["Quote",["A",1.0,"B",3.0]]"#),
    ], ["A 1.0 nan", "B 3.0 nan"]),
    ("another channel's config is not ours", [
      list(#"{"Quote":["eventSymbol","askPrice"]}"#), config(#"{"Quote":["bidPrice","eventSymbol"]}"#, channel: 3),
      data(#"["Quote",["A",2.0]]"#),
    ], ["A nan 2.0"]),
    ("FULL first, COMPACT after it", [
      #"{"type":"FEED_CONFIG","channel":1,"dataFormat":"FULL","aggregationPeriod":0.1}"#,
      #"{"type":"FEED_CONFIG","channel":1,"dataFormat":"COMPACT","aggregationPeriod":0.1}"#,
      list(#"{"Quote":["eventSymbol","bidPrice"]}"#), data(#"["Quote",["A",1.0]]"#),
    ], ["A 1.0 nan"]),
    ("a switch to FULL in mid-session", [
      list(#"{"Quote":["eventSymbol","bidPrice"]}"#), data(#"["Quote",["A",1.0]]"#),
      #"{"type":"FEED_CONFIG","channel":1,"dataFormat":"FULL"}"#,
      data(#"[{"eventType":"Quote","eventSymbol":"A","askPrice":2.0}]"#),
    ], ["A nan 2.0"]),
    ("FULL though the config said COMPACT", [
      list(#"{"Quote":["eventSymbol","bidPrice"]}"#),
      data(#"[{"bidPrice":7.0,"eventType":"Quote","eventSymbol":"A"}]"#),
    ], ["A 7.0 nan"]),
    ("the same field twice: the last column counts", [
      list(#"{"Quote":["eventSymbol","bidPrice","bidPrice"]}"#), data(#"["Quote",["A",1.0,9.0]]"#),
    ], ["A 9.0 nan"]),
    ("the type's name as a column", [
      list(#"{"Quote":["eventType","eventSymbol","bidPrice"]}"#), data(#"["Quote",["Quote","A",1.0,"Trade","B",2.0]]"#),
    ], ["A 1.0 nan"]),
    ("unknown columns are passed, whatever they hold", [
      list(#"{"Quote":["foo","eventSymbol","bar","bidPrice"]}"#),
      data(#"["Quote",[{"a":[1]},"A",null,1.0,"x","B",[],3.0]]"#),
    ], ["A 1.0 nan", "B 3.0 nan"]),
    ("an empty list leaves no rows", [list(#"{"Quote":[]}"#), data(#"["Quote",["A",1.0]]"#)], []),
    ("an unknown type's list is no harm", [
      list(#"{"Elephant":["trunk"],"Quote":["eventSymbol","bidPrice"]}"#), data(#"["Elephant",[1],"Quote",["A",1.0]]"#),
    ], ["A 1.0 nan"]),
    ("a new channel under the same number starts anew", [
      list(#"{"Quote":["eventSymbol","askPrice"]}"#),
      #"{"type":"CHANNEL_OPENED","channel":1,"service":"FEED","parameters":{"contract":"AUTO"}}"#,
      data(#"["Quote",["A",1.0,2.0]]"#),
    ], ["A 1.0 2.0"]),
    ("the end of a channel that was never seen is no harm", [
      #"{"type":"CHANNEL_CLOSED","channel":1}"#, data(#"["Quote",["A",1.0,2.0]]"#),
    ], ["A 1.0 2.0"]),
    ("data after the channel's end are ignored", [
      list(#"{"Quote":["eventSymbol","askPrice"]}"#), #"{"type":"CHANNEL_CLOSED","channel":1}"#,
      data(#"["Quote",["A",1.0]]"#),
    ], []),
  ]

  @Test("rows follow the fields as last told", arguments: sequences)
  func sequence(name: String, frames: [String], expected: [String]) throws {
    var requested = FieldLists.standard
    requested[.quote] = ["eventSymbol", "bidPrice", "askPrice"]
    var rig = Rig(requested: requested)
    for frame in frames {
      rig.events = []
      try rig.decode(frame)
    }
    let rows = rig.rows.map { "\($0["eventSymbol"]!) \($0["bidPrice"]!) \($0["askPrice"]!)" }
    #expect(rows == expected, "\(name)")
  }

  @Test("unknown columns count once a section, unknown keys once an object")
  func unknownFields() throws {
    var rig = Rig()
    try rig.decode(config(#"{"Quote":["eventSymbol","foo","bidPrice","bar"]}"#))
    try rig.decode(data(#"["Quote",["A",1,2,3,"B",1,2,3],"Quote",[]]"#))
    #expect(rig.decoder.counters.unknownField == 2)
    let object = #"{"eventType":"Quote","eventSymbol":"A","x":1"#
    try rig.decode(data("[" + object + #","y":{}},"# + object + "}]"))
    #expect(rig.decoder.counters.unknownField == 5)
    #expect(rig.decoder.counters.rowsDecoded == 4)
  }

  @Test("both names of an order's side lead to one field", arguments: ["side", "orderSide"])
  func aliases(name: String) throws {
    var rig = Rig()
    try rig.decode(config(#"{"Order":["eventSymbol","\#(name)"],"Candle":["eventSymbol","VWAP"]}"#))
    try rig.decode(data(#"["Order",["A","SELL"],"Candle",["A{=d}",2.5]]"#))
    try rig.decode(data(#"[{"eventType":"Order","\#(name)":"BUY","eventSymbol":"A"}]"#))
    #expect(rig.rows.map { $0["side"] } == ["SELL", nil, "BUY"])
    #expect(rig.rows[1]["vwap"] == "2.5")
  }

  @Test("more channels than the limit are refused, and closed ones make room")
  func channelLimit() throws {
    var rig = Rig()
    for channel in 0..<ProtocolLimits.channels { try rig.decode(data("[]", channel: channel)) }
    let next = ProtocolLimits.channels
    #expect(throws: FeedError.tooManyChannels(channel: next)) { try rig.decode(data("[]", channel: next)) }
    #expect(throws: FeedError.tooManyChannels(channel: next)) { try rig.decode(config("{}", channel: next)) }
    try rig.decode(#"{"type":"CHANNEL_CLOSED","channel":5}"#)
    try rig.decode(data("[]", channel: next))
    rig.decoder.reset()
    try rig.decode(data("[]", channel: next + 1))
  }

  @Test("messages that are no rows are handed on as they are")
  func messages() throws {
    var rig = Rig()
    for (message, wire) in MessageTests.wire {
      if case .feedData = message { continue }
      #expect(try rig.decode(wire) == .message(message))
    }
    #expect(rig.decoder.counters.feedDataFrames == 0)
  }
}
