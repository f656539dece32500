import BenchmarkKit
import TestSupport
import Testing

@Suite("Results as files and tables", .tags(.unit))
struct RunFileTests {
  private static func run(_ host: String = "h", factor: Double = 1) -> RunResult {
    var environment = Environment()
    environment.machine = host
    environment.cpuModel = "A \"quoted\" CPU\\\n"
    environment.cores = 2
    environment.memoryBytes = 8 << 30
    environment.isTreeDirty = true
    environment.stealShare = 0.125
    environment.buildMode = "release"
    let units = Units(frames: 100, events: 800, bytes: 48_000)
    var one = BenchmarkResult(name: "decode/mix", input: "seed 1", units: units)
    one.mode = .linear
    one.samples = (1...20).map { Sample(iterations: $0, nanos: Int64(Double($0 * 1000 + $0 % 3) * factor)) }
    one.cpuNanosPerIteration = 990.5
    one.digest = "00000000000000ff"
    one.allocations = AllocationCounts(count: 0, bytes: 0)
    one.peakResidentBytes = 12_345_678
    one.recordings = ["seed=1": "abc", "seed=2": "def"]
    var two = BenchmarkResult(name: "items", input: "", units: Units(items: 5))
    two.samples = [Sample(iterations: 1, nanos: 3_000_000_000)]
    two.latency = [
      LatencyFigures(
        name: "wire-to-ring", ratePerSecond: 100_000, achievedPerSecond: 99_998.5, count: 200_000,
        percentiles: zip(LatencyPoint.standard, 1...).map { LatencyPoint(percentile: $0, nanos: 1000 << $1) })
    ]
    return RunResult(
      name: "first", startedAt: 1_772_461_800, environment: environment, settings: .init(), benchmarks: [one, two])
  }

  @Test("a run survives being written and read")
  func roundTrip() throws {
    let run = Self.run()
    let bytes = RunFile.encode(run)
    #expect(try RunFile.decode(unsafe bytes.span.bytes) == run)
    let folder = TemporaryFolder()
    try RunFile.write(run, to: folder.file("sub/run.json"))
    #expect(try RunFile.read(folder.file("sub/run.json")) == run)
  }

  @Test("a latency is written by percentile, and a file without one is read as having none")
  func latency() throws {
    let text = String(decoding: RunFile.encode(Self.run()), as: UTF8.self)
    let written = """
      "latency":[{"name":"wire-to-ring","ratePerSecond":100000.0,"achievedPerSecond":99998.5,"count":200000,\
      "percentiles":{"50":2000,"90":4000,"99":8000,"99.9":16000,"99.99":32000,"100":64000}}]
      """
    #expect(text.contains(written))
    let older = Array(text.replacing(written + ",", with: "").utf8)
    let read = try RunFile.decode(unsafe older.span.bytes)
    #expect(read.benchmarks.map(\.latency) == [[], []])
  }

  @Test("a file of version 1 is read, its host as the machine that it was, and no file tells a host")
  func older() throws {
    var run = Self.run()
    run.environment.machine = MachineID.of(host: "some-host")
    let text = String(decoding: RunFile.encode(run), as: UTF8.self)
    #expect(text.hasPrefix("{\"format\":\"quotewire-bench 2\"") && !text.contains("some-host"))
    let machine = "\"machine\":\"\(run.environment.machine)\""
    #expect(run.environment.machine.count == 8 && text.contains(machine))
    let older = Array(
      text.replacing("quotewire-bench 2", with: "quotewire-bench 1")
        .replacing(machine, with: "\"host\":\"some-host\"").replacing("\"buildFlags\":\"\",", with: "").utf8)
    #expect(try RunFile.decode(unsafe older.span.bytes) == run)
  }

  @Test("a file of a newer version is refused by its number")
  func newer() {
    let text = String(decoding: RunFile.encode(Self.run()), as: UTF8.self)
    let bytes = Array(text.replacing("quotewire-bench 2", with: "quotewire-bench 3").utf8)
    let error = #expect(throws: RunFileError.self) { try RunFile.decode(unsafe bytes.span.bytes) }
    #expect(error.map { "\($0)".contains("version 3") } == true)
  }

  @Test("a kept run of a hundred benchmarks with fifty samples each stays below 256 KiB")
  func size() {
    var run = Self.run()
    run.benchmarks[0].samples = (1...50).map { Sample(iterations: $0 * 1000, nanos: Int64($0) * 12_345_678) }
    run.benchmarks = Array(repeating: run.benchmarks[0], count: 100)
    #expect(RunFile.encode(run).count < 256 << 10)
  }

  @Test("the machine's digits are FNV-1a, folded")
  func machineID() {
    // FNV-1a of 64 bits of "a" is af63dc4c8601ec8c, as its authors publish it.
    #expect(MachineID.of(host: "a") == "296230c0" && MachineID.of(host: "").isEmpty)
  }

