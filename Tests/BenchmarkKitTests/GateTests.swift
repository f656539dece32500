import BenchmarkKit
import TestSupport
import Testing

/// Results of one version in a round.
private func run(_ benchmarks: [(name: String, nanos: [Double])], digest: String = "00000000000000ff") -> RunResult {
  var environment = Environment()
  environment.machine = "0000000a"
  environment.buildMode = "release"
  return RunResult(
    name: "run", startedAt: 1_772_461_800, environment: environment, settings: .init(),
    benchmarks: benchmarks.map { name, nanos in
      var result = BenchmarkResult(name: name, input: "seed 1", units: Units(frames: 10, events: 80, bytes: 4_800))
      // Ten thousand times the iterations, so that nothing is lost in whole nanoseconds.
      result.samples = nanos.map { Sample(iterations: 10_000, nanos: Int64($0 * 10_000)) }
      result.cpuNanosPerIteration = nanos.reduce(0, +) / Double(nanos.count)
      result.digest = digest
      return result
    })
}

private func rounds(_ machine: inout NoisyMachine, _ changes: [(name: String, now: Double)]) -> [Gate.Round] {
  let all = changes.map { change in
    (name: change.name, rounds: machine.rounds(base: 1000, now: 1000 * change.now))
  }
  return (0..<3).map { i in
    Gate.Round(base: run(all.map { ($0.name, $0.rounds[i].base) }), now: run(all.map { ($0.name, $0.rounds[i].now) }))
  }
}

/// Writes each run to a file, in the order of the command's operands.
private func write(_ rounds: [Gate.Round], _ folder: TemporaryFolder) throws -> [String] {
  var paths: [String] = []
  for (i, round) in rounds.enumerated() {
    for (side, run) in [("base", round.base), ("now", round.now)] {
      paths.append(folder.file("\(side)-\(i).json"))
      try RunFile.write(run, to: paths[paths.count - 1])
    }
  }
  return paths
}

@Suite("The gate between two versions", .tags(.unit))
struct GateTests {
  private let bootstrap = Bootstrap(resamples: 100)
  private let commands = BenchCommands([])

  @Test("one benchmark that is 15 % slower among twenty is named, and decides")
  func oneOfTwenty() {
    var machine = NoisyMachine(.shared, seed: 11)
    let changes = (0..<20).map { (name: "b/\($0)", now: $0 == 7 ? 1.15 : 1) }
    let gate = Gate(rounds(&machine, changes), bootstrap: bootstrap)
    let slower = gate.lines.filter { if case .judged(let d) = $0.outcome { d.verdict == .regression } else { false } }
    #expect(slower.map(\.name) == ["b/7"] && gate.exit == .regression)
    #expect(gate.summary == "1 slower, 0 faster, 19 unchanged")
    let row = gate.table.rows.first { $0[0] == "b/7" } ?? []
    #expect(row.last == "SLOWER" && row[3].hasPrefix("+1"))
  }

  @Test("the command catches a planted slowdown of 15 %", arguments: [NoisyMachine.Kind.calm, .shared])
  func plantedCommand(kind: NoisyMachine.Kind) throws {
    var machine = NoisyMachine(kind, seed: 5)
    let folder = TemporaryFolder()
    let paths = try write(rounds(&machine, [("decode/mix", 1.15), ("encode/csv", 1)]), folder)
    #expect(try commands.gate(paths + ["--quiet"], bootstrap: bootstrap) == .regression)
  }

  @Test("twenty comparisons of a version with itself raise no alarm, by the command neither")
  func silent() throws {
    for seed in 1...20 {
      var machine = NoisyMachine(.shared, seed: UInt64(seed) &* 15_485_863)
      let gate = Gate(rounds(&machine, [("decode/mix", 1)]), bootstrap: bootstrap)
      #expect(gate.exit == .done, "seed \(seed)")
    }
    var machine = NoisyMachine(.shared, seed: 21)
    let folder = TemporaryFolder()
    let paths = try write(rounds(&machine, [("decode/mix", 1)]), folder)
    #expect(try commands.gate(paths + ["--quiet"], bootstrap: bootstrap) == .done)
  }

