import JSON
import TestSupport
import Testing

func parseDouble(_ text: [UInt8]) -> Double? { unsafe text.withUnsafeBytes { b in unsafe Number.parseDouble(b) } }
func parseDouble(_ text: String) -> Double? { parseDouble(Array(text.utf8)) }

func parseInt64(_ text: String) -> Number.IntegerResult {
  unsafe Array(text.utf8).withUnsafeBytes { b in unsafe Number.parseInt64(b) }
}

/// The grammar of RFC 8259 section 6, spelt out.
func isNumber(_ text: ArraySlice<UInt8>) -> Bool {
  var rest = text
  if rest.first == 0x2D { rest = rest.dropFirst() }
  func digits() -> Int {
    let run = rest.prefix { (0x30...0x39).contains($0) }
    rest = rest.dropFirst(run.count)
    return run.count
  }
  let startsWithZero = rest.first == 0x30
  let whole = digits()
  if whole == 0 || (whole > 1 && startsWithZero) { return false }
  if rest.first == 0x2E {
    rest = rest.dropFirst()
    if digits() == 0 { return false }
  }
  if rest.first == 0x65 || rest.first == 0x45 {
    rest = rest.dropFirst()
    if rest.first == 0x2B || rest.first == 0x2D { rest = rest.dropFirst() }
    if digits() == 0 { return false }
  }
  return rest.isEmpty
}

@Suite("Number files", .enabled(if: Places.shared("number-data") != nil, "../shared/number-data is absent"))
struct NumberFileTests {
  static let folder = Places.shared("number-data")
  static let files = ["google-wuffs.txt", "lemire-fast-float.txt", "more-test-cases.txt", "tencent-rapidjson.txt"]

  @Test("every number has the listed bits, every other text is refused", arguments: files)
  func bits(_ file: String) throws {
    let folder = try #require(Self.folder)
    let all = try #require(Places.read("\(folder)/\(file)"))
    var numbers = 0
    for line in all.split(separator: 0x0A) {
      let columns = line.split(separator: 0x20, maxSplits: 3)
      try #require(columns.count == 4)
      let bits = try #require(UInt64(String(decoding: columns[2], as: UTF8.self), radix: 16))
      let text = columns[3]
      let value = parseDouble(Array(text))
      if isNumber(text) {
        numbers += 1
        if value?.bitPattern != bits {
          Issue.record("\(String(decoding: text, as: UTF8.self)): \(String(describing: value))")
        }
      } else if let value {
        Issue.record("\(String(decoding: text, as: UTF8.self)) is no JSON number, but read as \(value)")
      }
    }
    #expect(numbers > 40)
  }
}
