// Conversion: events of files as files of another format, many rows at a time and on all cores.
//
//     CSV, NDJSON ──► ranges of bytes ──► worker: columns or events ──► encoded part ──┐
//     Arrow ────────► batches of rows ──► worker: ────────────────────► encoded part ──┴─► in order ─► files
//     recordings, --merge, --split-by ──► one thread: events ──────────────────────────────────────► files
//
// A text is cut into ranges of fixed size at the line break behind each boundary. Whether that break ends a record or
// stands within quotes is known when the range before has been read: where the guess was wrong the range is read again
// from its true start. So the rows, their order and their bytes do not depend on the number of cores.
//
// Invariant: rows read = rows written + rows left out by filters + rows refused. Memory is bounded whatever the files:
// a worker holds one range's encoded part, at most `ConversionSettings.unitBytes` of text make one.
//
// Out of scope: writing recordings, and what a row or a file looks like (Formats, Columns, Arrow, Parquet).

package import Market

package enum ConversionFormat: String, CaseIterable, Sendable {
  case recording, frames, csv, ndjson, arrow, parquet

  /// Endings of file names, with their point.
  package var endings: [String] {
    switch self {
    case .recording: [".qwr"]
    case .frames: [".tsv", ".txt"]
    case .csv: [".csv"]
    case .ndjson: [".ndjson", ".jsonl"]
    case .arrow: [".arrow", ".arrows", ".feather"]
    case .parquet: [".parquet"]
    }
  }

  /// The format that a name tells.
  package init?(ending path: String) {
    guard let format = Self.allCases.first(where: { $0.endings.contains { path.hasSuffix($0) } }) else { return nil }
    self = format
  }
}

/// One file that is read.
package struct ConversionInput: Sendable {
  package let path: String
  package let format: ConversionFormat
  /// Of the rows of a CSV file.
  package let type: EventType?

  package init(path: String, format: ConversionFormat, type: EventType?) {
    self.path = path
    self.format = format
    self.type = type
  }
}

/// What files are made of: each with the rows of one type, and of one symbol or day where that is wanted.
package enum ConversionSplit: String, CaseIterable, Sendable {
  case type, symbol, day
}

package struct ConversionSettings: Sendable {
  package var inputs: [ConversionInput]
  package var output: String
  package var format: ConversionFormat
  /// Whether `output` is a folder of files, one a type; else one file.
  package var isFolder: Bool
  package var split: ConversionSplit?
  /// Whether inputs are merged by arrival; else they come one after the other.
  package var merges = false
  package var filter = RowFilter()
  package var limit: Int?
  package var force = false
  /// Of Parquet pages; nil for the best that is there.
  package var codec: String?
  package var threads: Int
  /// Bytes of text that a worker takes at once.
  package var unitBytes: Int

  package init(inputs: [ConversionInput], output: String, format: ConversionFormat, isFolder: Bool, threads: Int) {
    self.inputs = inputs
    self.output = output
    self.format = format
    self.isFolder = isFolder
    self.threads = threads
    // A row group of Parquet becomes of one.
    unitBytes = format == .parquet ? 32 << 20 : 4 << 20
  }
}
