import DXLink
import JSON
import Market
import TestSupport
import Testing

/// Rows that have a reader of their own: four doubles, and an integer with three doubles behind it.
@Suite("The predicted rows of quotes and trades against the scanner", .tags(.property))
struct PredictedShapeTests {
  static let levels = SIMDLevel.supported
  static let fillers = PredictedFrameTests.fillers
  static let columns: [EventType: [String]] = [
    .quote: ["bidPrice", "askPrice", "bidSize", "askSize"], .trade: ["time", "price", "size", "dayVolume"],
    // The same shape with other places in the event.
    .tradeETH: ["tradeId", "dayVolume", "price", "change"],
  ]

  private static var config: [UInt8] {
    let fields = columns.map { type, names in
      "\"\(type.name)\":[\((["eventSymbol"] + names).map { "\"\($0)\"" }.joined(separator: ","))]"
    }
    return Array(DXLinkTests.config("{\(fields.joined(separator: ","))}").utf8)
  }

  private static func section(_ type: EventType, _ rows: [[String]]) -> String {
    "\"\(type.name)\",[\(rows.map { $0.joined(separator: ",") }.joined(separator: ","))]"
  }

  private static func frame(_ maker: inout FrameMaker) -> [UInt8] {
    let sections = (0...maker.below(3)).map { _ in
      let type = maker.pick([EventType.quote, .trade, .tradeETH])
      let rows = (0...maker.below(4)).map { _ in
        let names = columns[type] ?? []
        return ["\"\(maker.symbol())\""]
          + names.map { name in
            guard let field = Schema.of(type).field(name) else { return "null" }
            // Mostly what feeds have, else hardly a row would be read as one of its shape.
            if maker.below(4) == 0 { return maker.value(field) }
            return field.kind == .int64 ? "17724618\(maker.below(100_000))" : "\(maker.below(1000)).\(maker.below(100))"
          }
      }
      return section(type, rows)
    }
    return Array(data("[\(sections.joined(separator: ","))]").utf8)
  }

  @Test("rows of all kinds of numbers, whole and broken", arguments: levels)
  func rows(level: SIMDLevel) {
    var pair = Pair(level)
    var maker = FrameMaker(random: SeededRandom(seed: 21))
    #expect(pair.difference(Self.config, filler: 0) == nil)
    let telling = Array("[]{},:\"\\ 0123456789.-+eENtfn\n".utf8) + [0x00, 0x1F, 0x7F, 0xC3, 0xFF]
    for round in 0..<4000 {
      var frame = Self.frame(&maker)
      if round % 2 == 1 {
        let at = maker.below(frame.count)
        switch maker.below(4) {
        case 0: frame[at] = maker.pick(telling)
        case 1: frame.insert(maker.pick(telling), at: at)
        case 2: frame.remove(at: at)
        default: frame[at] ^= 1 << UInt8(maker.below(8))
        }
      }
      if let difference = pair.difference(frame, filler: Self.fillers[round % Self.fillers.count]) {
        Issue.record("seed 21, round \(round): \(String(decoding: frame, as: UTF8.self)): \(difference)")
      }
    }
    let counters = pair.predicting.decoder.counters
    check(counters.framesPredicted > 1000 && counters.framesPredicted < counters.feedDataFrames, "\(counters)")
  }

  @Test("numbers of one to thirty-four characters in each column of a trade", arguments: levels)
  func numbers(level: SIMDLevel) {
    var pair = Pair(level)
    var random = SeededRandom(seed: 22)
    #expect(pair.difference(Self.config, filler: 0) == nil)
    for count in 1...34 {
      for dot in 0..<min(count, 20) {
        var text = (0..<count).map { _ in UInt8.random(in: 0x30...0x39, using: &random) }
        if dot > 0 { text[dot] = 0x2E }
        if dot % 4 != 0, text[0] == 0x30 { text[0] = 0x31 }
        let number = String(decoding: text, as: UTF8.self)
        for column in 0..<4 {
          var row = ["\"A\"", "1772461800000", "1.5", "300.0", "285868.0"]
          row[column + 1] = number
          let frame = data("[\(Self.section(.trade, [row, ["\"B\"", "0", "2.5", "1.0", "8.8827283E7"]]))]")
          let difference = pair.difference(Array(frame.utf8), filler: 0x39)
          #expect(difference == nil, "\(number) in column \(column)")
        }
      }
    }
    #expect(pair.predicting.decoder.counters.framesPredicted > 400)
  }

  @Test("a trade that is cut anywhere is no predicted one", arguments: levels)
  func cuts(level: SIMDLevel) {
    var pair = Pair(level)
    #expect(pair.difference(Self.config, filler: 0) == nil)
    let row = ["\"AAPL\"", "1772461800000", "1.25", "300.0", "2.858681E7"]
    let whole = Array(data("[\(Self.section(.trade, [row, row]))]").utf8)
    for filler in Self.fillers {
      for count in 1...whole.count {
        let difference = pair.difference(Array(whole[..<count]), filler: filler)
        #expect(difference == nil, "\(count) bytes")
      }
    }
    #expect(pair.predicting.decoder.counters.framesPredicted == Self.fillers.count)
  }
}
