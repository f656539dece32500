import TestSupport
import Testing

@testable import Collect

@Suite("Universes", .tags(.unit))
struct UniverseTests {
  @Test(
    "each built-in list has its members, each once, in the feed's spelling",
    arguments: [("sp500", 503), ("nasdaq100", 101), ("dow30", 30), ("etf-top", 50)])
  func lists(name: String, count: Int) throws {
    let list = try #require(SymbolList.all.first { $0.name == name })
    #expect(list.symbols.count == count && Set(list.symbols).count == count)
    for symbol in list.symbols {
      let isSpelled = symbol.utf8.allSatisfy { (0x41...0x5A).contains($0) || $0 == UInt8(ascii: "/") }
      #expect(isSpelled && (1...6).contains(symbol.utf8.count), "\(symbol)")
    }
    #expect(try Universe(parsing: name).symbols == list.symbols)
    #expect(list.asOf.split(separator: "-").map(\.count) == [4, 2, 2] && list.asOf > "2025")
  }

  @Test("share classes stand as the feed writes them")
  func classes() throws {
    let sp500 = try Universe(parsing: "sp500").symbols
    for symbol in ["BRK/B", "BF/B", "GOOG", "GOOGL", "FOX", "FOXA", "NWS", "NWSA", "AAPL"] {
      #expect(sp500.contains(symbol), "\(symbol)")
    }
    #expect(try Set(Universe(parsing: "dow30").symbols).isSubset(of: sp500 + ["NKE"]))
  }

  @Test(
    "a pattern stands for every combination, the rightmost group changing fastest",
    arguments: [
      ("{A}", ["A"]), ("X{A,B}", ["XA", "XB"]), ("{A,B}{1..3}", ["A1", "A2", "A3", "B1", "B2", "B3"]),
      (".AAPL260116{C,P}{150..155:5}", [".AAPL260116C150", ".AAPL260116C155", ".AAPL260116P150", ".AAPL260116P155"]),
      ("{2..3:0.5}", ["2", "2.5", "3"]), ("{0.05..0.1:0.05}", ["0.05", "0.1"]),
      ("{1..2:0.3}", ["1", "1.3", "1.6", "1.9"]), ("{7..7}", ["7"]), ("{5,10..20:10,B}", ["5", "10", "20", "B"]),
      ("A{B}C{D}", ["ABCD"]), ("{A,A}", ["A"]), ("{100..100.25:0.125}x", ["100x", "100.125x", "100.25x"]),
      ("/ES{H,M}26:XCME", ["/ESH26:XCME", "/ESM26:XCME"]),
    ] as [(String, [String])])
  func patterns(text: String, symbols: [String]) throws { #expect(try Universe(parsing: text).symbols == symbols) }

  @Test(
    "a bad pattern is refused at its place, with a reason",
    arguments: [
      ("{A", 1, "not closed"), ("A{B}{", 5, "not closed"), ("{A{B}}", 3, "cannot stand in a group"),
      ("{A}}", 4, "closes nothing"), ("{}", 1, "empty item"), ("{A,,B}", 1, "empty item"), ("x{,}", 2, "empty item"),
      ("{3..1}", 1, "rises"), ("{1..2:0}", 1, "step above 0"), ("{1..}", 1, "FROM..TO"), ("{..2}", 1, "FROM..TO"),
      ("{a..c}", 1, "FROM..TO"), ("{1..2:3:4}", 1, "FROM..TO"), ("{1..-2}", 1, "FROM..TO"),
      ("{1..2.0000001}", 1, "6 behind"), ("{1..9999999999}", 1, "9 digits"), ("{1. .2}", 1, ""),
      ("AAPL{=5m}", 5, "candle"), ("{1...3}", 1, "FROM..TO"),
    ] as [(String, Int, String)])
  func badPatterns(text: String, position: Int, reason: String) {
    // A text with a point and a blank is an item like any other.
    if reason.isEmpty {
      #expect(throws: Never.self) { try Universe(parsing: text) }
      return
    }
    #expect { try Universe(parsing: text) } throws: { error in
      guard case .badPattern(text, position, let why)? = error as? CollectError else { return false }
      return why.contains(reason)
    }
  }

  @Test(
    "a pattern beyond the limit is refused before anything is made, one at the limit is not",
    arguments: [
      ("{1..100000}", true), ("{1..100001}", false), ("{1..1000}x{1..100}", true), ("{1..1000}x{1..101}", false),
      ("{0..999999999:0.000001}", false), ("{1..99999}{1..99999}{1..99999}{1..99999}{1..99999}", false),
    ])
  func limit(text: String, fits: Bool) {
    do { #expect(try Universe(parsing: text).symbols.count == Universe.maximumSymbols && fits) } catch {
      guard case .tooManySymbols(_, let limit) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(!fits && limit == Universe.maximumSymbols)
    }
  }

  @Test("a file has a symbol a line; comments, blanks and repetitions do not count")
  func file() throws {
    let folder = TemporaryFolder()
    let path = folder.file("mine")
    try Files.write("# all of mine\nAAPL\r\n\n  BRK/B\t\nAAPL\n#MSFT\nIBM", to: path)
    #expect(try Universe(parsing: path).symbols == ["AAPL", "BRK/B", "IBM"])
  }

  @Test("what cannot be collected is refused with a sentence that names it")
  func refused() throws {
    let folder = TemporaryFolder()
    try Files.write("# nothing\n", to: folder.file("empty"))
    try Files.write("A\n*\n", to: folder.file("all"))
    try Files.write("A\n" + String(repeating: "B", count: 513) + "\n", to: folder.file("long"))
    for (name, part) in [
      ("sp5", "sp500, nasdaq100"), (folder.file("none"), "no such file"), (folder.path, "no such file"),
      (folder.file("empty"), "no symbol"), (folder.file("all"), "name the symbols"), (folder.file("long"), "512 bytes"),
    ] { #expect { try Universe(parsing: name) } throws: { error in "\(error)".contains(part) } }
  }
}
