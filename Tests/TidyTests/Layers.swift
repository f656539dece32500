/// Which target may import which: the design's table as Package.swift realises it, lowest layer first.
enum Layers {
  static let table: [(target: String, mayImport: Set<String>)] = [
    ("CShims", []),
    ("CVersion", []),
    ("Bytes", ["CShims"]),
    ("Rings", ["CShims"]),
    ("Configuration", []),
    ("Metrics", []),
    ("Screen", []),
    ("Logs", ["Bytes"]),
    ("Market", ["Bytes", "CShims", "Rings"]),
    ("JSON", ["Bytes", "CShims"]),
    ("WebSocket", ["Bytes", "CShims"]),
    ("HTTP", ["Bytes", "WebSocket"]),
    ("Recording", ["Bytes"]),
    ("Columns", ["Rings", "Market"]),
    ("Snapshots", ["Market", "Rings"]),
    ("Formats", ["Bytes", "CShims", "Rings", "Market", "JSON", "Columns"]),
    ("Arrow", ["Bytes", "Market", "Columns"]),
    ("Parquet", ["Bytes", "Market", "Columns"]),
    ("Books", ["Market", "Snapshots"]),
    ("COpenSSL", []),
    ("IO", ["Bytes", "CShims", "COpenSSL"]),
    ("DXLink", ["Bytes", "CShims", "Rings", "Market", "JSON"]),
    ("HTTPServer", ["Bytes", "Rings", "IO"]),
    (
      "Sinks",
      ["Bytes", "Rings", "Metrics", "Market", "JSON", "Formats", "Columns", "Arrow", "Parquet", "Recording", "IO"]
    ),
    (
      "Ingest",
      [
        "Bytes", "Rings", "Metrics", "Logs", "Market", "JSON", "WebSocket", "Snapshots", "DXLink", "IO", "Recording",
        "Sinks",
      ]
    ),
    (
      "Simulator",
      [
        "Bytes", "Rings", "Metrics", "Market", "Books", "Snapshots", "JSON", "WebSocket", "DXLink", "IO", "Recording",
      ]
    ),
    ("Account", ["Bytes", "Rings", "JSON", "WebSocket", "HTTP", "IO", "Ingest"]),
    ("Collect", ["Bytes", "Rings", "Market", "Formats", "DXLink", "IO", "Sinks", "Ingest"]),
    ("Depth", ["Bytes", "Rings", "Market", "Snapshots", "Books", "DXLink", "IO", "Sinks", "Ingest"]),
    ("Conversion", ["Bytes", "Rings", "Market", "Formats", "Columns", "Arrow", "Parquet", "IO", "Sinks"]),
    (
      "EndOfDay",
      [
        "Bytes", "Rings", "Market", "JSON", "Formats", "Columns", "Parquet", "DXLink", "IO", "Recording", "Sinks",
        "Ingest",
      ]
    ),
    ("History", ["Market", "Rings", "Snapshots", "DXLink", "Sinks"]),
    ("Diagnosis", ["Bytes", "Rings", "Market", "WebSocket", "DXLink", "IO", "Ingest"]),
    ("Control", ["Bytes", "Rings", "IO"]),
    (
      "Quotewire",
      ["Bytes", "CShims", "Rings", "Market", "DXLink", "IO", "Recording", "Sinks", "Ingest", "Account"]
    ),
    (
      "Watch",
      ["Bytes", "Rings", "Metrics", "Logs", "Screen", "Market", "IO", "HTTPServer", "Sinks", "Ingest", "Simulator"]
    ),
    (
      "QuotewireCLI",
      [
        "Bytes", "CVersion", "Rings", "Metrics", "Logs", "Screen", "HTTPServer", "Watch", "Market", "Snapshots", "JSON",
        "Formats", "IO", "Recording", "DXLink", "Sinks", "Ingest", "Simulator", "Account", "Collect", "Conversion",
        "EndOfDay", "Books", "Depth", "History", "Configuration", "Diagnosis", "Control",
      ]
    ),
    ("quotewire-cli", ["QuotewireCLI"]),
    ("quotewire-conformance", ["Bytes", "Rings", "JSON", "WebSocket", "IO", "Ingest"]),
    ("BenchmarkKit", ["Bytes", "Metrics", "JSON", "IO"]),
    ("CSampler", []),
    ("Profiles", ["BenchmarkKit", "Bytes", "CSampler", "IO"]),
    (
      "Suites",
      [
        "BenchmarkKit", "Profiles", "Bytes", "CShims", "Rings", "Market", "JSON", "WebSocket", "Recording", "Formats",
        "Columns", "Arrow", "Parquet", "IO", "DXLink", "Sinks", "Ingest", "Simulator", "Conversion", "EndOfDay",
        "Quotewire", "Books",
      ]
    ),
    ("CAllocations", []),
    ("BenchmarkReports", ["BenchmarkKit", "IO"]),
    ("quotewire-bench", ["BenchmarkKit", "BenchmarkReports", "Profiles", "Suites", "CAllocations", "IO"]),
  ]

