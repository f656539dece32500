import Bytes
import TestSupport
import Testing

@testable import Diagnosis

@Suite("Messages as people see them", .tags(.unit))
struct MessageTests {
  private func masked(_ text: String, known: [String] = []) -> String {
    String(decoding: MessageMask(known: known).masked(Array(text.utf8)), as: UTF8.self)
  }

  @Test(
    "secrets are masked wherever they stand, and nothing else changes",
    arguments: [
      (#"{"type":"AUTH","channel":0,"token":"abc\"def"}"#, #"{"type":"AUTH","channel":0,"token":"***"}"#),
      (#"{"token" : "a,b" , "x":1}"#, #"{"token" : "***" , "x":1}"#),
      (#"{"accessToken":17,"x":1}"#, #"{"accessToken":"***","x":1}"#),
      (#"{"tok\u0065n":"abc","x":1}"#, #"{"tok\u0065n":"***","x":1}"#),
      (#"{"TOKEN":["a",{"b":"]"}],"x":[1]}"#, #"{"TOKEN":"***","x":[1]}"#),
      (#"{"client_secret":null}"#, #"{"client_secret":"***"}"#),
      (#"{"token":"cut of"#, #"{"token":"***""#),
      (#"{"a":"wss://me:pass@host:7/p?b=1"}"#, #"{"a":"wss://***@host:7/p?b=1"}"#),
      (#"{"a":"wss://host/p?token=t1&b=2"}"#, #"{"a":"wss://host/p?token=***&b=2"}"#),
      (#"{"a":"wss://host/p?b=2&token=t1"}"#, #"{"a":"wss://host/p?b=2&token=***"}"#),
      (
        #"{"a":"wss:\/\/me:p@h\/p?key=1&token=t1 and wss://u@h2"}"#,
        #"{"a":"wss:\/\/***@h\/p?key=1&token=*** and wss://***@h2"}"#
      ),
      ("no WebSocket at wss://me:p@h/ now", "no WebSocket at wss://***@h/ now"),
      (#"{"type":"ERROR","message":"the token is bad"}"#, #"{"type":"ERROR","message":"the token is bad"}"#),
      (#"["token","abc"]"#, #"["token","abc"]"#), (#"{"a":"me@host"}"#, #"{"a":"me@host"}"#),
    ])
  func secrets(message: String, shown: String) { #expect(masked(message) == shown) }

  @Test("a known token is masked in any place")
  func known() {
    #expect(masked(#"{"message":"no xyz-1, xyz-1"}"#, known: ["xyz-1", ""]) == #"{"message":"no ***, ***"}"#)
  }

  @Test("a message cut at any byte is masked without its secret")
  func cuts() {
    let message = Array(#"{"type":"AUTH","token":"SECRET\"S\\","to":"wss://u:SECRET@h/"}"#.utf8)
    let first = 23
    for end in 0...message.count {
      let shown = String(decoding: MessageMask().masked(Array(message[..<end])), as: UTF8.self)
      // An address without its @ may be a host.
      if end < 50 || end == message.count { #expect(!shown.contains("SEC"), "\(end): \(shown)") }
      if end < first { #expect(Array(shown.utf8) == Array(message[..<end])) }
    }
  }

  @Test("what steers a terminal, and bytes that are no UTF-8, are escaped")
  func hostile() {
    let bytes = Array("a\u{1B}[2J\r\n\t\u{7F}\u{9B}\u{202E}é€".utf8) + [0xFF, 0x41, 0xE2, 0x82, 0x42, 0xC0]
    #expect(
      MessageText.safe(bytes) == "a\\u001B[2J\\r\\n\\t\\u007F\\u009B\\u202Eé€\\xFFA\\xE2\\x82B\\xC0")
  }

  @Test("any bytes give printable lines with one end", arguments: 0..<200 as Range<UInt64>)
  func random(seed: UInt64) {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    let bytes = (0..<60).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1
      let byte = UInt8(truncatingIfNeeded: state >> 33)
      return byte & 3 == 0 ? Array("\"\\{}[]:,@".utf8)[Int(byte >> 2) % 9] : byte
    }
    let shown = MessageMask().masked(bytes)
    let line = MessageText.line(.received, shown, at: WallNanos(rawValue: 0))
    #expect(line.hasPrefix("1970-01-01T00:00:00.000000Z < ") && line.hasSuffix("\n"))
    #expect(line.unicodeScalars.dropLast().allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }, "seed \(seed)")
    let pretty = MessageText.line(.sent, shown, at: WallNanos(rawValue: 0), pretty: true)
    #expect(pretty.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 }, "seed \(seed)")
  }

  @Test("a pretty message has its keys on lines of their own, and rows of data on one each")
  func pretty() {
    let text = #"{"type":"FEED_DATA","channel":1,"data":["Quote",["A",1.5],["B:,",2]],"none":{},"list":[1,2]}"#
    let shown = MessageText.line(.received, Array(text.utf8), at: WallNanos(rawValue: 1_500_000), lane: 2, pretty: true)
    #expect(
      shown == """
        1970-01-01T00:00:00.001500Z < [2] {
            "type": "FEED_DATA",
            "channel": 1,
            "data": [
              "Quote",
              ["A",1.5],
              ["B:,",2]
            ],
            "none": {},
            "list": [1,2]
          }

        """)
  }

  @Test("the log ends at its limit, and when its reader is gone")
  func limit() {
    var lines: [String] = []
    let log = MessageLog(MessageMask(), limit: 2) { line in
      lines.append(line)
      return true
    }
    func show() { unsafe Array(#"{"token":"x"}"#.utf8).withUnsafeBytes { unsafe log.received($0, .now()) } }
    show()
    log.noticed("a sentence")
    #expect(!log.isDone)
    show()
    show()
    #expect(log.isDone && lines.count == 3 && lines.allSatisfy { !$0.contains(#""x""#) })
    let gone = MessageLog(MessageMask()) { _ in false }
    gone.noticed("a sentence")
    #expect(gone.isDone)
  }
}
