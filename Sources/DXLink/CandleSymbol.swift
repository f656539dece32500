/// A candle symbol: base symbol and attributes, in canonical form.
///
///     base [ "&" exchange ] "{" attribute { "," attribute } "}"
///     AAPL&Q{=5m,price=bid,tho=true}
///
/// Canonical (dxFeed model): keys in alphabetical order, so the period with its empty key is first; values lower case
/// and as short as possible; 1 as period value and defaults (`a=m`, `price=last`, `tho=false`) left out. `{=60m}` and
/// `{=h}` are different candles.
package struct CandleSymbol: Hashable, Sendable, CustomStringConvertible {
  package let base: String
  /// Canonical attributes by key, sorted.
  private let attributes: [Attribute]

  private struct Attribute: Hashable, Sendable {
    var key: String
    var value: String
  }

  /// Nil when the text has no attributes in braces, more than one group of them, or one that cannot be understood.
  package init?(_ text: String) {
    guard text.hasSuffix("}"), let open = text.lastIndex(of: "{"), open != text.startIndex else { return nil }
    // Without defaults, what is left could be another candle symbol.
    guard !text[..<open].contains(where: { $0 == "{" || $0 == "}" }) else { return nil }
    let inside = text[text.index(after: open)..<text.index(before: text.endIndex)]
    var found: [Attribute] = []
    for part in inside.split(separator: ",", omittingEmptySubsequences: false) {
      guard let equal = part.firstIndex(of: "=") else { return nil }
      let key = part[..<equal].lowercased()
      guard let value = Self.canonicalValue(key, String(part[part.index(after: equal)...])) else { return nil }
      // The first of two equal keys counts, as in the model.
      if !found.contains(where: { $0.key == key }) { found.append(Attribute(key: key, value: value)) }
    }
    base = String(text[..<open])
    attributes = found.filter { !Self.isDefault($0) }.sorted { $0.key < $1.key }
  }

  /// The canonical form of a symbol; the symbol itself where it is no candle symbol.
  package static func canonical(_ symbol: String) -> String { CandleSymbol(symbol)?.description ?? symbol }

  package var description: String {
    attributes.isEmpty ? base : base + "{" + attributes.map { $0.key + "=" + $0.value }.joined(separator: ",") + "}"
  }

  /// The period such as `5m` or `h`; nil where none is given.
  package var period: String? { attributes.first { $0.key.isEmpty }?.value }

  private static func isDefault(_ attribute: Attribute) -> Bool {
    switch attribute.key {
    case "a": attribute.value == "m"
    case "price": attribute.value == "last"
    case "tho": attribute.value == "false"
    default: false
    }
  }

  static func canonicalValue(_ key: String, _ value: String) -> String? {
    let lower = value.lowercased()
    switch key {
    case "": return period(lower)
    case "price": return choice(lower, priceTypes)
    case "a": return choice(lower, [("midnight", "m"), ("session", "s")])
    case "tho": return lower == "true" || lower == "false" ? lower : nil
    case "pl": return number(lower)
    default: return value
    }
  }

  private static let priceTypes: [(name: String, short: String)] = [
    ("last", "last"), ("bid", "bid"), ("ask", "ask"), ("mark", "mark"), ("settlement", "s"),
  ]

  /// Types by full name, with the short form that goes on the wire. The beginning of a name stands for the first that
  /// fits.
  private static let periodTypes: [(name: String, short: String)] = [
    ("tick", "t"), ("second", "s"), ("minute", "m"), ("hour", "h"), ("day", "d"), ("week", "w"), ("month", "mo"),
    ("optexp", "o"), ("year", "y"), ("volume", "v"), ("price", "p"), ("price_momentum", "pm"), ("price_renko", "pr"),
  ]

  private static func period(_ text: String) -> String? {
    let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == "." || $0 == "-" || $0 == "+") }
    let word = String(text.dropFirst(digits.count))
    guard let short = periodType(word) else { return nil }
    if digits.isEmpty { return short }
    guard let value = number(String(digits)), !value.hasPrefix("-"), value != "0" else { return nil }
    return value == "1" ? short : value + short
  }

  private static func periodType(_ word: String) -> String? {
    if word.isEmpty { return nil }
    if let exact = periodTypes.first(where: { $0.short == word }) { return exact.short }
    return choice(word, periodTypes)
  }

  /// The short form of the first name that begins with `word`, or whose plural it is.
  private static func choice(_ word: String, _ names: [(name: String, short: String)]) -> String? {
    if word.isEmpty { return nil }
    return names.first { $0.name.hasPrefix(word) || $0.name + "s" == word || $0.short == word }?.short
  }

  /// A decimal number in its shortest form.
  private static func number(_ text: String) -> String? {
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2E || $0 == 0x2D || $0 == 0x2B }),
      let value = Double(text), value.isFinite
    else { return nil }
    return value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
  }
}
