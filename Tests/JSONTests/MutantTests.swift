import JSON
import TestSupport
import Testing

@Suite("Random texts against a plain reader")
struct MutantTests {
  /// Bytes that make and break JSON.
  static let telling =
    Array(#"{}[]:,"\/ 0123456789.-+eEtruefalsnNaubÿ"#.utf8)
    + [0x00, 0x09, 0x0A, 0x0D, 0x1F, 0x7F, 0xC3, 0xA4, 0xED, 0xF0]

  @Test("mutants of good documents are accepted or refused alike and say the same", arguments: levels)
  func mutants(_ level: SIMDLevel) {
    var random = SeededRandom(seed: 20_260)
    var scanner = Scanner(level: level)
    var accepted = 0
    for round in 0..<6_000 {
      var text = Array(documents[round % documents.count].utf8)
      for _ in 0...Int.random(in: 0...2, using: &random) { mutate(&text, &random) }
      if compare(text, &scanner, random.seed) { accepted += 1 }
    }
    // Both verdicts must occur, else the comparison says nothing.
    #expect(accepted > 300 && accepted < 5_700)
  }

  @Test("soups of tokens are accepted or refused alike and say the same", arguments: levels)
  func soups(_ level: SIMDLevel) {
    let tokens = [
      "{", "}", "[", "]", ":", ",", "\"a\"", "\"\"", "\"\\\"\"", "\"\\", "\"", "1", "-", "0", ".5", "e3", "true",
      "nul", "null", "false",
      " ", "\n", "\\", "\"b\":", "{}", "[]", "1,", "[1", "\"k\":1",
    ]
    var random = SeededRandom(seed: 4_711)
    var scanner = Scanner(level: level)
    var accepted = 0
    for _ in 0..<8_000 {
      var text = [UInt8](repeating: 0x20, count: Int.random(in: 0...66, using: &random))
      for _ in 0...Int.random(in: 0...6, using: &random) { text += tokens.randomElement(using: &random)!.utf8 }
      if compare(text, &scanner, random.seed) { accepted += 1 }
    }
    #expect(accepted > 100)
  }

  @Test("mutants of real frames are accepted or refused alike", arguments: levels)
  func frames(_ level: SIMDLevel) throws {
    guard let path = Places.shared("captures/qd-demo-2013/feed-data-compact.tsv"), let all = Places.read(path) else {
      print("skipped: ../shared/captures is absent")
      return
    }
    var random = SeededRandom(seed: 99)
    var scanner = Scanner(level: level)
    let lines = all.split(separator: 0x0A).filter { $0.count < 700 }
    for line in lines.prefix(400) {
      var text = Array(line[(line.firstIndex(of: 0x09)! + 1)...])
      if !compare(text, &scanner, random.seed) { Issue.record("a frame was refused") }
      mutate(&text, &random)
      _ = compare(text, &scanner, random.seed)
    }
  }

  private func mutate(_ text: inout [UInt8], _ random: inout SeededRandom) {
    guard !text.isEmpty else { return }
    let at = Int.random(in: text.indices, using: &random)
    switch Int.random(in: 0..<6, using: &random) {
    case 0: text[at] = Self.telling.randomElement(using: &random)!
    case 1: text.insert(Self.telling.randomElement(using: &random)!, at: at)
    case 2: text.remove(at: at)
    case 3: text[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 4: text.removeSubrange(at...)
    default:
      let end = Int.random(in: at...min(text.count, at + 8), using: &random)
      text.insert(contentsOf: Array(text[at..<end]), at: Int.random(in: 0...text.count, using: &random))
    }
  }

  /// Whether the plain reader accepts; records where the scanner differs, in verdict or content, walking or skipping.
  private func compare(_ text: [UInt8], _ scanner: inout Scanner, _ seed: UInt64) -> Bool {
    let expected = Reference.tell(text)
    let padded = Padded(text, poison: 0x22)
    var compactor = Compactor(level: scanner.level)
    if let plain = unsafe compactor.plain(padded.payload) {
      let copy = unsafe [UInt8](plain)
      if Reference.tell(copy) != expected {
        Issue.record("plain copy, seed \(seed), \(scanner.level): \(String(decoding: text, as: UTF8.self)) \(text)")
      }
    }
    if unsafe scanner.tell(padded.payload) != expected {
      Issue.record("seed \(seed), \(scanner.level): \(String(decoding: text, as: UTF8.self)) \(text)")
    }
    if (refusal(text, scanner.level) == nil) != (expected != nil) {
      Issue.record("validate, seed \(seed), \(scanner.level): \(String(decoding: text, as: UTF8.self)) \(text)")
    }
    return expected != nil
  }
}
