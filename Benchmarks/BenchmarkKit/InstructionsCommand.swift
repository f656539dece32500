import IO

extension BenchCommands {
  /// `instructions RUNS.tsv --key KEY [--baseline FILE] [--update]`: decides on counted runs; tools/bench-gate makes
  /// them.
  package func instructions(_ words: [String]) throws -> BenchExit {
    let options = try BenchOptions(words, known: ["key", "baseline", "update"])
    guard options.operands.count == 1, let key = options.text("key"), !key.isEmpty else {
      throw BenchUsage("instructions takes a table of counted runs and --key; tools/bench-gate makes both")
    }
    let path = options.text("baseline") ?? "\(folder)/baselines/instructions.json"
    let counts = try InstructionRuns.read(options.operands[0])
    var baseline = File.exists(path) ? try InstructionBaseline.read(path) : InstructionBaseline()
    let gate = InstructionGate(counts, baseline: baseline.keys[key] ?? [])
    try out("instructions, key '\(key)', baseline \(path)\n" + gate.table.text)
    if options.has("update") {
      // Paths that were not counted this time keep their figures.
      let kept = (baseline.keys[key] ?? []).filter { gate.uncounted.contains($0.name) }
      baseline.keys[key] = (counts.map { .init(name: $0.name, perEvent: $0.perEvent, perByte: $0.perByte) } + kept)
        .sorted { $0.name < $1.name }
      try RunFile.write(baseline.encode(), to: path)
      say("written: \(path), \(counts.count) paths under '\(key)'")
      return .done
    }
    if gate.lines.contains(where: { $0.verdict == .unknown }) {
      say("the baseline lacks some of these; 'tools/bench-gate --update' adds them, then commit \(path)")
    }
    for name in gate.uncounted { say("in the baseline and not counted: \(name)") }
    return gate.exit
  }
}
