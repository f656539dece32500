/// Call stacks and how often each was seen. As text: one stack a line, outermost frame first, frames between
/// semicolons, then a blank and the count. The first frame is the thread.
///
///     qw-replay;Ingest`Replay.run();DXLink`FeedDecoder.decode(_:batch:) 412
package struct FoldedStacks: Sendable {
  /// Deepest stack that is kept: further in, frames are dropped.
  package static let depthLimit = 1024

  package private(set) var counts: [[String]: Int] = [:]
  package private(set) var total = 0

  package init() {}

  package mutating func add(_ stack: [String], _ count: Int) {
    guard count > 0, !stack.isEmpty else { return }
    counts[Array(stack.prefix(Self.depthLimit)), default: 0] += count
    total += count
  }

  /// Without the frames by which the C library starts a program or a thread: they stand under everything.
  package static func withoutStart(_ frames: [String]) -> [String] {
    func isStart(_ frame: String) -> Bool { ["libc", ""].contains(FrameName.parts(frame).module) }
    return frames.allSatisfy(isStart) ? frames : Array(frames.drop(while: isStart))
  }

  package init(lines: [Substring], path: String) throws(ProfileError) {
    for (i, line) in lines.enumerated() where !line.allSatisfy({ $0 == " " }) {
      guard let blank = line.lastIndex(of: " "), let count = Int(line[line.index(after: blank)...]), count >= 0 else {
        throw .unreadable(path: path, line: i + 1, reason: "a folded stack is FRAME;FRAME… COUNT")
      }
      add(line[..<blank].split(separator: ";").map { String($0) }, count)
    }
  }

  /// Sorted, so that equal stacks give equal files.
  package var text: String {
    var out = ""
    for (stack, count) in counts.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      out += stack.joined(separator: ";") + " \(count)\n"
    }
    return out
  }

  /// Without the stacks of one root, such as a thread.
  package func without(root: String) -> FoldedStacks {
    var kept = FoldedStacks()
    for (stack, count) in counts where stack.first != root { kept.add(stack, count) }
    return kept
  }
}
