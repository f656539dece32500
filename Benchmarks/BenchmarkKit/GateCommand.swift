import IO

extension BenchCommands {
  /// `gate BASE NOW BASE NOW BASE NOW`: each a result or a folder of results, a pair a round.
  package func gate(_ words: [String], bootstrap: Bootstrap = Bootstrap()) throws -> BenchExit {
    let options = try BenchOptions(words, known: ["quiet"])
    let paths = options.operands
    guard paths.count.isMultiple(of: 2), paths.count / 2 >= Decision.leastRounds else {
      throw BenchUsage(
        "gate takes at least \(Decision.leastRounds) pairs of results, a pair a round: "
          + "gate BASE1.json NOW1.json BASE2.json NOW2.json BASE3.json NOW3.json; a folder stands for all its results")
    }
    var rounds: [Gate.Round] = []
    for i in stride(from: 0, to: paths.count, by: 2) {
      rounds.append(Gate.Round(base: try Self.results(at: paths[i]), now: try Self.results(at: paths[i + 1])))
    }
    let gate = Gate(rounds, bootstrap: bootstrap)
    for warning in gate.warnings { say(warning) }
    if !options.has("quiet") { try out(gate.table.text) }
    try out(gate.summary + "\n")
    if gate.exit == .failed { say("no benchmark could be judged") }
    return gate.exit
  }

  /// One file, or all the results of a folder as one run: samples of the same benchmark follow one another.
  static func results(at path: String) throws -> RunResult {
    guard Directory.isDirectory(path) else { return try judgeable(RunFile.read(path), path) }
    let files = try Directory.list(path).filter { $0.hasSuffix(".json") }.sorted()
    guard let first = files.first else { throw BenchUsage("\(path) has no results (*.json)") }
    var all = try judgeable(RunFile.read(path + "/" + first), path + "/" + first)
    for file in files.dropFirst() {
      let more = try judgeable(RunFile.read(path + "/" + file), path + "/" + file)
      for result in more.benchmarks { try add(result, to: &all, file: path + "/" + file) }
    }
    return all
  }

  private static func judgeable(_ run: RunResult, _ path: String) throws(BenchUsage) -> RunResult {
    if run.settings.isSmoke { throw BenchUsage("\(path) is of a smoke run, whose times say nothing") }
    return run
  }

  private static func add(_ result: BenchmarkResult, to run: inout RunResult, file: String) throws(BenchmarkError) {
    guard let i = run.benchmarks.firstIndex(where: { $0.name == result.name }) else {
      run.benchmarks.append(result)
      return
    }
    let known = run.benchmarks[i]
    guard known.digest == result.digest, known.units == result.units else {
      throw .failed(benchmark: result.name, reason: "\(file) has another digest or amount of work than files before it")
    }
    // CPU time weighs by iterations, as the samples do.
    let (a, b) = (known.samples.reduce(0) { $0 + $1.iterations }, result.samples.reduce(0) { $0 + $1.iterations })
    let nanos = known.cpuNanosPerIteration * Double(a) + result.cpuNanosPerIteration * Double(b)
    run.benchmarks[i].cpuNanosPerIteration = nanos / Double(a + b)
    run.benchmarks[i].samples += result.samples
  }
}
