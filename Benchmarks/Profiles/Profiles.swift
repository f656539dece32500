// Profiles: turns samples of call stacks into folded stacks, pictures and tables.
//
// Invariant: the samples in a picture or a table add up to those of its input; what is too small to be shown is added
// up under a name that says so. Nothing in a name of a function can leave its place in a file that is written.
//
// Out of scope: what is run (Suites), taking samples in a signal handler (CSampler), perf, heaptrack and strace.

package import BenchmarkKit
package import IO

/// Why a profile could not be made.
package enum ProfileError: Error, CustomStringConvertible {
  case unreadable(path: String, line: Int, reason: String)
  case empty(path: String)
  case sampler(errno: Int32)

  package var description: String {
    switch self {
    case .unreadable(let path, let line, let reason): "\(path), line \(line): \(reason)"
    case .empty(let path): "\(path) has no samples: the run was too short, or the sampler was not allowed to look"
    case .sampler(let errno):
      "the sampler could not start (errno \(errno)); in a container, allow process_vm_readv and timer_create"
    }
  }
}

/// The commands of `quotewire-bench` that read what a profiler wrote.
package enum ProfileCommands {
  /// Longest input that is read.
  package static let limitBytes = 1 << 30

  /// Lines without their ends.
  static func lines(_ path: String) throws(IOError) -> [Substring] {
    let bytes = try File.contents(of: path, limitBytes: limitBytes)
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
  }

  static func write(_ text: String) throws(IOError) { try StandardStream.output.write(text) }

  package static func write(_ text: String, to path: String) throws(IOError) {
    try RunFile.write(Array(text.utf8), to: path)
  }

  /// `fold PERF.txt --out FOLDED`: what `perf script` printed, or folded stacks with the compilers' names.
  package static func fold(_ words: [String]) throws -> BenchExit {
    let options = try BenchOptions(words, known: ["out", "program"])
    guard options.operands.count == 1, let out = options.text("out") else {
      throw BenchUsage("fold takes what perf script printed, and --out FILE")
    }
    let input = options.operands[0]
    let stacks = try PerfScript.read(try lines(input), path: input, program: options.text("program") ?? "")
    guard stacks.total > 0 else { throw ProfileError.empty(path: input) }
    try write(stacks.text, to: out)
    return .done
  }

  /// `flamegraph FOLDED --out FILE.svg`.
  package static func flamegraph(_ words: [String]) throws -> BenchExit {
    let options = try BenchOptions(words, known: ["out", "title", "note", "without", "unit", "top"])
    guard options.operands.count == 1, let out = options.text("out") else {
      throw BenchUsage("flamegraph takes a file of folded stacks, and --out FILE.svg")
    }
    let path = options.operands[0]
    var stacks = try FoldedStacks(lines: try lines(path), path: path)
    var note = options.text("note") ?? ""
    if let thread = options.text("without") {
      let all = stacks.total
      stacks = stacks.without(root: thread)
      let left = Show.fixed(100 * Double(all - stacks.total) / Double(max(all, 1)), 1)
      note += (note.isEmpty ? "" : " · ") + "thread \(thread) left out (\(left) % of the samples)"
    }
    guard stacks.total > 0 else { throw ProfileError.empty(path: path) }
    let unit = options.text("unit") ?? "samples"
    let layout = FlameLayout(stacks)
    try write(FlameSVG.text(layout, title: options.text("title") ?? path, note: note, unit: unit), to: out)
    let rows = try options.int("top", 12, in: 0...1000)
    if rows > 0 { try StandardStream.output.write(ProfileTables.top(stacks, rows: rows, unit: unit)) }
    try StandardStream.output.write(out + "\n")
    return .done
  }
}
