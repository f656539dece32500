import TestSupport
import Testing

/// The rules, held against the project as it lies on the disk. Each issue names file and line.
@Suite("The tree is tidy")
struct TreeTests {
  private let targets = Layers.targets(Tree.manifest)

  @Test("the tree was found")
  func found() {
    #expect(Tree.sources.count > 50)
    #expect(Tree.tests.count > 20)
    #expect(targets.contains { $0.name == "QuotewireCLI" })
  }

  @Test("every import was declared, and Foundation stays with the command line")
  func imports() {
    report(Tree.swiftSources.flatMap { Layers.undeclaredImports($0, targets) })
  }

  @Test("Package.swift and the table of layers agree, and arrows point downward")
  func layers() {
    report(Layers.disagreements(targets, Layers.table))
  }

  @Test("every declared dependency is imported")
  func dependenciesAreUsed() {
    report(Layers.unusedDependencies(targets, Tree.sources))
  }

  @Test("no other people's packages")
  func packages() {
    report(Rules.packageDependencies(Tree.manifest))
  }

  @Test("Foundation's JSON is not used in Sources")
  func foundationJSON() {
    report(Tree.swiftSources.flatMap(Rules.foundationJSON))
  }

  @Test("files have at most 500 lines")
  func fileLengths() {
    report(Tree.allCode.flatMap(Rules.tooLong))
  }

  @Test("lines have at most 120 characters")
  func lineWidths() {
    report(Tree.allCode.flatMap(Rules.tooWide))
  }

  @Test("functions have at most 70 lines")
  func functionLengths() {
    report(Tree.allCode.flatMap(FunctionScanner.tooLong))
  }

  @Test("names of types and files say something")
  func typeNames() {
    report(Tree.allCode.flatMap(Rules.bannedTypeNames))
  }

  @Test("nothing was left for later")
  func leftOvers() {
    report(Tree.files.filter { !$0.path.hasPrefix("Tests/TidyTests/") }.flatMap(Rules.leftOvers))
    report(Tree.swiftSources.flatMap(Rules.forcedTries))
  }

  @Test("no paths of one machine")
  func machinePaths() {
    // Where temporary folders are made, and the list of what is not allowed.
    let exempt = ["Tests/TestSupport/Places.swift", "Tests/TidyTests/Rules.swift", "Tests/TidyTests/RuleTests.swift"]
    report(Tree.files.filter { !exempt.contains($0.path) }.flatMap(Rules.machinePaths))
  }

  @Test("unchecked Sendable stands only in Rings")
  func uncheckedSendable() {
    report(Tree.swiftSources.flatMap(Rules.uncheckedSendable))
  }

  @Test("inlining attributes stand only where they pay")
  func inlining() {
    report(Tree.swiftSources.flatMap(Rules.inliningAttributes))
  }

  @Test("each module has a first file that says what it does, its invariant and what is out of scope")
  func firstFiles() {
    for module in targets where module.isModule {
      let places = ["Sources", "Benchmarks"].map { "\($0)/\(module.name)/\(module.name).swift" }
      if let file = Tree.files.first(where: { places.contains($0.path) }) {
        report(Rules.firstFile(file, module: module.name))
      } else {
        report([Finding(path: places[0], line: 0, message: "is missing")])
      }
    }
  }

  @Test("every file in a test target holds a test or what tests use, and every target a test")
  func testFiles() {
    report(Tree.tests.flatMap(Rules.emptyTestFile))
    for (target, files) in Dictionary(grouping: Tree.tests, by: \.target) where target.hasSuffix("Tests") {
      let hasTest = files.contains { $0.code.contains { $0.contains("@Test") } }
      if !hasTest { report([Finding(path: "Tests/\(target)", line: 0, message: "has no test at all")]) }
    }
  }

  @Test("there is a README, and its links and those of the documents lead to files")
  func links() {
    let documents = Tree.files.filter { $0.path.hasSuffix(".md") }
    if !documents.contains(where: { $0.path == "README.md" }) {
      report([Finding(path: "README.md", line: 0, message: "is missing")])
    }
    for document in documents {
      for link in Rules.relativeLinks(document) where !Tree.exists(link.path) {
        report([document.finding(link.line, "links to \(link.path), which does not exist")])
      }
    }
  }

  @Test(
    "git keeps nothing generated and nothing large",
    .enabled(if: Tree.kept != nil, "git or its repository is not there"))
  func kept() throws {
    let kept = try #require(Tree.kept)
    report(kept.flatMap { Rules.unfitForGit($0.path, bytes: $0.bytes) })
  }
}
