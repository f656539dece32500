import Foundation
import TestSupport
import Testing

/// Runs `quotewire-bench` to its end.
private func bench(_ arguments: [String], limitSeconds: Double = 300) throws -> Program.Ended {
  try Program(try Built.program("quotewire-bench"), arguments).wait(limitSeconds: limitSeconds)
}

/// Names in the first column of `list`.
private func benchmarkNames() throws -> [String] {
  try bench(["list"]).lines.dropFirst().compactMap { $0.split(separator: " ").first.map(String.init) }
}

@Suite("The benchmark program", .tags(.system))
struct BenchTests {
  let folder = TemporaryFolder()

  @Test("runs every benchmark in smoke size: all are there, all computed what they must, none was skipped")
  func smoke() throws {
    let path = folder.file("smoke.json")
    let ended = try bench(["run", "--smoke", "--quiet", "--json", path])
    #expect(ended.exitCode == 0 && !ended.errors.contains("skipped:"), "\(ended)")
    let run = try #require(try JSONSerialization.jsonObject(with: Data(Places.read(path) ?? [])) as? [String: Any])
    let results = try #require(run["benchmarks"] as? [[String: Any]])
    let names = try benchmarkNames()
    #expect(names.count > 50 && results.compactMap { $0["name"] as? String } == names)
    for result in results {
      let name = result["name"] as? String ?? ""
      #expect((result["digest"] as? String)?.count == 16, "\(name)")
      // What can only run as a whole is measured once.
      let isWhole = ["latency/", "memory/", "collect/sequential"].contains { name.hasPrefix($0) }
      #expect((result["samples"] as? [Any])?.count == (isWhole ? 1 : 2), "\(name)")
    }
  }

  @Test("a wrong word ends with the usage and exit code 2, a benchmark that is not there too")
  func usage() throws {
    for words in [["nothing"], ["gate", "a.json"], ["iterate", "nothing"], ["run", "--filter", "nothing"]] {
      let ended = try bench(words)
      #expect(ended.exitCode == 2 && !ended.errors.isEmpty, "\(words): \(ended)")
    }
  }

  // MARK: gate

  /// Samples of 1,000 ns, of a spread of 2 %, times a factor.
  private func result(_ factor: Double, seed: UInt64) throws -> String {
    var random = SeededRandom(seed: seed)
    let samples = (0..<40).map { _ in
      "[1000,\(Int(1e6 * factor * (0.98 + 0.04 * Double(random.next() >> 40) / Double(1 << 24))))]"
    }
    let path = folder.file("\(seed).json")
    try write(
      """
      {"format":"quotewire-bench 1","benchmarks":[{"name":"decode/mix","frames":1,"events":8,"bytes":500,"digest":"1",\
      "samples":[\(samples.joined(separator: ","))]}]}

      """, to: path)
    return path
  }

  @Test(
    "the gate's exit code tells a regression, an improvement and no change apart",
    arguments: [(1.15, 10), (1 / 1.15, 11), (1, 0)] as [(Double, Int32)])
  func exitCodes(factor: Double, code: Int32) throws {
    let paths = try (1...6).map { try result($0 % 2 == 0 ? factor : 1, seed: $0) }
    let ended = try bench(["gate"] + paths)
    #expect(ended.exitCode == code, "\(ended)")
    #expect(ended.lines.count == 3 && ended.lines[1].hasPrefix("decode/mix"), "\(ended.text)")
  }

  @Test("the gate judges what the harness measured: a version against itself in the same samples is no change")
  func measured() throws {
    let path = folder.file("run.json")
    let options = ["--warm-up", "0", "--time", "0", "--samples", "20", "--quiet", "--json", path]
    let measured = try bench(["run", "--filter", "number/parse"] + options)
    #expect(measured.exitCode == 0, "\(measured)")
    let ended = try bench(["gate"] + Array(repeating: path, count: 6))
    #expect(ended.exitCode == 0 && ended.text.contains("no change"), "\(ended)")
  }
}

@Suite("The gate of instruction counts, with callgrind", .tags(.system), .enabled(if: hasValgrind, "no valgrind"))
struct InstructionGateTests {
  private static let path = "json/validate"
  let folder = TemporaryFolder()

  /// Runs tools/bench-gate on the programs that were built with the tests.
  private func gate(_ more: [String]) throws -> Program.Ended {
    let programs = try Built.program("quotewire-bench").split(separator: "/").dropLast().joined(separator: "/")
    let words = ["--programs", "/" + programs, "--only", Self.path, "--baseline", folder.file("baseline.json")]
    let tool = Places.packageRoot + "/tools/bench-gate"
    return try Program("/bin/bash", [tool, "--no-allocations"] + words + more).wait(limitSeconds: 600)
  }

  @Test("counting twice raises no alarm, and 15 % more work is caught, by exact figures")
  func planted() throws {
    let first = try gate(["--update"])
    #expect(first.exitCode == 0, "\(first) \(first.text)")
    let again = try gate([])
    #expect(again.exitCode == 0 && again.text.contains("no change"), "\(again) \(again.text)")
    let more = try gate(["--handicap", "15"])
    #expect(more.exitCode == 10 && more.text.contains("MORE"), "\(more) \(more.text)")
    #expect(more.text.contains("+15."), "\(more.text)")
  }
}

private let hasValgrind = ["/usr/bin/valgrind", "/usr/local/bin/valgrind"].contains {
  FileManager.default.isExecutableFile(atPath: $0)
}
