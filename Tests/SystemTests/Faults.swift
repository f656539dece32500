import Glibc
import TestSupport
import Testing

/// Rules for the system calls of a program under test, which `Tests/Faults` explains.
///
/// The library that keeps them is loaded into the program before the C library, so that the program needs no seam.
struct Faults {
  private static let variable = "QUOTEWIRE_FAULTS"
  var rules: [String] = []

  /// Calls number `first` to `first + times - 1` whose path holds `path` fail.
  func fail(_ call: String, on first: Int, times: Int = 1, errno: Int32, path: String = "-") -> Faults {
    adding("fail \(call) \(first) \(times) \(errno) \(path)")
  }

  /// The device is full after so many bytes, for `times` writes.
  func full(after bytes: Int, times: Int = 1_000_000, path: String) -> Faults {
    adding("full \(bytes) \(times) \(path)")
  }

  /// SIGKILL when so many bytes have been written.
  func cut(at byte: Int, path: String) -> Faults { adding("cut \(byte) \(path)") }
  /// SIGKILL at a call.
  func kill(_ call: String, on number: Int, after: Bool, path: String) -> Faults {
    adding("kill \(call) \(number) \(after ? "after" : "before") \(path)")
  }
  func slow(_ call: String, millis: Int, path: String) -> Faults { adding("slow \(call) \(millis) \(path)") }
  /// The wall clock goes that far ahead, back, behind and back, in turns.
  func jump(seconds: Int, everyMillis: Int) -> Faults { adding("jump \(everyMillis) \(seconds)") }
  func count(into file: String, path: String = "-") -> Faults { adding("count \(file) \(path)") }
  func journal(into file: String, path: String) -> Faults { adding("journal \(file) \(path)") }

  private func adding(_ rule: String) -> Faults { Faults(rules: rules + [rule]) }

  /// What the program has to find in its environment.
  var environment: [String: String] {
    ["LD_PRELOAD": Self.library ?? "", Self.variable: rules.joined(separator: ";")]
  }

  private static let library = try? Built.program("libquotewire-faults.so")

  /// Whether the rules reach the program: not where a sanitizer was built into it.
  private static let work: Bool = {
    guard library != nil else { return false }
    let folder = TemporaryFolder()
    let probe = Faults().fail("write", on: 1, errno: ENOSPC)
    let ended = try? start(["generate", "duration=100ms", folder.file("a.qwr")], environment: probe.environment).wait()
    return ended?.exitCode == 1
  }()

  /// Skips a suite where they do not.
  static var needed: ConditionTrait { .enabled(if: work, "no system call can be made to fail in this build") }
}
