import CSampler

/// A function as a person reads it: its module, a grave accent and its name: ``DXLink`FeedDecoder.decode(_:batch:)``.
package enum FrameName {
  /// Longest name that is kept; what is cut ends with an ellipsis.
  package static let limit = 160

  /// - Parameters:
  ///   - symbol: as the compiler, the kernel or a demangler wrote it.
  ///   - object: the file that it lies in, such as `libc.so.6`; empty where nobody knows.
  ///   - program: the last part of the path of the program that was profiled.
  package static func make(symbol: String, object: String, program: String) -> String {
    let file = object.split(separator: "/").last.map { String($0) } ?? ""
    if object.contains("[kernel") || object.hasPrefix("[guest.kernel") || file.hasSuffix(".ko") {
      return join("kernel", symbol)
    }
    // perf says `[unknown]` where no file is mapped.
    let isOwn = file.isEmpty || file == program || file == "[unknown]"
    let library = isOwn ? "" : library(file)
    if symbol.isEmpty || symbol == "[unknown]" { return join(isOwn ? "" : library, "[\(isOwn ? "unknown" : file)]") }
    let plain = demangled(symbol)
    if plain != symbol || SwiftName.looksSwift(plain) {
      let name = SwiftName(plain)
      if symbol.hasPrefix("_Z") || plain.contains("::") { return join(isOwn ? "Swift" : library, cxx(plain)) }
      return join(name.module ?? (isOwn ? "Swift" : library), name.name)
    }
    return join(isOwn ? ownModule(symbol) : library, plain.contains("::") ? cxx(plain) : plain)
  }

  package static func demangled(_ symbol: String) -> String {
    guard symbol.hasPrefix("$s") || symbol.hasPrefix("$S") || symbol.hasPrefix("_Z") else { return symbol }
    let size = 1 << 14
    return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: size) { buffer in
      guard let base = buffer.baseAddress, unsafe qw_demangle(symbol, base, size) > 0 else { return symbol }
      return unsafe String(cString: base)
    }
  }

  /// The module of a frame that `make` wrote, and the name alone.
  package static func parts(_ frame: String) -> (module: String, name: String) {
    guard let mark = frame.firstIndex(of: "`") else { return ("", frame) }
    return (String(frame[..<mark]), String(frame[frame.index(after: mark)...]))
  }

  /// A folded line is cut at semicolons and its last blank: neither may come from a name, nor what ends a line.
  static func join(_ module: String, _ name: String) -> String {
    var out = module.isEmpty ? "" : module + "`"
    var count = 0
    for scalar in name.unicodeScalars {
      if count == limit {
        out += "…"
        break
      }
      switch scalar {
      case ";": out += ","
      case "`": out += "'"
      default:
        if scalar.value < 0x20 || scalar.value == 0x7F { out += " " } else { out.unicodeScalars.append(scalar) }
      }
      count += 1
    }
    return out
  }

  private static func library(_ file: String) -> String {
    if file.hasPrefix("[vdso") { return "kernel" }
    if file.hasPrefix("libswift") || file.hasPrefix("libstdc++") || file.hasPrefix("lib_Internal") { return "Swift" }
    if file.hasPrefix("libssl") || file.hasPrefix("libcrypto") { return "libssl" }
    if file.hasPrefix("libc.") || file.hasPrefix("libc-") || file.hasPrefix("ld-linux") || file.hasPrefix("libm.")
      || file.hasPrefix("libpthread")
    {
      return "libc"
    }
    return file
  }

  /// C in the program itself: our own targets, start code, and what the compiler adds for Swift.
  private static func ownModule(_ symbol: String) -> String {
    if symbol.hasPrefix("qw_sampler") || symbol.hasPrefix("qw_demangle") { return "CSampler" }
    let allocation: Set = [
      "malloc", "calloc", "realloc", "free", "memalign", "aligned_alloc", "posix_memalign", "qw_allocations",
    ]
    if allocation.contains(symbol) { return "CAllocations" }
    if symbol.contains("swift") || symbol.hasPrefix("objectdestroy") || symbol.hasPrefix("block_") { return "Swift" }
    if symbol == "_start" || symbol == "main" || symbol.hasPrefix("0x") { return "" }
    return "CShims"
  }

  /// Without template arguments and parameters.
  private static func cxx(_ name: String) -> String {
    var out = ""
    var angles = 0
    var previous: Character = " "
    for c in name.replacing("(anonymous namespace)::", with: "") {
      if c == "(" && angles == 0 { break }
      if c == "<" { angles += 1 }
      if angles == 0 { out.append(c) }
      if c == ">" && previous != "-" { angles = max(0, angles - 1) }
      previous = c
    }
    return out.isEmpty ? name : out
  }
}
