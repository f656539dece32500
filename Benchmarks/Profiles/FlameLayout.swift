/// Where the boxes of a flame graph lie. Boxes of one depth follow each other by name; a box is as wide as its samples
/// and lies under its caller.
package struct FlameLayout: Sendable {
  package struct Box: Equatable, Sendable {
    package var frame: String
    /// 0 for the box of all samples.
    package var depth: Int
    /// Samples to the left.
    package var start: Int
    package var count: Int
    /// Samples whose innermost frame this is.
    package var own: Int
    /// Functions in it that are too small to be shown one by one; 0 for a box of a single function.
    package var merged: Int = 0
  }

  /// Boxes narrower than this share of all samples are put together.
  package static let leastShare = 0.001

  package let total: Int
  /// Outermost first, and left to right.
  package private(set) var boxes: [Box] = []
  package private(set) var depth = 0
  /// Samples by the module of their innermost frame, most first.
  package let modules: [(name: String, count: Int)]

  package init(_ stacks: FoldedStacks, leastShare: Double = leastShare) {
    total = stacks.total
    modules = Self.modules(stacks)
    let least = max(1, Int((Double(stacks.total) * leastShare).rounded(.up)))
    let sorted = stacks.counts.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    // A level at a time, no recursion: `parts` are runs of stacks that share all frames up to a box.
    struct Part {
      var stacks: ArraySlice<(key: [String], value: Int)>
      var box: Int
    }
    boxes = [Box(frame: "all", depth: 0, start: 0, count: total, own: 0)]
    var parts = [Part(stacks: sorted[...], box: 0)]
    while let part = parts.popLast() {
      let parent = boxes[part.box]
      var rest = part.stacks
      var at = parent.start
      var small = (functions: 0, count: 0)
      var ended = 0
      while let first = rest.first {
        guard first.key.count > parent.depth else {
          ended += first.value
          rest.removeFirst()
          continue
        }
        let frame = first.key[parent.depth]
        let run = rest.prefix { $0.key.count > parent.depth && $0.key[parent.depth] == frame }
        rest = rest[run.endIndex...]
        let count = run.reduce(0) { $0 + $1.value }
        if count < least {
          small = (small.functions + 1, small.count + count)
          continue
        }
        boxes.append(Box(frame: frame, depth: parent.depth + 1, start: at, count: count, own: 0))
        parts.append(Part(stacks: run, box: boxes.count - 1))
        at += count
      }
      boxes[part.box].own = ended
      if small.count >= least {
        boxes.append(
          Box(frame: "", depth: parent.depth + 1, start: at, count: small.count, own: 0, merged: small.functions))
      }
    }
    boxes.sort { ($0.depth, $0.start) < ($1.depth, $1.start) }
    depth = boxes.last?.depth ?? 0
  }

  private static func modules(_ stacks: FoldedStacks) -> [(name: String, count: Int)] {
    var counts: [String: Int] = [:]
    for (stack, count) in stacks.counts { counts[FrameName.parts(stack.last ?? "").module, default: 0] += count }
    return counts.map { (name: $0.key, count: $0.value) }.sorted { ($1.count, $0.name) < ($0.count, $1.name) }
  }
}
