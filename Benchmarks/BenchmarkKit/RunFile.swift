package import IO

/// A run as a file: one JSON object, a benchmark a line, raw samples as `[iterations,nanoseconds]`. What can be
/// computed from the samples, with 95 % intervals, is written beside them for other people's tools and not read back.
package enum RunFile {
  /// Files begin with this and a version. Version 1 had the host's name and fewer fields; it is still read.
  package static let format = "quotewire-bench"
  package static let version = 2
  /// Longest file that is read.
  package static let limitBytes = 64 << 20

  package static func encode(_ run: RunResult) -> [UInt8] {
    var json = JSONWriter()
    json.open(.object)
    json.member("format", "\(format) \(version)")
    json.member("name", run.name)
    json.member("date", run.dateText)
    json.member("startedAt", Int(run.startedAt))
    json.line()
    write(run.environment, &json)
    json.line()
    json.open(.object, "settings")
    json.member("warmUpSeconds", run.settings.warmUpSeconds)
    json.member("measureSeconds", run.settings.measureSeconds)
    json.member("samples", run.settings.samples)
    json.member("smoke", run.settings.isSmoke)
    if run.settings.handicapPercent != 0 { json.member("handicapPercent", run.settings.handicapPercent) }
    json.close(.object)
    json.line()
    json.open(.array, "benchmarks")
    for benchmark in run.benchmarks {
      json.line()
      write(benchmark, &json)
    }
    json.lastLine()
    json.close(.array)
    json.close(.object)
    return json.finish()
  }

  private static func write(_ environment: Environment, _ json: inout JSONWriter) {
    json.open(.object, "environment")
    json.member("machine", environment.machine)
    json.member("system", environment.system)
    json.member("kernel", environment.kernel)
    json.member("architecture", environment.architecture)
    json.member("cpuModel", environment.cpuModel)
    json.member("cpuFlags", environment.cpuFlags)
    json.member("cores", environment.cores)
    json.member("memoryBytes", environment.memoryBytes)
    json.member("governor", environment.governor)
    json.member("swiftVersion", environment.swiftVersion)
    json.member("buildMode", environment.buildMode)
    json.member("buildFlags", environment.buildFlags)
    json.member("commit", environment.commit)
    json.member("treeDirty", environment.isTreeDirty)
    json.member("loadBefore", environment.loadBefore)
    json.member("loadAfter", environment.loadAfter)
    json.member("stealShare", environment.stealShare)
    json.close(.object)
  }

  private static func write(_ benchmark: BenchmarkResult, _ json: inout JSONWriter) {
    json.open(.object)
    json.member("name", benchmark.name)
    json.member("input", benchmark.input)
    json.member("frames", benchmark.units.frames)
    json.member("events", benchmark.units.events)
    json.member("bytes", benchmark.units.bytes)
    json.member("items", benchmark.units.items)
    json.member("digest", benchmark.digest)
    json.member("cpuNanosPerIteration", benchmark.cpuNanosPerIteration)
    json.member("peakResidentBytes", benchmark.peakResidentBytes)
    if let allocations = benchmark.allocations {
      json.member("allocations", allocations.count)
      json.member("allocatedBytes", allocations.bytes)
      json.member("allocationsPerSecond", benchmark.allocationsPerSecond ?? 0)
      json.member("allocatedBytesPerSecond", benchmark.allocatedBytesPerSecond ?? 0)
    }
    json.open(.object, "recordings")
    for (name, digest) in benchmark.recordings.sorted(by: { $0.key < $1.key }) { json.member(name, digest) }
    json.close(.object)
    if !benchmark.latency.isEmpty { write(benchmark.latency, &json) }
    if !benchmark.memory.isEmpty {
      json.open(.array, "memory")
      for point in benchmark.memory {
        json.open(.object)
        json.member("name", point.name)
        json.member("residentBytes", point.residentBytes)
        json.close(.object)
      }
      json.close(.array)
    }
    for (name, statistic) in Statistic.described {
      json.member(name + "Nanos", statistic.of(benchmark.nanosPerIteration))
      guard benchmark.samples.count > 1 else { continue }
      let interval = Bootstrap(resamples: 1000).interval(statistic, of: benchmark.nanosPerIteration)
      json.open(.array, name + "Interval")
      json.member(nil, interval.low)
      json.member(nil, interval.high)
      json.close(.array)
    }
    json.member("sampling", benchmark.mode.rawValue)
    json.open(.array, "samples")
    for sample in benchmark.samples {
      json.open(.array)
      json.member(nil, sample.iterations)
      json.member(nil, Int(sample.nanos))
      json.close(.array)
    }
    json.close(.array)
    json.close(.object)
  }

  private static func write(_ latency: [LatencyFigures], _ json: inout JSONWriter) {
    json.open(.array, "latency")
    for figures in latency {
      json.open(.object)
      json.member("name", figures.name)
      json.member("ratePerSecond", figures.ratePerSecond)
      json.member("achievedPerSecond", figures.achievedPerSecond)
      json.member("count", figures.count)
      json.open(.object, "percentiles")
      for point in figures.percentiles { json.member(point.key, Int(point.nanos)) }
      json.close(.object)
      json.close(.object)
    }
    json.close(.array)
  }

  package static func read(_ path: String) throws -> RunResult {
    let bytes = try File.contents(of: path, limitBytes: limitBytes)
    do { return try unsafe decode(bytes.span.bytes) } catch {
      throw BenchmarkError.failed(benchmark: path, reason: "\(error)")
    }
  }

  package static func write(_ run: RunResult, to path: String) throws(IOError) {
    try write(encode(run), to: path)
  }

  /// Replaces the file as a whole.
  package static func write(_ bytes: [UInt8], to path: String) throws(IOError) {
    try Directory.create(Directory.parent(of: path))
    var file = try PendingFile(path, force: true)
    try unsafe file.file.write(bytes.span.bytes)
    try file.commit()
  }
}
