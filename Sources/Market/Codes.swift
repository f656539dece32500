/// A field with a fixed set of names on the wire, kept as the name's position; 0xFF stands for an unknown name.
public protocol EventCode: RawRepresentable, BitwiseCopyable, Sendable, Hashable where RawValue == UInt8 {
  init(rawValue: UInt8)
  static var nameList: [String] { get }
}

extension EventCode {
  /// The first name, which is also the default.
  public static var first: Self { Self(rawValue: 0) }
  /// The name on the wire, nil when it was not a known one.
  public var name: String? { Int(rawValue) < Self.nameList.count ? Self.nameList[Int(rawValue)] : nil }
  public init?(name: String) {
    guard let i = Self.nameList.firstIndex(of: name) else { return nil }
    self.init(rawValue: UInt8(i))
  }
  package static var names: CodeNames { CodeNames(nameList) }
}

/// The names of a code in the order of their values, ready to be matched against bytes.
package struct CodeNames: Sendable {
  package static let unknown: UInt8 = 0xFF
  package let names: [String]
  private let bytes: [[UInt8]]

  package init(_ names: [String]) {
    self.names = names
    bytes = names.map { Array($0.utf8) }
  }

  /// The code of exactly these bytes; `unknown` if there is none.
  package func code(of text: UnsafeRawBufferPointer) -> UInt8 {
    for i in bytes.indices where bytes[i].count == text.count {
      if unsafe bytes[i].elementsEqual(text) { return UInt8(i) }
    }
    return Self.unknown
  }
}

public struct TickDirection: EventCode {
  public var rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  public static let nameList = ["UNDEFINED", "DOWN", "ZERO_DOWN", "ZERO", "ZERO_UP", "UP"]
}

public struct PriceType: EventCode {
  public var rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  public static let nameList = ["REGULAR", "INDICATIVE", "PRELIMINARY", "FINAL"]
}

public struct ShortSaleRestriction: EventCode {
  public var rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  public static let nameList = ["UNDEFINED", "ACTIVE", "INACTIVE"]
}

public struct TradingStatus: EventCode {
  public var rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  public static let nameList = ["UNDEFINED", "HALTED", "ACTIVE"]
}

public struct Side: EventCode {
  public var rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  public static let nameList = ["UNDEFINED", "BUY", "SELL"]
}

public struct SaleType: EventCode {
  public var rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  public static let nameList = ["NEW", "CORRECTION", "CANCEL"]
}

public struct OrderAction: EventCode {
  public var rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  public static let nameList = [
    "UNDEFINED", "NEW", "REPLACE", "MODIFY", "DELETE", "PARTIAL", "EXECUTE", "TRADE", "BUST",
  ]
}

public struct OrderScope: EventCode {
  public var rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  public static let nameList = ["COMPOSITE", "REGIONAL", "AGGREGATE", "ORDER"]
}

public struct IcebergType: EventCode {
  public var rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  public static let nameList = ["UNDEFINED", "NATIVE", "SYNTHETIC"]
}

public struct OtcMarketsPriceType: EventCode {
  public var rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  public static let nameList = ["UNPRICED", "ACTUAL", "WANTED"]
}
