/// An order with iceberg analysis.
public struct AnalyticOrder: MarketEvent {
  public static let eventType = EventType.analyticOrder

  public var head = EventHead(Self.eventType)
  public var action: OrderAction = .first
  public var side: Side = .first
  public var receivedNanos: Int64 = 0
  public var eventTime: Int64 = 0
  public var index: Int64 = 0
  public var time: Int64 = 0
  public var actionTime: Int64 = 0
  public var orderId: Int64 = 0
  public var auxOrderId: Int64 = 0
  public var count: Int64 = 0
  public var tradeId: Int64 = 0
  public var price: Double = .nan
  public var size: Double = .nan
  public var executedSize: Double = .nan
  public var tradePrice: Double = .nan
  public var tradeSize: Double = .nan
  public var icebergPeakSize: Double = .nan
  public var icebergHiddenSize: Double = .nan
  public var icebergExecutedSize: Double = .nan
  public var source: Text = .null
  public var marketMaker: Text = .null
  public var timeNanoPart: Int32 = 0
  public var sequence: Int32 = 0
  public var exchangeCode: CharCode = .none
  public var scope: OrderScope = .first
  public var icebergType: IcebergType = .first

  public init() {}
}

extension AnalyticOrder {
  package static let schema = Schema(
    AnalyticOrder.self,
    [
      Field("eventFlags", .flags, EventHead.flagsOffset),
      Field("index", .int64, MemoryLayout<AnalyticOrder>.offset(of: \.index)),
      Field("time", .int64, MemoryLayout<AnalyticOrder>.offset(of: \.time)),
      Field("timeNanoPart", .int32, MemoryLayout<AnalyticOrder>.offset(of: \.timeNanoPart)),
      Field("sequence", .int32, MemoryLayout<AnalyticOrder>.offset(of: \.sequence)),
      Field("source", .text, MemoryLayout<AnalyticOrder>.offset(of: \.source)),
      Field("action", .code, MemoryLayout<AnalyticOrder>.offset(of: \.action), codes: OrderAction.names),
      Field("actionTime", .int64, MemoryLayout<AnalyticOrder>.offset(of: \.actionTime)),
      Field("orderId", .int64, MemoryLayout<AnalyticOrder>.offset(of: \.orderId)),
      Field("auxOrderId", .int64, MemoryLayout<AnalyticOrder>.offset(of: \.auxOrderId)),
      Field("price", .double, MemoryLayout<AnalyticOrder>.offset(of: \.price)),
      Field("size", .double, MemoryLayout<AnalyticOrder>.offset(of: \.size)),
      Field("executedSize", .double, MemoryLayout<AnalyticOrder>.offset(of: \.executedSize)),
      Field("count", .int64, MemoryLayout<AnalyticOrder>.offset(of: \.count)),
      Field("exchangeCode", .char, MemoryLayout<AnalyticOrder>.offset(of: \.exchangeCode)),
      Field("side", .code, MemoryLayout<AnalyticOrder>.offset(of: \.side), codes: Side.names, alias: "orderSide"),
      Field("scope", .code, MemoryLayout<AnalyticOrder>.offset(of: \.scope), codes: OrderScope.names),
      Field("tradeId", .int64, MemoryLayout<AnalyticOrder>.offset(of: \.tradeId)),
      Field("tradePrice", .double, MemoryLayout<AnalyticOrder>.offset(of: \.tradePrice)),
      Field("tradeSize", .double, MemoryLayout<AnalyticOrder>.offset(of: \.tradeSize)),
      Field("marketMaker", .text, MemoryLayout<AnalyticOrder>.offset(of: \.marketMaker)),
      Field("icebergPeakSize", .double, MemoryLayout<AnalyticOrder>.offset(of: \.icebergPeakSize)),
      Field("icebergHiddenSize", .double, MemoryLayout<AnalyticOrder>.offset(of: \.icebergHiddenSize)),
      Field("icebergExecutedSize", .double, MemoryLayout<AnalyticOrder>.offset(of: \.icebergExecutedSize)),
      Field("icebergType", .code, MemoryLayout<AnalyticOrder>.offset(of: \.icebergType), codes: IcebergType.names),
    ])
}

/// An order of OTC Markets.
public struct OtcMarketsOrder: MarketEvent {
  public static let eventType = EventType.otcMarketsOrder

