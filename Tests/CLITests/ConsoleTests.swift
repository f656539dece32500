import Ingest
import TestSupport
import Testing

@testable import QuotewireCLI

@Suite("Words for people", .tags(.unit))
struct ConsoleTests {
  @Test("nothing that a server sends steers a terminal, turns the direction of what follows, or fills the screen")
  func oneLine() {
    #expect(Console.oneLine("Grüße €") == "Grüße €")
    #expect(Console.oneLine("a\u{1B}[2Jb\u{9B}c\r\nd\u{7F}") == "a?[2Jb?c??d?")
    #expect(Console.oneLine("a\u{202E}b\u{2028}c\u{200B}d") == "a?b?c?d")
    let long = Console.oneLine(String(repeating: "x", count: 1_000_000))
    #expect(long == String(repeating: "x", count: Console.maximumSentence) + " …")
  }

  @Test("a feed's texts have a limit that goes with its subscriptions; --max-texts sets another")
  func texts() throws {
    func limits(_ words: [String]) throws -> (Int, Int) {
      let texts = try IngestCommand.settings(try arguments(["--url", "ws://127.0.0.1:7000/x"] + words)).run.texts
      return (texts.maximumTexts, texts.maximumBytes)
    }
    let few = try limits(["--types", "Quote", "--symbols", "A,B"])
    #expect(few.0 == 131_080 && few.1 == (8 << 20) + 256)
    #expect(try limits(["--symbols", "*"]).0 == 2 << 20)
    #expect(try limits(["--max-texts", "1000000"]).0 == 1_000_000)
  }
}
