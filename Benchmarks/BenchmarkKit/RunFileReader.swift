import JSON

/// Why a file is no result.
package enum RunFileError: Error, CustomStringConvertible {
  case malformed(offset: Int)
  case foreign
  case newer(version: Int)
  case noSamples(benchmark: String)

  package var description: String {
    switch self {
    case .malformed(let offset): "not a result: its JSON is malformed or of another layout at byte \(offset)"
    case .foreign: "not a result of quotewire-bench; 'quotewire-bench run --save NAME' writes one"
    case .newer(let version):
      "written by a newer quotewire-bench (version \(version) of the file; this one reads up to \(RunFile.version))"
    case .noSamples(let name): "the benchmark \(name) has no samples"
    }
  }
}

extension RunFile {
  package static func decode(_ bytes: RawSpan) throws(RunFileError) -> RunResult {
    var scanner = Scanner(maximumBytes: limitBytes)
    var reader = RunFileReader()
    do throws(JSONError) {
      try scanner.scanCopy(bytes) { cursor throws(JSONError) in try reader.readRun(&cursor) }
    } catch { throw .malformed(offset: error.offset) }
    let words = reader.format.split(separator: " ")
    guard words.count == 2, words[0] == format, let version = Int(words[1]), version > 0 else { throw .foreign }
    if version > Self.version { throw .newer(version: version) }
    for benchmark in reader.run.benchmarks where benchmark.samples.isEmpty {
      throw .noSamples(benchmark: benchmark.name)
    }
    return reader.run
  }
}

/// Unknown members are skipped, so that later versions can add some.
private struct RunFileReader {
  var format = ""
  var run = RunResult(name: "", startedAt: 0, environment: Environment(), settings: .init(), benchmarks: [])

  mutating func readRun(_ cursor: inout Cursor) throws(JSONError) {
    try cursor.enterObject()
    while let key = try cursor.nextKey() {
      switch key.string {
      case "format": format = try cursor.readString().string
      case "name": run.name = try cursor.readString().string
      case "startedAt": run.startedAt = try cursor.readInt64()
      case "environment": try readEnvironment(&cursor)
      case "settings": try readSettings(&cursor)
      case "benchmarks":
        try cursor.enterArray()
        while try cursor.nextElement() { run.benchmarks.append(try readBenchmark(&cursor)) }
      default: try cursor.skipValue()
      }
    }
  }

  private mutating func readEnvironment(_ cursor: inout Cursor) throws(JSONError) {
    try cursor.enterObject()
    while let key = try cursor.nextKey() {
      switch key.string {
      case "host": run.environment.machine = MachineID.of(host: try cursor.readString().string)
      case "machine": run.environment.machine = try cursor.readString().string
      case "system": run.environment.system = try cursor.readString().string
      case "kernel": run.environment.kernel = try cursor.readString().string
      case "architecture": run.environment.architecture = try cursor.readString().string
      case "cpuModel": run.environment.cpuModel = try cursor.readString().string
      case "cpuFlags": run.environment.cpuFlags = try cursor.readString().string
      case "cores": run.environment.cores = Int(try cursor.readInt64())
      case "memoryBytes": run.environment.memoryBytes = Int(try cursor.readInt64())
      case "governor": run.environment.governor = try cursor.readString().string
      case "swiftVersion": run.environment.swiftVersion = try cursor.readString().string
      case "buildMode": run.environment.buildMode = try cursor.readString().string
      case "buildFlags": run.environment.buildFlags = try cursor.readString().string
      case "commit": run.environment.commit = try cursor.readString().string
      case "treeDirty": run.environment.isTreeDirty = try cursor.readBool()
      case "loadBefore": run.environment.loadBefore = try cursor.readString().string
      case "loadAfter": run.environment.loadAfter = try cursor.readString().string
      case "stealShare": run.environment.stealShare = try cursor.readDouble()
      default: try cursor.skipValue()
      }
    }
  }

  private mutating func readSettings(_ cursor: inout Cursor) throws(JSONError) {
    try cursor.enterObject()
    while let key = try cursor.nextKey() {
      switch key.string {
      case "warmUpSeconds": run.settings.warmUpSeconds = try cursor.readDouble()
      case "measureSeconds": run.settings.measureSeconds = try cursor.readDouble()
      case "samples": run.settings.samples = Int(try cursor.readInt64())
      case "smoke": run.settings.isSmoke = try cursor.readBool()
      case "handicapPercent": run.settings.handicapPercent = Int(try cursor.readInt64())
      default: try cursor.skipValue()
      }
    }
  }

