package import Bytes
import Books
import DXLink

/// Views as text.
///
///     {"eventType":"Book","orderType":"Order","eventSymbol":"AAPL","sources":["ntv"],"state":"complete",
///      "snapshot":false,"receivedNanos":1757595600123000000,"bids":[{"price":231.52,"size":300.0,"count":2}],
///      "asks":[]}
///     {"eventType":"DOM","eventSymbol":"AAPL","sources":["ntv"],"snapshot":true,"time":1757595600123,
///      "receivedNanos":1757595600123000000,"bids":[{"price":231.52,"size":300.0}],"asks":[]}
///
/// CSV has a line a level; a view without any has one line whose level is 0.
package enum DepthEncoder: String, Sendable {
  case ndjson, csv

  package static let csvHeader =
    "receivedNanos,time,eventType,orderType,eventSymbol,sources,spreadSymbol,state,side,level,price,size,count\n"

  package var header: String { self == .csv ? Self.csvHeader : "" }

  package func append(_ view: DepthView, to out: inout ByteWriter) {
    switch self {
    case .ndjson: Self.appendJSON(view, &out)
    case .csv: Self.appendCSV(view, &out)
    }
  }

  private static func appendJSON(_ view: DepthView, _ out: inout ByteWriter) {
    out.append("{\"eventType\":\"")
    out.append(view.kind.rawValue)
    out.append("\"")
    if view.kind == .book { text("orderType", view.orderType, &out) }
    text("eventSymbol", view.symbol, &out)
    out.append(",\"sources\":[")
    for (i, source) in view.sources.enumerated() {
      if i > 0 { out.append(UInt8(ascii: ",")) }
      JSONText.append(source, to: &out)
    }
    out.append(UInt8(ascii: "]"))
    if let spread = view.spread { text("spreadSymbol", spread, &out) }
    if view.kind == .book { text("state", view.state, &out) }
    out.append(view.isSnapshot ? ",\"snapshot\":true" : ",\"snapshot\":false")
    if view.missing > 0 {
      out.append(",\"missing\":")
      out.append(decimal: Int64(view.missing))
    }
    if view.kind == .dom {
      out.append(",\"time\":")
      out.append(decimal: view.time)
    }
    out.append(",\"receivedNanos\":")
    out.append(decimal: view.receivedNanos)
    levels("bids", view.bids, view.kind, &out)
    levels("asks", view.asks, view.kind, &out)
    out.append("}\n")
  }

  private static func text(_ key: StaticString, _ value: String, _ out: inout ByteWriter) {
    out.append(",\"")
    out.append(key)
    out.append("\":")
    JSONText.append(value, to: &out)
  }

  private static func levels(
    _ key: StaticString, _ levels: [PriceLevel], _ kind: DepthView.Kind, _ out: inout ByteWriter
  ) {
    out.append(",\"")
    out.append(key)
    out.append("\":[")
    for (i, level) in levels.enumerated() {
      out.append(i == 0 ? "{\"price\":" : ",{\"price\":")
      number(level.price, &out)
      out.append(",\"size\":")
      number(level.size, &out)
      if kind == .book {
        out.append(",\"count\":")
        out.append(decimal: level.count)
      }
      out.append(UInt8(ascii: "}"))
    }
    out.append(UInt8(ascii: "]"))
  }

  private static func number(_ value: Double, _ out: inout ByteWriter) {
    if value.isFinite {
      out.append(shortest: value)
    } else {
      JSONText.append(rare: value, to: &out)
    }
  }

  private static func appendCSV(_ view: DepthView, _ out: inout ByteWriter) {
    var head = ByteWriter(capacity: 128)
    head.append(decimal: view.receivedNanos)
    head.append(UInt8(ascii: ","))
    head.append(decimal: view.time)
    let texts = [
      view.kind.rawValue, view.orderType, view.symbol, view.sources.joined(separator: "+"), view.spread ?? "",
      view.state,
    ]
    for text in texts {
      head.append(UInt8(ascii: ","))
      head.append(quoted(text))
    }
    func line(_ side: String, _ number: Int, _ level: PriceLevel?) {
      unsafe head.withBytes { b in unsafe out.append(contentsOf: b) }
      out.append(",\(side),\(number),")
      if let level {
        out.append(shortest: level.price)
        out.append(UInt8(ascii: ","))
        out.append(shortest: level.size)
        out.append(UInt8(ascii: ","))
        out.append(decimal: level.count)
      } else {
        out.append(",,")
      }
      out.append(UInt8(ascii: "\n"))
    }
    for (i, level) in view.bids.enumerated() { line("BUY", i + 1, level) }
    for (i, level) in view.asks.enumerated() { line("SELL", i + 1, level) }
    if view.bids.isEmpty && view.asks.isEmpty { line("", 0, nil) }
  }

  /// As RFC 4180 wants it.
  private static func quoted(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 == 0x2C || $0 == 0x22 || $0 == 0x0A || $0 == 0x0D }) else { return text }
    return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }
}
