import Bytes
import Collect
import DXLink
import IO
import Market

// What to subscribe: types, symbols and times as people write them.

extension IngestCommand {
  static func subscriptions(_ arguments: Arguments) throws(CommandFailure) -> [Subscription] {
    // Who asks for the DOM service alone gets no events beside it.
    let wishes = ["types", "symbols", "symbols-file"]
    if arguments.has("dom") && !wishes.contains(where: { arguments.has($0) }) { return [] }
    let types = try types(arguments)
    let sources = try DepthOptions.sources(arguments)
    if !sources.isEmpty && !arguments.has("dom") && !types.contains(where: \.hasSource) {
      throw .usage("--sources is for orders; --types names none of them")
    }
    var symbols = arguments.all("symbols").flatMap(Self.split)
    if let path = arguments.string("symbols-file") { symbols += try file(path) }
    if !arguments.has("symbols") && !arguments.has("symbols-file") { symbols = defaultSymbols }
    if symbols.isEmpty { throw .usage("no symbol is given; use --symbols A,B or --symbols-file FILE") }
    if types.contains(.candle) { try checkCandles(symbols, areAlone: types == [.candle]) }
    var fromTime: Int64?
    if let text = arguments.string("from-time") { fromTime = try time(text, "--from-time") }
    var seen = Set<Subscription>()
    var all: [Subscription] = []
    for type in types {
      for symbol in symbols {
        let wanted = Subscription(type, symbol, fromTime: type.isTimeSeries && symbol != "*" ? fromTime : nil)
        if type.hasSource && !sources.isEmpty {
          for source in sources {
            let one = Subscription(type, symbol, source: source)
            if seen.insert(one).inserted { all.append(one) }
          }
        } else if seen.insert(wanted).inserted {
          all.append(wanted)
        }
      }
    }
    return all
  }

  /// Refuses what no feed takes as a candle's symbol. Beside other types a symbol without attributes is one of theirs.
  private static func checkCandles(_ symbols: [String], areAlone: Bool) throws(CommandFailure) {
    for symbol in symbols where symbol != Subscription.wildcard && (areAlone || symbol.hasSuffix("}")) {
      do throws(CandleSymbolRefusal) { _ = try CandleSymbol(checking: symbol) } catch { throw .usage("\(error)") }
    }
  }

  static func types(_ arguments: Arguments) throws(CommandFailure) -> [EventType] {
    let names = arguments.has("types") ? arguments.list("types") : defaultTypes.split(separator: ",").map(String.init)
    if names == ["all"] { return EventType.allCases }
    var types: [EventType] = []
    for name in names {
      guard let type = EventType(name: name) else {
        let known = EventType.allCases.map(\.name)
        let hint = Suggestion.nearest(to: name, among: known).map { "did you mean \($0)? " } ?? ""
        throw .usage("--types: there is no event type '\(name)'; \(hint)known are \(known.joined(separator: ", "))")
      }
      if !types.contains(type) { types.append(type) }
    }
    if types.isEmpty { throw .usage("--types names no event type") }
    return types
  }

  /// Cuts at commas outside braces: `AAPL{=5m,tho=true},SPY` holds two symbols.
  static func split(_ text: String) -> [String] {
    var parts: [String] = []
    var part = ""
    var depth = 0
    for c in text {
      if c == "{" { depth += 1 }
      if c == "}" { depth = max(0, depth - 1) }
      if c == "," && depth == 0 {
        parts.append(part)
        part = ""
      } else {
        part.append(c)
      }
    }
    parts.append(part)
    return parts.map { CommandText.trimmed($0) }.filter { !$0.isEmpty }
  }

  private static func file(_ path: String) throws(CommandFailure) -> [String] {
    do { return try SymbolsFile.read(path, limitBytes: maximumSymbolsBytes) } catch {
      throw CommandFailure("\(error)")
    }
  }

  /// Milliseconds since 1970 UTC of a date, a time in UTC, or a number of milliseconds.
  static func time(_ text: String, _ option: String) throws(CommandFailure) -> Int64 {
    if let nanos = TimeText.nanos(text) { return nanos / 1_000_000 }
    throw .usage(
      "\(option) takes 2026-01-02, 2026-01-02T14:30:00Z or milliseconds since 1970, not '\(text)'")
  }
}

/// Times as people write them.
enum TimeText {
  /// Nanoseconds since 1970 UTC of `YYYY-MM-DD`, `YYYY-MM-DDTHH:MM[:SS[.fraction]][Z]` or milliseconds; nil for others.
  static func nanos(_ text: String) -> Int64? {
    if let millis = Int64(text) {
      let (nanos, overflow) = millis.multipliedReportingOverflow(by: 1_000_000)
      return overflow ? nil : nanos
    }
    let parts = text.split(separator: "T", maxSplits: 1, omittingEmptySubsequences: false)
    let date = parts[0].split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard date.count == 3, let y = date[0], let m = date[1], let d = date[2], (1970...2200).contains(y),
      (1...12).contains(m), (1...daysInMonth(y, m)).contains(d)
    else { return nil }
    var seconds = Int64(daysSince1970(y, m, d)) * 86_400
    var fraction: Int64 = 0
    if parts.count == 2 {
      var clock = parts[1]
      if clock.hasSuffix("Z") { clock.removeLast() }
      let fields = clock.split(separator: ":", omittingEmptySubsequences: false)
      guard fields.count == 2 || fields.count == 3, let h = Int(fields[0]), let min = Int(fields[1]),
        (0...23).contains(h), (0...59).contains(min)
      else { return nil }
      seconds += Int64(h * 3600 + min * 60)
      if fields.count == 3 {
        guard let s = Double(fields[2]), s >= 0, s < 61 else { return nil }
        fraction = Int64((s * 1e9).rounded())
      }
    }
    return seconds * 1_000_000_000 + fraction
  }

  private static func daysInMonth(_ y: Int, _ m: Int) -> Int {
    let leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0)
    return [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][m - 1]
  }

  /// Days from 1970-01-01 (Howard Hinnant's days_from_civil).
  private static func daysSince1970(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let y = month <= 2 ? year - 1 : year
    let era = y / 400
    let yearOfEra = y - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}
