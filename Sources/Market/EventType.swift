/// The event types of the dxFeed model. The raw value stands in byte 4 of each record; bit 6 says that the event is two
/// records long. Zero is no event.
public enum EventType: UInt8, CaseIterable, Sendable, Hashable {
  case quote = 1
  case trade = 2
  case tradeETH = 3
  case summary = 4
  case greeks = 5
  case theoPrice = 6
  case underlying = 7
  case series = 8
  case timeAndSale = 9
  case optionSale = 10
  case configuration = 11
  case message = 12
  case profile = 0x41
  case order = 0x42
  case spreadOrder = 0x43
  case analyticOrder = 0x44
  case otcMarketsOrder = 0x45
  case candle = 0x46

  /// Types by a small dense number, 0..<count, for tables.
  package static let count = 18

  /// Position in tables: 0 to 11 for one-record types, 12 to 17 for the others.
  @inlinable package var index: Int { Int(rawValue & 0x40 == 0 ? rawValue - 1 : rawValue - 0x41 + 12) }

  @inlinable package init?(index: Int) {
    self.init(rawValue: index < 12 ? UInt8(index + 1) : UInt8(index - 12) + 0x41)
  }

  /// How many records of 128 bytes an event of this type takes.
  @inlinable package var recordCount: Int { 1 + Int(rawValue >> 6) }

  /// The name on the wire, such as `TradeETH`.
  public var name: String { Schema.of(self).name }

  /// The type of that wire name, exact in case.
  public init?(name: String) {
    guard let type = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = type
  }

  /// Whether events carry `eventFlags`, `index` and snapshots.
  package var isIndexed: Bool { Schema.of(self).field("index") != nil }

  /// Whether events belong to a source within their symbol (order books).
  package var hasSource: Bool { Schema.of(self).field("source") != nil }

  /// Whether a subscription takes `fromTime`.
  package var isTimeSeries: Bool {
    switch self {
    case .greeks, .theoPrice, .underlying, .candle, .timeAndSale: true
    default: false
    }
  }
}
