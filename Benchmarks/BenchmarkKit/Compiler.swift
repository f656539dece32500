import IO

/// What built this program, as far as the program itself can tell.
enum Compiler {
  /// From the program's own debug information, in which each compiler leaves its name (DWARF, `DW_AT_producer`), so
  /// that it is right whatever `swift` the machine has now. A stripped program knows the major and minor version.
  static let version: String = {
    guard let program = try? File.contents(of: "/proc/self/exe", limitBytes: 1 << 30) else { return known }
    return version(in: program) ?? known
  }()

  /// The first `Swift version 6.3.1 (swift-6.3.1-RELEASE)` of a program.
  static func version(in program: [UInt8]) -> String? {
    let mark = Array("Swift version ".utf8)
    let first = mark[0]
    var at = 0
    while at + mark.count < program.count {
      guard program[at] == first, program[at + 1] == mark[1], program[at..<at + mark.count].elementsEqual(mark) else {
        at += 1
        continue
      }
      let rest = program[(at + mark.count)...].prefix(80).prefix { $0 >= 0x20 && $0 < 0x7F }
      if let digit = rest.first, (0x30...0x39).contains(digit) { return String(decoding: rest, as: UTF8.self) }
      at += mark.count
    }
    return nil
  }

  static var flags: String {
    let mode = EnvironmentProbe.isDebug ? "-c debug" : "-c release"
    return mode + (isOptimised() ? " (-O)" : " (-Onone)")
  }

  /// As the compiler says; a constant to it, which it must not see where the answer is used.
  @inline(never) private static func isOptimised() -> Bool { !_isDebugAssertConfiguration() }

  private static var known: String {
    #if compiler(>=6.5)
      "6.5 or later"
    #elseif compiler(>=6.4)
      "6.4"
    #elseif compiler(>=6.3)
      "6.3"
    #else
      "6.2"
    #endif
  }
}

/// A machine without its name.
package enum MachineID {
  /// The 64 bits of FNV-1a over the name, folded to 32: `a1b2c3d4`. The same name gives the same digits for good, so
  /// that older results, which hold the name, are known as the same machine's.
  package static func of(host: String) -> String {
    if host.isEmpty { return "" }
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in host.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return String(Hex.text((hash >> 32) ^ (hash & 0xFFFF_FFFF)).suffix(8))
  }
}
