/// The rules that look at one file. Each gives the places where it is broken.
enum Rules {
  static let maximumLines = 500
  static let maximumWidth = 120
  static let maximumFunctionLines = 70

  /// Words of a line of code: runs of letters, digits and underscores, with what stands right before each.
  static func words(_ line: String) -> [(word: Substring, before: Character?)] {
    var words: [(Substring, Character?)] = []
    var start: String.Index?
    var i = line.startIndex
    while true {
      let isWord = i < line.endIndex && (line[i].isLetter || line[i].isNumber || line[i] == "_")
      if isWord {
        if start == nil { start = i }
      } else if let from = start {
        words.append((line[from..<i], from == line.startIndex ? nil : line[line.index(before: from)]))
        start = nil
      }
      if i == line.endIndex { return words }
      i = line.index(after: i)
    }
  }

  static func hasWord(_ line: String, _ word: String) -> Bool {
    line.contains(word) && words(line).contains { $0.word == word }
  }

  static func tooLong(_ file: TextFile) -> [Finding] {
    let count = file.lines.last == "" ? file.lines.count - 1 : file.lines.count
    return count > maximumLines ? [file.finding(count, "\(count) lines, at most \(maximumLines) are allowed")] : []
  }

  static func tooWide(_ file: TextFile) -> [Finding] {
    file.eachLine(file.lines) { line in
      guard line.utf8.count > maximumWidth, line.count > maximumWidth else { return nil }
      return "\(line.count) characters, at most \(maximumWidth) are allowed"
    }
  }

  static let bannedNames: Set<String> = [
    "Manager", "Managers", "Helper", "Helpers", "Util", "Utils", "Utility", "Utilities", "Impl",
  ]

  /// The words of a name in camel case: `FrameHelper2` has `Frame`, `Helper`.
  static func camelWords(_ name: Substring) -> [String] {
    var words: [String] = []
    for c in name {
      if c.isUppercase || words.isEmpty { words.append("") }
      if c.isLetter { words[words.count - 1].append(c) }
    }
    return words
  }

  static func bannedTypeNames(_ file: TextFile) -> [Finding] {
    let kinds: Set<Substring> = ["struct", "class", "enum", "actor", "protocol", "typealias"]
    var findings = file.eachLine(file.code) { line in
      let words = words(line)
      for (i, word) in words.enumerated().dropLast() where kinds.contains(word.word) {
        let name = words[i + 1].word
        if camelWords(name).contains(where: bannedNames.contains) { return "type name \(name) says nothing" }
      }
      return nil
    }
    let base = file.name.split(separator: ".").first ?? ""
    if camelWords(base).contains(where: bannedNames.contains) {
      findings.append(file.finding(0, "file name \(file.name) says nothing"))
    }
    return findings
  }

  static let leftOverWords = ["TODO", "FIXME", "XXX", "HACK"]

  static func leftOvers(_ file: TextFile) -> [Finding] {
    file.eachLine(file.lines) { line in
      if let word = leftOverWords.first(where: { hasWord(line, $0) }) { return "left over: \(word)" }
      return line.contains("fatalError(\"not impl") ? "left over: a stub" : nil
    }
  }

  static func forcedTries(_ file: TextFile) -> [Finding] {
    file.eachLine(file.code) { $0.contains("try!") ? "left over: try!" : nil }
  }

  static let machineFolders = ["/work/", "/root/", "/tmp/", "/home/", "/Users/"]

  static func machinePaths(_ file: TextFile) -> [Finding] {
    file.eachLine(file.lines) { line in
      for folder in machineFolders where line.contains(folder) {
        // Part of a longer path or address is no machine's folder.
        let pieces = line.split(separator: folder, omittingEmptySubsequences: false)
        for piece in pieces.dropLast() {
          guard let last = piece.last, last.isLetter || last.isNumber || "_-.".contains(last) else {
            return "a path of one machine: \(folder)"
          }
        }
      }
      return nil
    }
  }

  static func uncheckedSendable(_ file: TextFile) -> [Finding] {
    if file.target == "Rings" { return [] }
    return file.eachLine(file.code) { line in
      line.contains("@unchecked Sendable") ? "@unchecked Sendable stands only in Rings" : nil
    }
  }

