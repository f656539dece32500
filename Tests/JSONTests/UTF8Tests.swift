import Bytes
import Testing

@Suite("UTF-8 validation")
struct UTF8Tests {
  struct Sample: CustomTestStringConvertible, Sendable {
    let what: String
    let bytes: [UInt8]
    let valid: Bool
    /// How many bytes are accepted before the validator must give up; nil where it never must.
    var failsAt: Int? = nil
    var testDescription: String { what }
  }

  static let samples: [Sample] = [
    Sample(what: "nothing", bytes: [], valid: true),
    Sample(what: "NUL", bytes: [0], valid: true),
    Sample(what: "U+007F", bytes: [0x7F], valid: true),
    Sample(what: "first of two bytes, U+0080", bytes: [0xC2, 0x80], valid: true),
    Sample(what: "last of two bytes, U+07FF", bytes: [0xDF, 0xBF], valid: true),
    Sample(what: "first of three bytes, U+0800", bytes: [0xE0, 0xA0, 0x80], valid: true),
    Sample(what: "last before the surrogates, U+D7FF", bytes: [0xED, 0x9F, 0xBF], valid: true),
    Sample(what: "first after the surrogates, U+E000", bytes: [0xEE, 0x80, 0x80], valid: true),
    Sample(what: "noncharacter U+FFFE", bytes: [0xEF, 0xBF, 0xBE], valid: true),
    Sample(what: "noncharacter U+FFFF", bytes: [0xEF, 0xBF, 0xBF], valid: true),
    Sample(what: "first of four bytes, U+10000", bytes: [0xF0, 0x90, 0x80, 0x80], valid: true),
    Sample(what: "last of all, U+10FFFF", bytes: [0xF4, 0x8F, 0xBF, 0xBF], valid: true),
    Sample(what: "above all, U+110000", bytes: [0xF4, 0x90, 0x80, 0x80], valid: false, failsAt: 1),
    Sample(what: "lead byte F5", bytes: [0xF5, 0x80, 0x80, 0x80], valid: false, failsAt: 0),
    Sample(what: "five bytes", bytes: [0xF8, 0x88, 0x80, 0x80, 0x80], valid: false, failsAt: 0),
    Sample(what: "six bytes", bytes: [0xFC, 0x84, 0x80, 0x80, 0x80, 0x80], valid: false, failsAt: 0),
    Sample(what: "FE", bytes: [0xFE], valid: false, failsAt: 0),
    Sample(what: "FF", bytes: [0xFF], valid: false, failsAt: 0),
    Sample(what: "lone continuation 80", bytes: [0x80], valid: false, failsAt: 0),
    Sample(what: "lone continuation BF", bytes: [0x41, 0xBF], valid: false, failsAt: 1),
    Sample(what: "one continuation too many", bytes: [0xC3, 0xA4, 0xA4], valid: false, failsAt: 2),
    Sample(what: "overlong solidus in two", bytes: [0xC0, 0xAF], valid: false, failsAt: 0),
    Sample(what: "overlong U+007F in two", bytes: [0xC1, 0xBF], valid: false, failsAt: 0),
    Sample(what: "overlong solidus in three", bytes: [0xE0, 0x80, 0xAF], valid: false, failsAt: 1),
    Sample(what: "overlong U+07FF in three", bytes: [0xE0, 0x9F, 0xBF], valid: false, failsAt: 1),
    Sample(what: "overlong U+FFFF in four", bytes: [0xF0, 0x8F, 0xBF, 0xBF], valid: false, failsAt: 1),
    Sample(what: "surrogate D800", bytes: [0xED, 0xA0, 0x80], valid: false, failsAt: 1),
    Sample(what: "surrogate DFFF", bytes: [0xED, 0xBF, 0xBF], valid: false, failsAt: 1),
    Sample(what: "surrogate pair", bytes: [0xED, 0xA0, 0x80, 0xED, 0xB0, 0x80], valid: false, failsAt: 1),
    Sample(what: "two bytes cut short", bytes: [0x41, 0xC3], valid: false),
    Sample(what: "three bytes cut short", bytes: [0xE2, 0x82], valid: false),
    Sample(what: "four bytes cut short", bytes: [0xF0, 0x9F, 0x98], valid: false),
    Sample(what: "three bytes broken by ASCII", bytes: [0xE2, 0x82, 0x41], valid: false, failsAt: 2),
    Sample(what: "three bytes broken by a lead byte", bytes: [0xE2, 0xC3, 0xA4], valid: false, failsAt: 1),
    Sample(what: "Greek", bytes: Array("κόσμε".utf8), valid: true),
    Sample(what: "a word, a sign, a face", bytes: Array("Zürich €\u{1F600}".utf8), valid: true),
  ]

  /// Enough ASCII around a sample for every vector width and its remainders.
  static let paddings = [0, 1, 7, 8, 15, 63, 64, 65, 130]

  // `Span.bytes` is marked unsafe for elements with padding; UInt8 has none.
  private static func isValid(_ bytes: [UInt8]) -> Bool { unsafe UTF8Validator.isValid(bytes.span.bytes) }
  private static func update(_ validator: inout UTF8Validator, _ bytes: [UInt8]) -> Bool {
    unsafe validator.update(bytes.span.bytes)
  }

  @Test("every sample is judged rightly, with ASCII before and after it", arguments: samples)
  func whole(_ sample: Sample) {
    for front in Self.paddings {
      for back in Self.paddings {
        let ascii = (0..<back).map { UInt8(0x20 + $0 % 0x5F) }
        let text = [UInt8](repeating: 0x61, count: front) + sample.bytes + ascii
        #expect(Self.isValid(text) == sample.valid, "\(front) bytes before, \(back) after")
      }
    }
  }

  @Test("a text cut anywhere is judged as the whole text, and fails at the first hopeless byte", arguments: samples)
  func everySplit(_ sample: Sample) {
    for first in 0...sample.bytes.count {
      for second in first...sample.bytes.count {
        var validator = UTF8Validator()
        var alive = true
        for piece in [0..<first, first..<second, second..<sample.bytes.count] {
          let now = Self.update(&validator, Array(sample.bytes[piece]))
          #expect(alive || !now, "a failed validator stays failed")
          alive = now
        }
        #expect((alive && validator.isComplete) == sample.valid)
      }
    }
    var validator = UTF8Validator()
    var failure: Int?
    for (position, byte) in sample.bytes.enumerated() where failure == nil {
      if !Self.update(&validator, [byte]) { failure = position }
    }
    #expect(failure == sample.failsAt)
  }

  @Test("all pairs and the telling triples and quadruples agree with the standard library")
  func exhaustive() {
    let edges: [UInt8] = [0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xE0, 0xED, 0xF4, 0xFF]
    for a in UInt8.min...UInt8.max {
      for b in UInt8.min...UInt8.max {
        check([a, b])
        guard a >= 0xE0 else { continue }
        for c in edges { check([a, b, c]) }
        guard a >= 0xF0, edges.contains(b) else { continue }
        for c in edges { for d in edges { check([a, b, c, d]) } }
      }
    }
  }

  private func check(_ bytes: [UInt8]) {
    let expected = String(validating: bytes, as: UTF8.self) != nil
    if Self.isValid(bytes) != expected { Issue.record("\(bytes) should be \(expected)") }
  }
}
