extension BenchCommands {
  /// `iterate NAME --iterations N`: that many iterations on the small input and nothing else, for tools that count
  /// instructions or system calls. Two runs that differ in N alone differ by whole iterations in steady state: both
  /// prepare, and do one iteration before, which fixes the digest.
  package func iterate(_ words: [String]) throws -> BenchExit {
    let options = try BenchOptions(words, known: ["iterations", "handicap"])
    guard options.operands.count == 1, let benchmark = benchmarks.first(where: { $0.name == options.operands[0] })
    else { throw BenchUsage("iterate takes the name of one benchmark; see list") }
    let count = try options.int("iterations", 1, in: 1...1_000_000)
    var handicap = Handicap(percent: try options.int("handicap", 0, in: 0...1000))
    let work = try benchmark.prepare(.smoke)
    let first = try work.iterate()
    let expected = work.expectedDigest ?? first
    for _ in 0..<(count + handicap.extra(for: count)) {
      let digest = try work.iterate()
      if digest != expected {
        throw BenchmarkError.wrongDigest(benchmark: benchmark.name, expected: expected, got: digest)
      }
    }
    var json = JSONWriter()
    json.open(.object)
    json.member("name", benchmark.name)
    json.member("iterations", count)
    json.member("frames", work.units.frames * count)
    json.member("events", work.units.events * count)
    json.member("bytes", work.units.bytes * count)
    json.member("digest", Hex.text(expected))
    json.close(.object)
    try out(String(decoding: json.finish(), as: UTF8.self))
    return .done
  }
}
