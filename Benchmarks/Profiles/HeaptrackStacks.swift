/// Folded stacks as `heaptrack_print -F` writes them: the compilers' names, some with the source file behind them, no
/// word about the file that the code lies in.
///
///     start_thread (pthread_create.c);$s6Ingest6ReplayV3run… (Replay.swift);swift_slowAlloc; 4096
enum HeaptrackStacks {
  static func read(_ lines: [Substring], path: String) throws(ProfileError) -> FoldedStacks {
    var names: [String: String] = [:]
    var out = FoldedStacks()
    for (stack, count) in try FoldedStacks(lines: lines, path: path).counts {
      let frames = stack.map { text in
        if let known = names[text] { return known }
        let name = frame(text)
        names[text] = name
        return name
      }
      out.add(FoldedStacks.withoutStart(frames), count)
    }
    return out
  }

  static func frame(_ text: String) -> String {
    var symbol = text[...]
    var source = ""[...]
    if symbol.last == ")", let open = symbol.lastIndex(of: "("), open > symbol.startIndex,
      symbol[symbol.index(before: open)] == " "
    {
      source = symbol[symbol.index(after: open)...].dropLast()
      if source.contains(".") || source.hasPrefix("<") { symbol = symbol[..<open].dropLast() } else { source = "" }
    }
    let isForeign = (source.hasSuffix(".c") || source.hasSuffix(".S")) && !symbol.hasPrefix("qw_")
    let isRuntime = symbol.contains("::") || symbol.hasPrefix("swift_") || symbol.hasPrefix("_swift")
    if symbol.hasPrefix("0x") { return FrameName.join("", "[unknown]") }
    if isForeign { return FrameName.join("libc", String(symbol)) }
    if isRuntime { return FrameName.make(symbol: String(symbol), object: "libswiftCore.so", program: "") }
    let isPlain = !symbol.hasPrefix("$s") && !symbol.hasPrefix("_Z") && !symbol.hasPrefix("qw_")
    // Another library's, such as libzstd's.
    if isPlain, !SwiftName.looksSwift(String(symbol)) { return FrameName.join("", String(symbol)) }
    return FrameName.make(symbol: String(symbol), object: "", program: "")
  }
}
