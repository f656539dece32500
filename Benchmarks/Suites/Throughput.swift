package import BenchmarkKit
import Bytes
import IO
import Ingest
import JSON
import Market
import Profiles
import Recording
import Sinks

/// One stage over any recording: for holding ours against another program on data of one's own.
///
/// The recording is read block by block. What a stage needs (payloads, frames, events) is made outside the clock, so
/// that
/// the figures are the stage's alone; `replay` is the whole run. What comes out is checked by a digest: for stages that
/// decode it is the one of `quotewire replay --stats`, for the others a hash over all payloads.
package enum Throughput {
  enum Stage: String, CaseIterable {
    case decode, replay
    case encodeCSV = "encode-csv"
    case encodeNDJSON = "encode-ndjson"
    case record, read, scan, frames
  }

  package static var stageNames: String { Stage.allCases.map(\.rawValue).joined(separator: ", ") }

  /// What a stage did.
  struct Figures {
    /// Of payloads.
    var bytes = 0
    var frames = 0
    var events = 0
    var cpuNanos: Int64 = 0
    var nanos: Int64 = 0
    /// Written by encoders.
    var outputBytes = 0
    var digest = ""
    /// Allocations while the clock ran, in the last pass.
    var allocations: Int?

    var json: [UInt8] {
      var json = JSONWriter()
      json.open(.object)
      json.member("bytes", bytes)
      json.member("frames", frames)
      json.member("events", events)
      json.member("cpuSeconds", Double(cpuNanos) / 1e9)
      json.member("seconds", Double(nanos) / 1e9)
      json.member("digest", digest)
      if outputBytes > 0 { json.member("outputBytes", outputBytes) }
      json.close(.object)
      return json.finish()
    }

    var text: String {
      let seconds = max(Double(nanos) / 1e9, 1e-9)
      let cpu = max(Double(cpuNanos) / 1e9, 1e-9)
      var table = Table([("", .left), ("total", .right), ("per second", .right), ("per CPU second", .right)])
      for (name, value) in [("frames", frames), ("events", events), ("bytes", bytes)] where value > 0 {
        table.append([name, "\(value)", Show.count(Double(value) / seconds), Show.count(Double(value) / cpu)])
      }
      return table.text + "\(Show.fixed(seconds, 6)) s, \(Show.fixed(cpu, 6)) s CPU, digest \(digest)\n"
    }
  }

  package static func run(_ words: [String]) throws -> BenchExit {
    let options = try BenchOptions(words, known: ["json", "repeat", "simd"])
    guard options.operands.count == 2 else { throw BenchUsage("throughput takes a stage and a recording") }
    guard let stage = Stage(rawValue: options.operands[0]) else {
      throw BenchUsage("there is no stage '\(options.operands[0])'; known are \(stageNames)")
    }
    let level = try level(options.text("simd"))
    let rounds = try options.int("repeat", 1, in: 1...10_000)
    try readThrough(options.operands[1])
    var all: [Figures] = []
    for _ in 0..<rounds { all.append(try measure(stage, options.operands[1], level)) }
    guard all.allSatisfy({ $0.digest == all[0].digest }) else {
      throw BenchmarkError.failed(benchmark: stage.rawValue, reason: "repetitions gave different digests")
    }
    all.sort { $0.cpuNanos < $1.cpuNanos }
    let median = all[(all.count - 1) / 2]
    if let path = options.text("json") {
      if path == "-" {
        try StandardStream.output.write(String(decoding: median.json, as: UTF8.self))
      } else {
        try RunFile.write(median.json, to: path)
      }
    } else {
      try StandardStream.output.write(median.text)
    }
    return .done
  }

  /// Reads the recording once, which also brings it into memory: one that cannot be opened is named, and damage is
  /// told, because the figures are then those of a part.
  private static func readThrough(_ path: String) throws {
    let map = try MappedFile(path)
    do throws(RecordingError) {
      let bytes = unsafe map.withBytes { unsafe $0 }
      var reader = unsafe try RecordingReader(bytes, compression: try? ZstdCompression())
      while reader.next() != nil {}
      var trouble = ""
      switch reader.verdict {
      case .torn(_, let bytes) where bytes > 0:
        trouble = "its last \(bytes) bytes are no whole entry (a crash?); the figures are of everything before"
      case .corrupt(let at): trouble = "damaged from byte \(at) on; the figures are of what could be read"
      default: return
      }
      _ = try? StandardStream.error.write("\(path): \(trouble). See 'quotewire inspect'\n")
    } catch {
      throw BenchmarkError.failed(benchmark: path, reason: "\(error)")
    }
  }

  /// The instruction set of `--simd`: the machine's best unless told otherwise.
  private static func level(_ name: String?) throws -> SIMDLevel {
    guard let name else { return .preferred }
    let known = SIMDLevel.supported
    guard let level = known.first(where: { "\($0)" == name }) else {
      let names = known.map { "\($0)" }.joined(separator: ", ")
      throw BenchUsage("--simd takes what this machine has: \(names), not '\(name)'")
    }
    return level
  }

  static func measure(_ stage: Stage, _ path: String, _ level: SIMDLevel = .preferred) throws -> Figures {
    switch stage {
    case .replay: return try replay(path)
    case .read: return try BlockStages.read(path)
    case .decode: return try EventStages.run(path, level: level, encodes: false) { _ in nil }
    case .encodeCSV:
      let loop = CSVLoop()
      return try EventStages.run(path, level: level) { events in
        loop.removeAll()
        events.forEach { loop.append($0, events.texts) }
        return loop.result.bytes
      }
    case .encodeNDJSON:
      let loop = NDJSONLoop()
      return try EventStages.run(path, level: level) { events in
        loop.removeAll()
        events.forEach { loop.append($0, events.texts) }
        return loop.byteCount
      }
    case .scan: return try BlockStages.scan(path)
    case .frames: return try BlockStages.frames(path)
    case .record: return try BlockStages.record(path)
    }
  }

  private static func replay(_ path: String) throws -> Figures {
    var settings = ReplaySettings(files: [path])
    settings.run.sinks = [try SinkSpec(parsing: "null:")]
    let outcome = try ReplayRun.run(settings, RunHooks(attention: try Wakeup()))
    if let failure = outcome.failure { throw failure }
    var figures = Figures()
    figures.bytes = outcome.report.totals.bytes
    figures.frames = outcome.report.totals.frames
    figures.events = outcome.report.totals.events
    figures.cpuNanos = Int64(outcome.report.cpuSeconds * 1e9)
    figures.nanos = Int64(outcome.report.seconds * 1e9)
    figures.digest = outcome.report.digest
    return figures
  }
}

/// A clock that runs only between `start` and `stop`: wall time and the calling thread's CPU time. A profiler, where
/// one runs, looks at the same time only.
struct Stopwatch {
  private(set) var nanos: Int64 = 0
  private(set) var cpuNanos: Int64 = 0
  private var startedAt = MonotonicNanos(rawValue: 0)
  private var cpuAtStart: Int64 = 0
  private let isProfiled: Bool

  init(isProfiled: Bool = true) { self.isProfiled = isProfiled }

  mutating func start() {
    if isProfiled { StackSampler.openGate() }
    startedAt = .now()
    cpuAtStart = CPUTime.threadNanos()
  }

  mutating func stop() {
    cpuNanos += CPUTime.threadNanos() - cpuAtStart
    nanos += MonotonicNanos.now().nanos(since: startedAt)
    if isProfiled { StackSampler.closeGate() }
  }
}
