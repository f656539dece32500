import DXLink
import JSON
import Market
import TestSupport
import Testing

/// Two decoders of the same feed: one that predicts the layout, one that reads every frame with the scanner.
struct Pair: ~Copyable {
  var predicting: Rig
  var strict: Rig

  init(_ level: SIMDLevel) {
    predicting = Rig(level: level)
    strict = Rig(level: level, predicts: false)
  }

  /// Decodes with both and gives what differs, nil when nothing does.
  mutating func difference(_ frame: [UInt8], filler: UInt8) -> String? {
    predicting.events = []
    strict.events = []
    let a = Self.outcome(&predicting, Padded(frame, filler: filler))
    let b = Self.outcome(&strict, Padded(frame, filler: filler))
    if a != b { return "\(a) instead of \(b)" }
    if predicting.rows != strict.rows { return "rows \(predicting.rows) instead of \(strict.rows)" }
    let (x, y) = (predicting.decoder.counters, strict.decoder.counters)
    let same =
      x.rowsDecoded == y.rowsDecoded && x.rowsMalformed == y.rowsMalformed && x.frames == y.frames
      && x.feedDataFrames == y.feedDataFrames
    return same ? nil : "counters \(x) instead of \(y)"
  }

  private static func outcome(_ rig: inout Rig, _ frame: Padded) -> String {
    do throws(FeedError) { return "\(try rig.decode(frame))" } catch { return "refused" }
  }
}

/// Frames as servers write them, from a seed: rows of many types, with numbers of all shapes.
struct FrameMaker {
  var random: SeededRandom
  static let types: [EventType] = [.quote, .trade, .greeks, .timeAndSale, .summary, .profile, .order, .candle, .message]

  static var configs: [String] {
    types.map { type in
      let names = FieldLists(.all)[type].filter { name in Schema.of(type).field(name)?.kind != .json }
      let head = type == .summary ? "\"eventType\"," : ""
      return config("{\"\(type.name)\":[\(head)\(names.map { "\"\($0)\"" }.joined(separator: ","))]}")
    }
  }

  mutating func pick<T>(_ all: [T]) -> T { all[Int.random(in: all.indices, using: &random)] }

  mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &random) }

  /// Values that only the scanner takes are rare, else hardly a frame would be predicted.
  mutating func isOdd() -> Bool { below(40) == 0 }

  mutating func double() -> String {
    let value = Double.random(in: -3...3, using: &random)
    let odd = ["\"NaN\"", "null", "-0.0", "0.0", "1e5", "1E+7", "5.0E-324", "1.7976931348623157E308", "\"Infinity\""]
    return switch below(isOdd() ? 14 : 9) {
    case 0...3: "\(below(1000)).\(below(100))"
    case 4: "\(below(6) * 100).0"
    case 5: "\(below(100_000_000))"
    case 6: "\(value)"
    case 7: "\(value * 1e-7)"
    case 8: "\(1 + below(9)).\(below(10_000_000))E\(pick([7, 8, 12, -5, -12]))"
    case 9: pick(odd)
    case 10: "\(Double(bitPattern: UInt64.random(in: 0...UInt64.max, using: &random) & ~(1 << 62) | 0x3F << 52))"
    case 11: "0.\(String(repeating: "0", count: below(5)))\(UInt64.random(in: 1...UInt64.max >> 1, using: &random))"
    case 12: "\(below(10_000_000)).\(below(1_000_000_000))"
    default: "-\(below(10)).\(below(10_000))"
    }
  }

  mutating func value(_ field: Field) -> String {
    switch field.kind {
    case .double: return double()
    case .int64:
      let any = Int64.random(in: 0...Int64.max, using: &random)
      return pick(["0", "\(any)", "1772461800000", "-5", "null", "12345678901234567"])
    case .int32: return pick(["0", "7", "\(Int32.random(in: 0...Int32.max, using: &random))", "-1", "null"])
    case .flags: return pick(["0", "4", "14", "255"])
    case .bool: return pick(["true", "false", "null"])
    case .char: return isOdd() ? pick(["\"\\u0041\"", "\"é\""]) : pick(["\"Q\"", "\"\"", "null", "\" \""])
    case .code: return isOdd() ? "\"SIDEWAYS\"" : pick((field.codes?.names ?? []).map { "\"\($0)\"" } + ["null"])
    case .text:
      let usual = ["null", "\"\"", "\"  T\"", "\"1234567\"", "\"Citadel Securities\""]
      return isOdd() ? pick(["\"a,b\"", "\"x\\\"y\""]) : pick(usual)
    case .symbol, .json: return "null"
    }
  }

  mutating func symbol() -> String {
    let usual = ["A", "AAPL", ".SPY260417C107.5", "/ESJ26:XCME", ".GOOGL270115C1025.5", "AAPL{=5m,tho=true}"]
    return (isOdd() ? "ÄÖ" : pick(usual)) + (below(3) == 0 ? "\(below(100))" : "")
  }

  mutating func frame() -> [UInt8] {
    var sections: [String] = []
    for _ in 0...Int.random(in: 0...2, using: &random) {
      let type = pick(Self.types)
      let fields = FieldLists(.all)[type].compactMap { Schema.of(type).field($0) }.filter { $0.kind != .json }
      var values: [String] = []
      for _ in 0...Int.random(in: 0...3, using: &random) {
        if type == .summary { values.append("\"Summary\"") }
        values.append("\"\(symbol())\"")
        for field in fields.dropFirst() { values.append(value(field)) }
      }
      sections.append("\"\(type.name)\",[\(values.joined(separator: ","))]")
    }
    return Array(data("[\(sections.joined(separator: ","))]").utf8)
  }

  /// FULL objects, their keys in the schema's order.
  mutating func full() -> [UInt8] {
    var objects: [String] = []
    for _ in 0...below(4) {
      let type = pick(Self.types)
      var members = ["\"eventType\":\"\(type.name)\"", "\"eventSymbol\":\"\(symbol())\""]
      for field in Schema.of(type).fields.dropFirst() where field.kind != .json {
        members.append("\"\(field.name)\":\(value(field))")
      }
      objects.append("{\(members.joined(separator: ","))}")
    }
    return Array(data("[\(objects.joined(separator: ","))]").utf8)
  }

  /// The same frame in another layout: white space, escapes of letters, the type behind the data.
  mutating func departing(_ frame: [UInt8]) -> [UInt8] {
    let text = String(decoding: frame, as: UTF8.self)
    switch below(3) {
    case 0:
      var out = ""
      var isInside = false
      for character in text {
        if character == "\"" { isInside.toggle() }
        out.append(character)
        if !isInside, ",:[{}]".contains(character), below(3) == 0 { out += pick([" ", "\n  ", "\t"]) }
      }
      return Array(out.utf8)
    case 1:
      return Array(text.replacing("\"A", with: "\"\\u0041").replacing("/", with: "\\/").utf8)
    default:
      let head = "{\"type\":\"FEED_DATA\","
      return Array(("{" + text.dropFirst(head.count).dropLast() + ",\"type\":\"FEED_DATA\"}").utf8)
    }
  }

  /// Any of them.
  mutating func any() -> [UInt8] {
    let frame = below(3) == 0 ? full() : frame()
    return below(3) == 0 ? departing(frame) : frame
  }
}

