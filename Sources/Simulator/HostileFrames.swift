/// What a hostile or broken server mixes into its data. Seeded; every act is one that a client has to survive.
struct HostileFrames {
  enum Act {
    case text(String)
    case bytes([UInt8])
    /// New order of a type's columns, perhaps with one that nobody knows or with one fewer.
    case shuffle(Int)
    /// From COMPACT to FULL or back.
    case switchFormat
  }

  /// Share of NaN in this preset.
  static let nanPerMillion = 250_000
  /// One act in so many events.
  static let eventsPerAct = 12

  private var random: SimulatorRandom

  init(seed: UInt64) { random = SimulatorRandom(seed: seed ^ 0x4057_11E5) }

  /// An act, or nothing.
  mutating func next() -> Act? {
    guard random.oneIn(Self.eventsPerAct) else { return nil }
    switch random.below(10) {
    case 0, 1: return .shuffle(random.below(1 << 16))
    case 2: return .switchFormat
    case 3: return .bytes(random.pick(Self.broken))
    default: return .text(random.pick(Self.odd))
    }
  }

  mutating func shuffled(_ names: [String]) -> [String] {
    // The symbol stays: without it a row has no owner.
    var rest = names.filter { $0 != "eventSymbol" && !$0.hasPrefix("mystery") }
    var i = rest.count - 1
    while i > 0 {
      rest.swapAt(i, random.below(i + 1))
      i -= 1
    }
    if rest.count > 2 && random.oneIn(3) { rest.removeLast() }
    if random.oneIn(3) { rest.append("mystery\(random.below(9))") }
    return ["eventSymbol"] + rest
  }

  /// Legal or nearly legal messages.
  private static let odd = [
    #"{"type":"FEED_DATA","channel":1,"data":[]}"#,
    #"{"type":"FEED_DATA","channel":1,"data":["Quote",[]]}"#,
    #"{"type":"FEED_DATA","channel":1,"data":["Quote"]}"#,
    #"{"type":"FEED_DATA","channel":1,"data":["Quote",["X"]]}"#,
    #"{"type":"FEED_DATA","channel":1,"data":["Nothing",["X",1,2,{"a":[1,2]},null]]}"#,
    #"{"type":"FEED_DATA","channel":99,"data":["Quote",["X",1.0,2.0,3.0,4.0]]}"#,
    #"{"type":"FEED_DATA","channel":1,"data":[{"eventType":"Quote","eventSymbol":"X","bidPrice":1.5}]}"#,
    #"{"type":"FEED_DATA","channel":1,"data":[{"eventType":"Nothing"},7,null,"Quote"]}"#,
    #"{"type":"FEED_DATA","channel":1,"data":{"Quote":[]}}"#,
    #"{"type":"FEED_DATA","channel":1}"#,
    #"{ "channel" : 1 , "data" : [ ] , "type" : "FEED_DATA" }"#,
    #"{"type":"FEED_CONFIG","channel":1}"#,
    #"{"type":"FEED_CONFIG","channel":1,"aggregationPeriod":"NaN","eventFields":{}}"#,
    #"{"type":"FEED_CONFIG","channel":1,"eventFields":{"Mystery":["eventSymbol","a"],"Other":[]}}"#,
    #"{"type":"ERROR","channel":0,"error":"UNKNOWN","message":"com.example.Failure: \"odd\" \u0041"}"#,
    #"{"type":"ERROR","channel":1,"error":"BAD_ACTION","message":"Your subscription rate is too high"}"#,
    #"{"type":"ERROR","channel":7}"#,
    #"{"type":"KEEPALIVE","channel":0}"#,
    #"{"type":"MYSTERY","channel":1,"payload":[[[[]]]]}"#,
    #"{"type":"CHANNEL_CLOSED","channel":77}"#,
    #"{"type":"SETUP","channel":0,"version":"1.0-sim/again","keepaliveTimeout":60.0}"#,
    #"{"type":"FEED_DATA","channel":1,"data":["Quote",["X",1e400,-1E-400,1,"Infinity"]]}"#,
    #"{"type":"FEED_DATA","channel":1,"data":["Quote",["\u0000\ud83d\ude80","NaN","NaN","NaN","NaN"]]}"#,
  ]

  /// Bytes that are no JSON.
  private static let broken: [[UInt8]] = [
    Array(#"{"type":"FEED_DATA","channel":1,"data":["Quote",["X",1.0,2.0"#.utf8),
    Array(#"{"type":"FEED_DATA","channel":1,"data":["Quote",["X",01.0,2.,3,4]]}"#.utf8),
    Array(#"{"type":"FEED_DATA","channel":01,"data":[]}"#.utf8),
    Array(#"{"type":"FEED_DATA","channel":1,"data":[]}}"#.utf8),
    Array(#"{"type":"KEEPALIVE","channel":0,}"#.utf8),
    Array("]".utf8),
    Array("Bye".utf8),
    Array(String(repeating: "[", count: 300).utf8),
    [0x7B, 0x22, 0x74, 0x22, 0x3A, 0x22, 0x09, 0x22, 0x7D],
    [],
  ]
}
