import TestSupport
import Testing

/// The profiler from outside, on a recording of the tree.
@Suite("Profiles", .tags(.system))
struct ProfileTests {
  private static let recording = Places.packageRoot + "/recordings/options-greeks.qwr"

  private static func bench(_ words: String...) throws -> Program.Ended {
    try Program(try Built.program("quotewire-bench"), words).wait(limitSeconds: 120)
  }

  @Test(
    "the sampler of our own names the functions of a stage, and the picture shows them",
    arguments: [("replay", "qw-replay", "FeedDecoder.decode("), ("live", "qw-lane-0", "Lane.run()")])
  func stage(stage: String, thread: String, function: String) throws {
    let folder = TemporaryFolder()
    let folded = folder.file("stacks.folded")
    let profile = try Self.bench("profile", stage, Self.recording, "--folded", folded, "--seconds", "1")
    #expect(profile.exitCode == 0, "\(profile)")
    let lines = String(decoding: Places.read(folded) ?? [], as: UTF8.self).split(separator: "\n")
    #expect(lines.contains { $0.hasPrefix(thread + ";") && $0.contains(function) }, "\(lines.prefix(20))")
    let svg = folder.file("picture.svg")
    let drawn = try Self.bench("flamegraph", folded, "--out", svg, "--title", "a test", "--without", "qw-bench-server")
    #expect(drawn.exitCode == 0, "\(drawn)")
    #expect(drawn.lines.last == svg[...])
    let picture = String(decoding: Places.read(svg) ?? [], as: UTF8.self)
    #expect(picture.contains("data-n=\"\(thread)\"") && picture.contains(function))
    #expect(!picture.contains("data-n=\"qw-bench-server\""))
  }

  @Test(
    "what cannot be profiled is refused with a sentence",
    arguments: [
      (["profile", "nothing", "x.qwr"], Int32(2), "there is no stage 'nothing'"),
      (["profile", "replay"], 2, "takes a stage and a recording"),
      (["flamegraph", "x.folded"], 2, "--out"),
      (["fold", "/nowhere", "--out", "x"], 1, "/nowhere"),
    ])
  func refused(words: [String], code: Int32, sentence: String) throws {
    let ended = try Program(try Built.program("quotewire-bench"), words).wait()
    #expect(ended.exitCode == code)
    #expect(ended.errors.contains(sentence), "\(ended)")
  }
}
