/// The picture of a run: head, lanes, sinks, symbols, messages, keys. Pure: state and size in, lines out.
package enum TopView {
  /// Lanes and sinks that are listed on a screen of any height; the others are counted.
  static let maximumLanes = 8
  static let maximumSinks = 4
  static let maximumMessages = 3
  /// Below so many rows only the head and the symbols are shown.
  static let shortRows = 16

  /// At most `rows` lines of at most `columns` columns; with `hasKeys` the last one tells the keys.
  package static func lines(_ state: TopState, rows: Int, columns: Int, hasKeys: Bool = true) -> [ScreenLine] {
    guard rows > 0, columns > 0 else { return [] }
    var top = head(state, columns)
    var bottom: [ScreenLine] = []
    for alarm in state.alarms.prefix(maximumMessages) { top.append(ScreenLine(alarm, .bad)) }
    if rows >= shortRows {
      top += [ScreenLine()] + lanes(state, columns)
      if !state.sinks.isEmpty { top += [ScreenLine()] + sinks(state, columns) }
      for message in state.messages.suffix(maximumMessages) { bottom.append(ScreenLine(message, .warning)) }
      if !bottom.isEmpty { bottom.insert(ScreenLine(), at: 0) }
      top.append(ScreenLine())
    }
    if hasKeys && rows > 4 { bottom.append(keys(state)) }
    let room = rows - top.count - bottom.count
    var middle = room >= 2 ? symbols(state, columns, rows: room) : []
    if hasKeys { middle += Array(repeating: ScreenLine(), count: max(0, room - middle.count)) }
    return (top + middle + bottom).prefix(rows).map { $0.cut(to: columns) }
  }

  private static func head(_ state: TopState, _ columns: Int) -> [ScreenLine] {
    var first = ScreenLine()
    first.append("quotewire", .strong)
    first.append("  ")
    first.append(state.state, state.isHealthy ? .good : .bad)
    first.append("  \(ScreenNumber.clock(state.elapsedSeconds))")
    if first.width + 3 + state.source.count <= columns { first.append("   \(state.source)", .faint) }

    var second = ScreenLine()
    second.append("\(right(ScreenNumber.short(state.eventsPerSecond), 6)) events/s ", .strong)
    var facts = "  \(ScreenNumber.short(state.events)) events  \(ScreenNumber.bytes(state.bytesPerSecond))/s"
    facts += "  \(ScreenNumber.bytes(Double(state.bytes)))"
    if let recorded = state.recordedBytes { facts += "  recorded \(ScreenNumber.bytes(Double(recorded)))" }
    // What is lost stands first: a narrow screen cuts the totals.
    let room = columns - second.width - facts.unicodeScalars.count - 24
    second.append(Sparkline.text(state.rates, columns: max(10, min(60, room))))
    second.append("  gaps \(state.gaps)", state.gaps > 0 ? .warning : .plain)
    second.append("  dropped \(ScreenNumber.short(state.dropped))", state.dropped > 0 ? .bad : .plain)
    second.append(facts)

    var third = ScreenLine("     lag  ", .faint)
    third.append(percentiles(state.lag))
    var fourth = ScreenLine(third.width * 2 <= columns ? "   to sinks  " : "to sinks  ", .faint)
    fourth.append(percentiles(state.sinkLatency))
    guard third.width + fourth.width <= columns else { return [first, second, third, fourth] }
    for part in fourth.parts { third.append(part.text, part.style) }
    return [first, second, third]
  }

  private static func percentiles(_ latency: TopState.Latency?) -> String {
    guard let latency else { return "–" }
    let parts = [("p50", latency.p50), ("p99", latency.p99), ("max", latency.max)]
    return parts.map { "\($0.0) \(right(ScreenNumber.nanos($0.1), 8))" }.joined(separator: "  ")
  }

  private static func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.unicodeScalars.count)) + text
  }

  private static func lanes(_ state: TopState, _ columns: Int) -> [ScreenLine] {
    let rows = state.lanes.prefix(maximumLanes).map { lane -> [ScreenTable.Cell] in
      [
        .init("\(lane.number)"), .init(lane.state, lane.isStreaming ? .good : .bad),
        .init(ScreenNumber.short(lane.eventsPerSecond)), .init(lane.lagNanos.map { ScreenNumber.nanos($0) } ?? "–"),
        .init(ScreenNumber.short(lane.events)), .init("\(lane.reconnects)", lane.reconnects > 0 ? .warning : .plain),
        .init("\(lane.gaps)", lane.gaps > 0 ? .warning : .plain),
        .init(ScreenNumber.short(lane.malformed), lane.malformed > 0 ? .warning : .plain),
      ]
    }
    let table = ScreenTable(
      columns: [
        .init(title: "LANE", isLeft: true), .init(title: "STATE", isLeft: true, minimum: 12),
        .init(title: "EVENTS/S", minimum: 8), .init(title: "LAG", minimum: 9, rank: 1),
        .init(title: "EVENTS", minimum: 8, rank: 4), .init(title: "RECONNECTS", rank: 2),
        .init(title: "GAPS", rank: 3), .init(title: "MALFORMED", rank: 5),
      ], rows: Array(rows))
    return table.lines(columns: columns) + more(state.lanes.count - maximumLanes, "lanes")
  }

  private static func sinks(_ state: TopState, _ columns: Int) -> [ScreenLine] {
    let rows = state.sinks.prefix(maximumSinks).map { sink -> [ScreenTable.Cell] in
      [
        .init(sink.name), .init(ScreenNumber.short(sink.eventsPerSecond)), .init(ScreenNumber.short(sink.queue)),
        .init(ScreenNumber.short(sink.written)),
        .init(ScreenNumber.short(sink.dropped), sink.dropped > 0 ? .bad : .plain),
      ]
    }
    let table = ScreenTable(
      columns: [
        .init(title: "SINK", isLeft: true, minimum: 18), .init(title: "EVENTS/S", minimum: 8),
        .init(title: "QUEUE", minimum: 9, rank: 1), .init(title: "WRITTEN", minimum: 8, rank: 3),
        .init(title: "DROPPED", rank: 2),
      ], rows: Array(rows))
    return table.lines(columns: columns) + more(state.sinks.count - maximumSinks, "sinks")
  }

  private static func more(_ count: Int, _ what: String) -> [ScreenLine] {
    count > 0 ? [ScreenLine("… \(count) more \(what)", .faint)] : []
  }

  private static func symbols(_ state: TopState, _ columns: Int, rows: Int) -> [ScreenLine] {
    let beyond = state.eventsBeyondTable
    let isCut = beyond > 0 || state.symbolCount > rows - 1
    let shown = max(0, rows - 1 - (isCut ? 1 : 0))
    let cells = state.symbols.prefix(shown).map { symbol -> [ScreenTable.Cell] in
      [
        .init(symbol.name, .strong), .init(ScreenNumber.short(symbol.eventsPerSecond)),
        .init(ScreenNumber.size(symbol.bidSize), .faint), .init(ScreenNumber.price(symbol.bid)),
        .init(ScreenNumber.price(symbol.ask)), .init(ScreenNumber.size(symbol.askSize), .faint),
        .init(ScreenNumber.price(symbol.last)), .init(ScreenNumber.size(symbol.lastSize), .faint),
        .init(ScreenNumber.short(symbol.events)),
      ]
    }
    let table = ScreenTable(
      columns: [
        .init(title: "SYMBOL", isLeft: true, minimum: 10, maximum: 28), .init(title: "EVENTS/S", minimum: 8),
        .init(title: "BID SIZE", minimum: 8, rank: 3), .init(title: "BID", minimum: 9, rank: 1),
        .init(title: "ASK", minimum: 9, rank: 1), .init(title: "ASK SIZE", minimum: 8, rank: 3),
        .init(title: "LAST", minimum: 9, rank: 2), .init(title: "LAST SIZE", minimum: 9, rank: 4),
        .init(title: "EVENTS", minimum: 8, rank: 5),
      ], rows: Array(cells))
    var lines = table.lines(columns: columns)
    if isCut {
      var words = "… \(max(0, state.symbolCount - cells.count)) more symbols"
      if beyond > 0 { words += ", and \(ScreenNumber.short(beyond)) events of symbols beyond the table" }
      lines.append(ScreenLine(words, .faint))
    }
    return lines
  }

  private static func keys(_ state: TopState) -> ScreenLine {
    var line = ScreenLine()
    line.append("q", .strong)
    line.append(" quit   sort by ")
    for (key, word, order) in [("r", "ate", TopState.Order.rate), ("s", "ymbol", .name), ("e", "vents", .events)] {
      let isNow = state.order == order
      line.append(key, .strong)
      line.append(word + (isNow ? "↓" : "") + "  ", isNow ? .strong : .faint)
    }
    return line
  }
}
