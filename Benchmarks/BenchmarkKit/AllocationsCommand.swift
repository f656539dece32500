extension BenchCommands {
  /// `allocations`: every benchmark with an allowance against it, on the full input and in steady state. Nothing is
  /// timed, so it says the same on a loaded machine.
  package func checkAllocations(_ words: [String]) throws -> BenchExit {
    let options = try BenchOptions(words, known: ["filter"])
    guard let allocations else { throw BenchUsage("this program does not count allocations") }
    if EnvironmentProbe.isDebug {
      throw BenchUsage("only an optimised build keeps the allowances (swift build -c release)")
    }
    let chosen = selected(options.text("filter")).filter { $0.allowedAllocations != nil }
    if chosen.isEmpty { throw BenchUsage("no benchmark of that name has an allowance; see list") }
    var table = Table([
      ("benchmark", .left), ("frames", .right), ("allocations", .right), ("a frame", .right), ("allowed", .right),
      ("verdict", .left),
    ])
    var exit = BenchExit.done
    for benchmark in chosen {
      let count = try Self.steadyAllocations(benchmark, allocations)
      let allowed = benchmark.allowedAllocations ?? 0
      if count.allocations > allowed { exit = .regression }
      table.append([
        benchmark.name, count.frames > 0 ? "\(count.frames)" : "", "\(count.allocations)",
        count.frames > 0 ? Show.fixed(Double(count.allocations) / Double(count.frames), 4) : "", "\(allowed)",
        count.allocations > allowed ? "TOO MANY" : "kept",
      ])
    }
    try out(table.text)
    return exit
  }

  /// Iterations that are counted, after two that are not.
  private static var countedIterations: Int { 3 }

  /// Of all counted iterations together: an allowance is an iteration's, so that 0 stays 0.
  private static func steadyAllocations(
    _ benchmark: Benchmark, _ counts: @Sendable () -> AllocationCounts
  ) throws -> (frames: Int, allocations: Int) {
    let work = try benchmark.prepare(.full)
    if let counted = work.allocations {
      // It finds its own steady state and counts there.
      blackBox(try work.iterate())
      guard let count = counted()?.count else {
        throw BenchmarkError.failed(benchmark: benchmark.name, reason: "it counted no allocations")
      }
      return (work.units.frames, count)
    }
    for _ in 0..<2 { blackBox(try work.iterate()) }
    let before = counts().count
    for _ in 0..<countedIterations { blackBox(try work.iterate()) }
    let allocations = counts().count - before
    return (work.units.frames * countedIterations, allocations)
  }
}
