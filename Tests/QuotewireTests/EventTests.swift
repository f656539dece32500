import Market
import Rings
import TestSupport
import Testing

@testable import Quotewire

/// The value that a field gets in these tests.
private enum Value: Equatable {
  case number(Double)
  case whole(Int)
  case character(Unicode.Scalar?)
  case bool(Bool)
  case name(String)
  case text(String?)
  case flags(Int)

  /// Of a property; nil for a type that no property should have.
  init?(_ property: Any) {
    switch property {
    case let it as Double: self = .number(it)
    case let it as Int: self = .whole(it)
    case let it as Bool: self = .bool(it)
    case let it as any Quotewire.EventCode: self = .name(it.name)
    case let it as Quotewire.EventFlags: self = .flags(it.rawValue)
    case let it as String: self = .text(it)
    case let it as Unicode.Scalar: self = .character(it)
    case Optional<Any>.none: self = .text(nil)
    default: return nil
    }
  }
}

@Suite("Events of the library", .tags(.unit))
struct EventTests {
  /// Fills every field of a type with a value of its own.
  private static func fill(_ schema: Schema, _ texts: inout TextTable) -> (bytes: [UInt8], expected: [Value]) {
    var bytes = schema.template
    var expected: [Value] = []
    unsafe bytes.withUnsafeMutableBytes { event in
      for (i, field) in schema.fields.enumerated() {
        let n = i + 3
        switch field.kind {
        case .symbol:
          let id = texts.intern("A LONG SYMBOL OF \(n)")!
          unsafe event.storeBytes(of: id, toByteOffset: field.offset, as: TextID.self)
          expected.append(.text("A LONG SYMBOL OF \(n)"))
        case .double:
          unsafe event.storeBytes(of: Double(n) + 0.25, toByteOffset: field.offset, as: Double.self)
          expected.append(.number(Double(n) + 0.25))
        case .int64:
          unsafe event.storeBytes(of: Int64(n) << 40, toByteOffset: field.offset, as: Int64.self)
          expected.append(.whole(n << 40))
        case .int32:
          unsafe event.storeBytes(of: -Int32(n), toByteOffset: field.offset, as: Int32.self)
          expected.append(.whole(-n))
        case .char:
          unsafe event.storeBytes(of: UInt16(64 + n), toByteOffset: field.offset, as: UInt16.self)
          expected.append(.character(Unicode.Scalar(UInt8(64 + n))))
        case .bool:
          unsafe event.storeBytes(of: true, toByteOffset: field.offset, as: Bool.self)
          expected.append(.bool(true))
        case .code:
          let names = field.codes!.names
          unsafe event.storeBytes(of: UInt8(names.count - 1), toByteOffset: field.offset, as: UInt8.self)
          expected.append(.name(names[names.count - 1]))
        case .text, .json:
          let long = n % 2 == 0
          let content = long ? "a text of field \(n), which is long" : "t\(n)"
          let text =
            long ? Market.Text(id: texts.intern(content)!) : unsafe content.withText { unsafe Market.Text(inline: $0) }
          unsafe event.storeBytes(of: text, toByteOffset: field.offset, as: Market.Text.self)
          expected.append(.text(content))
        case .flags:
          unsafe event.storeBytes(of: 0x45, toByteOffset: field.offset, as: UInt8.self)
          expected.append(.flags(0x45))
        }
      }
      unsafe event.storeBytes(of: 77 << 40, toByteOffset: EventHead.receivedOffset, as: Int64.self)
    }
    return (bytes, expected + [.whole(77 << 40)])
  }

  private static func read(_ bytes: [UInt8], _ texts: borrowing TextTable) -> AnyEvent {
    let lane = LaneTexts(texts.store)
    return unsafe bytes.withUnsafeBytes { unsafe AnyEvent(from: EventRow($0.baseAddress!, lane)) }
  }

  @Test(
    "every type has the fields of the schema, by name and in order, each with the value that was decoded",
    arguments: Market.EventType.allCases)
  func fields(type: Market.EventType) throws {
    let schema = Schema.of(type)
    var texts = TextTable()
    let (bytes, expected) = Self.fill(schema, &texts)
    let any = Self.read(bytes, texts)
    #expect(any.eventType.rawValue == schema.name && any.event.eventType.inMarket == type)
    let children = Array(Mirror(reflecting: any.event).children)
    #expect(children.map { $0.label ?? "" } == schema.fields.map(\.name) + ["receivedNanos"])
    for (child, wanted) in zip(children, expected) {
      #expect(Value(child.value) == wanted, "\(schema.name).\(child.label ?? "")")
    }
    #expect(any.eventSymbol == "A LONG SYMBOL OF 3" && any.eventTime == 4 << 40 && any.receivedNanos == 77 << 40)
  }

