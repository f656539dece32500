package import BenchmarkKit
import IO
import Market
import Profiles
import Simulator

/// Runs one stage again and again while a sampler looks: our own, or a perf that was started around this program.
package enum StageProfile {
  /// The stage beside those of `throughput`: a client and our server over loopback, in one process.
  static let live = "live"
  /// CPU time is what a profile is made of; a run that waits would never end.
  static let maximumRounds = 10_000

  package static var stageNames: String { Throughput.stageNames + ", " + live }

  /// `profile STAGE FILE.qwr [--folded OUT] [--seconds S] [--hertz N] [--control FD,FD]`.
  package static func run(_ words: [String]) throws -> BenchExit {
    let options = try BenchOptions(words, known: ["folded", "seconds", "hertz", "control"])
    guard options.operands.count == 2 else { throw BenchUsage("profile takes a stage and a recording") }
    let stage = options.operands[0]
    guard stage == live || Throughput.Stage(rawValue: stage) != nil else {
      throw BenchUsage("there is no stage '\(stage)'; known are \(stageNames)")
    }
    let seconds = try options.seconds("seconds", 5)
    let path = options.operands[1]
    if let control = options.text("control") {
      let descriptors = control.split(separator: ",").compactMap { Int32($0) }
      guard descriptors.count == 2 else { throw BenchUsage("--control takes two descriptors that are open: 8,9") }
      StackSampler.control(descriptors[0], answers: descriptors[1])
    }
    guard let out = options.text("folded") else {
      say(try rounds(stage, path, seconds))
      return .done
    }
    let hertz = try options.int("hertz", StackSampler.hertz, in: 1...10_000)
    var text = ""
    let outcome = try StackSampler.run(hertz: hertz) { text = try rounds(stage, path, seconds) }
    say(text)
    if outcome.dropped > 0 { say("\(outcome.dropped) samples found the buffer full and are missing") }
    guard outcome.stacks.total > 0 else { throw ProfileError.empty(path: out) }
    try ProfileCommands.write(outcome.stacks.text, to: out)
    return .done
  }

  private static func say(_ text: String) { _ = try? StandardStream.error.write(text + "\n") }

  /// Until the stage has had its CPU time.
  private static func rounds(_ stage: String, _ path: String, _ seconds: Double) throws -> String {
    var cpuNanos: Int64 = 0
    var frames = 0
    var digest: String?
    var rounds = 0
    repeat {
      let figures = try round(stage, path)
      guard digest == nil || digest == figures.digest else {
        throw BenchmarkError.failed(benchmark: stage, reason: "repetitions gave different digests")
      }
      digest = figures.digest
      cpuNanos += figures.cpuNanos
      frames += figures.frames
      rounds += 1
    } while Double(cpuNanos) / 1e9 < seconds && rounds < maximumRounds
    return "\(stage): \(rounds) rounds, \(frames) frames, \(Show.fixed(Double(cpuNanos) / 1e9, 2)) s CPU, "
      + "digest \(digest ?? "")"
  }

  private static func round(_ stage: String, _ path: String) throws -> Throughput.Figures {
    guard let known = Throughput.Stage(rawValue: stage) else {
      return try gated { try RunSuite.liveFigures(path) }
    }
    // The other stages' clocks open the gate themselves, so that their preparations do not count.
    return try known == .replay ? gated { try Throughput.measure(known, path) } : Throughput.measure(known, path)
  }

  private static func gated<T>(_ body: () throws -> T) rethrows -> T {
    StackSampler.openGate()
    defer { StackSampler.closeGate() }
    return try body()
  }
}
