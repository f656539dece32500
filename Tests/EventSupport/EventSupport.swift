// EventSupport: random events of every type, and what events say, for the tests of formats.

package import Market
package import Rings
package import TestSupport

/// Random events of every type, with every kind of value at its limits.
package struct EventSource {
  package var random: SeededRandom

  package init(seed: UInt64) { random = SeededRandom(seed: seed) }

  /// Fills a batch with `count` events of a type.
  package mutating func fill(_ batch: inout EventBatch, _ type: EventType, _ count: Int, _ texts: inout TextTable) {
    for _ in 0..<count {
      guard let event = unsafe batch.append(type) else { preconditionFailure("the batch is too small") }
      for field in Schema.of(type).fields { unsafe set(field, event, &texts) }
      unsafe event.storeBytes(of: integer(), toByteOffset: EventHead.receivedOffset, as: Int64.self)
    }
  }

  private mutating func set(_ field: Field, _ event: UnsafeMutableRawPointer, _ texts: inout TextTable) {
    let at = field.offset
    switch field.kind {
    case .symbol: unsafe event.storeBytes(of: texts.intern(symbol())!, toByteOffset: at, as: TextID.self)
    case .double: unsafe event.storeBytes(of: double(), toByteOffset: at, as: Double.self)
    case .int64: unsafe event.storeBytes(of: integer(), toByteOffset: at, as: Int64.self)
    case .int32: unsafe event.storeBytes(of: Int32(truncatingIfNeeded: integer()), toByteOffset: at, as: Int32.self)
    case .char: unsafe event.storeBytes(of: char(), toByteOffset: at, as: CharCode.self)
    case .bool: unsafe event.storeBytes(of: pick(2) == 0, toByteOffset: at, as: Bool.self)
    case .flags: unsafe event.storeBytes(of: UInt8(pick(256)), toByteOffset: at, as: UInt8.self)
    case .code:
      let i = pick(field.codes!.names.count + 1)
      let code = i == field.codes!.names.count ? CodeNames.unknown : UInt8(i)
      unsafe event.storeBytes(of: code, toByteOffset: at, as: UInt8.self)
    case .text: unsafe event.storeBytes(of: text(Self.texts, &texts), toByteOffset: at, as: Text.self)
    case .json: unsafe event.storeBytes(of: text(Self.attachments, &texts), toByteOffset: at, as: Text.self)
    }
  }

  package mutating func pick(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }

  private mutating func symbol() -> String {
    let symbols = [
      "AAPL", "/ESZ26:XCME", "BRK/B", "AAPL{=5m,tho=true}", ".SPXW261218P6800.5", "NaN", "42", "a,b", "\"q\"",
      " lead", "é€😀", "",
      "null", "with\nbreak", "\\slash", "\u{1}\u{1F}\u{7F}",
    ]
    return symbols[pick(symbols.count)]
  }

  private mutating func double() -> Double {
    let special: [Double] = [
      .nan, .infinity, -.infinity, 0, -0.0, .leastNonzeroMagnitude, -.greatestFiniteMagnitude,
      0.1, 1e7, 1e-4, 171.25, 300,
      9_007_199_254_740_992,
    ]
    switch pick(3) {
    case 0: return special[pick(special.count)]
    case 1: return Double(Int64(bitPattern: random.next()) >> 20) / 10_000
    default:
      // A NaN's payload is not carried: texts know one NaN.
      let any = Double(bitPattern: random.next())
      return any.isNaN ? .nan : any
    }
  }

  private mutating func integer() -> Int64 {
    let special: [Int64] = [0, -1, .min, .max, 1, 1_772_461_800_125, 9_007_199_254_740_993]
    return pick(2) == 0 ? special[pick(special.count)] : Int64(bitPattern: random.next()) >> Int64(pick(64))
  }

  private mutating func char() -> CharCode {
    let special: [UInt16] = [
      0, 0x41, 0x20, 0x2C, 0x22, 0x5C, 0x0A, 0x0D, 1, 0x7F, 0xE9, 0x20AC, 0xD800, 0xDFFF, 0xFFFF, 0x75,
    ]
    return CharCode(rawValue: pick(2) == 0 ? special[pick(special.count)] : UInt16(truncatingIfNeeded: random.next()))
  }

  private mutating func text(_ choices: [String?], _ texts: inout TextTable) -> Text {
    guard let choice = choices[pick(choices.count)] else { return .null }
    return makeText(choice, &texts)
  }

  private static let texts: [String?] = [
    nil, "", "A", "XNAS", "1234567", "12345678", "Apple Inc. - Common Stock", "S&amp;P 500 INDEX", "a,b",
    "say \"hi\"", "\"", "\"\"",
    "one\ntwo", "one\r\ntwo", "\r", " ", " lead", "trail ", "\ttab", "tab\tinside", "\\", "\\u0041", "Zürich €uro 😀",
    "null", "NaN",
    "\u{0}\u{1}\u{8}\u{C}\u{1F}", "\u{7F}\u{2028}", String(repeating: "long, \"longer\"\n", count: 400),
  ]

  private static let attachments: [String?] = [
    nil, "{}", "[]", "0", "true", "\"text\"", #"{"a":[1,2.50,{"b":"c, \"d\""}],"e":"\u20AC"}"#,
    "{ \"spaced\" : [ 1 , 2 ] }", "-1.0E-7",
  ]
}

package func add<Event: MarketEvent>(_ event: Event, to batch: inout EventBatch) {
  precondition(batch.append(event), "the batch is too small")
}

package func makeText(_ string: String, _ texts: inout TextTable) -> Text {
  var copy = string
  return copy.withUTF8 { b in
    unsafe b.count <= 7 ? Text(inline: UnsafeRawBufferPointer(b)) : Text(id: texts.intern(UnsafeRawBufferPointer(b))!)
  }
}

/// Everything an event says, texts by content, comparable across text tables.
package func content(_ event: EventRef, _ texts: TextStore) -> [String] {
  guard let type = event.type else { return ["no event"] }
  var all = ["\(type) received \(event.receivedNanos)"]
  for field in Schema.of(type).fields {
    let value: String
    switch field.kind {
    case .symbol: value = string(event.symbol, texts)
    case .double: value = String(event.load(field.offset, as: Double.self).bitPattern, radix: 16)
    case .int64: value = "\(event.load(field.offset, as: Int64.self))"
    case .int32: value = "\(event.load(field.offset, as: Int32.self))"
    case .char: value = "\(event.load(field.offset, as: UInt16.self))"
    case .bool, .code, .flags: value = "\(event.load(field.offset, as: UInt8.self))"
    case .text, .json:
      let text = event.load(field.offset, as: Text.self)
      if text.isNull {
        value = "null"
      } else if let id = text.id {
        value = "text " + string(id, texts)
      } else {
        value = "short \(text.word)"
      }
    }
    all.append(field.name + " = " + value)
  }
  return all
}

package func string(_ id: TextID, _ texts: TextStore) -> String {
  unsafe texts.withText(id.rawValue) { b in unsafe String(decoding: b, as: UTF8.self) }
}

package func contents(_ batch: borrowing EventBatch, _ texts: TextStore) -> [[String]] {
  var all: [[String]] = []
  batch.forEach { event in all.append(content(event, texts)) }
  return all
}
