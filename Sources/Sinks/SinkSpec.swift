/// Where events go, as `--to` says it: `csv:DIR`, `arrow:DIR`, `parquet:DIR`, `ndjson:FILE`, `ndjson:-` or `null:`,
/// with options behind `?`.
package struct SinkSpec: Sendable, Equatable {
  package enum Target: Sendable, Equatable {
    /// A folder: one file for each event type, and one for gaps.
    case csv(directory: String)
    /// A folder: one Arrow file for each event type, and one of CSV for gaps.
    case arrow(directory: String)
    /// As `arrow`, Parquet files.
    case parquet(directory: String)
    /// One file, or standard output for nil.
    case ndjson(file: String?)
    /// Counts and forgets.
    case null
  }

  package var target: Target
  package var policy = SinkPolicy.wait
  /// Records of 128 bytes that wait for this sink, for each lane.
  package var ringRecords = 16_384
  package var rotation = Rotation()
  /// Of files of columns.
  package var columns = ColumnLimits.arrow
  /// Bytes on disk that may wait for room under the policy spill; the lanes share them equally.
  package var spillBytes = defaultSpillBytes
  /// Where they lie; nil for `SpillQueue.defaultFolder`.
  package var spillFolder: String?
  /// Whether CSV writes NaN as `NaN`; else the field is empty.
  package var writesNaN = false
  /// The URI without its options, as statistics name the sink.
  package var name: String

  /// Whether there are files, which can be exchanged for new ones.
  package var hasFiles: Bool {
    switch target {
    case .csv, .arrow, .parquet: true
    case .ndjson(let file): file != nil
    case .null: false
    }
  }

  /// When a sink goes on in a new file.
  package struct Rotation: Sendable, Equatable {
    /// Bytes after which a new file begins; nil for no limit.
    package var bytes: Int?
    /// Seconds after which a new file begins; nil for no limit.
    package var seconds: Double?
    package var isOn: Bool { bytes != nil || seconds != nil }
    package init() {}
  }

  /// When rows become a record batch of Arrow or a row group of Parquet, and how they are compressed.
  package struct ColumnLimits: Sendable, Equatable {
    package var groupRows: Int
    /// About, and of Parquet only.
    package var groupBytes = 32 << 20
    /// Nil for the format's own.
    package var ageSeconds: Double?
    /// Nil for the best that is there.
    package var codec: String?

    static let arrow = ColumnLimits(groupRows: 16_384, ageSeconds: nil, codec: nil)
    static let parquet = ColumnLimits(groupRows: 1 << 20, ageSeconds: nil, codec: nil)
    static let rowRange = 64...4_194_304
    static let none = "none"

    /// Takes an option; gives the sentence of a value that cannot be, nil where all is well.
    mutating func take(_ name: String, _ value: String, codecs: [String]) -> String? {
      switch name {
      case "rows":
        guard let n = Int(value), Self.rowRange.contains(n) else {
          return "rows takes \(Self.rowRange.lowerBound) to \(Self.rowRange.upperBound), not '\(value)'"
        }
        groupRows = n
      case "group-bytes":
        guard let n = SinkSpec.bytes(value), n >= 1 << 16, n <= 1 << 30 else {
          return "group-bytes takes 64K to 1G, not '\(value)'"
        }
        groupBytes = n
      case "age":
        guard let n = Double(value), n >= 0.1, n.isFinite else {
          return "age takes seconds from 0.1 on, not '\(value)'"
        }
        ageSeconds = n
      default:
        guard codecs.contains(value) else {
          return "codec is \(codecs.joined(separator: ", ")), not '\(value)'"
        }
        codec = value
      }
      return nil
    }
  }

  package static let known = "csv:DIR, arrow:DIR, parquet:DIR, ndjson:FILE, ndjson:- (standard output) and null:"

  package static let defaultSpillBytes = 1 << 30

  /// Ring sizes that `ring=` takes, in records.
  package static let ringRange = 4...4_194_304

  package init(parsing text: String) throws(SinkSpecError) {
    let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    name = String(parts[0])
    guard let colon = name.firstIndex(of: ":") else {
      throw SinkSpecError(text, "it has no scheme; known are \(Self.known)")
    }
    let rest = String(name[name.index(after: colon)...])
    switch name[..<colon] {
    case "csv":
      if rest.isEmpty { throw SinkSpecError(text, "csv: needs a folder, as in csv:out") }
      target = .csv(directory: rest)
    case "arrow":
      if rest.isEmpty { throw SinkSpecError(text, "arrow: needs a folder, as in arrow:out") }
      target = .arrow(directory: rest)
      columns = .arrow
    case "parquet":
      if rest.isEmpty { throw SinkSpecError(text, "parquet: needs a folder, as in parquet:out") }
      target = .parquet(directory: rest)
      columns = .parquet
    case "ndjson":
      if rest.isEmpty { throw SinkSpecError(text, "ndjson: needs a file, or - for standard output") }
      target = .ndjson(file: rest == "-" ? nil : rest)
    case "null":
      if !rest.isEmpty { throw SinkSpecError(text, "null: takes no target") }
      target = .null
    case let scheme:
      throw SinkSpecError(text, "there is no sink '\(scheme):'; known are \(Self.known)")
    }
    if parts.count == 2 { try takeOptions(String(parts[1]), text) }
    if policy != .spill && (spillFolder != nil || spillBytes != SinkSpec.defaultSpillBytes) {
      throw SinkSpecError(text, "spill-bytes and spill-dir are for policy=spill")
    }
    if target == .ndjson(file: nil) && rotation.isOn {
      throw SinkSpecError(text, "standard output cannot be rotated")
    }
  }

  private mutating func takeOptions(_ options: String, _ text: String) throws(SinkSpecError) {
    for option in options.split(separator: "&") {
      let pair = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      let value = pair.count == 2 ? pair[1] : ""
      switch pair[0] {
      case "policy":
        guard let known = SinkPolicy(rawValue: value) else {
          throw SinkSpecError(text, "policy is wait, drop, conflate or spill, not '\(value)'")
        }
        policy = known
      case "ring":
        guard let n = Int(value), Self.ringRange.contains(n) else {
          throw SinkSpecError(text, "ring takes \(Self.ringRange.lowerBound) to \(Self.ringRange.upperBound) records")
        }
        ringRecords = n
      case "rotate-bytes":
        guard let n = Self.bytes(value) else {
          throw SinkSpecError(text, "rotate-bytes takes bytes such as 1000000, 64K, 100M or 2G, not '\(value)'")
        }
        rotation.bytes = n
      case "rotate-seconds":
        guard let n = Double(value), n >= 1, n.isFinite else {
          throw SinkSpecError(text, "rotate-seconds takes a number from 1 on, not '\(value)'")
        }
        rotation.seconds = n
      case "spill-bytes":
        guard let n = Self.bytes(value), n >= SpillQueue.blockBytes else {
          throw SinkSpecError(text, "spill-bytes takes 256K or more, such as 100M or 2G, not '\(value)'")
        }
        spillBytes = n
      case "spill-dir":
        if value.isEmpty { throw SinkSpecError(text, "spill-dir takes a folder") }
        spillFolder = value
      case "nan":
        guard value == "empty" || value == "text" else {
          throw SinkSpecError(text, "nan is empty or text, not '\(value)'")
        }
        writesNaN = value == "text"
      case "rows", "group-bytes", "age", "codec":
        let codecs: [String]
        switch target {
        case .arrow where pair[0] != "group-bytes": codecs = ["lz4", ColumnLimits.none]
        case .parquet: codecs = PageCompression.names
        default: throw SinkSpecError(text, "it has no option '\(pair[0])'")
        }
        if let reason = columns.take(pair[0], value, codecs: codecs) { throw SinkSpecError(text, reason) }
      default:
        let names =
          "policy, ring, rotate-bytes, rotate-seconds, spill-bytes, spill-dir, nan, rows, group-bytes, age and codec"
        throw SinkSpecError(text, "no option '\(pair[0])'; known are \(names)")
      }
    }
  }

  /// A positive byte count with an optional K, M or G (powers of 1024).
  fileprivate static func bytes(_ text: String) -> Int? {
    let factors: [Character: Int] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30]
    let factor = text.last.flatMap { factors[$0] } ?? 1
    guard let n = Int(factor == 1 ? text[...] : text.dropLast()), n > 0 else { return nil }
    let (product, overflow) = n.multipliedReportingOverflow(by: factor)
    return overflow ? nil : product
  }
}

/// A sink URI that cannot be used.
package struct SinkSpecError: Error, CustomStringConvertible, Equatable {
  package let text: String
  package let reason: String

  init(_ text: String, _ reason: String) {
    self.text = text
    self.reason = reason
  }

  package var description: String { "--to \(text): \(reason)" }
}