  private func readBenchmark(_ cursor: inout Cursor) throws(JSONError) -> BenchmarkResult {
    var result = BenchmarkResult(name: "", input: "", units: Units())
    var allocated: (count: Int?, bytes: Int) = (nil, 0)
    try cursor.enterObject()
    while let key = try cursor.nextKey() {
      switch key.string {
      case "name": result.name = try cursor.readString().string
      case "input": result.input = try cursor.readString().string
      case "frames": result.units.frames = Int(try cursor.readInt64())
      case "events": result.units.events = Int(try cursor.readInt64())
      case "bytes": result.units.bytes = Int(try cursor.readInt64())
      case "items": result.units.items = Int(try cursor.readInt64())
      case "digest": result.digest = try cursor.readString().string
      case "cpuNanosPerIteration": result.cpuNanosPerIteration = try cursor.readDouble()
      case "peakResidentBytes": result.peakResidentBytes = Int(try cursor.readInt64())
      case "allocations": allocated.count = Int(try cursor.readInt64())
      case "allocatedBytes": allocated.bytes = Int(try cursor.readInt64())
      case "sampling": result.mode = SamplingPlan.Mode(rawValue: try cursor.readString().string) ?? .flat
      case "samples": result.samples = try readSamples(&cursor)
      case "memory":
        try cursor.enterArray()
        while try cursor.nextElement() { result.memory.append(try readMemory(&cursor)) }
      case "latency":
        try cursor.enterArray()
        while try cursor.nextElement() { result.latency.append(try readLatency(&cursor)) }
      case "recordings":
        try cursor.enterObject()
        while let name = try cursor.nextKey() { result.recordings[name.string] = try cursor.readString().string }
      default: try cursor.skipValue()
      }
    }
    if let count = allocated.count { result.allocations = AllocationCounts(count: count, bytes: allocated.bytes) }
    return result
  }

  private func readMemory(_ cursor: inout Cursor) throws(JSONError) -> MemoryPoint {
    var point = MemoryPoint(name: "", residentBytes: 0)
    try cursor.enterObject()
    while let key = try cursor.nextKey() {
      switch key.string {
      case "name": point.name = try cursor.readString().string
      case "residentBytes": point.residentBytes = Int(try cursor.readInt64())
      default: try cursor.skipValue()
      }
    }
    return point
  }

  /// Points whose key is no percentile are left out.
  private func readLatency(_ cursor: inout Cursor) throws(JSONError) -> LatencyFigures {
    var figures = LatencyFigures(name: "", ratePerSecond: 0, achievedPerSecond: 0, count: 0, percentiles: [])
    try cursor.enterObject()
    while let key = try cursor.nextKey() {
      switch key.string {
      case "name": figures.name = try cursor.readString().string
      case "ratePerSecond": figures.ratePerSecond = try cursor.readDouble()
      case "achievedPerSecond": figures.achievedPerSecond = try cursor.readDouble()
      case "count": figures.count = Int(try cursor.readInt64())
      case "percentiles":
        try cursor.enterObject()
        while let name = try cursor.nextKey() {
          let nanos = try cursor.readInt64()
          guard let percentile = Double(name.string), (0...100).contains(percentile) else { continue }
          figures.percentiles.append(LatencyPoint(percentile: percentile, nanos: nanos))
        }
      default: try cursor.skipValue()
      }
    }
    return figures
  }

  /// Pairs of two positive numbers; others are left out.
  private func readSamples(_ cursor: inout Cursor) throws(JSONError) -> [Sample] {
    var samples: [Sample] = []
    try cursor.enterArray()
    while try cursor.nextElement() {
      var pair: [Int64] = []
      try cursor.enterArray()
      while try cursor.nextElement() { pair.append(try cursor.readInt64()) }
      if pair.count == 2, pair[0] > 0, pair[1] >= 0 { samples.append(Sample(iterations: Int(pair[0]), nanos: pair[1])) }
    }
    return samples
  }
}
