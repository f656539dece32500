import Market
import TestSupport

/// An event of each type with its defaults.
func anyEvent(_ type: EventType) -> any MarketEvent {
  switch type {
  case .quote: Quote()
  case .trade: Trade()
  case .tradeETH: TradeETH()
  case .summary: Summary()
  case .greeks: Greeks()
  case .theoPrice: TheoPrice()
  case .underlying: Underlying()
  case .series: Series()
  case .candle: Candle()
  case .timeAndSale: TimeAndSale()
  case .optionSale: OptionSale()
  case .configuration: Configuration()
  case .message: Message()
  case .profile: Profile()
  case .order: Order()
  case .spreadOrder: SpreadOrder()
  case .analyticOrder: AnalyticOrder()
  case .otcMarketsOrder: OtcMarketsOrder()
  }
}

/// Bytes that a field of this kind takes.
func size(_ kind: FieldKind) -> Int {
  switch kind {
  case .double, .int64, .text, .json: 8
  case .int32, .symbol: 4
  case .char: 2
  case .bool, .code, .flags: 1
  }
}

func bytes<Event: MarketEvent>(of event: Event) -> [UInt8] {
  unsafe withUnsafeBytes(of: event) { b in unsafe [UInt8](b) }
}

/// An event as its fields' values, independent of any text table.
struct Sample: Equatable, Sendable {
  let type: EventType
  let symbol: String
  var receivedNanos: Int64 = 0
  /// Bits of each field but the symbol and the texts, by name.
  var bits: [String: UInt64] = [:]
  /// Texts by name; a name that is absent is null.
  var texts: [String: String] = [:]

  /// Every field with some value of its kind.
  init(_ type: EventType, _ symbol: String, _ random: inout SeededRandom) {
    self.type = type
    self.symbol = symbol
    receivedNanos = Int64(truncatingIfNeeded: random.next() >> 1)
    for field in Schema.of(type).fields {
      switch field.kind {
      case .symbol: break
      case .double: bits[field.name] = Double.random(in: -1e6...1e6, using: &random).bitPattern
      case .int64: bits[field.name] = random.next()
      case .int32: bits[field.name] = random.next() & 0xFFFF_FFFF
      case .char: bits[field.name] = random.next() & 0xFFFF
      case .bool: bits[field.name] = random.next() & 1
      case .code: bits[field.name] = random.next() % UInt64(field.codes?.names.count ?? 1)
      case .flags: bits[field.name] = random.next() & 0x5F
      case .text, .json: texts[field.name] = Sample.text(&random)
      }
    }
  }

  /// Null, short enough to stand in place, or longer.
  static func text(_ random: inout SeededRandom) -> String? {
    switch random.next() % 4 {
    case 0: nil
    case 1: String(random.next() % 10_000_000)
    default: "a longer text \(random.next() % 1000)"
    }
  }

  /// The event's bytes, with texts as ids of `table` where they are long.
  func encoded(_ table: inout TextTable) -> [UInt8] {
    var event = Schema.of(type).template
    func put(_ value: UInt64, _ offset: Int, _ size: Int) {
      for i in 0..<size { event[offset + i] = UInt8(truncatingIfNeeded: value >> UInt64(8 * i)) }
    }
    put(UInt64(table.intern(symbol)?.rawValue ?? 0), 0, 4)
    put(UInt64(bitPattern: receivedNanos), EventHead.receivedOffset, 8)
    for field in Schema.of(type).fields where field.kind != .symbol {
      if field.kind == .text || field.kind == .json {
        put(word(texts[field.name], &table), field.offset, 8)
      } else {
        put(bits[field.name] ?? 0, field.offset, size(field.kind))
      }
    }
    return event
  }

  private func word(_ text: String?, _ table: inout TextTable) -> UInt64 {
    guard let text else { return Text.null.word }
    let bytes = Array(text.utf8)
    if bytes.count <= Text.inlineLimit {
      return unsafe bytes.withUnsafeBytes { b in unsafe Text(inline: b) }.word
    }
    return table.intern(text).map { Text(id: $0).word } ?? Text.null.word
  }
}
