import BenchmarkKit
import TestSupport
import Testing

@Suite("The gate of instruction counts", .tags(.unit))
struct InstructionTests {
  private let key = "x86_64 avx2 swift-6.3.1 release"
  private let commands = BenchCommands([])

  /// Counted runs of one path with start-up of a million, and its table.
  private func table(_ perEvent: Int, name: String = "decode") -> String {
    "\(name)\t10\t100\t5000\t\(1_000_000 + perEvent * 100)\n\(name)\t110\t1100\t55000\t\(1_000_000 + perEvent * 1100)\n"
  }

  @Test("start-up is subtracted")
  func difference() throws {
    let counts = try InstructionRuns.parse(table(700) + table(90, name: "replay"))
    #expect(counts.map(\.name) == ["decode", "replay"] && counts.map(\.perEvent) == [700, 90])
    #expect(counts[0].events == 1000 && counts[0].frames == 100 && counts[0].perByte == 14)
  }

  @Test(
    "tables that cannot be right are refused",
    arguments: [
      "", "decode\t1\t2\t3\t4\n", "decode\t1\t2\t3\nx\n", "a\t1\t1\t1\t1\nb\t2\t2\t2\t2\n",
      "a\t1\t1\t1\t9\na\t2\t2\t2\t2\n", "a\t1\t1\t1\t1\na\t1\t1\t1\t1\n", "a\t1\tx\t1\t1\na\t1\t1\t1\t1\n",
    ])
  func refused(text: String) {
    #expect(throws: BenchUsage.self) { try InstructionRuns.parse(text) }
  }

  @Test(
    "more than 10 % of growth is a regression, as much less an improvement",
    arguments: [
      (1000, InstructionGate.Verdict.noChange), (1099, .noChange), (1101, .regression), (1150, .regression),
      (910, .noChange), (908, .improvement),
    ])
  func verdicts(perEvent: Int, verdict: InstructionGate.Verdict) throws {
    let base = [InstructionBaseline.Entry(name: "decode", perEvent: 1000, perByte: 20)]
    let gate = InstructionGate(try InstructionRuns.parse(table(perEvent)), baseline: base)
    #expect(gate.lines.map(\.verdict) == [verdict])
    #expect(gate.exit == (verdict == .regression ? .regression : verdict == .improvement ? .improvement : .done))
  }

  @Test("the command adds figures on --update, judges by them, and fails nobody whose key it does not know")
  func command() throws {
    let folder = TemporaryFolder()
    let runs = folder.file("runs.tsv")
    let words = [runs, "--baseline", folder.file("instructions.json"), "--key", key]
    try RunFile.write(Array(table(1000).utf8), to: runs)
    #expect(try commands.instructions(words) == .done)
    #expect(Places.read(folder.file("instructions.json")) == nil)
    #expect(try commands.instructions(words + ["--update"]) == .done)
    try RunFile.write(Array(table(1150).utf8), to: runs)
    #expect(try commands.instructions(words) == .regression)
    #expect(try commands.instructions(words.dropLast() + ["aarch64 neon swift-6.3.1 release"]) == .done)
    try RunFile.write(Array(table(800).utf8), to: runs)
    #expect(try commands.instructions(words) == .improvement)
  }

  @Test("an update keeps the paths that were not counted, and other keys")
  func update() throws {
    let folder = TemporaryFolder()
    let (runs, path) = (folder.file("runs.tsv"), folder.file("instructions.json"))
    let words = [runs, "--baseline", path, "--update", "--key"]
    for (name, key) in [("decode", "one"), ("replay", "one"), ("decode", "two")] {
      try RunFile.write(Array(table(1000, name: name).utf8), to: runs)
      _ = try commands.instructions(words + [key])
    }
    let baseline = try InstructionBaseline.read(path)
    #expect(baseline.keys["one"]?.map(\.name) == ["decode", "replay"] && baseline.keys["two"]?.count == 1)
    #expect(baseline.keys["one"]?[0].perEvent == 1000 && baseline.keys["one"]?[0].perByte == 20)
    let bytes = baseline.encode()
    #expect(try InstructionBaseline.decode(unsafe bytes.span.bytes) == baseline)
  }

  @Test("the committed baseline is readable")
  func committed() throws {
    let path = Places.packageRoot + "/Benchmarks/baselines/instructions.json"
    let baseline = try InstructionBaseline.read(path)
    #expect(!baseline.keys.isEmpty && baseline.keys.keys.allSatisfy { $0.hasSuffix(" release") })
  }

  @Test(
    "files that are no baseline are refused",
    arguments: [
      "{}", "{\"format\":\"other\",\"keys\":{}}", "[",
      "{\"format\":\"quotewire-instructions 1\",\"keys\":{\"k\":{\"decode\":{\"perEvent\":0}}}}",
    ])
  func foreign(text: String) {
    let bytes = Array(text.utf8)
    #expect(throws: RunFileError.self) { try InstructionBaseline.decode(unsafe bytes.span.bytes) }
  }
}
