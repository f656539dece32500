import IO

/// Instructions that one path of the product takes, with start-up subtracted: the difference of two counted runs that
/// differ in their amount of work alone.
package struct InstructionCount: Hashable, Sendable {
  package var name: String
  package var frames: Int
  package var events: Int
  package var bytes: Int
  package var instructions: Int

  package init(name: String, frames: Int, events: Int, bytes: Int, instructions: Int) {
    self.name = name
    self.frames = frames
    self.events = events
    self.bytes = bytes
    self.instructions = instructions
  }

  package var perEvent: Double { Double(instructions) / Double(max(events, 1)) }
  package var perByte: Double { Double(instructions) / Double(max(bytes, 1)) }
}

/// Counted runs as a table of text: `NAME<tab>FRAMES<tab>EVENTS<tab>BYTES<tab>INSTRUCTIONS`, two lines a path, the
/// shorter run first.
package enum InstructionRuns {
  package static func read(_ path: String) throws -> [InstructionCount] {
    let bytes = try File.contents(of: path, limitBytes: 1 << 20)
    return try parse(String(decoding: bytes, as: UTF8.self))
  }

  package static func parse(_ text: String) throws(BenchUsage) -> [InstructionCount] {
    var counts: [InstructionCount] = []
    var short: InstructionCount?
    for (i, line) in text.split(separator: "\n").enumerated() {
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
      let numbers = fields.dropFirst().compactMap { Int($0) }
      guard fields.count == 5, numbers.count == 4, !fields[0].isEmpty else {
        throw BenchUsage(
          "line \(i + 1) of the counted runs is not NAME, FRAMES, EVENTS, BYTES, INSTRUCTIONS: '\(line)'")
      }
      let run = InstructionCount(
        name: String(fields[0]), frames: numbers[0], events: numbers[1], bytes: numbers[2], instructions: numbers[3])
      if let first = short {
        counts.append(try difference(first, run))
        short = nil
      } else {
        short = run
      }
    }
    if let short { throw BenchUsage("\(short.name) has one counted run, and two are needed") }
    if counts.isEmpty { throw BenchUsage("there are no counted runs") }
    return counts
  }

  private static func difference(
    _ short: InstructionCount, _ long: InstructionCount
  ) throws(BenchUsage) -> InstructionCount {
    let difference = InstructionCount(
      name: long.name, frames: long.frames - short.frames, events: long.events - short.events,
      bytes: long.bytes - short.bytes, instructions: long.instructions - short.instructions)
    guard short.name == long.name, difference.events > 0, difference.bytes > 0, difference.instructions > 0 else {
      throw BenchUsage("the two counted runs of \(long.name) do not differ by some events, bytes and instructions")
    }
    return difference
  }
}

/// Held against what is committed: instruction counts do not depend on the machine's load, so one measurement decides.
package struct InstructionGate: Sendable {
  package enum Verdict: String, Sendable {
    case regression = "MORE"
    case improvement = "fewer"
    case noChange = "no change"
    case unknown = "not in the baseline"
  }

  package struct Line: Sendable, Hashable {
    package let now: InstructionCount
    package let base: InstructionBaseline.Entry?
    package let verdict: Verdict
  }

  /// Growth of the instructions an event that is a regression.
  package static var limit: Double { 0.10 }

  package let lines: [Line]
  /// Paths of the baseline that nobody counted.
  package let uncounted: [String]

  package init(_ counts: [InstructionCount], baseline: [InstructionBaseline.Entry]) {
    lines = counts.map { now in
      let base = baseline.first { $0.name == now.name }
      return Line(now: now, base: base, verdict: Self.verdict(now, base))
    }
    uncounted = baseline.map(\.name).filter { name in !counts.contains { $0.name == name } }
  }

  private static func verdict(_ now: InstructionCount, _ base: InstructionBaseline.Entry?) -> Verdict {
    guard let base else { return .unknown }
    let ratio = now.perEvent / base.perEvent
    if ratio > 1 + limit { return .regression }
    return ratio < 1 / (1 + limit) ? .improvement : .noChange
  }

  package var exit: BenchExit {
    if lines.contains(where: { $0.verdict == .regression }) { return .regression }
    return lines.contains { $0.verdict == .improvement } ? .improvement : .done
  }

  package var table: Table {
    var table = Table([
      ("path", .left), ("events", .right), ("base/event", .right), ("now/event", .right), ("now/byte", .right),
      ("change", .right), ("verdict", .left),
    ])
    for line in lines {
      let now = line.now
      table.append([
        now.name, "\(now.events)", line.base.map { Show.fixed($0.perEvent, 1) } ?? "", Show.fixed(now.perEvent, 1),
        Show.fixed(now.perByte, 2), line.base.map { Show.change(now.perEvent / $0.perEvent) } ?? "",
        line.verdict.rawValue,
      ])
    }
    return table
  }
}
