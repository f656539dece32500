import TestSupport
import Testing

@testable import Screen

@Suite("The picture of a run", .tags(.unit))
struct TopViewTests {
  private func state(symbols: Int = 5, lanes: Int = 2) -> TopState {
    var state = TopState()
    state.state = "streaming"
    state.source = "feed.example:443"
    state.eventsPerSecond = 1234
    state.events = 56_789
    state.rates = [1, 5, 10]
    for number in 0..<lanes {
      var lane = TopState.Lane()
      lane.number = number
      lane.state = "streaming"
      lane.isStreaming = true
      state.lanes.append(lane)
    }
    var sink = TopState.Sink()
    sink.name = "csv:out"
    sink.queue = 77
    state.sinks = [sink]
    for number in 0..<symbols {
      var symbol = TopState.Symbol()
      symbol.name = "SYM\(number)"
      symbol.bid = 100 + Double(number)
      symbol.ask = 100.5 + Double(number)
      state.symbols.append(symbol)
    }
    state.symbolCount = symbols
    return state
  }

  @Test("no size of a terminal gets more lines or wider ones than it has")
  func fits() {
    var big = state(symbols: 100, lanes: 20)
    big.alarms = ["no Quote event for 90 s (allowed: 5 s)"]
    big.messages = [String(repeating: "x", count: 300)]
    for rows in 0...60 {
      for columns in [1, 5, 20, 40, 79, 80, 120, 250] {
        let lines = TopView.lines(big, rows: rows, columns: columns)
        #expect(lines.count <= rows && lines.allSatisfy { $0.width <= columns }, "\(rows) x \(columns)")
      }
    }
  }

  @Test("a screen of 80 columns shows rate, lanes, the sink's queue, symbols with their quotes, and the keys")
  func everything() {
    let text = TopView.lines(state(), rows: 30, columns: 80).map(\.plainText).joined(separator: "\n")
    for part in ["1234 events/s", "█", "LANE", "RECONNECTS", "csv:out", "77", "SYM4", "104.00", "104.50", "q quit"] {
      #expect(text.contains(part), "\(part) is missing in:\n\(text)")
    }
  }

  @Test("symbols that find no room are counted")
  func cut() {
    let text = TopView.lines(state(symbols: 100), rows: 24, columns: 80).map(\.plainText)
    #expect(text.contains { $0.hasPrefix("… ") && $0.hasSuffix("more symbols") })
  }

  @Test("what a feed calls its symbols cannot steer the terminal")
  func hostile() {
    var state = state(symbols: 1)
    state.symbols[0].name = "A\u{1B}[2J\n\u{202E}漢\u{7}"
    let painted = ScreenPainter(hasColours: false)
    var painter = painted
    let text = painter.paint(TopView.lines(state, rows: 20, columns: 80), rows: 20, columns: 80) ?? ""
    #expect(text.contains("A?[2J????"))
    #expect(!text.contains("\n") && !text.contains("\u{202E}") && !text.contains("\u{7}"))
  }

  @Test("a picture that has not changed is not sent again, one that has sends only its lines")
  func differences() {
    var painter = ScreenPainter(hasColours: true)
    let lines = (0..<10).map { ScreenLine("line \($0)") }
    let first = painter.paint(lines, rows: 10, columns: 40) ?? ""
    #expect(first.hasPrefix("\u{1B}[?2026h") && first.hasSuffix("\u{1B}[?2026l") && first.contains("line 9"))
    let same = painter.paint(lines, rows: 10, columns: 40)
    #expect(same == nil)
    var changed = lines
    changed[4] = ScreenLine("new")
    let second = painter.paint(changed, rows: 10, columns: 40) ?? ""
    #expect(second == "\u{1B}[?2026h\u{1B}[5;1Hnew\u{1B}[K\u{1B}[?2026l")
    let resized = painter.paint(changed, rows: 5, columns: 3) ?? ""
    #expect(resized.contains("\u{1B}[2J") && resized.contains("lin") && !resized.contains("line"))
    // Behind a full line there is nothing to erase.
    #expect(resized.contains("new\u{1B}[?2026l"))
  }

  @Test("without colours nothing is coloured")
  func noColours() {
    var painter = ScreenPainter(hasColours: false)
    let text = painter.paint([ScreenLine("a", .bad), ScreenLine("b", .good)], rows: 2, columns: 9) ?? ""
    #expect(!text.contains("[32m") && !text.contains("31m") && text.contains("[1ma"))
  }

  @Test(
    "numbers keep to few digits",
    arguments: [
      (0.0, "0"), (7, "7"), (7.25, "7.3"), (123.4, "123"), (9999, "9999"), (12_345, "12.3k"), (1_234_567, "1.23M"),
      (4.2e9, "4.20G"), (.nan, "–"),
    ])
  func short(value: Double, text: String) { #expect(ScreenNumber.short(value) == text) }

  @Test(
    "durations have the unit that suits them",
    arguments: [
      (850 as Int64, "850 ns"), (12_340, "12.3 µs"), (4_500_000, "4.5 ms"), (1_250_000_000, "1.3 s"),
      (185_000_000_000, "3m05s"), (7_380_000_000_000, "2h03m"),
    ])
  func nanos(value: Int64, text: String) { #expect(ScreenNumber.nanos(value) == text) }

  @Test(
    "prices have two decimals at least",
    arguments: [(171.2, "171.20"), (5, "5.00"), (0.123456789, "0.123456"), (.nan, "–")])
  func price(value: Double, text: String) { #expect(ScreenNumber.price(value) == text) }

  @Test("a sparkline is as wide as asked, its highest value the highest bar")
  func sparkline() {
    #expect(Sparkline.text([0, 4, 8], columns: 5) == "  ▁▅█")
    #expect(Sparkline.text([1, 2, 3, 4], columns: 2) == "▆█")
    #expect(Sparkline.text([0, 0], columns: 2) == "▁▁")
    #expect(Sparkline.text([], columns: 0).isEmpty)
  }
}
