import BenchmarkKit

/// Reads what `perf script -F comm,tid,event,ip,sym,dso` prints:
///
///     qw-replay  8687 cpu-clock:
///     	           ebfcd $s4JSON6CursorV10readDoubleSdyAA9JSONErrorOYKF (/path/quotewire-bench)
///     	ffffffff82100130 entry_SYSCALL_64 ([kernel.kallsyms])
///     (an empty line)
///
/// Frames stand innermost first. What is between the last parentheses is the file; the name may hold blanks.
enum PerfScript {
  static func read(_ lines: [Substring], path: String, program: String) throws(ProfileError) -> FoldedStacks {
    var stacks = FoldedStacks()
    var names: [Substring: String] = [:]
    var thread: String?
    var frames: [String] = []
    func finish() {
      guard let root = thread else { return }
      stacks.add([root] + FoldedStacks.withoutStart(frames.reversed()), 1)
      thread = nil
      frames.removeAll()
    }
    for (i, line) in lines.enumerated() {
      if line.isEmpty {
        finish()
      } else if line.first == "\t" || line.first == " " {
        guard thread != nil else {
          // A thread's name may begin with blanks.
          guard let name = self.thread(line) else { continue }
          thread = name
          continue
        }
        let rest = line.drop { $0 == "\t" || $0 == " " }
        let address = rest.prefix { $0.isHexDigit }
        guard rest.dropFirst(address.count).first == " " else {
          throw .unreadable(path: path, line: i + 1, reason: "this is no frame of perf script")
        }
        // Where a stack could not be followed further.
        if address.allSatisfy({ $0 == "f" }) { continue }
        let text = rest.dropFirst(address.count + 1)
        if let known = names[text] {
          frames.append(known)
        } else {
          let name = frame(text, program)
          names[text] = name
          frames.append(name)
        }
      } else {
        finish()
        guard let name = self.thread(line) else {
          throw .unreadable(path: path, line: i + 1, reason: "this is no head of a sample: NAME TID EVENT:")
        }
        thread = name
      }
    }
    finish()
    return stacks
  }

  /// The name before the thread's number.
  private static func thread(_ line: Substring) -> String? {
    let words = line.split(separator: " ")
    guard let number = words.lastIndex(where: { word in word.allSatisfy { $0.isNumber || $0 == "/" } }), number > 0
    else { return nil }
    return FrameName.join("", words[..<number].joined(separator: " "))
  }

  private static func frame(_ text: Substring, _ program: String) -> String {
    guard text.last == ")", let open = text.lastIndex(of: "(") else {
      return FrameName.make(symbol: String(text), object: "", program: program)
    }
    let object = text[text.index(after: open)...].dropLast()
    var symbol = text[..<open]
    while symbol.last == " " { symbol.removeLast() }
    return FrameName.make(symbol: String(symbol), object: String(object), program: program)
  }
}
