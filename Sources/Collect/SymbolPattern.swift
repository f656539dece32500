/// Many symbols in one text: groups in braces stand for each of their alternatives.
///
///     .AAPL260116{C,P}{150..250:5}
///     └── text ──┘└─┬─┘└─── from 150 to 250 in steps of 5: 21 strikes
///                   └────── C, then P
///
/// The rightmost group changes fastest: `.AAPL260116C150`, `.AAPL260116C155`, … An item of a group is a text without
/// braces and commas, or a range `FROM..TO` or `FROM..TO:STEP` of decimal numbers, rising, with a step of 1 where none
/// is given. A number has no zeros behind its point, as strikes have in the feed's symbols: `{2..3:0.5}` is 2, 2.5, 3.
struct SymbolPattern {
  /// A text, or the alternatives of a group, in their order.
  private var parts: [[String]] = []

  /// Digits behind the point, and before it, that a range may have: its numbers are exact.
  private static let maximumFraction = 6
  private static let maximumWhole = 9

  static func isPattern(_ text: String) -> Bool { text.contains("{") }

  /// - Parameter limit: symbols that the pattern may stand for; checked before any is made.
  init(_ text: String, limit: Int) throws(CollectError) {
    var literal = ""
    var group: String?
    var groupStart = 0
    func refuse(_ position: Int, _ reason: String) -> CollectError {
      .badPattern(pattern: text, position: position, reason: reason)
    }
    for (i, c) in text.enumerated() {
      switch (c, group) {
      case ("{", .some): throw refuse(i + 1, "a group cannot stand in a group")
      case ("{", nil):
        parts.append([literal])
        literal = ""
        group = ""
        groupStart = i + 1
      case ("}", nil): throw refuse(i + 1, "this brace closes nothing")
      case ("}", .some(let items)):
        do { parts.append(try Self.alternatives(items, limit: limit)) } catch {
          throw error.tooMany
            ? .tooManySymbols(universe: "the pattern '\(text)'", limit: limit) : refuse(groupStart, error.reason)
        }
        group = nil
      case (_, .some(let items)): group = items + String(c)
      case (_, nil): literal.append(c)
      }
    }
    if group != nil { throw refuse(groupStart, "this brace is not closed") }
    parts.append([literal])
    var count = 1
    for part in parts {
      count = count.multipliedReportingOverflow(by: part.count).overflow ? .max : count * part.count
      if count > limit { throw .tooManySymbols(universe: "the pattern '\(text)'", limit: limit) }
    }
  }

  /// Every symbol, the rightmost group changing fastest.
  var symbols: [String] { parts.reduce([""]) { heads, part in heads.flatMap { head in part.map { head + $0 } } } }

  private struct Refusal: Error {
    let reason: String
    var tooMany = false
  }

  private static func alternatives(_ group: String, limit: Int) throws(Refusal) -> [String] {
    var all: [String] = []
    for item in group.split(separator: ",", omittingEmptySubsequences: false) {
      if item.isEmpty { throw Refusal(reason: "a group has an empty item") }
      if item.contains("=") { throw Refusal(reason: "candle symbols are not collected; use ingest for them") }
      if let dots = item.firstRange(of: "..") {
        all += try range(item[..<dots.lowerBound], item[dots.upperBound...], limit: limit)
      } else {
        all.append(String(item))
      }
      if all.count > limit { throw Refusal(reason: "", tooMany: true) }
    }
    return all
  }

  private static func range(_ from: Substring, _ rest: Substring, limit: Int) throws(Refusal) -> [String] {
    let halves = rest.split(separator: ":", omittingEmptySubsequences: false)
    guard halves.count <= 2, let first = millionths(from), let last = millionths(halves[0]),
      let step = halves.count == 2 ? millionths(halves[1]) : scale
    else {
      throw Refusal(
        reason: "a range is FROM..TO or FROM..TO:STEP, decimal numbers of at most \(maximumWhole) digits before and "
          + "\(maximumFraction) behind the point")
    }
    guard first <= last, step > 0 else { throw Refusal(reason: "a range rises, by a step above 0") }
    guard (last - first) / step < limit else { throw Refusal(reason: "", tooMany: true) }
    return stride(from: first, through: last, by: step).map(text)
  }

  private static let scale = 1_000_000

  private static func millionths(_ text: Substring) -> Int? {
    let halves = text.split(separator: ".", omittingEmptySubsequences: false)
    let isNumber = halves.allSatisfy { half in !half.isEmpty && half.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } }
    guard isNumber, halves.count <= 2, let whole = halves.first, whole.count <= maximumWhole, let units = Int(whole)
    else { return nil }
    guard halves.count == 2 else { return units * scale }
    guard halves[1].count <= maximumFraction else { return nil }
    let padded = halves[1] + String(repeating: "0", count: maximumFraction - halves[1].count)
    return Int(padded).map { units * scale + $0 }
  }

  private static func text(_ millionths: Int) -> String {
    var fraction = millionths % scale
    if fraction == 0 { return "\(millionths / scale)" }
    var digits = maximumFraction
    while fraction % 10 == 0 {
      fraction /= 10
      digits -= 1
    }
    let tail = String(fraction)
    return "\(millionths / scale)." + String(repeating: "0", count: digits - tail.count) + tail
  }
}
