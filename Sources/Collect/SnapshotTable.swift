package import Bytes
import Formats
import Market
import Rings

/// A snapshot for people: a row a symbol, columns by the types, aligned.
///
///     symbol     bid     ask  bid size  ask size    last
///     AAPL    171.25  171.26       300       500  171.25
///     BRK/B        -   512.4        -         2       ?
///
/// `-` is a value that the feed does not have, `?` a type that did not answer.
package enum SnapshotTable {
  private struct Column {
    let title: String
    /// Position of the type among the snapshot's.
    let type: Int
    let kind: FieldKind
    let offset: Int
    /// Texts are left-aligned, numbers right-aligned.
    var isLeft: Bool { kind == .text }
  }

  private static let notAvailable = UInt8(ascii: "-")
  private static let noAnswer = UInt8(ascii: "?")
  private static let gap = 2
  private static let blank = UInt8(ascii: " ")

  /// Appends the table's lines.
  package static func append(_ snapshot: borrowing Snapshot, to out: inout ByteWriter) {
    var columns: [Column] = []
    for (i, type) in snapshot.types.enumerated() { columns += Self.columns(type, i) }
    var cells = Cells(columns: columns.count + 1)
    cells.append { $0.append("symbol") }
    for column in columns { cells.append { $0.append(column.title) } }
    let store = snapshot.store
    for position in snapshot.symbols.indices {
      cells.append { append(printable: snapshot.symbols[position], to: &$0) }
      for type in snapshot.types.indices {
        let event = snapshot.event(position, type)
        for column in columns where column.type == type {
          cells.append { if let event { append(event, column, store, to: &$0) } else { $0.append(noAnswer) } }
        }
      }
    }
    cells.write(isLeft: [true] + columns.map(\.isLeft), to: &out)
  }

  /// The texts of all cells one behind the other, row by row, and how wide each column has to be.
  private struct Cells: ~Copyable {
    private var text = ByteWriter(capacity: 64 << 10)
    private var ends: [Int] = []
    private var widths: [Int]

    init(columns: Int) { widths = Array(repeating: 0, count: columns) }

    mutating func append(_ write: (inout ByteWriter) -> Void) {
      let start = text.count
      write(&text)
      let column = ends.count % widths.count
      widths[column] = max(widths[column], text.count - start)
      ends.append(text.count)
    }

    func write(isLeft: [Bool], to out: inout ByteWriter) {
      unsafe text.withBytes { bytes in
        var start = 0
        for (i, end) in ends.enumerated() {
          let column = i % widths.count
          let blanks = widths[column] - (end - start)
          let isLast = column == widths.count - 1
          if column > 0 { for _ in 0..<gap { out.append(blank) } }
          if !isLeft[column] { for _ in 0..<blanks { out.append(blank) } }
          unsafe out.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
          // Nothing stands behind the last column.
          if isLeft[column] && !isLast { for _ in 0..<blanks { out.append(blank) } }
          if isLast { out.append(0x0A) }
          start = end
        }
      }
    }
  }

  private static func append(_ event: EventRef, _ column: Column, _ store: TextStore, to out: inout ByteWriter) {
    switch column.kind {
    case .double: append(event.load(column.offset, as: Double.self), to: &out)
    case .int64: out.append(decimal: event.load(column.offset, as: Int64.self))
    default:
      let text = event.load(column.offset, as: Text.self)
      if text.isNull { return out.append(notAvailable) }
      var words = ""
      unsafe text.withBytes(store) { unsafe words = String(decoding: $0, as: UTF8.self) }
      append(printable: words, to: &out)
    }
  }

  /// The fewest digits that say the number; whole ones without a point.
  private static func append(_ value: Double, to out: inout ByteWriter) {
    if value.isNaN { return out.append(notAvailable) }
    if value.isInfinite { return out.append(value < 0 ? String("-inf") : String("inf")) }
    // Whole numbers up to here have every digit.
    if value == value.rounded(), abs(value) < 0x1p53 { return out.append(decimal: Int64(value)) }
    out.append(shortest: value)
  }

  /// What a feed or a file says may hold control characters: none reaches the terminal.
  private static func append(printable text: String, to out: inout ByteWriter) {
    func isControl(_ scalar: Unicode.Scalar) -> Bool { scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) }
    guard text.unicodeScalars.contains(where: isControl) else { return out.append(text) }
    out.append(String(String.UnicodeScalarView(text.unicodeScalars.map { isControl($0) ? "?" : $0 })))
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

  private static func columns(_ type: EventType, _ place: Int) -> [Column] {
    fields(type).compactMap { (title, name) -> Column? in
      guard let field = Schema.of(type).field(name) else { return nil }
      return Column(title: title, type: place, kind: field.kind, offset: field.offset)
    }
  }
}
