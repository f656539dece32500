package import Market

/// What the generator shall make, read from text such as `seed=1,symbols=500,rate=2000,mix=Quote:80/Trade:20`.
///
/// The text of a spec is whole and canonical: it names the generator's version and every key, and reading it again
/// gives an equal spec. A recording's manifest stores it.
package struct GenerateSpec: Sendable, Equatable {
  /// The generator's version. Any change of what a spec gives makes a new one.
  package static let version = 1

  package enum Universe: String, CaseIterable, Sendable { case stocks, options, mixed }
  package enum Fields: String, CaseIterable, Sendable { case lean, full }
  package enum Preset: String, CaseIterable, Sendable { case normal, hostile }

  /// One event type and its weight.
  package struct Share: Sendable, Equatable {
    package var type: EventType
    package var weight: Int
    package init(type: EventType, weight: Int) {
      self.type = type
      self.weight = weight
    }
  }

  package var seed: UInt64 = 1
  package var symbols = 500
  /// Events a second outside bursts.
  package var rate = 2000
  package var mix = [
    Share(type: .quote, weight: 80), Share(type: .trade, weight: 12), Share(type: .greeks, weight: 5),
    Share(type: .timeAndSale, weight: 3),
  ]
  /// Simulated time; nil for no end.
  package var durationMillis: Int? = 10_000
  /// Factor of the rate in the first tenth of the time; the sixth tenth then runs at a quarter. 1 for an even rate.
  package var burst = 1
  /// 100 times the exponent of the symbols' popularity.
  package var zipfHundredths = 110
  /// How many doubles in a million are not available.
  package var nanPerMillion = 0
  package var fields = Fields.lean
  package var universe = Universe.mixed
  package var candleSymbols = 0
  package var candleRows = 0
  /// Time over which events are gathered into one message.
  package var periodMillis = 100
  package var preset = Preset.normal
  /// Orders that a book has at most.
  package var orders = standardOrders
  /// The sources of the order books, by position in `Book.sources`.
  package var sources = standardSources

  static let standardOrders = 24
  static let standardSources = Array(Book.sources.indices)

  package init() {}

  /// Each key, what it takes and what it means: for `--help`.
  package static let table: [(key: String, values: String, meaning: String)] = [
    ("generator", "1", "version of the generator; another one is refused"),
    ("seed", "0…2^64-1", "start of the random numbers"),
    ("symbols", "1…200000", "number of symbols"),
    ("rate", "1…10000000", "events a second"),
    ("mix", "Type:weight/…", "event types and their weights, or “all” for every type"),
    ("duration", "500ms, 10s, 2m, forever", "simulated time; without it 10s, or forever for a live server"),
    ("burst", "1…100", "factor of the rate in the first tenth of the time; the sixth tenth is quiet; 1 = even"),
    ("zipf", "0…3", "exponent of the symbols' popularity; 0 = all alike"),
    ("nan", "0…1", "share of the doubles that are NaN; a hundredth of it is infinite"),
    ("fields", "lean, full", "columns: what common clients ask for, or all"),
    ("universe", "stocks, options, mixed", "kinds of symbols"),
    ("candles", "SYMBOLSxROWS", "candle symbols and the length of their snapshots"),
    ("period", "0s…10s", "time over which events are gathered into one message"),
    ("orders", "1…10000", "orders of a book at most, half as many in a snapshot; 24 without it"),
    ("sources", "ntv/NTV/…", "sources of the order books, of NTV, ntv, DEX, ARCA and memx; all without it"),
    ("preset", "normal, hostile", "hostile: malformed messages, odd configurations, errors among the data"),
  ]

  /// - Parameter endless: what a spec without `duration` means: no end, as for a live server, or ten seconds.
  package init(_ text: String, endless: Bool = false) throws(SimulatorError) {
    if endless { durationMillis = nil }
    let spec = try SpecText(text, name: "generate", known: Self.table.map(\.key))
    for (key, value) in spec.items { try take(key, value, spec) }
    if candleSymbols == 0 && mix.contains(where: { $0.type == .candle }) {
      candleSymbols = 4
      candleRows = 20
    }
    try check(spec)
  }

  private mutating func take(_ key: String, _ value: String, _ spec: SpecText) throws(SimulatorError) {
    switch key {
    case "generator":
      guard value == "\(Self.version)" else {
        throw spec.error(key, value, "\(Self.version) (this program has no other generator)")
      }
    case "seed":
      guard let seed = UInt64(value) else { throw spec.error(key, value, "a whole number from 0 to \(UInt64.max)") }
      self.seed = seed
    case "symbols": symbols = try spec.integer(key, value, 1...200_000)
    case "rate": rate = try spec.integer(key, value, 1...10_000_000)
    case "mix": mix = try Self.mix(value, spec)
    case "duration": durationMillis = value == "forever" ? nil : try spec.millis(key, value, max: 24 * 3_600_000)
    case "burst": burst = try spec.integer(key, value, 1...100)
    case "zipf": zipfHundredths = try spec.fixed(key, value, scale: 100, max: 300)
    case "nan": nanPerMillion = try spec.fixed(key, value, scale: 1_000_000, max: 1_000_000)
    case "fields": fields = try Self.choice(key, value, spec)
    case "universe": universe = try Self.choice(key, value, spec)
    case "candles": (candleSymbols, candleRows) = try Self.candles(value, spec)
    case "orders": orders = try spec.integer(key, value, 1...10_000)
    case "sources": sources = try Self.sources(value, spec)
    case "period": periodMillis = try spec.millis(key, value, max: 10_000)
    default: preset = try Self.choice(key, value, spec)
    }
  }

  private func check(_ spec: SpecText) throws(SimulatorError) {
    guard universe == .stocks else { return }
    for share in mix where share.type == .greeks || share.type == .theoPrice || share.type == .optionSale {
      throw spec.error("universe", "stocks", "options or mixed, because the mix has \(share.type.name)")
    }
  }

  private static func choice<Choice: RawRepresentable & CaseIterable>(
    _ key: String, _ value: String, _ spec: SpecText
  ) throws(SimulatorError) -> Choice where Choice.RawValue == String {
    guard let choice = Choice(rawValue: value) else {
      throw spec.error(key, value, Choice.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return choice
  }

  private static func mix(_ value: String, _ spec: SpecText) throws(SimulatorError) -> [Share] {
    if value == "all" { return EventType.allCases.map { Share(type: $0, weight: 1) } }
    let allowed = "TYPE:WEIGHT/TYPE:WEIGHT… with weights 1 to 1000000 and each of the types at most once: "
      + EventType.allCases.map(\.name).joined(separator: ", ")
    var mix: [Share] = []
    for part in value.split(separator: "/", omittingEmptySubsequences: false) {
      let halves = part.split(separator: ":", omittingEmptySubsequences: false)
      guard halves.count == 2, let type = EventType(name: String(halves[0])), let weight = Int(halves[1]),
        (1...1_000_000).contains(weight), !mix.contains(where: { $0.type == type })
      else { throw spec.error("mix", value, allowed) }
      mix.append(Share(type: type, weight: weight))
    }
    return mix
  }

  private static func sources(_ value: String, _ spec: SpecText) throws(SimulatorError) -> [Int] {
    let known = Book.sources.map { "\($0.name)" }
    var sources: [Int] = []
    for name in value.split(separator: "/", omittingEmptySubsequences: false) {
      guard let source = known.firstIndex(of: String(name)), !sources.contains(source) else {
        throw spec.error("sources", value, "names of \(known.joined(separator: ", ")), each once, with / between")
      }
      sources.append(source)
    }
    return sources
  }

  private static func candles(_ value: String, _ spec: SpecText) throws(SimulatorError) -> (Int, Int) {
    let halves = value.split(separator: "x", omittingEmptySubsequences: false)
    guard halves.count == 2, let symbols = Int(halves[0]), let rows = Int(halves[1]),
      (0...10_000).contains(symbols), (0...100_000).contains(rows)
    else { throw spec.error("candles", value, "SYMBOLSxROWS, at most 10000x100000") }
    return (symbols, rows)
  }

  /// Keys that came later: only where they say something, so that older texts stay canonical.
  private var booksText: String {
    (orders == Self.standardOrders ? "" : ",orders=\(orders)")
      + (sources == Self.standardSources
        ? "" : ",sources=" + sources.map { "\(Book.sources[$0].name)" }.joined(separator: "/"))
  }

  /// The canonical text.
  package var text: String {
    let mixText = mix.map { "\($0.type.name):\($0.weight)" }.joined(separator: "/")
    return "generator=\(Self.version),seed=\(seed),symbols=\(symbols),rate=\(rate),mix=\(mixText),"
      + "duration=\(durationMillis.map { SpecText.text(millis: $0) } ?? "forever"),burst=\(burst),"
      + "zipf=\(SpecText.text(zipfHundredths, scale: 100)),nan=\(SpecText.text(nanPerMillion, scale: 1_000_000)),"
      + "fields=\(fields.rawValue),universe=\(universe.rawValue),candles=\(candleSymbols)x\(candleRows),"
      + "period=\(SpecText.text(millis: periodMillis)),preset=\(preset.rawValue)" + booksText
  }
}
