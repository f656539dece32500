import Market

/// Texts that events carry beside their symbols.
struct TextPool {
  let descriptions: [Text]
  let reasons: [Text]
  let conditions: [Text]
  let firms: [Text]
  let spreads: [Text]
  let attachments: [Text]

  init(_ texts: inout TextTable) throws(SimulatorError) {
    descriptions = try Self.intern(
      [
        "SPDR S&amp;P 500 ETF Trust", "Apple Inc. - Common Stock", "Société Générale S.A.", "Müller & Söhne \"AG\"",
        "日本電信電話株式会社", "Берлин Телеком", "Back\\slash Corp. / Class A", "Rocket 🚀 Holdings", "Ω Energy\tPLC", "F",
        "", "O'Neil, Sons [NV] {a,b}: “quoted”", "Tokyo\u{2028}Line", "Alpha \u{1} Control",
      ], &texts)
    reasons = try Self.intern(["", "T1", "News pending", "LULD pause", "M"], &texts) + [.null]
    conditions = try Self.intern(["", "@  I", "@F  ", "@", "   T", "@FTI", " 4 W"], &texts) + [.null]
    firms = try Self.intern(["", "GSCO", "CDEL", "VIRTUFIN", "Citadel Securities"], &texts) + [.null]
    spreads = try Self.intern(["=/ESM26-/ESU26", "=/CLM26-/CLZ26", "=2*SPY-QQQ", "=A-B"], &texts)
    attachments = try Self.intern(
      [
        #"{"name":"simulator","values":[1,2.5,"x,y]}",{"deep":[true,null]}]}"#, #"{}"#, #""plain""#, "12.5", "true",
        #"[1,[2,[3,[]]],"\"q\""]"#, #"{"text":"ünï, \u0041"}"#,
      ], &texts)
  }

  private static func intern(_ all: [String], _ texts: inout TextTable) throws(SimulatorError) -> [Text] {
    var made: [Text] = []
    for text in all {
      let bytes = Array(text.utf8)
      if bytes.count <= Text.inlineLimit {
        made.append(unsafe bytes.withUnsafeBytes { unsafe Text(inline: $0) })
      } else if let id = texts.intern(text) {
        made.append(Text(id: id))
      } else {
        throw .system("the table of texts is full")
      }
    }
    return made
  }
}

extension Text {
  /// A text of at most seven bytes.
  init(short text: StaticString) {
    self = unsafe Text(inline: UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }
}

extension SimulatorRandom {
  mutating func pick<T>(_ from: [T]) -> T { from[below(from.count)] }

  /// An exchange's letter; rarely none.
  mutating func exchange() -> CharCode {
    let letters: [UInt8] = [0x51, 0x4E, 0x50, 0x5A, 0x4B, 0x4A, 0x56, 0x58, 0x59, 0x41, 0x43, 0x44, 0x4D, 0x55]
    return oneIn(200) ? .none : CharCode(rawValue: UInt16(pick(letters)))
  }
}
