package import BenchmarkKit

/// What stands in a profile, as tables for a terminal.
enum ProfileTables {
  /// Modules that are not ours: whoever looks for the place to change looks further out.
  static let foreign: Set<String> = ["", "Swift", "libc", "libssl", "kernel", "CAllocations"]

  static func isOurs(_ frame: String) -> Bool {
    let module = FrameName.parts(frame).module
    return FlameColours.known.contains { $0.module == module } && !foreign.contains(module)
  }

  /// The functions with the most samples of their own, and with those of what they call.
  static func top(_ stacks: FoldedStacks, rows: Int, unit: String) -> String {
    var own: [String: Int] = [:]
    var all: [String: Int] = [:]
    for (stack, count) in stacks.counts {
      if let last = stack.last { own[last, default: 0] += count }
      for frame in Set(stack) { all[frame, default: 0] += count }
    }
    var table = Table([("itself", .right), ("with callees", .right), ("module", .left), ("function", .left)])
    for (frame, count) in own.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }).prefix(rows) {
      let (module, name) = FrameName.parts(frame)
      table.append([percent(count, stacks.total), percent(all[frame] ?? 0, stacks.total), module, shortened(name, 80)])
    }
    return "\(stacks.total) \(unit)\n" + table.text
  }

  /// Where memory is allocated: the innermost function of ours of each stack, and of ours who called it.
  static func sites(peak: FoldedStacks, calls: FoldedStacks, rows: Int) -> String {
    struct Site: Hashable {
      var place: String
      var caller: String
    }
    func site(_ stack: [String]) -> Site {
      let ours = stack.filter(isOurs)
      guard let place = ours.last else { return Site(place: "(start-up and runtime)", caller: "") }
      return Site(place: place, caller: ours.last { $0 != place } ?? "")
    }
    var bytes: [Site: Int] = [:]
    var counts: [Site: Int] = [:]
    for (stack, count) in peak.counts { bytes[site(stack), default: 0] += count }
    for (stack, count) in calls.counts { counts[site(stack), default: 0] += count }
    var table = Table([
      ("at the peak", .right), ("share", .right), ("allocations", .right), ("module", .left), ("allocated in", .left),
      ("called from", .left),
    ])
    func append(_ sites: ArraySlice<Site>, _ name: String?) {
      let held = sites.reduce(0) { $0 + (bytes[$1] ?? 0) }
      let made = sites.reduce(0) { $0 + (counts[$1] ?? 0) }
      let (module, place) = FrameName.parts(sites.first?.place ?? "")
      let caller = FrameName.parts(sites.first?.caller ?? "").name
      table.append([
        Show.bytes(held), percent(held, peak.total), "\(made)", name == nil ? module : "",
        name ?? shortened(place, 64), name == nil ? shortened(caller, 48) : "",
      ])
    }
    let sorted = Set(bytes.keys).union(counts.keys).sorted { a, b in
      (bytes[b] ?? 0, counts[b] ?? 0, a.place, a.caller) < (bytes[a] ?? 0, counts[a] ?? 0, b.place, b.caller)
    }
    for i in sorted.indices.prefix(rows) { append(sorted[i...i], nil) }
    let rest = sorted.dropFirst(rows)
    if !rest.isEmpty { append(rest, "\(rest.count) other places") }
    append(sorted[...], "all")
    return table.text
  }

  static func percent(_ part: Int, _ whole: Int) -> String {
    Show.fixed(100 * Double(part) / Double(max(1, whole)), 1) + " %"
  }

  static func shortened(_ text: String, _ limit: Int) -> String {
    text.count <= limit ? text : String(text.prefix(limit - 1)) + "…"
  }
}

extension ProfileCommands {
  /// `sites PEAK CALLS --out FOLDED`: two files of `heaptrack_print -F`, by bytes at the peak and by calls.
  package static func sites(_ words: [String]) throws -> BenchExit {
    let options = try BenchOptions(words, known: ["out", "top"])
    guard options.operands.count == 2 else {
      throw BenchUsage("sites takes two files of heaptrack_print -F: by peak, and by allocations")
    }
    let files = try options.operands.map { try HeaptrackStacks.read(lines($0), path: $0) }
    guard files[1].total > 0 else { throw ProfileError.empty(path: options.operands[1]) }
    if let out = options.text("out") { try write(files[0].text, to: out) }
    try out(ProfileTables.sites(peak: files[0], calls: files[1], rows: try options.int("top", 20, in: 1...1000)))
    return .done
  }

  /// `syscalls TRACE [--frames N]`.
  package static func syscalls(_ words: [String]) throws -> BenchExit {
    let options = try BenchOptions(words, known: ["frames", "top"])
    guard options.operands.count == 1 else { throw BenchUsage("syscalls takes a trace: strace -f -T -o TRACE …") }
    let path = options.operands[0]
    let trace = SyscallTrace(try lines(path))
    guard !trace.calls.isEmpty else { throw ProfileError.empty(path: path) }
    let frames = try options.int("frames", 0, in: 0...1_000_000_000_000)
    try out(trace.text(frames: frames, rows: try options.int("top", 12, in: 1...1000)))
    return .done
  }

  private static func out(_ text: String) throws { try write(text) }
}
