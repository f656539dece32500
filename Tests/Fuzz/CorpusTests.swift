import TestSupport
import Testing

/// Each fuzz target takes its corpus, and changes of it from a fixed seed, in a process of its own: what `wrong` or a
/// trap ends there is a failed test here.
@Suite("Fuzz targets")
struct CorpusTests {
  @Test("take their corpora and a few changes of each input", arguments: FuzzTarget.all.map(\.name))
  func corpus(_ name: String) async {
    await #expect(processExitsWith: .success) { [name] in
      let target = try #require(FuzzTarget.all.first { $0.name == name })
      let folder = Places.packageRoot + "/Tests/Fuzz/corpora/" + name
      let inputs = Places.names(in: folder).sorted().compactMap { Places.read(folder + "/" + $0) }
      try #require(!inputs.isEmpty, "no corpus \(folder)")
      for (number, input) in inputs.enumerated() {
        target.run(input)
        var random = SeededRandom(seed: UInt64(number))
        for _ in 0..<Self.changes { target.run(Self.changed(input, &random)) }
      }
    }
  }

  private static let changes = 8

  /// An input with a byte of another value, doubled or missing bytes, or a cut end.
  private static func changed(_ input: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
    guard !input.isEmpty else { return [UInt8.random(in: 0...255, using: &random)] }
    var bytes = input
    let at = Int.random(in: bytes.indices, using: &random)
    let end = min(bytes.count, at + Int.random(in: 1...16, using: &random))
    switch Int.random(in: 0..<4, using: &random) {
    case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
    case 1: bytes.insert(contentsOf: input[at..<end], at: Int.random(in: 0...bytes.count, using: &random))
    case 2: bytes.removeSubrange(at..<end)
    default: bytes.removeSubrange(at...)
    }
    return bytes
  }
}