@Suite("The predicted layout against the scanner", .tags(.property))
struct PredictedFrameTests {
  static let levels = SIMDLevel.supported
  /// What stands around a frame must not matter, least of all when it looks like more of it.
  static let fillers: [UInt8] = Array("\",]5.E0".utf8) + [0, 0xFF]

  @Test("what servers write is predicted, with events equal to the scanner's", arguments: levels)
  func equalEvents(level: SIMDLevel) {
    var pair = Pair(level)
    var maker = FrameMaker(random: SeededRandom(seed: 11))
    for config in FrameMaker.configs { #expect(pair.difference(Array(config.utf8), filler: 0) == nil) }
    for round in 0..<1200 {
      let frame = maker.any()
      if let difference = pair.difference(frame, filler: Self.fillers[round % Self.fillers.count]) {
        Issue.record("seed 11, round \(round): \(String(decoding: frame, as: UTF8.self)): \(difference)")
      }
    }
    // Most of these frames have some value that only the scanner takes; many have not.
    let counters = pair.predicting.decoder.counters
    check(counters.framesPredicted > 100 && counters.framesPredicted < counters.feedDataFrames, "\(counters)")
    #expect(pair.strict.decoder.counters.framesPredicted == 0)
  }

  @Test("mutants have the scanner's verdict and events", arguments: levels)
  func mutants(level: SIMDLevel) {
    var pair = Pair(level)
    var maker = FrameMaker(random: SeededRandom(seed: 12))
    for config in FrameMaker.configs { _ = pair.difference(Array(config.utf8), filler: 0) }
    let telling = Array("[]{},:\"\\ 0123456789.-+eENtfn\n".utf8) + [0x00, 0x1F, 0x7F, 0xC3, 0xFF]
    for round in 0..<2500 {
      var frame = maker.any()
      for _ in 0..<Int.random(in: 1...2, using: &maker.random) {
        let at = Int.random(in: frame.indices, using: &maker.random)
        switch Int.random(in: 0..<5, using: &maker.random) {
        case 0: frame[at] = maker.pick(telling)
        case 1: frame.insert(maker.pick(telling), at: at)
        case 2: frame.remove(at: at)
        case 3: frame[at] ^= 1 << UInt8.random(in: 0..<8, using: &maker.random)
        default: frame.removeSubrange(at...)
        }
        if frame.isEmpty { frame = [0x7B] }
      }
      if let difference = pair.difference(frame, filler: Self.fillers[round % Self.fillers.count]) {
        Issue.record("seed 12, round \(round): \(String(decoding: frame, as: UTF8.self)): \(difference)")
      }
    }
    check(pair.predicting.decoder.counters.framesPredicted > 20, "\(pair.predicting.decoder.counters)")
  }

  @Test("white space, escapes, another order and FULL objects are predicted too", arguments: levels)
  func layouts(level: SIMDLevel) {
    var pair = Pair(level)
    _ = pair.difference(Array(config(#"{"Quote":["eventSymbol","bidPrice","askSize"]}"#).utf8), filler: 0)
    let object = #"{"eventType":"Quote","eventSymbol":"A","bidPrice":1.5,"askSize":3.0}"#
    let frames = [
      #"{ "type" : "FEED_DATA", "channel":1,"data":[ "Quote", [ "A", 1.5 ,3.0,"B","NaN",null ] ] }"#,
      #"{"type":"FEED_DATA","channel":1,"data":["Quote",["\/ES\u004a26",1.5,3.0]]}"#,
      #"{"channel":1,"data":["Quote",["A",1.5,3.0]],"type":"FEED_DATA"}"#,
      // The order of an object's keys is learned when it was seen twice.
      #"{"type":"FEED_DATA","channel":1,"data":[\#(object),\#(object)]}"#,
      #"{"type":"FEED_DATA","channel":1,"data":[\#(object),\#(object),"Quote",["A",1.5,3.0]]}"#,
    ]
    for frame in frames { #expect(pair.difference(Array(frame.utf8), filler: 0x7D) == nil, "\(frame)") }
    #expect(pair.predicting.decoder.counters.framesPredicted == 4)
    // White space that keeps two tokens apart is no matter of layout.
    let apart = #"{"type":"FEED_DATA","channel":1,"data":["Quote",["A",1 5,3.0]]}"#
    #expect(pair.difference(Array(apart.utf8), filler: 0) == nil)
    #expect(pair.predicting.decoder.counters.framesRefused == 1)
  }

  @Test("a frame that is cut anywhere is no predicted one", arguments: levels)
  func cuts(level: SIMDLevel) throws {
    var pair = Pair(level)
    let columns = config(#"{"Quote":["eventSymbol","bidPrice","askPrice","bidSize","askSize"]}"#)
    _ = pair.difference(Array(columns.utf8), filler: 0)
    let whole = Array(data(#"["Quote",["AAPL",1.25,1.5,300.0,7.0,"IBM",2.25,2.5,100.0,9.0]]"#).utf8)
    for filler in Self.fillers {
      for count in 1...whole.count {
        let difference = pair.difference(Array(whole[..<count]), filler: filler)
        #expect(difference == nil, "\(count) bytes")
      }
    }
    #expect(pair.predicting.decoder.counters.framesPredicted == Self.fillers.count)
  }

  @Test("numbers of one to forty characters are the scanner's, bit by bit", arguments: levels)
  func numbers(level: SIMDLevel) {
    var pair = Pair(level)
    var random = SeededRandom(seed: 13)
    let columns = config(#"{"Underlying":["eventSymbol","volatility"],"Trade":["eventSymbol","time","size"]}"#)
    _ = pair.difference(Array(columns.utf8), filler: 0)
    for count in 1...40 {
      for dot in 0..<min(count, 24) {
        var text = (0..<count).map { _ in UInt8.random(in: 0x30...0x39, using: &random) }
        if dot > 0 { text[dot] = 0x2E }
        if dot % 3 == 0 { text[0] = 0x30 }
        let number = String(decoding: text, as: UTF8.self)
        let trade = "[\"C\",\(dot > 0 ? number.prefix(dot) : "0"),\(number)]"
        let frame = data("[\"Underlying\",[\"A\",\(number),\"B\",-\(number)],\"Trade\",\(trade)]")
        let difference = pair.difference(Array(frame.utf8), filler: 0x39)
        #expect(difference == nil, "\(number)")
      }
    }
    #expect(pair.predicting.decoder.counters.framesPredicted > 50)
  }
}
