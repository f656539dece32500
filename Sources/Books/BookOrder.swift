package import Market

/// What a book needs to know of an order. 40 bytes.
package struct BookOrder: BitwiseCopyable, Sendable, Equatable {
  package var index: Int64
  package var price: Double
  package var size: Double
  /// Orders in it: what an aggregated level says, else 1.
  package var count: Int32
  /// Which of the book's ladders it rests on; 0 but for spreads.
  package var ladder: Int32 = 0
  package var side: Side
  /// REMOVE, or a size of 0 or NaN: the order with this index ends.
  package var isEnd: Bool

  package init(
    index: Int64, side: Side, price: Double, size: Double, count: Int64 = 0, isRemoved: Bool = false
  ) {
    self.index = index
    self.side = side
    // Zero has one sign.
    self.price = price + 0
    self.size = size
    self.count = Int32(truncatingIfNeeded: min(max(count, 1), Self.maximumCount))
    isEnd = isRemoved || size == 0 || size.isNaN
  }

  /// An aggregated level with more orders counts as one with so many.
  static let maximumCount: Int64 = 1_000_000_000

  /// Whether it rests on a ladder: orders without a side or price, such as market orders, are kept beside the levels.
  var rests: Bool {
    (side.rawValue == OrderSide.buy || side.rawValue == OrderSide.sell) && price.isFinite && size > 0
      && size <= BookLimits.maximumSize
  }
}

/// Values of `Side`.
enum OrderSide {
  static let buy: UInt8 = 1
  static let sell: UInt8 = 2
}

/// Where the fields of an order type stand.
struct OrderLayout {
  let index: Int
  let price: Int
  let size: Int
  let count: Int
  let side: Int
  let source: Int
  /// Of spread orders only.
  let spread: Int?

  init?(_ type: EventType) {
    let schema = Schema.of(type)
    guard type.hasSource, let index = schema.field("index"), let price = schema.field("price"),
      let size = schema.field("size"), let count = schema.field("count"), let side = schema.field("side"),
      let source = schema.field("source")
    else { return nil }
    self.index = index.offset
    self.price = price.offset
    self.size = size.offset
    self.count = count.offset
    self.side = side.offset
    self.source = source.offset
    spread = schema.field("spreadSymbol")?.offset
  }

  /// By `EventType.index`; nil for types that are no orders.
  static let all: [OrderLayout?] = (0..<EventType.count).map { EventType(index: $0).flatMap { OrderLayout($0) } }

  func order(_ event: EventRef) -> BookOrder {
    BookOrder(
      index: event.load(index), side: Side(rawValue: event.load(side)), price: event.load(price),
      size: event.load(size), count: event.load(count), isRemoved: event.flags.contains(.removeEvent))
  }
}

/// The source of an order whose event does not name it.
///
///     bits 63…48  1 to 6: a built-in source        worked example: 0x4E54_5600_0000_0001 is order 1 of NTV
///     bits 63…32  else up to four ASCII bytes
///
/// As dxFeed's OrderSource makes indexes.
package enum OrderSource {
  package static let builtIn: [StaticString] = [
    "COMPOSITE_BID", "COMPOSITE_ASK", "REGIONAL_BID", "REGIONAL_ASK", "AGGREGATE_BID", "AGGREGATE_ASK",
  ]

  /// The name's text in place; nil for the default source, and for a built-in one, whose name is too long for that.
  package static func text(ofIndex index: Int64) -> Text? {
    let bits = UInt64(bitPattern: index)
    if bits >> 48 <= UInt64(builtIn.count) { return nil }
    var word: UInt64 = 0
    var count: UInt64 = 0
    for shift in [56, 48, 40, 32] as [UInt64] {
      let byte = bits >> shift & 0xFF
      if byte == 0 { break }
      guard byte > 0x20 && byte < 0x7F else { return nil }
      word |= byte << (8 * count)
      count += 1
    }
    return Text(word: word | count << 56)
  }

  /// The name of the built-in source of an index; nil for others.
  package static func builtInName(ofIndex index: Int64) -> String? {
    let number = Int(truncatingIfNeeded: UInt64(bitPattern: index) >> 48)
    return (1...builtIn.count).contains(number) ? "\(builtIn[number - 1])" : nil
  }
}
