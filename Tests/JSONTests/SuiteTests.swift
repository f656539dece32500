import JSON
import TestSupport
import Testing

@Suite("JSONTestSuite", .enabled(if: Places.shared("json-test-suite") != nil, "../shared/json-test-suite is absent"))
struct SuiteTests {
  static let folder = Places.shared("json-test-suite/test_parsing")

  @Test("what must be accepted is accepted, what must be refused is refused", arguments: levels)
  func verdicts(_ level: SIMDLevel) throws {
    let folder = try #require(Self.folder)
    let names = Places.names(in: folder)
    #expect(names.count == 318)
    for name in names {
      let text = try #require(Places.read("\(folder)/\(name)"))
      let error = refusal(text, level)
      switch name.first {
      case "y": #expect(error == nil, "\(name)")
      case "n": #expect(error != nil, "\(name)")
      default: break
      }
      if let error { #expect(error.offset >= 0 && error.offset <= text.count, "\(name): \(error)") }
    }
  }
}