  @Test("no cut or changed file makes the reader crash, and a cut one is refused")
  func hostile() {
    let bytes = RunFile.encode(Self.run())
    for end in stride(from: 0, to: bytes.count - 2, by: 7) {
      let part = Array(bytes[..<end])
      #expect(throws: RunFileError.self) { try RunFile.decode(unsafe part.span.bytes) }
    }
    var random = SeededRandom(seed: 5)
    for _ in 0..<500 {
      var changed = bytes
      changed[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
      _ = try? RunFile.decode(unsafe changed.span.bytes)
    }
  }

  @Test("files of other programs and results without samples are refused")
  func foreign() {
    let texts = [
      "{}", "{\"format\":\"other\"}", "{\"format\":\"quotewire-bench 1\",\"benchmarks\":[{\"name\":\"x\"}]}",
    ]
    for text in texts {
      let bytes = Array(text.utf8)
      #expect(throws: RunFileError.self) { try RunFile.decode(unsafe bytes.span.bytes) }
    }
  }

  @Test("a slower run is called slower, an equal one noise, and another digest other work")
  func comparison() throws {
    let base = Self.run()
    let bootstrap = Bootstrap(resamples: 300)
    #expect(Comparison.all(base, Self.run(factor: 1.2), bootstrap: bootstrap)[0].verdict == .slower)
    #expect(Comparison.all(base, Self.run(factor: 0.8), bootstrap: bootstrap)[0].verdict == .faster)
    #expect(Comparison.all(base, base, bootstrap: bootstrap).map(\.verdict) == [.noise, .fewSamples])
    var other = base
    other.benchmarks[0].digest = "0"
    #expect(Comparison.all(base, other, bootstrap: bootstrap)[0].verdict == .incomparable)
  }

  @Test("a comparison across machines says so loudly")
  func machines() {
    #expect(Comparison.warnings(Self.run(), Self.run()).isEmpty)
    let warnings = Comparison.warnings(Self.run("a"), Self.run("b"))
    #expect(warnings.count == 1 && warnings[0].contains("DIFFERENT MACHINES"))
  }

  @Test("tables are aligned")
  func tables() {
    var table = Table([("name", .left), ("value", .right)])
    table.append(["a", "1.5"])
    table.append(["longer name", "22"])
    #expect(table.text == "name         value\na              1.5\nlonger name     22\n")
    #expect(table.markdown.split(separator: "\n").map(\.count) == [23, 23, 23, 23])
    #expect(table.markdown.contains("| ----------- | ----: |"))
  }

  @Test(
    "numbers are shown with three figures and a unit",
    arguments: [
      (0.5, "0.50 ns"), (12.34, "12.3 ns"), (999, "999 ns"), (1_500, "1.50 µs"), (2.5e6, "2.50 ms"), (3e9, "3.00 s"),
    ])
  func nanos(value: Double, text: String) { #expect(Show.nanos(value) == text) }

  @Test("changes, counts and dates are shown as people read them")
  func show() {
    #expect(Show.change(1.034) == "+3.4 %" && Show.change(0.5) == "-50.0 %" && Show.change(1) == "+0.0 %")
    #expect(Show.count(nil) == "" && Show.count(34_000_000) == "34.0 M" && Show.count(9_999) == "9999")
    #expect(Show.fixed(-0.04, 1) == "0.0" && Show.fixed(-1.25, 1) == "-1.3" && Show.fixed(7, 0) == "7")
    #expect(CivilTime.text(0) == "1970-01-01T00:00:00Z" && CivilTime.text(-1) == "1969-12-31T23:59:59Z")
    #expect(CivilTime.text(951_827_696) == "2000-02-29T12:34:56Z")
  }
}

@Suite("The harness", .tags(.unit))
struct HarnessTests {
  private final class Counter: Sendable {
    static func make(_ digests: @escaping (Int) -> UInt64) -> () throws -> UInt64 {
      var count = 0
      return {
        count += 1
        return digests(count)
      }
    }
  }

  @Test("a benchmark has as many samples as asked for and its digest")
  func samples() throws {
    var settings = Harness.Settings.smoke
    settings.samples = 7
    let benchmark = Benchmark("b", input: "") { _ in Work(Units(frames: 2)) { 0xAB } }
    let result = try Harness(settings: settings).run(benchmark)
    #expect(result.samples.count == 7 && result.digest == "00000000000000ab" && result.units.frames == 2)
    #expect(result.allocations == nil)
  }

  @Test("a benchmark that computes something else than it should fails")
  func digest() {
    let harness = Harness(settings: .smoke)
    let wrong = Benchmark("wrong", input: "") { _ in Work(Units(), expectedDigest: 1) { 2 } }
    #expect(throws: BenchmarkError.self) { try harness.run(wrong) }
    let changing = Benchmark("changing", input: "") { _ in Work(Units(), Counter.make { UInt64($0) }) }
    #expect(throws: BenchmarkError.self) { try harness.run(changing) }
  }

  @Test("a benchmark beyond its allowance of allocations fails, and only where that is asked for")
  func allowance() throws {
    var settings = Harness.Settings.smoke
    let benchmark = Benchmark("b", input: "", allocations: 0) { _ in Work(Units()) { 1 } }
    let counts = Ticker()
    let count: @Sendable () -> AllocationCounts = { AllocationCounts(count: counts.next(), bytes: 10) }
    #expect(throws: BenchmarkError.self) { try Harness(settings: settings, allocations: count).run(benchmark) }
    settings.limitsAllocations = false
    let result = try Harness(settings: settings, allocations: count).run(benchmark)
    #expect(result.allocations == AllocationCounts(count: 1, bytes: 0))
  }

  @Test("what a preparation throws becomes the benchmark's failure")
  func preparation() {
    struct Broken: Error {}
    let benchmark = Benchmark("b", input: "") { _ in throw Broken() }
    #expect(throws: BenchmarkError.self) { try Harness(settings: .smoke).run(benchmark) }
  }

  @Test("the environment names machine and build")
  func environment() {
    let environment = EnvironmentProbe().finish()
    #expect(environment.cores > 0 && environment.memoryBytes > 0 && !environment.kernel.isEmpty)
    #expect(["debug", "release"].contains(environment.buildMode))
    #expect(environment.machine.count == 8 && environment.swiftVersion.hasPrefix("6."))
    #expect(environment.buildFlags.contains(environment.buildMode))
    #expect(environment.stealShare >= 0 && environment.stealShare <= 1)
  }
}
