import Foundation
import Market
import TestSupport
import Testing

/// The field list that was taken from the dxFeed model, read where it lies.
private let fieldList = Places.shared("dxlink-event-fields.json")

@Suite("Schemas")
struct SchemaTests {
  private func kinds(_ type: String) -> [FieldKind] {
    switch type {
    case "int": [.int32, .int64, .flags]
    case "int64": [.int64]
    case "double": [.double]
    case "char": [.char]
    case "bool": [.bool]
    case "enum": [.code]
    case "string": [.text]
    case "any": [.json]
    default: []
    }
  }

  @Test(
    "fields have the names, order, kinds and codes of the dxFeed model",
    .enabled(if: fieldList != nil, "../shared/dxlink-event-fields.json is not there"))
  func model() throws {
    let bytes = try #require(fieldList.flatMap { Places.read($0) })
    let root = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    let types = try #require(root["types"] as? [String: [String: Any]])
    let aliases = try #require(root["aliases"] as? [String: [String: String]])
    #expect(Set(types.keys) == Set(Schema.all.map(\.name)))
    for (name, body) in types {
      let type = try #require(EventType(name: name))
      let listed = try #require(body["fields"] as? [[String: Any]])
      let own = Schema.of(type).fields.dropFirst(2)
      #expect(own.map(\.name) == listed.map { $0["name"] as? String }, "\(name)")
      for (field, entry) in zip(own, listed) {
        #expect(kinds(entry["type"] as? String ?? "").contains(field.kind), "\(name).\(field.name)")
        #expect(field.codes?.names == entry["enum"] as? [String], "\(name).\(field.name)")
        #expect((field.kind == .flags) == (field.name == "eventFlags"), "\(name).\(field.name)")
        // Milliseconds and counts outgrow 32 bits.
        let isTime = field.name.lowercased().hasSuffix("time")
        #expect(!isTime || field.kind == .int64, "\(name).\(field.name)")
        let alias = aliases[name]?.first { $0.value == field.name }?.key
        #expect(field.alias == alias, "\(name).\(field.name)")
      }
      let kind = body["kind"] as? String ?? ""
      #expect(type.isTimeSeries == kind.contains("timeSeries"), "\(name)")
      #expect(type.isIndexed == (kind.contains("indexed") || kind.contains("timeSeries")), "\(name)")
      #expect(type.hasSource == kind.contains("source"), "\(name)")
    }
  }

  @Test(
    "every schema begins with the symbol and the event time, and no name or place is used twice",
    arguments: EventType.allCases)
  func common(type: EventType) {
    let schema = Schema.of(type)
    #expect(schema.fields.prefix(2).map(\.name) == ["eventSymbol", "eventTime"])
    let names = schema.fields.map(\.name) + schema.fields.compactMap(\.alias)
    #expect(Set(names).count == names.count)
    #expect(Set(schema.fields.map(\.offset)).count == schema.fields.count)
    for field in schema.fields {
      #expect(schema.field(field.name)?.offset == field.offset)
      if let alias = field.alias { #expect(schema.field(alias)?.offset == field.offset) }
    }
    #expect(schema.field("noSuchField") == nil)
    #expect(EventType(name: type.name) == type)
    #expect(EventType(name: type.name.uppercased()) == nil)
  }

  @Test("a new event has every field at its default, and nothing else", arguments: EventType.allCases)
  func defaults(type: EventType) throws {
    let schema = Schema.of(type)
    var expected = [UInt8](repeating: 0, count: type.recordCount * EventRecord.byteCount)
    expected[EventHead.typeOffset] = type.rawValue
    for field in schema.fields {
      let word: UInt64 =
        switch field.kind {
        case .double: Double.nan.bitPattern
        case .text, .json: Text.null.word
        default: 0
        }
      for i in 0..<size(field.kind) { expected[field.offset + i] = UInt8(truncatingIfNeeded: word >> UInt64(8 * i)) }
    }
    // Byte 4 belongs to the type, the symbol ends before it.
    #expect(schema.template == expected)
  }
}

@Suite("Codes and texts in events")
struct CodeTests {
  private static let codes: [CodeNames] = [
    TickDirection.names, PriceType.names, ShortSaleRestriction.names, TradingStatus.names, Side.names, SaleType.names,
    OrderAction.names, OrderScope.names, IcebergType.names, OtcMarketsPriceType.names,
  ]

  @Test("each name is its position, anything else is unknown")
  func names() {
    for codes in Self.codes {
      for (i, name) in codes.names.enumerated() {
        for wire in [name, name.lowercased(), name + "X", String(name.dropLast())] {
          let found = unsafe Array(wire.utf8).withUnsafeBytes { b in unsafe codes.code(of: b) }
          #expect(found == (wire == name ? UInt8(i) : codes.names.firstIndex(of: wire).map { UInt8($0) } ?? 0xFF))
        }
      }
      #expect(unsafe codes.code(of: UnsafeRawBufferPointer(start: nil, count: 0)) == CodeNames.unknown)
    }
    #expect(Side(name: "BUY")?.rawValue == 1 && Side(name: "buy") == nil && Side.first.name == "UNDEFINED")
    #expect(Side(rawValue: CodeNames.unknown).name == nil)
  }

  @Test("a text stands in place up to 7 bytes and keeps them", arguments: 0...7)
  func inlineTexts(count: Int) {
    let bytes = [UInt8]("ABCDEFG".utf8.prefix(count))
    let text = unsafe bytes.withUnsafeBytes { b in unsafe Text(inline: b) }
    #expect(text.inlineCount == count && text.id == nil && !text.isNull)
    for i in 0..<7 { #expect(UInt8(truncatingIfNeeded: text.word >> UInt64(8 * i)) == (i < count ? bytes[i] : 0)) }
    if count == 0 { #expect(text == .empty) }
  }

  @Test("null, an id and a text in place are never taken for each other", arguments: [1, 7, UInt32.max])
  func ids(id: UInt32) {
    let text = Text(id: TextID(rawValue: id))
    #expect(text.id?.rawValue == id && text.inlineCount == nil && !text.isNull)
    #expect(Text.null.isNull && Text.null.id == nil && Text.null.inlineCount == nil)
  }
}
