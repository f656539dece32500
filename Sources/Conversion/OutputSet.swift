import Bytes
import Columns
import Formats
import IO
import Market
import Parquet

/// The files that a conversion writes: one, or one a type in a folder, or those of a split.
final class OutputSet {
  private let settings: ConversionSettings
  private var files: [String: OutputFile] = [:]
  /// In the order in which they came.
  private var order: [OutputFile] = []
  private var gapLines = ByteWriter(capacity: 256)

  /// Files that are open at once. Each takes a descriptor.
  static let maximumFiles = 900
  private static let gapName = "gaps.csv"

  /// Refuses files that are there already, unless they may be replaced.
  init(_ settings: ConversionSettings) throws(ConversionError) {
    self.settings = settings
    do throws(IOError) {
      if settings.isFolder { try Directory.create(settings.output) }
      if settings.force { return }
      var names = settings.isFolder ? [settings.output + "/" + Self.gapName] : [settings.output]
      if settings.isFolder && settings.split == nil {
        names += EventType.allCases.map { "\(settings.output)/\($0.name)\(Self.ending(settings.format))" }
      }
      for name in names where File.exists(name) { throw .alreadyExists(path: name) }
    } catch { throw .file("\(error)") }
  }

  static func ending(_ format: ConversionFormat) -> String { format.endings[0] }

  /// The file of a type, and of a part of a split; nil for all types together.
  func file(_ type: EventType?, part: String? = nil) throws(ConversionError) -> OutputFile {
    let path = Self.path(settings, type, part)
    if let known = files[path] { return known }
    guard files.count < Self.maximumFiles else { throw .tooManyParts(limit: Self.maximumFiles) }
    do throws(IOError) {
      if part != nil { try Directory.create(Directory.parent(of: path)) }
      let new = try OutputFile(path, settings.format, type, force: settings.force)
      files[path] = new
      order.append(new)
      return new
    } catch { throw .file("\(error)") }
  }

  private static func path(_ settings: ConversionSettings, _ type: EventType?, _ part: String?) -> String {
    if !settings.isFolder { return settings.output }
    let folder = settings.output + (part.map { "/" + $0 } ?? "")
    return "\(folder)/\(type?.name ?? "events")\(ending(settings.format))"
  }

  /// Takes a gap mark: a line among the events of NDJSON, else a row of a file of its own.
  func append(_ gap: Gap) {
    if gapLines.count == 0 { GapRow.appendCSVHeader(to: &gapLines) }
    GapRow.appendCSV(gap, to: &gapLines)
  }

  /// Whether gap marks that were taken have a file: a single file of columns has no place for them.
  private var hasGapFile: Bool { settings.isFolder && gapLines.count > 0 }

  /// Completes every file; one that no row came for where one is asked for by name.
  func finish(_ report: inout ConversionReport, single: EventType?) throws(ConversionError) {
    if !settings.isFolder { _ = try file(settings.format == .ndjson ? nil : single) }
    do throws(IOError) {
      for file in order {
        try file.finish()
        report.bytesWritten += file.bytesWritten
        report.files.append(file.path)
      }
      guard hasGapFile else { return }
      let path = settings.output + "/" + Self.gapName
      var pending = try PendingFile(path, force: settings.force)
      try unsafe gapLines.withBytes { b throws(IOError) in try unsafe pending.file.write(b) }
      try pending.commit()
      report.bytesWritten += gapLines.count
      report.files.append(path)
    } catch { throw .file("\(error)") }
  }
}
