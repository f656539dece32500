import Market

/// What a Trade or TimeAndSale says about one trade.
package struct Tick: BitwiseCopyable, Sendable, Equatable {
  package struct Flags: OptionSet, BitwiseCopyable, Sendable, Equatable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    /// From a TimeAndSale, else from a Trade.
    package static let sale = Flags(rawValue: 1)
    /// A CANCEL, or a REMOVE_EVENT.
    package static let removed = Flags(rawValue: 2)
    /// A CORRECTION.
    package static let correction = Flags(rawValue: 4)
    /// Of a sale: `validTick`.
    package static let valid = Flags(rawValue: 8)
  }

  package var symbol: UInt32
  package var flags: Flags
  /// Of a sale its `index`, 0 where it has none; of a Trade its `sequence`.
  package var key: Int64
  /// Nanoseconds since 1970 UTC; 0 for none.
  package var timeNanos: Int64
  package var price: Double
  package var size: Double

  package init(symbol: UInt32, flags: Flags, key: Int64, timeNanos: Int64, price: Double, size: Double) {
    self.symbol = symbol
    self.flags = flags
    self.key = key
    self.timeNanos = timeNanos
    self.price = price
    self.size = size
  }

  init(_ trade: Trade) {
    self.init(
      symbol: trade.head.symbol.rawValue, flags: [], key: Int64(trade.sequence),
      timeNanos: Self.nanos(trade.time, trade.timeNanoPart), price: trade.price, size: trade.size)
  }

  init(_ sale: TimeAndSale) {
    var flags: Flags = .sale
    if sale.type == SaleType(name: "CANCEL") || sale.head.eventFlags.contains(.removeEvent) { flags.insert(.removed) }
    if sale.type == SaleType(name: "CORRECTION") { flags.insert(.correction) }
    if sale.validTick { flags.insert(.valid) }
    self.init(
      symbol: sale.head.symbol.rawValue, flags: flags, key: sale.index,
      timeNanos: Self.nanos(sale.time, sale.timeNanoPart), price: sale.price, size: sale.size)
  }

  /// Of milliseconds and the nanoseconds within; 0 for none and for times that 64 bits do not hold.
  private static func nanos(_ millis: Int64, _ part: Int32) -> Int64 {
    let (nanos, overflow) = millis.multipliedReportingOverflow(by: 1_000_000)
    guard millis > 0, !overflow, nanos < Int64.max - 1_000_000 else { return 0 }
    return nanos + Int64(min(max(part, 0), 999_999))
  }
}

/// What became of the ticks: each is counted once, so that `seen` is the sum of all others.
package struct TickCounts: Sendable, Equatable {
  package var seen = 0
  /// In a minute bar and a day bar.
  package var used = 0
  /// Trades of symbols that have sales.
  package var setAside = 0
  /// Sales in whose place a later event of the same index stands: a correction, a cancel, or the same again.
  package var replaced = 0
  /// Sales that were cancelled or removed in the end.
  package var cancelled = 0
  /// The same trade again.
  package var repeated = 0
  /// Sales that are no valid tick.
  package var notValid = 0
  /// Without a time.
  package var withoutTime = 0
  /// With a price that is no finite number.
  package var withoutPrice = 0

  package init() {}

  package var isBalanced: Bool {
    seen == used + setAside + replaced + cancelled + repeated + notValid + withoutTime + withoutPrice
  }

  package static func += (a: inout TickCounts, b: TickCounts) {
    a.seen += b.seen
    a.used += b.used
    a.setAside += b.setAside
    a.replaced += b.replaced
    a.cancelled += b.cancelled
    a.repeated += b.repeated
    a.notValid += b.notValid
    a.withoutTime += b.withoutTime
    a.withoutPrice += b.withoutPrice
  }
}
