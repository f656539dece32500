import TestSupport
import Testing

@Suite("The rules of layers find what they should")
struct LayerTests {
  private let manifest = TextFile(
    "Package.swift",
    """
    func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
      .target(name: name, dependencies: dependencies)
    }
    let package = Package(
      products: [.library(name: "C", targets: ["C"])],
      targets: [
        .target(name: "S"),
        module("A", ["S"]),
        .systemLibrary(name: "L", providers: [.apt(["lib-dev"])]),
        module(
          "B",
          ["A", "L"]),
        program("p", ["B"]),
        .target(name: "TestSupport", path: "Tests/TestSupport"),
        tests("ATests", ["A"]),
      ])
    """)

  private let table: [(target: String, mayImport: Set<String>)] = [
    ("S", []), ("A", ["S"]), ("L", []), ("B", ["A", "L"]), ("p", ["B"]),
  ]

  @Test("targets and their dependencies are read from the manifest")
  func targets() {
    let targets = Layers.targets(manifest)
    #expect(targets.map(\.name) == ["S", "A", "L", "B", "p"])
    #expect(targets.map(\.dependencies) == [[], ["S"], [], ["A", "L"], ["B"]])
    #expect(targets.map(\.line) == [7, 8, 9, 10, 13])
    #expect(targets.filter(\.isModule).map(\.name) == ["A", "B"])
  }

  @Test(
    "an import is read in every way of writing it",
    arguments: [
      ("import A", "A"), ("package import A", "A"), ("@testable import A", "A"), ("  internal import A", "A"),
      ("import struct A.B", "A"), ("import A.B", "A"), ("important A", nil), ("let import = 1", nil), ("", nil),
    ])
  func imported(line: String, module: String?) {
    #expect(Layers.imported(line) == module)
  }

  @Test("imports that were not declared are found where they stand")
  func undeclared() {
    let targets = Layers.targets(manifest)
    func lines(_ path: String, _ text: String) -> [Int] {
      Layers.undeclaredImports(TextFile(path, text), targets).map(\.line)
    }
    #expect(lines("Sources/B/x.swift", "import A\nimport L\nimport Glibc\nimport Synchronization").isEmpty)
    #expect(lines("Sources/B/x.swift", "import A\npackage import S") == [2])
    #expect(lines("Sources/A/x.swift", "// import B\nimport B\nimport Foundation") == [2, 3])
    #expect(lines("Sources/Nowhere/x.swift", "import A") == [0])
  }

  @Test("Foundation is for the command line alone")
  func foundation() {
    let cli = Layers.Target(name: "QuotewireCLI", dependencies: [], line: 1, isModule: true)
    let io = Layers.Target(name: "IO", dependencies: [], line: 2, isModule: true)
    let text = "import Foundation"
    #expect(Layers.undeclaredImports(TextFile("Sources/QuotewireCLI/a.swift", text), [cli, io]).isEmpty)
    #expect(Layers.undeclaredImports(TextFile("Sources/IO/a.swift", text), [cli, io]).count == 1)
  }

  @Test("table and manifest are held against each other in both directions")
  func disagreements() {
    let targets = Layers.targets(manifest)
    #expect(Layers.disagreements(targets, table).isEmpty)
    #expect(Layers.disagreements(targets, table + [("Gone", [])]).count == 1)
    #expect(Layers.disagreements(targets, Array(table.dropLast())).map(\.line) == [13])
    var narrower = table
    narrower[3].mayImport = ["A"]
    #expect(Layers.disagreements(targets, narrower).map(\.message) == ["B -> L is not in the table of layers"])
    // Turned round, every arrow points upward.
    #expect(Layers.disagreements(targets.reversed(), table).count == 4)
  }

  @Test("declared dependencies that nobody imports are found")
  func unused() {
    let files = [
      TextFile("Sources/A/a.swift", "import S"), TextFile("Sources/B/b.swift", "import A\n// import L"),
      TextFile("Sources/p/p.swift", "import B"),
    ]
    #expect(
      Layers.unusedDependencies(Layers.targets(manifest), files).map(\.description) == [
        "Package.swift:10: B declares L and never imports it"
      ])
  }
}