  /// Where a benchmark showed that inlining across modules pays: whole targets, or files by the start of their path.
  static let inlinedFiles = [
    "Sources/Rings/", "Sources/Bytes/", "Sources/JSON/", "Sources/Market/EventType.swift",
    "Sources/Market/TextSlots", "Sources/Market/TextTable", "Sources/Market/EventHead", "Sources/Market/EventBatch",
    "Sources/DXLink/PredictedFrame",
    "Sources/DXLink/SectionTable", "Sources/DXLink/FrameReader", "Sources/Formats/CSVEncoder",
    "Sources/Formats/NDJSONEncoder", "Sources/Formats/TextBytes", "Sources/Formats/WordText", "Sources/Market/Digest",
    "Sources/WebSocket/TextFrames",
  ]

  static func inliningAttributes(_ file: TextFile) -> [Finding] {
    if inlinedFiles.contains(where: { file.path.hasPrefix($0) }) { return [] }
    return file.eachLine(file.code) { line in
      let attributes = ["@inlinable", "@inline(__always)", "@usableFromInline", "@frozen"]
      return attributes.first { line.contains($0) }.map { "\($0) is not allowed here; see Rules.inlinedFiles" }
    }
  }

  static func foundationJSON(_ file: TextFile) -> [Finding] {
    file.eachLine(file.code) { line in
      ["JSONDecoder", "JSONEncoder", "JSONSerialization"].first { hasWord(line, $0) }.map { "\($0) is not for Sources" }
    }
  }

  static func packageDependencies(_ manifest: TextFile) -> [Finding] {
    manifest.eachLine(manifest.code) { $0.contains(".package(") ? "other people's packages are not used" : nil }
  }

  /// The comment at the start of a module's first file.
  static func firstFile(_ file: TextFile, module: String) -> [Finding] {
    let comment = file.lines.prefix { $0.hasPrefix("//") }
    var findings: [Finding] = []
    if !(comment.first ?? "").hasPrefix("// \(module): ") {
      findings.append(file.finding(1, "must begin with \"// \(module): \" and what the module does"))
    }
    for part in ["Invariant", "Out of scope"] where !comment.contains(where: { $0.contains(part) }) {
      findings.append(file.finding(1, "the first comment does not say: \(part)"))
    }
    return findings
  }

  /// A file in a test target holds tests, or declares what tests use.
  static func emptyTestFile(_ file: TextFile) -> [Finding] {
    let declarations: Set<Substring> = ["struct", "class", "enum", "extension", "func", "let", "var", "actor"]
    let holds = file.code.contains { line in
      line.contains("@Test") || words(line).contains { declarations.contains($0.word) }
    }
    return holds ? [] : [file.finding(1, "has neither a test nor anything that tests use")]
  }

  /// The targets of links to files of the project, with the folder of the file that links.
  static func relativeLinks(_ file: TextFile) -> [(line: Int, path: String)] {
    let folder = file.path.split(separator: "/").dropLast().joined(separator: "/")
    var links: [(line: Int, path: String)] = []
    for (i, line) in file.lines.enumerated() {
      for piece in line.split(separator: "](", omittingEmptySubsequences: false).dropFirst() {
        guard let target = piece.split(separator: ")", omittingEmptySubsequences: false).first else { continue }
        let path = target.split(separator: "#", omittingEmptySubsequences: false).first.map { String($0) } ?? ""
        if path.isEmpty || path.contains("://") || path.hasPrefix("mailto:") { continue }
        links.append((i + 1, normalised(folder.isEmpty ? path : folder + "/" + path)))
      }
    }
    return links
  }

  private static func normalised(_ path: String) -> String {
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part == "..", let last = parts.last, last != ".." { parts.removeLast() } else { parts.append(part) }
    }
    return parts.joined(separator: "/")
  }

  static let generatedEndings = [
    ".o", ".a", ".so", ".d", ".pyc", ".profdata", ".profraw", ".swiftmodule", ".orig", ".rej", ".swp", ".DS_Store",
    ".xctest", ".perf", ".log",
  ]

  static func unfitForGit(_ path: String, bytes: Int) -> [Finding] {
    let limit = path.hasSuffix(".qwr") ? 4 << 20 : 1 << 20
    var findings: [Finding] = []
    if bytes > limit { findings.append(Finding(path: path, line: 0, message: "\(bytes) bytes, at most \(limit)")) }
    let isGenerated = generatedEndings.contains { path.hasSuffix($0) } || path.contains(".build/")
    if isGenerated || path.contains("__pycache__/") {
      findings.append(Finding(path: path, line: 0, message: "is generated and does not belong in git"))
    }
    return findings
  }
}
