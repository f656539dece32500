import TestSupport
import Testing

/// Planted violations and their innocent neighbours: a rule that finds nothing here would find nothing in the tree.
@Suite("The rules of tidiness find what they should")
struct RuleTests {
  private func swift(_ text: String, at path: String = "Sources/DXLink/Some.swift") -> TextFile { TextFile(path, text) }

  private func lines(_ findings: [Finding]) -> [Int] { findings.map(\.line) }

  @Test("comments and strings are blanked, code and interpolations stay")
  func blanked() {
    let text = ##"""
      let a = "class X" // class Y
      /* class Z /* nested */ class Q */ let b = 1
      let c = "\(d["key"] + ")") class W"
      let e = #"class " V \#(f) "# + g
      let h = """
        class "U"
        """ + "\\" + i
      """##
    let code = TextFile("Sources/A/B.swift", text).code
    #expect(code.count == 7)
    let hasClass = code.contains { line in Rules.hasWord(line, "class") }
    #expect(!hasClass)
    for (line, kept) in [(0, "let a ="), (1, "let b = 1"), (2, "d["), (3, "f"), (3, "+ g"), (6, "+ i")] {
      #expect(code[line].contains(kept), "line \(line): \(code[line])")
    }
    #expect(!code[2].contains("key"))
    let c = TextFile("Sources/A/b.c", "char q = '\"'; int x; /* \" */ int y; // \"\nint z;").code
    #expect(c[0].contains("int x;") && c[0].contains("int y;") && c[1] == "int z;")
  }

  @Test("long files and wide lines are found, those at the limit are not")
  func sizes() {
    let full = String(repeating: "x\n", count: 500)
    #expect(Rules.tooLong(swift(full)).isEmpty)
    #expect(lines(Rules.tooLong(swift(full + "x\n"))) == [501])
    let wide = String(repeating: "é", count: 120)
    #expect(Rules.tooWide(swift(wide)).isEmpty)
    #expect(lines(Rules.tooWide(swift("ok\n" + wide + "x"))) == [2])
  }

  private func body(_ count: Int, _ line: String = "  work()") -> String {
    String(repeating: line + "\n", count: count)
  }

  @Test("long functions are found, of Swift and of C; tables in them do not count")
  func functions() {
    #expect(FunctionScanner.tooLong(swift("func short() {\n" + body(68) + "}\n")).isEmpty)
    let long = "struct S {\nfunc long<T>(_ a: (Int) -> T = { x }) throws(E) -> [T] where T: P {\n" + body(69) + "}\n}\n"
    #expect(FunctionScanner.tooLong(swift(long)).map(\.description) == [
      "Sources/DXLink/Some.swift:2: long has 71 lines, at most 70"
    ])
    #expect(lines(FunctionScanner.tooLong(swift("init() {\n" + body(80) + "}\n"))) == [1])
    #expect(FunctionScanner.tooLong(swift("func f() {\n let t = [\n" + body(90, " 1,") + "]\n}\n")).isEmpty)
    let requirement = "protocol P {\nfunc f()\nvar x: Int { get }\n}\nstruct S {\n" + body(90, " // no code") + "}\n"
    #expect(FunctionScanner.tooLong(swift(requirement)).isEmpty)
    #expect(FunctionScanner.tooLong(swift("let s = T.init(a)\nif a {\n" + body(90) + "}\n")).isEmpty)
    let c = TextFile(
      "Sources/CShims/a.c",
      "static int f(int a)\n{\n" + body(80, " if (a) { b(); }") + "}\nint t[] = {\n" + body(90, "1,") + "};\n")
    #expect(lines(FunctionScanner.tooLong(c)) == [2])
  }

  @Test(
    "type names that say nothing are found as words, not as letters",
    arguments: [
      ("final class FrameManager {", true), ("struct HelperFrame<T> {", true), ("enum StringUtils {", true),
      ("package struct QuoteImpl: P {", true), ("typealias Util = Int", true), ("struct Implied {", false),
      ("// struct FrameManager", false), ("let s = \"class Manager\"", false), ("struct Utilisation {", false),
      ("class func manage() {", false), ("func makeManager() {", false),
    ])
  func typeNames(line: String, isFound: Bool) {
    #expect(lines(Rules.bannedTypeNames(swift("\n" + line))) == (isFound ? [2] : []))
  }

  @Test("file names that say nothing are found")
  func fileNames() {
    #expect(Rules.bannedTypeNames(swift("", at: "Sources/IO/SocketHelpers.swift")).count == 1)
    #expect(Rules.bannedTypeNames(swift("", at: "Sources/IO/Socket.swift")).isEmpty)
  }

  @Test(
    "what was left for later is found, in comments too",
    arguments: [
      ("// TODO: more", true), ("x() // FIXME", true), ("/* XXX */", true), ("# HACK around", true),
      ("fatalError(\"not implemented\")", true), ("let TODOS = 1", false), ("\"qw-XXXXXX\"", false),
      ("fatalError(\"never\")", false), ("todo", false),
    ])
  func leftOvers(line: String, isFound: Bool) {
    #expect(lines(Rules.leftOvers(swift(line))) == (isFound ? [1] : []))
  }

  @Test("forced tries are found in code only")
  func forcedTries() {
    #expect(lines(Rules.forcedTries(swift("try? a()\ntry! a()\n// try! b()"))) == [2])
  }

  @Test(
    "paths of one machine are found, parts of other paths are not",
    arguments: [
      ("open(\"/work/main/x\")", true), ("cd /root/x", true), ("/tmp/x", true), ("`/home/me/x`", true),
      ("https://host.example/root/x", false), ("Sources/work/x", false), ("../tmp/x", false), ("/workshop/x", false),
    ])
  func machinePaths(line: String, isFound: Bool) {
    #expect(lines(Rules.machinePaths(swift(line))) == (isFound ? [1] : []))
  }

  @Test("unchecked Sendable and inlining attributes are found outside their places")
  func attributes() {
    let unchecked = "final class A: @unchecked Sendable {}"
    #expect(lines(Rules.uncheckedSendable(swift(unchecked))) == [1])
    #expect(Rules.uncheckedSendable(swift(unchecked, at: "Sources/Rings/A.swift")).isEmpty)
    #expect(Rules.uncheckedSendable(swift("// " + unchecked)).isEmpty)
    for attribute in ["@inlinable", "@inline(__always)", "@usableFromInline", "@frozen"] {
      let line = attribute + " func f() {}"
      #expect(lines(Rules.inliningAttributes(swift(line))) == [1])
      #expect(Rules.inliningAttributes(swift(line, at: "Sources/JSON/Cursor.swift")).isEmpty)
      #expect(lines(Rules.inliningAttributes(swift(line, at: "Sources/Market/Schema.swift"))) == [1])
    }
    #expect(Rules.inliningAttributes(swift("@inline(never) func f() {}")).isEmpty)
  }

  @Test("Foundation's JSON and other people's packages are found")
  func foreign() {
    #expect(lines(Rules.foundationJSON(swift("\nlet d = JSONDecoder()\n// JSONDecoder\n"))) == [2])
    #expect(Rules.foundationJSON(swift("struct MyJSONDecoder {}")).isEmpty)
    let manifest = TextFile("Package.swift", "let package = Package(\n  dependencies: [.package(url: \"x\")])")
    #expect(lines(Rules.packageDependencies(manifest)) == [2])
    #expect(Rules.packageDependencies(TextFile("Package.swift", "// .package(\nlet a = \".package(\"")).isEmpty)
  }

  @Test("a first file needs its name and all three parts")
  func firstFile() {
    let good = "// IO: files.\n//\n// Invariant: x.\n//\n// Out of scope: y.\nimport Bytes\n"
    #expect(Rules.firstFile(swift(good, at: "Sources/IO/IO.swift"), module: "IO").isEmpty)
    #expect(Rules.firstFile(swift("// IO\n"), module: "IO").count == 3)
    #expect(Rules.firstFile(swift("import Bytes\n" + good), module: "IO").count == 3)
    #expect(Rules.firstFile(swift("// IO: files.\n// Invariant: x.\n\n// Out of scope"), module: "IO").count == 1)
  }

  @Test("empty test files are found, support is not")
  func testFiles() {
    #expect(lines(Rules.emptyTestFile(swift("// IOTests\n"))) == [1])
    #expect(lines(Rules.emptyTestFile(swift("import Testing\n// @Test func\n"))) == [1])
    #expect(Rules.emptyTestFile(swift("@Test func a() {}")).isEmpty)
    #expect(Rules.emptyTestFile(swift("extension Int {}")).isEmpty)
  }

  @Test("links are taken relative to the file that has them")
  func links() {
    let file = TextFile(
      "docs/a.md", "[x](b.md) and [y](../README.md#top)\n[web](https://x.example/z) [here](#part)\n![p](./c/d.svg)")
    let links = Rules.relativeLinks(file)
    #expect(links.map(\.path) == ["docs/b.md", "README.md", "docs/c/d.svg"])
    #expect(links.map(\.line) == [1, 1, 3])
  }

  @Test("large and generated files are found")
  func git() {
    #expect(Rules.unfitForGit("a.swift", bytes: 1 << 20).isEmpty)
    #expect(Rules.unfitForGit("a.swift", bytes: 1 << 20 + 1).count == 1)
    #expect(Rules.unfitForGit("recordings/a.qwr", bytes: 4 << 20).isEmpty)
    #expect(Rules.unfitForGit("recordings/a.qwr", bytes: 4 << 20 + 1).count == 1)
    for path in ["x.o", ".build/a", "tools/__pycache__/a.py", "default.profraw"] {
      #expect(Rules.unfitForGit(path, bytes: 1).count == 1, "\(path)")
    }
  }
}
