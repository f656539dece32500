/// Why a text is no candle symbol, in words that tell what to write instead.
package struct CandleSymbolRefusal: Error, Equatable, Sendable, CustomStringConvertible {
  package let symbol: String
  package let reason: String
  package var description: String { "'\(symbol)' is no candle symbol: \(reason)" }

  private static let example = "write it as AAPL{=5m} or AAPL{=d,tho=true}"
  private static let periods = "a number and t, s, m, h, d, w, mo, o, y, v, p, pm or pr, as in 5m"
}

extension CandleSymbol {
  /// The symbol in canonical form, which has to name a period.
  package init(checking text: String) throws(CandleSymbolRefusal) {
    if let symbol = CandleSymbol(text), symbol.period != nil {
      self = symbol
    } else {
      throw CandleSymbolRefusal(symbol: text, reason: CandleSymbolRefusal.reason(text))
    }
  }
}

extension CandleSymbolRefusal {
  fileprivate static func reason(_ text: String) -> String {
    guard let open = text.lastIndex(of: "{") else { return "it has no period; \(example)" }
    if open == text.startIndex { return "there is no symbol before {; \(example)" }
    guard text.hasSuffix("}") else { return "} is missing at its end; \(example)" }
    if text[..<open].contains(where: { $0 == "{" || $0 == "}" }) { return "it has braces twice; \(example)" }
    let inside = text[text.index(after: open)..<text.index(before: text.endIndex)]
    for part in inside.split(separator: ",", omittingEmptySubsequences: false) {
      guard let equal = part.firstIndex(of: "=") else { return "'\(part)' has no =; \(example)" }
      let key = part[..<equal].lowercased()
      let value = String(part[part.index(after: equal)...])
      if CandleSymbol.canonicalValue(key, value) == nil { return "'\(part)' is not understood; " + allowed(key) }
    }
    return "it has no period; \(example)"
  }

  private static func allowed(_ key: String) -> String {
    switch key {
    case "": "a period is \(periods)"
    case "price": "price is last, bid, ask, mark or s"
    case "a": "a is m (midnight) or s (session)"
    case "tho": "tho is true or false"
    default: "\(key) is a number"
    }
  }
}
