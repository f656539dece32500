import Market

// The codes of fields with a fixed set of names. The raw value is the place of the name in the dxFeed model.

/// Direction of a price against the one before.
public enum TickDirection: UInt8, EventCode {
  /// `UNDEFINED`
  case undefined = 0
  /// `DOWN`
  case down
  /// `ZERO_DOWN`
  case zeroDown
  /// `ZERO`
  case zero
  /// `ZERO_UP`
  case zeroUp
  /// `UP`
  case up
  /// A name that this version does not know.
  case unknown = 255

  init(_ code: Market.TickDirection) { self = TickDirection(rawValue: code.rawValue) ?? .unknown }

  /// The name on the wire; empty for ``unknown``.
  public var name: String { Market.TickDirection(rawValue: rawValue).name ?? "" }
}

/// How final a price is.
public enum PriceType: UInt8, EventCode {
  /// `REGULAR`
  case regular = 0
  /// `INDICATIVE`
  case indicative
  /// `PRELIMINARY`
  case preliminary
  /// `FINAL`
  case final
  /// A name that this version does not know.
  case unknown = 255

  init(_ code: Market.PriceType) { self = PriceType(rawValue: code.rawValue) ?? .unknown }

  /// The name on the wire; empty for ``unknown``.
  public var name: String { Market.PriceType(rawValue: rawValue).name ?? "" }
}

/// Whether short sales of an instrument are restricted.
public enum ShortSaleRestriction: UInt8, EventCode {
  /// `UNDEFINED`
  case undefined = 0
  /// `ACTIVE`
  case active
  /// `INACTIVE`
  case inactive
  /// A name that this version does not know.
  case unknown = 255

  init(_ code: Market.ShortSaleRestriction) { self = ShortSaleRestriction(rawValue: code.rawValue) ?? .unknown }

  /// The name on the wire; empty for ``unknown``.
  public var name: String { Market.ShortSaleRestriction(rawValue: rawValue).name ?? "" }
}

/// Whether an instrument is traded.
public enum TradingStatus: UInt8, EventCode {
  /// `UNDEFINED`
  case undefined = 0
  /// `HALTED`
  case halted
  /// `ACTIVE`
  case active
  /// A name that this version does not know.
  case unknown = 255

  init(_ code: Market.TradingStatus) { self = TradingStatus(rawValue: code.rawValue) ?? .unknown }

  /// The name on the wire; empty for ``unknown``.
  public var name: String { Market.TradingStatus(rawValue: rawValue).name ?? "" }
}

/// A side of the market.
public enum Side: UInt8, EventCode {
  /// `UNDEFINED`
  case undefined = 0
  /// `BUY`
  case buy
  /// `SELL`
  case sell
  /// A name that this version does not know.
  case unknown = 255

  init(_ code: Market.Side) { self = Side(rawValue: code.rawValue) ?? .unknown }

  /// The name on the wire; empty for ``unknown``.
  public var name: String { Market.Side(rawValue: rawValue).name ?? "" }
}

/// What a print means for the one with the same index.
public enum SaleType: UInt8, EventCode {
  /// `NEW`
  case new = 0
  /// `CORRECTION`
  case correction
  /// `CANCEL`
  case cancel
  /// A name that this version does not know.
  case unknown = 255

  init(_ code: Market.SaleType) { self = SaleType(rawValue: code.rawValue) ?? .unknown }

  /// The name on the wire; empty for ``unknown``.
  public var name: String { Market.SaleType(rawValue: rawValue).name ?? "" }
}

/// What happened to an order.
public enum OrderAction: UInt8, EventCode {
  /// `UNDEFINED`
  case undefined = 0
  /// `NEW`
  case new
  /// `REPLACE`
  case replace
  /// `MODIFY`
  case modify
  /// `DELETE`
  case delete
  /// `PARTIAL`
  case partial
  /// `EXECUTE`
  case execute
  /// `TRADE`
  case trade
  /// `BUST`
  case bust
  /// A name that this version does not know.
  case unknown = 255

  init(_ code: Market.OrderAction) { self = OrderAction(rawValue: code.rawValue) ?? .unknown }

  /// The name on the wire; empty for ``unknown``.
  public var name: String { Market.OrderAction(rawValue: rawValue).name ?? "" }
}

/// What an order stands for.
public enum OrderScope: UInt8, EventCode {
  /// `COMPOSITE`
  case composite = 0
  /// `REGIONAL`
  case regional
  /// `AGGREGATE`
  case aggregate
  /// `ORDER`
  case order
  /// A name that this version does not know.
  case unknown = 255

  init(_ code: Market.OrderScope) { self = OrderScope(rawValue: code.rawValue) ?? .unknown }

  /// The name on the wire; empty for ``unknown``.
  public var name: String { Market.OrderScope(rawValue: rawValue).name ?? "" }
}

/// How an iceberg order is made.
public enum IcebergType: UInt8, EventCode {
  /// `UNDEFINED`
  case undefined = 0
  /// `NATIVE`
  case native
  /// `SYNTHETIC`
  case synthetic
  /// A name that this version does not know.
  case unknown = 255

  init(_ code: Market.IcebergType) { self = IcebergType(rawValue: code.rawValue) ?? .unknown }

  /// The name on the wire; empty for ``unknown``.
  public var name: String { Market.IcebergType(rawValue: rawValue).name ?? "" }
}

/// What the price of an order of OTC Markets means.
public enum OtcMarketsPriceType: UInt8, EventCode {
  /// `UNPRICED`
  case unpriced = 0
  /// `ACTUAL`
  case actual
  /// `WANTED`
  case wanted
  /// A name that this version does not know.
  case unknown = 255

  init(_ code: Market.OtcMarketsPriceType) { self = OtcMarketsPriceType(rawValue: code.rawValue) ?? .unknown }

  /// The name on the wire; empty for ``unknown``.
  public var name: String { Market.OtcMarketsPriceType(rawValue: rawValue).name ?? "" }
}

/// A field with a fixed set of names. A minor version may add names, before which they are `unknown`.
public protocol EventCode: RawRepresentable<UInt8>, CaseIterable, Hashable, Sendable {
  /// The name on the wire; empty where it is unknown.
  var name: String { get }
}