  /// Modules of the toolchain that everyone may import.
  static let system: Set<String> = ["Swift", "Synchronization", "Glibc"]
  static let foundation: Set<String> = ["Foundation", "FoundationEssentials", "FoundationNetworking"]
  /// Where Foundation is allowed: the command line. Nothing below.
  static let foundationTargets: Set<String> = ["QuotewireCLI", "quotewire-cli"]

  /// One target of Package.swift outside the tests.
  struct Target: Equatable {
    let name: String
    let dependencies: [String]
    let line: Int
    /// Written with `module(...)`: has a first file of its own name.
    let isModule: Bool
  }

  /// Reads `module("X", ["A"])`, `program(...)`, `.target(name:)` and `.systemLibrary(name:)`.
  static func targets(_ manifest: TextFile) -> [Target] {
    var targets: [Target] = []
    let text = manifest.lines.joined(separator: "\n")
    for (start, isModule) in [("module(", true), ("program(", false), (".target(", false), (".systemLibrary(", false)] {
      var from = text.startIndex
      while let found = text[from...].firstRange(of: start) {
        from = found.upperBound
        if text[..<found.lowerBound].hasSuffix("func ") { continue }
        let arguments = balanced(text[found.upperBound...])
        guard let name = literals(arguments).first, name.first?.isLetter == true, !arguments.contains("Tests/")
        else { continue }
        let lists = start == ".systemLibrary(" ? [] : arguments.split(separator: "[").dropFirst()
        let line = text[..<found.lowerBound].count { $0 == "\n" } + 1
        targets.append(Target(name: name, dependencies: lists.flatMap { literals($0) }, line: line, isModule: isModule))
      }
    }
    return targets.sorted { $0.line < $1.line }
  }

  /// Up to the parenthesis that closes.
  private static func balanced(_ text: Substring) -> Substring {
    var depth = 1
    return text.prefix { c in
      if c == "(" { depth += 1 }
      if c == ")" { depth -= 1 }
      return depth > 0
    }
  }

  private static func literals(_ text: Substring) -> [String] {
    let parts = text.split(separator: "\"", omittingEmptySubsequences: false)
    return parts.indices.filter { $0 % 2 == 1 }.map { String(parts[$0]) }
  }

  /// The module that a line of code imports.
  static func imported(_ line: String) -> String? {
    let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
    let before: Set<Substring> = [
      "public", "package", "internal", "fileprivate", "private", "@testable", "@preconcurrency", "@_exported",
    ]
    var words = line.split(separator: " ")[...]
    while let first = words.first, before.contains(first) { words.removeFirst() }
    guard words.first == "import" else { return nil }
    words.removeFirst()
    if let kind = words.first, kinds.contains(kind) { words.removeFirst() }
    return words.first.flatMap { $0.split(separator: ".").first }.map { String($0) }
  }

  /// Imports that the target did not declare, or that nobody may use there.
  static func undeclaredImports(_ file: TextFile, _ targets: [Target]) -> [Finding] {
    guard let target = targets.first(where: { $0.name == file.target }) else {
      return file.isSwift ? [file.finding(0, "belongs to no target of Package.swift")] : []
    }
    return file.eachLine(file.code) { line in
      guard let module = imported(line) else { return nil }
      if foundation.contains(module) {
        return foundationTargets.contains(target.name) ? nil : "\(module) is not used below the command line"
      }
      let isKnown = system.contains(module) || target.dependencies.contains(module) || module == target.name
      return isKnown ? nil : "\(target.name) imports \(module), which Package.swift does not give it"
    }
  }

  /// Where Package.swift and the table disagree, and arrows that do not point downward.
  static func disagreements(_ targets: [Target], _ table: [(target: String, mayImport: Set<String>)]) -> [Finding] {
    var findings: [Finding] = []
    func add(_ line: Int, _ message: String) {
      findings.append(Finding(path: "Package.swift", line: line, message: message))
    }
    var below: Set<String> = []
    for target in targets {
      let row = table.first { $0.target == target.name }
      if row == nil { add(target.line, "\(target.name) has no row in the table of layers") }
      for dependency in target.dependencies {
        if !below.contains(dependency) { add(target.line, "\(target.name) -> \(dependency) does not point downward") }
        if let row, !row.mayImport.contains(dependency) {
          add(target.line, "\(target.name) -> \(dependency) is not in the table of layers")
        }
      }
      below.insert(target.name)
    }
    for row in table where !below.contains(row.target) { add(0, "\(row.target) of the table of layers is missing") }
    return findings
  }

  /// Declared dependencies that no file of the target imports.
  static func unusedDependencies(_ targets: [Target], _ files: [TextFile]) -> [Finding] {
    targets.flatMap { target in
      let used = Set(files.filter { $0.target == target.name }.flatMap { $0.code.compactMap { imported($0) } })
      return target.dependencies.filter { !used.contains($0) }.map {
        Finding(path: "Package.swift", line: target.line, message: "\(target.name) declares \($0) and never imports it")
      }
    }
  }
}
