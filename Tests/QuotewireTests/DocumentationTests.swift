import TestSupport
import Testing

@Suite("The library's documentation", .tags(.unit))
struct DocumentationTests {
  private static func lines(_ path: String) -> [String] {
    let bytes = Places.read(Places.packageRoot + "/" + path) ?? []
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).map {
      String($0)
    }
  }

  private static var sources: [String] {
    Places.names(in: Places.packageRoot + "/Sources/Quotewire").filter { $0.hasSuffix(".swift") }.map {
      "Sources/Quotewire/" + $0
    }
  }

  private static func dedented(_ lines: [String]) -> String {
    let depth = lines.filter { !$0.isEmpty }.map { $0.prefix { $0 == " " }.count }.min() ?? 0
    return lines.map { String($0.dropFirst(depth)) }.joined(separator: "\n")
  }

  /// The fenced Swift in a document, or in the comments of a source.
  private static func fenced(_ path: String) -> [(line: Int, text: String)] {
    var found: [(Int, String)] = []
    var block: [String]?
    for (i, line) in lines(path).enumerated() {
      var text = line
      if path.hasSuffix(".swift"), let comment = line.firstRange(of: "///") {
        text = String(line[comment.upperBound...])
        if text.hasPrefix(" ") { text.removeFirst() }
      }
      if text == "```swift" {
        block = []
      } else if text == "```", let whole = block {
        found.append((i + 1, dedented(whole)))
        block = nil
      } else {
        block?.append(text)
      }
    }
    return found
  }

  /// What the tests compile: marked parts of `Examples.swift`, and the files of the example package.
  private static var compiled: Set<String> {
    var all = Set<String>()
    var part: [String]?
    for line in lines("Tests/QuotewireTests/Examples.swift") {
      if line.hasSuffix("// example") {
        part = []
      } else if line.hasSuffix("// end"), let whole = part {
        all.insert(dedented(whole))
        part = nil
      } else {
        part?.append(line)
      }
    }
    for path in ["Package.swift", "Sources/print-quotes/PrintQuotes.swift"] {
      all.insert(dedented(lines("Examples/print-quotes/" + path).dropLast()))
    }
    return all
  }

  @Test("every example of README, docs and comments is one that is compiled, word for word")
  func examples() {
    let compiled = Self.compiled
    var shown = 0
    for path in ["README.md", "docs/library.md"] + Self.sources {
      for block in Self.fenced(path) {
        shown += 1
        #expect(compiled.contains(block.text), "\(path):\(block.line) is no example of Examples.swift:\n\(block.text)")
      }
    }
    // As many as there are, and none that nobody shows.
    #expect(shown > compiled.count)
    let all = (["README.md", "docs/library.md"] + Self.sources).flatMap { Self.fenced($0).map(\.text) }
    for text in compiled where !all.contains(text) { Issue.record("nobody shows this example:\n\(text)") }
  }

  @Test("every public symbol has a comment")
  func comments() {
    var symbols = 0
    for path in Self.sources {
      let lines = Self.lines(path)
      var isPublicEnum = false
      for (i, line) in lines.enumerated() {
        let code = line.drop { $0 == " " }
        if line.hasPrefix("public enum") { isPublicEnum = true }
        if line == "}" { isPublicEnum = false }
        let isCase = isPublicEnum && code.hasPrefix("case ") && !code.contains(":") && line.hasPrefix("  case")
        guard code.hasPrefix("public ") || isCase else { continue }
        symbols += 1
        var above = i - 1
        while above >= 0, lines[above].drop(while: { $0 == " " }).hasPrefix("@") { above -= 1 }
        let comment = above >= 0 ? lines[above].drop { $0 == " " } : ""
        #expect(comment.hasPrefix("///"), "\(path):\(i + 1) has no comment: \(code)")
      }
    }
    #expect(symbols > 400)
  }

  @Test("nothing public names a type of another module")
  func leaks() {
    for path in Self.sources {
      for (i, line) in Self.lines(path).enumerated() {
        let code = line.drop { $0 == " " }
        #expect(!code.hasPrefix("public import") && !code.hasPrefix("@_exported"), "\(path):\(i + 1)")
        let isSignature = code.hasPrefix("public ") && !code.contains("{ Market.")
        for module in ["Market.", "Ingest.", "DXLink."] where isSignature {
          #expect(!code.contains(module), "\(path):\(i + 1): \(code)")
        }
      }
    }
  }
}