  @Test("improvements alone have an exit code of their own, and a regression outweighs them")
  func exits() {
    var machine = NoisyMachine(.calm, seed: 3)
    #expect(Gate(rounds(&machine, [("a", 0.7), ("b", 1)]), bootstrap: bootstrap).exit == .improvement)
    #expect(Gate(rounds(&machine, [("a", 0.7), ("b", 1.4)]), bootstrap: bootstrap).exit == .regression)
    #expect(Set([BenchExit.done, .failed, .usage, .regression, .improvement].map(\.rawValue)).count == 5)
  }

  @Test("other work and missing benchmarks are shown and not judged, and a gate that judges nothing failed")
  func notJudged() {
    var machine = NoisyMachine(.calm, seed: 4)
    var all = rounds(&machine, [("a", 2), ("b", 2), ("c", 2)])
    all[1].now.benchmarks[0].digest = "other"
    all[2].base.benchmarks[1].units.events += 1
    all[0].base.benchmarks.remove(at: 2)
    let gate = Gate(all, bootstrap: bootstrap)
    #expect(gate.lines.map(\.outcome) == [
      .otherWork("another digest"), .otherWork("another amount of work"), .missing("in 2 of 3 rounds of base"),
    ])
    #expect(gate.exit == .failed && gate.summary.hasSuffix("3 not judged"))
  }

  @Test("a folder stands for all its results: samples of one benchmark follow one another")
  func folders() throws {
    let folder = TemporaryFolder()
    var machine = NoisyMachine(.calm, seed: 6)
    var paths: [String] = []
    for (i, round) in rounds(&machine, [("a", 1.3), ("b", 1)]).enumerated() {
      for (side, run) in [("base", round.base), ("now", round.now)] {
        paths.append(folder.file("\(side)-\(i)"))
        for part in 0..<2 {
          var half = run
          for b in half.benchmarks.indices {
            let samples = half.benchmarks[b].samples
            half.benchmarks[b].samples = Array(part == 0 ? samples[..<15] : samples[15...])
          }
          try RunFile.write(half, to: paths[paths.count - 1] + "/\(part).json")
        }
      }
    }
    #expect(try commands.gate(paths + ["--quiet"], bootstrap: bootstrap) == .regression)
    var other = try RunFile.read(paths[0] + "/1.json")
    other.benchmarks[0].digest = "other"
    try RunFile.write(other, to: paths[0] + "/1.json")
    #expect(throws: BenchmarkError.self) { try commands.gate(paths) }
  }

  @Test("too few rounds, an odd file, and smoke runs are refused")
  func refusals() throws {
    let folder = TemporaryFolder()
    var machine = NoisyMachine(.calm, seed: 8)
    let all = rounds(&machine, [("a", 1)])
    let paths = try write(all, folder)
    #expect(throws: BenchUsage.self) { try commands.gate(Array(paths[..<4])) }
    #expect(throws: BenchUsage.self) { try commands.gate(Array(paths[..<5])) }
    var smoke = all[0].base
    smoke.settings.isSmoke = true
    try RunFile.write(smoke, to: paths[0])
    #expect(throws: BenchUsage.self) { try commands.gate(paths) }
  }

  @Test("a planted slowdown takes that much longer, and its result says so")
  func handicap() throws {
    var handicap = Handicap(percent: 15)
    #expect((0..<100).reduce(0) { sum, _ in sum + handicap.extra(for: 1) } == 15)
    #expect(handicap.extra(for: 1000) == 150)
    var settings = Harness.Settings.smoke
    settings.handicapPercent = 200
    let benchmark = Benchmark("b", input: "") { _ in Work(Units(frames: 1)) { 1 } }
    // A clock that goes on by ten nanoseconds a look: the work takes ten, and twice as much is added.
    let ticks = Ticker()
    let slowed = try Harness(settings: settings, clock: { Int64(ticks.next()) * 10 }).run(benchmark)
    #expect(slowed.samples.map(\.nanos) == [30, 30])
    var result = run([("a", [1, 2])])
    result.settings.handicapPercent = 15
    let bytes = RunFile.encode(result)
    #expect(try RunFile.decode(unsafe bytes.span.bytes) == result)
    #expect(throws: BenchUsage.self) { try commands.run(["--handicap", "15", "--save", "x"]) }
  }
}
