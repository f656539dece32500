import Bytes
import Market

/// An unfinished Arrow file: all its whole record batches were read.
package struct TornFile: Sendable, Equatable, CustomStringConvertible {
  package let path: String
  /// Behind the last whole message.
  package let bytes: Int

  package var description: String {
    "\(path): its last \(bytes) bytes are no whole record batch (a crash?); every row before them was taken"
  }
}

/// What a conversion did.
package struct ConversionReport: Sendable {
  package var seconds = 0.0
  package var cpuSeconds = 0.0
  package var bytesRead = 0
  package var bytesWritten = 0
  package var rowsRead = 0
  package var rowsWritten = 0
  /// Left out by `--symbols`, `--types`, `--start`, `--stop`.
  package var rowsFiltered = 0
  package var rowsRefused = 0
  package var gaps = 0
  /// Columns of CSV and keys of NDJSON that no field has.
  package var unknownFields = 0
  /// Rows written, by `EventType.index`.
  package var rowsByType = [Int](repeating: 0, count: EventType.count)
  package var files: [String] = []
  /// Why rows were refused, the first ones: file, line, reason.
  package var refusals: [String] = []
  package var torn: [TornFile] = []
  package var peakResidentBytes = 0
  package var wasInterrupted = false

  package static let maximumRefusals = 20

  package init() {}

  package var isBalanced: Bool { rowsRead == rowsWritten + rowsFiltered + rowsRefused }

  mutating func refuse(_ reason: @autoclosure () -> String) {
    rowsRefused += 1
    if refusals.count < Self.maximumRefusals { refusals.append(reason()) }
  }

  /// The figures for people, without a line break.
  package var sentence: String {
    var parts = ["\(rowsRead) rows read", "\(rowsWritten) written"]
    if rowsFiltered > 0 { parts.append("\(rowsFiltered) left out") }
    parts.append("\(rowsRefused) refused")
    if gaps > 0 { parts.append("\(gaps) gaps") }
    if unknownFields > 0 { parts.append("\(unknownFields) unknown fields ignored") }
    return parts.joined(separator: ", ")
  }

  /// One JSON object on one line, with a line feed. The keys are a contract.
  package func json() -> String {
    var out = "{\"seconds\":\(JSONText.rounded(seconds)),\"cpuSeconds\":\(JSONText.rounded(cpuSeconds))"
    out += ",\"bytesRead\":\(bytesRead),\"bytesWritten\":\(bytesWritten)"
    out += ",\"rows\":{\"read\":\(rowsRead),\"written\":\(rowsWritten),\"filtered\":\(rowsFiltered)"
    out += ",\"refused\":\(rowsRefused)},\"rowsByType\":{"
    let named = EventType.allCases.filter { rowsByType[$0.index] > 0 }
    out += named.map { "\"\($0.name)\":\(rowsByType[$0.index])" }.joined(separator: ",")
    out += "},\"gaps\":\(gaps),\"unknownFields\":\(unknownFields),\"files\":["
    out += files.map { JSONText.quoted($0) }.joined(separator: ",")
    out += "],\"refusals\":[" + refusals.map { JSONText.quoted($0) }.joined(separator: ",")
    out += "],\"tornBytes\":\(torn.reduce(0) { $0 + $1.bytes })"
    out += ",\"rowsPerSecond\":\(JSONText.rounded(seconds > 0 ? Double(rowsRead) / seconds : 0))"
    out += ",\"peakResidentBytes\":\(peakResidentBytes)}\n"
    return out
  }
}

/// Why a conversion ended before its time.
package enum ConversionError: Error, CustomStringConvertible, Sendable {
  /// A file cannot be opened, read or written.
  case file(String)
  /// What a file says cannot be read on.
  case unreadable(path: String, reason: String)
  /// The request makes no sense.
  case usage(String)
  /// More files than are written at once.
  case tooManyParts(limit: Int)
  /// One column has more distinct texts than one file takes.
  case dictionaryFull(path: String)

  package var description: String {
    switch self {
    case .file(let reason), .usage(let reason): reason
    case .unreadable(let path, let reason): "\(path): \(reason)"
    case .tooManyParts(let limit):
      "there are more than \(limit) files to write at once; take fewer symbols with --symbols, or split by type or day"
    case .dictionaryFull(let path):
      "\(path): one of its columns has too many distinct texts for one Arrow file; write Parquet, or split by day"
    }
  }
}
