import BenchmarkKit
import Glibc
import TestSupport
import Testing

@testable import Suites

@Suite("One stage over a recording", .tags(.unit))
struct ThroughputTests {
  private static func recording(_ name: String) -> String { Place.root + "/recordings/\(name).qwr" }

  private static func bytes(_ path: String) -> [UInt8] {
    guard let file = unsafe fopen(path, "r") else { return [] }
    defer { unsafe fclose(file) }
    var all: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let got = unsafe fread(&block, 1, block.count, file)
      if got == 0 { return all }
      all.append(contentsOf: block[0..<got])
    }
  }

  private static func write(_ bytes: [UInt8], _ path: String) {
    guard let file = unsafe fopen(path, "w") else { return }
    unsafe fwrite(bytes, 1, bytes.count, file)
    unsafe fclose(file)
  }

  @Test(
    "every stage goes through the same payloads; those that decode agree on events and digest",
    arguments: RecordingsSuite.names)
  func stages(_ name: String) throws {
    let replay = try Throughput.measure(.replay, Self.recording(name))
    let blocks = try Throughput.measure(.read, Self.recording(name))
    #expect(replay.frames > 0 && replay.bytes > 0 && replay.events > 0)
    for stage in Throughput.Stage.allCases {
      let figures = try Throughput.measure(stage, Self.recording(name))
      #expect(figures.frames == replay.frames && figures.bytes == replay.bytes, "\(stage)")
      #expect(figures.nanos > 0 && figures.cpuNanos > 0, "\(stage)")
      let decodes = [.decode, .replay, .encodeCSV, .encodeNDJSON].contains(stage)
      #expect(figures.digest == (decodes ? replay.digest : blocks.digest), "\(stage)")
      #expect(figures.events == (decodes ? replay.events : 0), "\(stage)")
      #expect((figures.outputBytes > 0) == [.encodeCSV, .encodeNDJSON, .record].contains(stage), "\(stage)")
    }
  }

  @Test("the JSON of a stage has the members of the contract")
  func json() throws {
    var figures = Throughput.Figures()
    figures.bytes = 1
    figures.frames = 2
    figures.events = 3
    figures.cpuNanos = 1_500_000_000
    figures.nanos = 2_000_000_000
    figures.digest = "ab"
    let text = String(decoding: figures.json, as: UTF8.self)
    #expect(text == "{\"bytes\":1,\"frames\":2,\"events\":3,\"cpuSeconds\":1.5,\"seconds\":2.0,\"digest\":\"ab\"}\n")
  }

  @Test(
    "what is no recording is refused with a sentence that names the file", arguments: Throughput.Stage.allCases)
  func refused(_ stage: Throughput.Stage) {
    let folder = TemporaryFolder()
    let whole = Self.bytes(Self.recording("candles"))
    let files: [(name: String, bytes: [UInt8]?)] = [
      ("missing.qwr", nil), ("empty.qwr", []), ("short.qwr", Array(whole[..<10])), ("text.qwr", Array("{}".utf8)),
    ]
    for file in files {
      let path = folder.file(file.name)
      if let bytes = file.bytes { Self.write(bytes, path) }
      #expect {
        try Throughput.run([stage.rawValue, path, "--json", folder.file("figures.json")])
      } throws: { error in
        "\(error)".contains(path)
      }
    }
  }

  @Test("a recording cut anywhere gives the figures of what is whole", arguments: Throughput.Stage.allCases)
  func cut(_ stage: Throughput.Stage) throws {
    let folder = TemporaryFolder()
    let whole = Self.bytes(Self.recording("quiet-hour"))
    let all = try Throughput.measure(stage, Self.recording("quiet-hour"))
    for end in [64, 65, 5000, 300_000, whole.count - 1] {
      Self.write(Array(whole[..<end]), folder.file("cut.qwr"))
      let part = try Throughput.measure(stage, folder.file("cut.qwr"))
      #expect(part.frames <= all.frames && part.bytes <= all.bytes, "cut at \(end)")
      if end == 300_000 { #expect(part.frames > 0 && part.frames < all.frames) }
      if end == 64 { #expect(part.frames == 0) }
    }
  }

  @Test("requests that make no sense are usage errors", arguments: [[], ["decode"], ["melt", "x.qwr"]])
  func usage(_ words: [String]) {
    #expect(throws: BenchUsage.self) { try Throughput.run(words) }
  }
}
