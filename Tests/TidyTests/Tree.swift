import Glibc
import TestSupport
import Testing

/// One place where a rule is broken.
struct Finding: CustomStringConvertible, Equatable, Sendable {
  let path: String
  let line: Int
  let message: String
  var description: String { line == 0 ? "\(path): \(message)" : "\(path):\(line): \(message)" }
}

/// A text file of the project; `path` counts from the package's root.
struct TextFile: Sendable {
  let path: String
  let lines: [String]
  /// The same lines with comments and the contents of strings blanked out.
  let code: [String]

  init(_ path: String, _ text: String) {
    self.path = path
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
    let isCode = path.hasSuffix(".swift") || path.hasSuffix(".c") || path.hasSuffix(".h")
    code = isCode ? Blanked.lines(text, isSwift: path.hasSuffix(".swift")) : lines
  }

  var name: String { String(path.split(separator: "/").last ?? "") }
  var isSwift: Bool { path.hasSuffix(".swift") }
  var isC: Bool { path.hasSuffix(".c") || path.hasSuffix(".h") }
  /// `X` for `Sources/X/...` and `Tests/X/...`, else empty.
  var target: String {
    let parts = path.split(separator: "/")
    return parts.count > 2 ? String(parts[1]) : ""
  }

  func finding(_ line: Int, _ message: String) -> Finding { Finding(path: path, line: line, message: message) }

  /// The findings of a rule that looks at one line at a time.
  func eachLine(_ lines: [String], _ rule: (String) -> String?) -> [Finding] {
    lines.enumerated().compactMap { i, line in rule(line).map { finding(i + 1, $0) } }
  }
}

/// The project's files as they lie on the disk.
enum Tree {
  private static let skipped: Set<String> = [".git", ".swiftpm", ".index-build", "node_modules"]
  private static let textEndings = [".swift", ".c", ".h", ".md", ".sh", ".py", ".yml", ".yaml", ".json", ".modulemap"]

  static let files: [TextFile] = paths().compactMap { path in
    let isText = textEndings.contains { path.hasSuffix($0) } || !(path.split(separator: "/").last ?? "").contains(".")
    guard isText, let bytes = Places.read(Places.packageRoot + "/" + path), bytes.count < 1 << 20 else { return nil }
    return String(validating: bytes, as: UTF8.self).map { TextFile(path, $0) }
  }

  static var sources: [TextFile] {
    files.filter { ($0.path.hasPrefix("Sources/") || $0.path.hasPrefix("Benchmarks/")) && ($0.isSwift || $0.isC) }
  }
  static var swiftSources: [TextFile] { sources.filter(\.isSwift) }
  static var tests: [TextFile] { files.filter { $0.path.hasPrefix("Tests/") && $0.isSwift } }
  /// Everything that is compiled.
  static var allCode: [TextFile] { files.filter { $0.isSwift || $0.isC } }
  static var manifest: TextFile { files.first { $0.path == "Package.swift" } ?? TextFile("Package.swift", "") }

  /// Builds of every kind, `.build-address` for one, and what other tools keep.
  private static func isSkipped(_ name: String) -> Bool { skipped.contains(name) || name.hasPrefix(".build") }

  /// All paths below the root, in order.
  static func paths() -> [String] {
    var found: [String] = []
    var pending = [""]
    while let folder = pending.popLast() {
      for name in Places.names(in: Places.packageRoot + "/" + folder) where !isSkipped(name) {
        let path = folder.isEmpty ? name : folder + "/" + name
        var info = stat()
        guard unsafe lstat(Places.packageRoot + "/" + path, &info) == 0 else { continue }
        switch info.st_mode & S_IFMT {
        case S_IFDIR: pending.append(path)
        case S_IFREG: found.append(path)
        default: break
        }
      }
    }
    return found.sorted()
  }

  static func exists(_ path: String) -> Bool { unsafe access(Places.packageRoot + "/" + path, F_OK) == 0 }

  /// What git keeps, with sizes; nil where there is no git or no repository.
  static let kept: [(path: String, bytes: Int)]? = {
    guard let pipe = unsafe popen("git -C '\(Places.packageRoot)' ls-files -z 2>/dev/null", "r") else { return nil }
    var output: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 14)
    while true {
      let got = unsafe fread(&block, 1, block.count, pipe)
      if got == 0 { break }
      output += block[0..<got]
    }
    guard unsafe pclose(pipe) == 0, !output.isEmpty else { return nil }
    return output.split(separator: 0).map { name in
      let path = String(decoding: name, as: UTF8.self)
      var info = stat()
      let isThere = unsafe lstat(Places.packageRoot + "/" + path, &info) == 0
      return (path, isThere ? Int(info.st_size) : 0)
    }
  }()
}

/// Records each finding as an issue that names its place.
func report(_ findings: [Finding], sourceLocation: SourceLocation = #_sourceLocation) {
  let shown = 40
  for finding in findings.prefix(shown) {
    Issue.record(Comment(rawValue: finding.description), sourceLocation: sourceLocation)
  }
  if findings.count > shown {
    Issue.record("... and \(findings.count - shown) more of the same rule", sourceLocation: sourceLocation)
  }
}
