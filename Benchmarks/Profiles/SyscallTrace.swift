import BenchmarkKit

/// What `strace -f -T -o FILE` wrote: a line a call, with the thread's number and the time in the call. Calls during
/// which another thread ran stand on two lines.
///
///     10592 prctl(PR_SET_NAME, "qw-sink" <unfinished ...>
///     10594 futex(0x7f47, FUTEX_WAKE_PRIVATE, 1) = 1 <0.000011>
///     10592 <... prctl resumed>)              = 0 <0.000013>
///
/// The CPU time of `strace -c` is not shown: the kernel gives a tracer the time of the whole process, so that a call
/// that only waits is charged with what the other threads did meanwhile.
struct SyscallTrace {
  struct Key: Hashable {
    var thread: String
    var call: String
  }

  struct Sum: Equatable {
    var calls = 0
    var errors = 0
    /// Wall time in the call, waiting included.
    var micros = 0
  }

  private(set) var calls: [Key: Sum] = [:]

  init(_ lines: [Substring]) {
    var names: [Substring: String] = [:]
    var byNumber: [Substring: [String: Sum]] = [:]
    var order: [Substring] = []
    for line in lines {
      let words = line.split(separator: " ", maxSplits: 1)
      guard words.count == 2, words[0].allSatisfy(\.isNumber) else { continue }
      let number = words[0]
      let text = words[1].drop { $0 == " " }
      if byNumber[number] == nil {
        byNumber[number] = [:]
        order.append(number)
      }
      if let name = Self.threadName(text) { names[number] = name }
      guard let call = Self.ended(text) else { continue }
      byNumber[number]?[call.name, default: Sum()].calls += 1
      byNumber[number]?[call.name]?.micros += call.micros
      if call.failed { byNumber[number]?[call.name]?.errors += 1 }
    }
    for number in order {
      // The first thread has the program's name and never says one.
      let name = names[number] ?? (number == order.first ? "main" : "thread")
      for (call, sum) in byNumber[number] ?? [:] {
        let key = Key(thread: name, call: call)
        calls[key, default: Sum()].calls += sum.calls
        calls[key]?.errors += sum.errors
        calls[key]?.micros += sum.micros
      }
    }
  }

  private static func threadName(_ text: Substring) -> String? {
    let start = "prctl(PR_SET_NAME, \""
    guard text.hasPrefix(start) else { return nil }
    return String(text.dropFirst(start.count).prefix { $0 != "\"" })
  }

  /// A call that came back, or that never does (`exit`).
  private static func ended(_ text: Substring) -> (name: String, failed: Bool, micros: Int)? {
    if text.hasPrefix("+++") || text.hasPrefix("---") || text.hasSuffix("<unfinished ...>") { return nil }
    let name: Substring
    if text.hasPrefix("<... ") {
      name = text.dropFirst(5).prefix { $0 != " " }
    } else {
      name = text.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
      guard text.dropFirst(name.count).first == "(" else { return nil }
    }
    var micros = 0
    if text.last == ">", let open = text.lastIndex(of: "<"),
      let seconds = Double(text[text.index(after: open)...].dropLast())
    {
      micros = Int((seconds * 1e6).rounded())
    }
    // Behind the last ` = `; what stands before it are arguments.
    var failed = false
    var rest = text
    while let mark = rest.firstRange(of: " = ") {
      rest = rest[mark.upperBound...]
      failed = rest.hasPrefix("-1 E")
    }
    return (String(name), failed, micros)
  }

  // MARK: tables

  private static let columns: [(title: String, side: Table.Side)] = [
    ("calls", .right), ("errors", .right), ("in the call", .right), ("each", .right),
  ]

  private static func cells(_ sum: Sum) -> [String] {
    [
      "\(sum.calls)", sum.errors == 0 ? "" : "\(sum.errors)", Show.nanos(Double(sum.micros) * 1e3),
      Show.nanos(Double(sum.micros) * 1e3 / Double(max(1, sum.calls))),
    ]
  }

  /// - Parameter frames: of the feed, for the column of calls per 1,000 of them; 0 for none.
  func text(frames: Int, rows: Int) -> String {
    var byCall: [String: Sum] = [:]
    var byThread: [String: Sum] = [:]
    var all = Sum()
    for (key, sum) in calls {
      Self.add(sum, to: &byCall[key.call, default: Sum()])
      Self.add(sum, to: &byThread[key.thread, default: Sum()])
      Self.add(sum, to: &all)
    }
    func perThousand(_ sum: Sum) -> [String] {
      frames > 0 ? [Show.fixed(1000 * Double(sum.calls) / Double(frames), 2)] : []
    }
    let extra: [(title: String, side: Table.Side)] = frames > 0 ? [("per 1,000 frames", .right)] : []
    var overall = Table([("call", .left)] + Self.columns + extra)
    let sorted = byCall.sorted { ($1.value.calls, $0.key) < ($0.value.calls, $1.key) }
    for (call, sum) in sorted.prefix(rows) {
      overall.append([call] + Self.cells(sum) + perThousand(sum))
    }
    let rest = sorted.dropFirst(rows)
    if !rest.isEmpty {
      var sum = Sum()
      for other in rest { Self.add(other.value, to: &sum) }
      overall.append(["\(rest.count) others"] + Self.cells(sum) + perThousand(sum))
    }
    overall.append(["all"] + Self.cells(all) + perThousand(all))
    var threads = Table([("thread", .left), ("call", .left)] + Self.columns + extra)
    for (thread, _) in byThread.sorted(by: { ($1.value.calls, $0.key) < ($0.value.calls, $1.key) }) {
      let own = calls.filter { $0.key.thread == thread }
        .sorted { ($1.value.calls, $0.key.call) < ($0.value.calls, $1.key.call) }
      for (i, entry) in own.prefix(max(1, rows / 2)).enumerated() {
        threads.append([i == 0 ? thread : "", entry.key.call] + Self.cells(entry.value) + perThousand(entry.value))
      }
      var left = Sum()
      for entry in own.dropFirst(max(1, rows / 2)) { Self.add(entry.value, to: &left) }
      if left.calls > 0 { threads.append(["", "others"] + Self.cells(left) + perThousand(left)) }
    }
    return "all threads\n" + overall.text + "\nby thread\n" + threads.text
  }

  private static func add(_ sum: Sum, to total: inout Sum) {
    total.calls += sum.calls
    total.errors += sum.errors
    total.micros += sum.micros
  }
}