  @Test("what is not available is NaN, 0 or nil, as in a new event", arguments: Market.EventType.allCases)
  func defaults(type: Market.EventType) {
    let schema = Schema.of(type)
    let event = Self.read(schema.template, TextTable()).event
    for (child, field) in zip(Mirror(reflecting: event).children, schema.fields).dropFirst() {
      switch field.kind {
      case .double: #expect((child.value as? Double)?.isNaN == true, "\(field.name)")
      case .text, .json, .char: #expect(Value(child.value) == .text(nil), "\(field.name)")
      case .code: #expect(Value(child.value) == .name(field.codes?.names.first ?? "?"), "\(field.name)")
      case .flags: #expect(Value(child.value) == .flags(0))
      case .bool: #expect(Value(child.value) == .bool(false))
      case .int32, .int64, .symbol: #expect(Value(child.value) == .whole(0), "\(field.name)")
      }
    }
  }

  @Test("an event that a program makes itself is like an event whose fields are not available")
  func made() {
    func same(_ made: any TypedEvent) {
      let type = made.eventType.inMarket
      let read = Self.read(Schema.of(type).template, TextTable()).event
      #expect("\(made)" == "\(read)", "\(type)")
    }
    same(Quotewire.Quote(eventSymbol: ""))
    same(Quotewire.Trade(eventSymbol: ""))
    same(Quotewire.Candle(eventSymbol: ""))
    same(Quotewire.Order(eventSymbol: ""))
    same(Quotewire.Profile(eventSymbol: ""))
    same(Quotewire.OtcMarketsOrder(eventSymbol: ""))
  }

  @Test("a code that nobody knows is unknown, and every known name is its own")
  func codes() {
    #expect(Quotewire.Side(Market.Side(rawValue: 0xFF)) == .unknown && Quotewire.Side.unknown.name.isEmpty)
    func same<Code: Quotewire.EventCode>(_: Code.Type, _ names: [String]) {
      #expect(Code.allCases.map(\.name) == names + [""])
      #expect(Code.allCases.map { Int($0.rawValue) } == Array(0..<names.count) + [255])
    }
    same(Quotewire.TickDirection.self, Market.TickDirection.nameList)
    same(Quotewire.PriceType.self, Market.PriceType.nameList)
    same(Quotewire.ShortSaleRestriction.self, Market.ShortSaleRestriction.nameList)
    same(Quotewire.TradingStatus.self, Market.TradingStatus.nameList)
    same(Quotewire.Side.self, Market.Side.nameList)
    same(Quotewire.SaleType.self, Market.SaleType.nameList)
    same(Quotewire.OrderAction.self, Market.OrderAction.nameList)
    same(Quotewire.OrderScope.self, Market.OrderScope.nameList)
    same(Quotewire.IcebergType.self, Market.IcebergType.nameList)
    same(Quotewire.OtcMarketsPriceType.self, Market.OtcMarketsPriceType.nameList)
  }

  @Test("the types are those of the market, and the flags have their bits")
  func types() {
    #expect(Quotewire.EventType.allCases.map(\.rawValue) == Market.EventType.allCases.map(\.name))
    #expect(Quotewire.EventType.allCases.map(\.inMarket) == Market.EventType.allCases)
    #expect(Market.EventType.allCases.map { Quotewire.EventType($0) } == Quotewire.EventType.allCases)
    typealias Flags = Quotewire.EventFlags
    let pairs: [(Flags, Market.EventFlags)] = [
      (.txPending, .txPending), (.removeEvent, .removeEvent), (.snapshotBegin, .snapshotBegin),
      (.snapshotEnd, .snapshotEnd), (.snapshotSnip, .snapshotSnip), (.snapshotMode, .snapshotMode),
    ]
    for (ours, theirs) in pairs { #expect(ours.rawValue == Int(theirs.rawValue)) }
  }

  @Test("half of a surrogate pair is no character")
  func surrogate() {
    var bytes = Schema.of(.quote).template
    unsafe bytes.withUnsafeMutableBytes { event in
      let offset = Schema.of(.quote).field("bidExchangeCode")!.offset
      unsafe event.storeBytes(of: 0xD800, toByteOffset: offset, as: UInt16.self)
    }
    guard case .quote(let quote) = Self.read(bytes, TextTable()) else {
      Issue.record("a quote is read as a quote")
      return
    }
    #expect(quote.bidExchangeCode == nil)
  }
}

extension String {
  fileprivate func withText<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
    let bytes = Array(utf8)
    return unsafe bytes.withUnsafeBytes { unsafe body($0) }
  }
}
