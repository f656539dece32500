import Bytes
import Conversion
import Glibc
import IO
import Market
import Sinks

/// What the arguments of `convert` ask for.
struct ConvertPlan {
  /// As they were given.
  let paths: [String]
  let output: String
  let from: ConversionFormat
  let to: ConversionFormat
  /// Of rows; without inputs where these are recordings or frame text.
  private(set) var settings: ConversionSettings
  /// Files of a folder that are no events.
  private(set) var leftOut: [String] = []

  init(_ arguments: Arguments) throws(CommandFailure) {
    paths = Array(arguments.operands.dropLast())
    output = arguments.operands[arguments.operands.count - 1]
    let formats = try Self.formats(arguments, paths)
    guard let first = formats.first, formats.allSatisfy({ $0 == first }) else {
      throw .usage("all IN are of one format; '\(paths[0])' is \(formats[0].rawValue), and others are not")
    }
    from = first
    let standard: ConversionFormat = output.hasSuffix("/") ? .csv : .frames
    to = try Self.format(arguments, "to") ?? ConversionFormat(ending: output) ?? standard
    var target = output
    while target.count > 1 && target.hasSuffix("/") { target.removeLast() }
    settings = ConversionSettings(
      inputs: [], output: target, format: to, isFolder: true,
      threads: try arguments.int("threads", in: 1...ConversionRun.maximumThreads) ?? Self.cores)
    try takeFilter(arguments)
    if from == .csv || from == .ndjson || from == .arrow { try expand(arguments) }
    if output.hasSuffix("/") { settings.isFolder = true }
    if settings.split != nil { settings.isFolder = true }
  }

  private static var cores: Int {
    max(1, min(ConversionRun.maximumThreads, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
  }

  private static func format(_ arguments: Arguments, _ option: String) throws(CommandFailure) -> ConversionFormat? {
    guard let name = arguments.string(option) else { return nil }
    guard let format = ConversionFormat(rawValue: name) else {
      let known = ConversionFormat.allCases.map(\.rawValue).joined(separator: ", ")
      throw .usage("--\(option) takes one of \(known), not '\(name)'")
    }
    return format
  }

  private static func formats(
    _ arguments: Arguments, _ paths: [String]
  ) throws(CommandFailure) -> [ConversionFormat] {
    if let one = try format(arguments, "from") { return paths.map { _ in one } }
    return paths.map { path in
      if let known = ConversionFormat(ending: path) { return known }
      return Directory.isDirectory(path) ? folderFormat(path) ?? .csv : .frames
    }
  }

  /// What the files of a folder are.
  private static func folderFormat(_ path: String) -> ConversionFormat? {
    let names = (try? Directory.list(path)) ?? []
    return [.csv, .arrow, .ndjson, .parquet].first { format in
      names.contains { ConversionFormat(ending: $0) == format }
    }
  }

  private mutating func takeFilter(_ arguments: Arguments) throws(CommandFailure) {
    var filter = RowFilter()
    if arguments.has("types") {
      var types: Set<EventType> = []
      for name in arguments.list("types") { types.insert(try Self.type(name, "--types")) }
      filter.types = types
    }
    if arguments.has("symbols") {
      filter.symbols = Set(arguments.all("symbols").flatMap { IngestCommand.split($0) }.map { Array($0.utf8) })
    }
    filter.start = try ReplayCommand.bound(arguments, "start")?.rawValue
    filter.stop = try ReplayCommand.bound(arguments, "stop")?.rawValue
    settings.filter = filter
    settings.limit = try arguments.int("limit", in: 1...Int.max)
    settings.force = arguments.has("force")
    settings.merges = arguments.has("merge")
    if let name = arguments.string("split-by") {
      guard let split = ConversionSplit(rawValue: name) else {
        throw .usage("--split-by takes type, symbol or day, not '\(name)'")
      }
      settings.split = split
    }
    if let codec = arguments.string("codec") {
      guard to == .parquet else { throw .usage("--codec is for Parquet, and '\(output)' is \(to.rawValue)") }
      guard PageCompression.names.contains(codec) else {
        throw .usage("--codec takes \(PageCompression.names.joined(separator: ", ")), not '\(codec)'")
      }
      settings.codec = codec
    }
  }

  private static func type(_ name: String, _ option: String) throws(CommandFailure) -> EventType {
    if let type = EventType(name: name) { return type }
    let names = EventType.allCases.map(\.name)
    let hint = Suggestion.nearest(to: name, among: names).map { "did you mean \($0)? " } ?? ""
    throw .usage("\(option): there is no event type '\(name)'; \(hint)known are \(names.joined(separator: ", "))")
  }

  /// Makes inputs of the paths, and decides whether the output is one file.
  private mutating func expand(_ arguments: Arguments) throws(CommandFailure) {
    var named: EventType?
    if let name = arguments.string("type") { named = try Self.type(name, "--type") }
    var hasFolder = false
    for path in paths {
      guard Directory.isDirectory(path) else {
        settings.inputs.append(try input(path, named))
        continue
      }
      hasFolder = true
      let names: [String]
      do { names = try Directory.list(path) } catch { throw CommandFailure("\(error)") }
      let folder = path.hasSuffix("/") ? path : path + "/"
      for name in names where ConversionFormat(ending: name) == from {
        if name.hasPrefix("gaps") { leftOut.append(folder + name) } else {
          settings.inputs.append(try input(folder + name, named))
        }
      }
    }
    guard let first = settings.inputs.first else {
      throw CommandFailure("\(paths[0]): it has no \(from.rawValue) files")
    }
    let isOneType = from == .csv ? settings.inputs.allSatisfy { $0.type == first.type } : settings.inputs.count == 1
    settings.isFolder = to != .ndjson && (hasFolder || from == .ndjson || !isOneType)
    if let types = settings.filter.types, from == .csv {
      settings.inputs.removeAll { input in input.type.map { !types.contains($0) } ?? false }
      if settings.inputs.isEmpty { throw CommandFailure("\(paths[0]): it has no events of the types of --types") }
    }
  }

  private func input(_ path: String, _ named: EventType?) throws(CommandFailure) -> ConversionInput {
    guard from == .csv else { return ConversionInput(path: path, format: from, type: nil) }
    let name = path.split(separator: "/").last.map(String.init) ?? path
    let stem = String(name.prefix { $0 != "." && $0 != "-" })
    guard let type = named ?? EventType(name: stem) else {
      throw .usage("\(path): its name tells no event type, as Quote.csv does; say it with --type")
    }
    return ConversionInput(path: path, format: .csv, type: type)
  }
}
