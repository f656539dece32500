import Bytes
import Formats
import Market
import Rings

/// A snapshot for people: a row a symbol, columns by the types, aligned.
///
///     symbol     bid     ask  bid size  ask size    last
///     AAPL    171.25  171.26       300       500  171.25
///     BRK/B        -  512.40         -         2       ?
///
/// `-` is a value that the feed does not have, `?` a type that did not answer.
package enum SnapshotTable {
  private struct Column {
    let title: String
    let type: Int
    var isLeft = false
    let text: (EventRef) -> String
  }

  package static let notAvailable = "-"
  package static let noAnswer = "?"

  package static func text(_ snapshot: borrowing Snapshot) -> String {
    var columns: [Column] = []
    for (i, type) in snapshot.types.enumerated() { columns += Self.columns(type, i, snapshot.store) }
    var rows = [["symbol"] + columns.map(\.title)]
    rows.reserveCapacity(snapshot.symbols.count + 1)
    for position in snapshot.symbols.indices {
      var row = [snapshot.symbols[position]]
      for column in columns { row.append(snapshot.event(position, column.type).map(column.text) ?? noAnswer) }
      rows.append(row)
    }
    let isLeft = [true] + columns.map(\.isLeft)
    var widths = Array(repeating: 0, count: isLeft.count)
    for row in rows { for (i, cell) in row.enumerated() { widths[i] = max(widths[i], cell.utf8.count) } }
    var out = ""
    for row in rows { out += line(row, widths, isLeft) }
    return out
  }

  private static func line(_ row: [String], _ widths: [Int], _ isLeft: [Bool]) -> String {
    var line = ""
    for (i, cell) in row.enumerated() {
      if i > 0 { line += "  " }
      let blanks = String(repeating: " ", count: widths[i] - cell.utf8.count)
      // Nothing stands behind the last column.
      line += isLeft[i] ? (i == row.count - 1 ? cell : cell + blanks) : blanks + cell
    }
    return line + "\n"
  }

  /// Titles and fields, by type.
  private static func fields(_ type: EventType) -> [(title: String, field: String)] {
    switch type {
    case .quote: [("bid", "bidPrice"), ("ask", "askPrice"), ("bid size", "bidSize"), ("ask size", "askSize")]
    case .trade: [("last", "price"), ("size", "size"), ("volume", "dayVolume")]
    case .tradeETH: [("eth last", "price"), ("eth size", "size"), ("eth volume", "dayVolume")]
    case .summary:
      [
        ("open", "dayOpenPrice"), ("high", "dayHighPrice"), ("low", "dayLowPrice"), ("prev close", "prevDayClosePrice"),
        ("open interest", "openInterest"),
      ]
    case .profile: [("description", "description")]
    case .greeks:
      [
        ("iv", "volatility"), ("delta", "delta"), ("gamma", "gamma"), ("theta", "theta"), ("vega", "vega"),
        ("rho", "rho"),
      ]
    case .theoPrice: [("theo price", "price")]
    case .underlying:
      [
        ("volatility", "volatility"), ("call volume", "callVolume"), ("put volume", "putVolume"),
        ("put/call", "putCallRatio"),
      ]
    default: []
    }
  }

  private static func columns(_ type: EventType, _ place: Int, _ store: TextStore) -> [Column] {
    fields(type).compactMap { (title, name) -> Column? in
      guard let field = Schema.of(type).field(name) else { return nil }
      let offset = field.offset
      switch field.kind {
      case .double: return Column(title: title, type: place) { number($0.load(offset, as: Double.self)) }
      case .int64: return Column(title: title, type: place) { "\($0.load(offset, as: Int64.self))" }
      case .text:
        return Column(title: title, type: place, isLeft: true) { event in
          let text = event.load(offset, as: Text.self)
          if text.isNull { return notAvailable }
          var words = ""
          unsafe text.withBytes(store) { unsafe words = String(decoding: $0, as: UTF8.self) }
          return printable(words)
        }
      default: return nil
      }
    }
  }

  /// The fewest digits that say the number; whole ones without a point.
  private static func number(_ value: Double) -> String {
    if value.isNaN { return notAvailable }
    let text = "\(value)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  /// What a feed sends may hold control characters: none reaches the terminal.
  private static func printable(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }) else {
      return text
    }
    return String(text.unicodeScalars.map { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) ? "?" : Character($0) })
  }
}
