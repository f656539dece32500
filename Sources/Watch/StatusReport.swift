import Bytes
import Logs
import Screen

/// What the status page shows: tiles, charts and tables, whatever they are about. The page draws what it is given.
package struct StatusReport: Sendable {
  package enum Tone: String, Sendable { case plain, good, warning, bad }

  package struct Tile: Sendable {
    var label: String
    var value: String
    var tone = Tone.plain
  }

  /// How numbers of a chart are written.
  package enum Unit: String, Sendable { case count, perSecond, seconds }

  package struct Series: Sendable {
    var name: String
    /// One a second, the newest last; nil where nothing was measured.
    var values: [Double?]
  }

  package struct Chart: Sendable {
    var title: String
    /// What the numbers are, for those who wonder.
    var note: String
    var unit: Unit
    /// Counts of single seconds are bars, everything else lines.
    var isBars = false
    var series: [Series]
  }

  package struct Table: Sendable {
    var title: String
    var columns: [(title: String, isNumber: Bool)]
    var rows: [[(text: String, tone: Tone)]]
  }

  package var title = ""
  package var state = ""
  package var time = ""
  /// Why the run is not ready.
  package var reasons: [String] = []
  package var tiles: [Tile] = []
  package var charts: [Chart] = []
  package var tables: [Table] = []

  package init() {}

  /// One JSON object.
  package func json() -> String {
    var out = "{\"title\":\(Self.quoted(title)),\"state\":\(Self.quoted(state)),\"time\":\(Self.quoted(time))"
    out += ",\"ready\":\(reasons.isEmpty),\"reasons\":[\(reasons.map(Self.quoted).joined(separator: ","))]"
    out += ",\"tiles\":[" + tiles.map { tile in
      "{\"label\":\(Self.quoted(tile.label)),\"value\":\(Self.quoted(tile.value)),\"tone\":\"\(tile.tone.rawValue)\"}"
    }.joined(separator: ",")
    out += "],\"charts\":[" + charts.map(Self.json).joined(separator: ",")
    return out + "],\"tables\":[" + tables.map(Self.json).joined(separator: ",") + "]}\n"
  }

  private static func json(_ chart: Chart) -> String {
    let series = chart.series.map { one in
      "{\"name\":\(quoted(one.name)),\"values\":[\(one.values.map(number).joined(separator: ","))]}"
    }
    return "{\"title\":\(quoted(chart.title)),\"note\":\(quoted(chart.note)),\"unit\":\"\(chart.unit.rawValue)\""
      + ",\"bars\":\(chart.isBars),\"series\":[\(series.joined(separator: ","))]}"
  }

  private static func json(_ table: Table) -> String {
    let columns = table.columns.map { "{\"title\":\(quoted($0.title)),\"number\":\($0.isNumber)}" }
    let rows = table.rows.map { row in
      "[" + row.map { "[\(quoted($0.text)),\"\($0.tone.rawValue)\"]" }.joined(separator: ",") + "]"
    }
    return "{\"title\":\(quoted(table.title)),\"columns\":[\(columns.joined(separator: ","))]"
      + ",\"rows\":[\(rows.joined(separator: ","))]}"
  }

  private static func quoted(_ text: String) -> String { JSONText.quoted(LogText.oneLine(text)) }

  /// JSON knows no infinity.
  private static func number(_ value: Double?) -> String {
    guard let value, value.isFinite else { return "null" }
    return value == value.rounded() && value.magnitude < 1e15 ? "\(Int(value))" : "\(value)"
  }
}