  public var head = EventHead(Self.eventType)
  public var action: OrderAction = .first
  public var side: Side = .first
  public var receivedNanos: Int64 = 0
  public var eventTime: Int64 = 0
  public var index: Int64 = 0
  public var time: Int64 = 0
  public var actionTime: Int64 = 0
  public var orderId: Int64 = 0
  public var auxOrderId: Int64 = 0
  public var count: Int64 = 0
  public var tradeId: Int64 = 0
  public var price: Double = .nan
  public var size: Double = .nan
  public var executedSize: Double = .nan
  public var tradePrice: Double = .nan
  public var tradeSize: Double = .nan
  public var source: Text = .null
  public var marketMaker: Text = .null
  public var timeNanoPart: Int32 = 0
  public var sequence: Int32 = 0
  public var quoteAccessPayment: Int32 = 0
  public var exchangeCode: CharCode = .none
  public var scope: OrderScope = .first
  public var open: Bool = false
  public var unsolicited: Bool = false
  public var otcMarketsPriceType: OtcMarketsPriceType = .first
  public var saturated: Bool = false
  public var autoExecution: Bool = false
  public var nmsConditional: Bool = false

  public init() {}
}

extension OtcMarketsOrder {
  package static let schema = Schema(
    OtcMarketsOrder.self,
    [
      Field("eventFlags", .flags, EventHead.flagsOffset),
      Field("index", .int64, MemoryLayout<OtcMarketsOrder>.offset(of: \.index)),
      Field("time", .int64, MemoryLayout<OtcMarketsOrder>.offset(of: \.time)),
      Field("timeNanoPart", .int32, MemoryLayout<OtcMarketsOrder>.offset(of: \.timeNanoPart)),
      Field("sequence", .int32, MemoryLayout<OtcMarketsOrder>.offset(of: \.sequence)),
      Field("source", .text, MemoryLayout<OtcMarketsOrder>.offset(of: \.source)),
      Field("action", .code, MemoryLayout<OtcMarketsOrder>.offset(of: \.action), codes: OrderAction.names),
      Field("actionTime", .int64, MemoryLayout<OtcMarketsOrder>.offset(of: \.actionTime)),
      Field("orderId", .int64, MemoryLayout<OtcMarketsOrder>.offset(of: \.orderId)),
      Field("auxOrderId", .int64, MemoryLayout<OtcMarketsOrder>.offset(of: \.auxOrderId)),
      Field("price", .double, MemoryLayout<OtcMarketsOrder>.offset(of: \.price)),
      Field("size", .double, MemoryLayout<OtcMarketsOrder>.offset(of: \.size)),
      Field("executedSize", .double, MemoryLayout<OtcMarketsOrder>.offset(of: \.executedSize)),
      Field("count", .int64, MemoryLayout<OtcMarketsOrder>.offset(of: \.count)),
      Field("exchangeCode", .char, MemoryLayout<OtcMarketsOrder>.offset(of: \.exchangeCode)),
      Field("side", .code, MemoryLayout<OtcMarketsOrder>.offset(of: \.side), codes: Side.names, alias: "orderSide"),
      Field("scope", .code, MemoryLayout<OtcMarketsOrder>.offset(of: \.scope), codes: OrderScope.names),
      Field("tradeId", .int64, MemoryLayout<OtcMarketsOrder>.offset(of: \.tradeId)),
      Field("tradePrice", .double, MemoryLayout<OtcMarketsOrder>.offset(of: \.tradePrice)),
      Field("tradeSize", .double, MemoryLayout<OtcMarketsOrder>.offset(of: \.tradeSize)),
      Field("marketMaker", .text, MemoryLayout<OtcMarketsOrder>.offset(of: \.marketMaker)),
      Field("quoteAccessPayment", .int32, MemoryLayout<OtcMarketsOrder>.offset(of: \.quoteAccessPayment)),
      Field("open", .bool, MemoryLayout<OtcMarketsOrder>.offset(of: \.open)),
      Field("unsolicited", .bool, MemoryLayout<OtcMarketsOrder>.offset(of: \.unsolicited)),
      Field(
        "otcMarketsPriceType", .code, MemoryLayout<OtcMarketsOrder>.offset(of: \.otcMarketsPriceType),
        codes: OtcMarketsPriceType.names),
      Field("saturated", .bool, MemoryLayout<OtcMarketsOrder>.offset(of: \.saturated)),
      Field("autoExecution", .bool, MemoryLayout<OtcMarketsOrder>.offset(of: \.autoExecution)),
      Field("nmsConditional", .bool, MemoryLayout<OtcMarketsOrder>.offset(of: \.nmsConditional)),
    ])
}
