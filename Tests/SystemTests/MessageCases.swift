// What a server can do wrong with dxLink messages once the feed is open.

extension HostileCase {
  /// One message that cannot be read as a whole.
  private static func malformed(
    _ name: String, _ text: String, _ says: String = "could not be read"
  ) -> HostileCase {
    goesOn(name, [.text(text)], malformedMessages: 1, says: [says])
  }

  /// One row that cannot be read, between two good ones in the same message.
  private static func badRow(_ name: String, _ row: String, malformed: Int = 1) -> HostileCase {
    goesOn(
      name, [.text(Wire.data("\"Quote\",[\(Wire.row(11)),\(row),\(Wire.row(12))]"))],
      malformedRows: malformed,
      quotes: [1, 2, 11, 12, 3])
  }

  /// Something odd that costs nothing.
  private static func harmless(
    _ name: String, _ text: String, skipped: [String: Int] = [:], quotes: [Int] = [1, 2, 3]
  ) -> HostileCase {
    goesOn(name, [.text(text)], skipped: skipped, quotes: quotes)
  }

  static let messages: [HostileCase] = texts + values + rows + configurations + floods

  private static let texts = [
    malformed("no JSON at all", "Bye"),
    malformed("empty message", ""),
    malformed("white space alone", " \t\r\n "),
    malformed("half a message", #"{"type":"FEED_DATA","channel":1,"data":["Quote",["A",9.0,9.5"#),
    malformed("message with more behind it", Wire.quotes(9...9) + "]"),
    malformed("two messages in one", Wire.quotes(9...9) + Wire.quotes(9...9)),
    malformed("array instead of an object", "[\(Wire.keepalive)]"),
    malformed("number instead of an object", "17"),
    malformed("trailing comma", #"{"type":"KEEPALIVE","channel":0,}"#),
    malformed("single quotes", "{'type':'KEEPALIVE','channel':0}"),
    malformed("comment", #"{"type":"KEEPALIVE"/* hello */,"channel":0}"#),
    malformed("bare word", Wire.data("\"Quote\",[\"A\",NaN,9.5,1.0,2.0]")),
    malformed("leading zero", Wire.data("\"Quote\",[\"A\",09.0,9.5,1.0,2.0]")),
    malformed("plus sign", Wire.data("\"Quote\",[\"A\",+9.0,9.5,1.0,2.0]")),
    malformed("hexadecimal number", Wire.data("\"Quote\",[\"A\",0x9,9.5,1.0,2.0]")),
    malformed(
      "number without digits behind the point", Wire.data("\"Quote\",[\"A\",9.,9.5,1.0,2.0]")),
    malformed("unknown escape", Wire.data("\"Quote\",[\"\\q\",9.0,9.5,1.0,2.0]")),
    harmless(
      "half of a surrogate pair", Wire.data("\"Quote\",[\"\\ud83d\",9.0,9.5,1.0,2.0]"),
      quotes: [1, 2, 9, 3]),
    malformed("line feed in a string", Wire.data("\"Quote\",[\"A\n\",9.0,9.5,1.0,2.0]")),
    malformed("zero byte in a string", Wire.data("\"Quote\",[\"A\u{0}\",9.0,9.5,1.0,2.0]")),
    malformed("byte order mark", "\u{FEFF}" + Wire.keepalive),
    malformed("sixty-five levels deep", Wire.data("\"Quote\"," + Wire.deep(65))),
    malformed("half a million levels deep", String(repeating: "[", count: 500_000)),
    malformed("half a million objects deep", String(repeating: "{\"a\":", count: 150_000)),
    malformed(
      "good row in front of what is broken", Wire.data("\"Quote\",[\(Wire.row(9)),\"A\",9.0,")),
  ]

  private static let values = [
    malformed("type missing", #"{"channel":1,"data":[]}"#),
    malformed("channel missing", #"{"type":"FEED_DATA","data":["Quote",["A",9.0,9.5,1.0,2.0]]}"#),
    malformed("type is a number", #"{"type":7,"channel":1}"#),
    malformed("channel is a text", #"{"type":"FEED_DATA","channel":"1","data":[]}"#),
    malformed("channel is a fraction", #"{"type":"FEED_DATA","channel":1.5,"data":[]}"#),
    malformed(
      "channel beyond 64 bits", #"{"type":"FEED_DATA","channel":99999999999999999999,"data":[]}"#),
    malformed("channel is negative", #"{"type":"FEED_DATA","channel":-1,"data":[]}"#),
    malformed("data is a text", #"{"type":"FEED_DATA","channel":1,"data":"Quote"}"#),
    malformed("data is null", #"{"type":"FEED_DATA","channel":1,"data":null}"#),
    malformed("data missing", #"{"type":"FEED_DATA","channel":1}"#),
    malformed("error without a code", #"{"type":"ERROR","channel":0}"#),
    malformed("fields are a text", #"{"type":"FEED_CONFIG","channel":1,"eventFields":"Quote"}"#),
    malformed(
      "field name is a number", #"{"type":"FEED_CONFIG","channel":1,"eventFields":{"Quote":[1,2]}}"#
    ),
    goesOn(
      "keys twice: the last one counts",
      [
        .text(
          #"{"type":"KEEPALIVE","channel":7,"type":"FEED_DATA","channel":1,"data":[],"#
            + #""data":["Quote",[\#(Wire.row(9))]]}"#
        )
      ],
      quotes: [1, 2, 9, 3]),
    harmless(
      "keys in another order, with spaces",
      "{ \"data\" : [ \"Quote\" , [\(Wire.row(9))] ] , \"channel\" : 1 , \"type\" : \"FEED_DATA\" }",
      quotes: [1, 2, 9, 3]),
    harmless(
      "type written with escapes",
      #"{"\u0074ype":"FEED\u005fDATA","channel":1,"data":["Quote",[\#(Wire.row(9))]]}"#,
      quotes: [1, 2, 9, 3]),
    harmless(
      "unknown keys, sixty levels deep",
      #"{"type":"KEEPALIVE","channel":0,"more":\#(Wire.deep(60))}"#),
    harmless("unknown message type", #"{"type":"MYSTERY","channel":1,"payload":[[[[]]]]}"#),
    harmless(
      "message that only clients send", #"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[]}"#),
    harmless("empty data", Wire.data("")),
  ]

  private static let rows = [
    badRow("value of the wrong kind", "\"A\",true,9.5,1.0,2.0"),
    badRow("text that is no number", "\"A\",\"nine\",9.5,1.0,2.0"),
    badRow("object in a row", "\"A\",{\"a\":1},9.5,1.0,2.0"),
    badRow("array in a row", "\"A\",[1,2],9.5,1.0,2.0"),
    badRow("symbol is a number", "7,9.0,9.5,1.0,2.0"),
    badRow("symbol is null", "null,9.0,9.5,1.0,2.0"),
    harmless(
      "symbol is empty", Wire.data("\"Quote\",[\"\",9.0,9.5,1.0,2.0]"), quotes: [1, 2, 9, 3]),
    goesOn(
      "row too narrow: nothing of the section can be trusted",
      [.text(Wire.data("\"Quote\",[\(Wire.row(9)),\"A\",9.0,9.5]"))], malformedRows: 2),
    goesOn("row too wide", [.text(Wire.data("\"Quote\",[\(Wire.row(9)),7]"))], malformedRows: 2),
    goesOn(
      "one section is broken, the other is good",
      [.text(Wire.data("\"Quote\",[\"A\",1],\"Quote\",[\(Wire.row(9))]"))], malformedRows: 1,
      quotes: [1, 2, 9, 3]),
    goesOn("type without its rows", [.text(Wire.data("\"Quote\""))], malformedRows: 1),
    goesOn("rows without their type", [.text(Wire.data("[\(Wire.row(9))]"))], malformedRows: 1),
    goesOn(
      "numbers, nulls and texts for pairs", [.text(Wire.data("1,null,true"))], malformedRows: 3),
    harmless(
      "unknown type",
      Wire.data("\"Nothing\",[\"A\",1,{\"a\":[1,2]},null],\"Quote\",[\(Wire.row(9))]"),
      skipped: ["unknownType": 1], quotes: [1, 2, 9, 3]),
    harmless(
      "switch to FULL without a word",
      Wire.data(#"{"eventType":"Quote","eventSymbol":"A","bidPrice":9.0,"askPrice":9.5}"#),
      quotes: [1, 2, 9, 3]),
    harmless(
      "object with an unknown field",
      Wire.data(#"{"eventType":"Quote","eventSymbol":"A","bidPrice":9.0,"mystery":{"a":[1]}}"#),
      skipped: ["unknownField": 1], quotes: [1, 2, 9, 3]),
    goesOn(
      "object without its type", [.text(Wire.data(#"{"eventSymbol":"A","bidPrice":9.0}"#))],
      malformedRows: 1),
    goesOn(
      "object without its symbol", [.text(Wire.data(#"{"eventType":"Quote","bidPrice":9.0}"#))],
      malformedRows: 1),
    harmless(
      "numbers at the ends of what a double holds",
      Wire.data(
        "\"Quote\",[\"A\",9.0,1e-400,1e308,-0.0,\"A\",10.0,4.9E-324,1.7976931348623157E308,\"NaN\"]"
      ),
      quotes: [1, 2, 9, 10, 3]),
    harmless(
      "number beyond a double", Wire.data("\"Quote\",[\"A\",9.0,1e400,-1e400,1]"),
      quotes: [1, 2, 9, 3]),
    harmless(
      "number of a hundred thousand digits",
      Wire.data("\"Quote\",[\"A\",9.\(String(repeating: "0", count: 100_000)),9.5,1.0,2.0]"),
      quotes: [1, 2, 9, 3]),
    harmless(
      "rows of a symbol that nobody asked for",
      Wire.data("\"Quote\",[\(Wire.row(9, symbol: "ZZZ"))]"),
      quotes: [1, 2, 9, 3]),
    harmless(
      "symbol with escapes and all planes",
      Wire.data("\"Quote\",[\(Wire.row(9, symbol: #"\u0001\ud83d\ude80"#))]"),
      quotes: [1, 2, 9, 3]),
    harmless(
      "symbol of a hundred thousand characters",
      Wire.data("\"Quote\",[\(Wire.row(9, symbol: String(repeating: "s", count: 100_000)))]"),
      quotes: [1, 2, 9, 3]),
  ]
}
