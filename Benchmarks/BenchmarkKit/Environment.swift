import Glibc

/// What a result was measured on. Fields that the system does not tell are empty.
package struct Environment: Hashable, Sendable {
  /// Eight hexadecimal digits that stand for the machine: a kept result does not tell its name.
  package var machine = ""
  package var system = ""
  package var kernel = ""
  package var architecture = ""
  package var cpuModel = ""
  package var cpuFlags = ""
  package var cores = 0
  package var memoryBytes = 0
  package var governor = ""
  /// Of the compiler that built the program, `6.3.1 (swift-6.3.1-RELEASE)`.
  package var swiftVersion = ""
  /// `release` or `debug`.
  package var buildMode = ""
  /// Of `swift build`, with what the compiler made of them: `-c release (-O)`.
  package var buildFlags = ""
  package var commit = ""
  package var isTreeDirty = false
  package var loadBefore = ""
  package var loadAfter = ""
  /// Share of the CPU time that the hypervisor gave to others meanwhile.
  package var stealShare = 0.0

  package init() {}

  /// Whether figures of the two can be held against each other.
  package func isSameMachine(as other: Environment) -> Bool {
    cpuModel == other.cpuModel && cores == other.cores && architecture == other.architecture
      && machine == other.machine
  }
}

/// Reads the environment at the beginning of a run and completes it at its end.
package struct EnvironmentProbe {
  private var environment = Environment()
  private let ticksBefore: (steal: UInt64, all: UInt64)

  package init() {
    var name = utsname()
    if unsafe uname(&name) == 0 {
      environment.kernel = SystemText.field(name.sysname) + " " + SystemText.field(name.release)
      environment.architecture = SystemText.field(name.machine)
      environment.machine = MachineID.of(host: SystemText.field(name.nodename))
    }
    environment.system = Self.osName()
    let cpu = SystemText.lines("/proc/cpuinfo")
    environment.cpuModel = Self.value(cpu, ["model name", "Model", "CPU part"])
    environment.cpuFlags = Self.flags(Self.value(cpu, ["flags", "Features"]))
    environment.cores = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    environment.memoryBytes = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
    environment.governor = SystemText.lines("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor").first ?? ""
    environment.swiftVersion = Compiler.version
    environment.buildMode = Self.isDebug ? "debug" : "release"
    environment.buildFlags = Compiler.flags
    // Of the tree that holds the program, wherever it is called from; files that git does not track change no build.
    let git = "git -C \"$(dirname \"$(readlink /proc/\(getpid())/exe)\")\" "
    environment.commit = SystemText.output(git + "rev-parse HEAD 2>/dev/null").first ?? ""
    environment.isTreeDirty = !SystemText.output(git + "status --porcelain --untracked-files=no 2>/dev/null").isEmpty
    environment.loadBefore = Self.load()
    ticksBefore = Self.ticks()
  }

  /// With load and steal up to now.
  package func finish() -> Environment {
    var done = environment
    let now = Self.ticks()
    done.loadAfter = Self.load()
    let all = now.all &- ticksBefore.all
    done.stealShare = all > 0 ? Double(now.steal &- ticksBefore.steal) / Double(all) : 0
    return done
  }

  package static var isDebug: Bool {
    #if DEBUG
      true
    #else
      false
    #endif
  }

  private static func osName() -> String {
    let line = SystemText.lines("/etc/os-release").first { $0.hasPrefix("PRETTY_NAME=") } ?? ""
    return String(line.dropFirst("PRETTY_NAME=".count).filter { $0 != "\"" })
  }

  private static func value(_ lines: [String], _ keys: [String]) -> String {
    for key in keys {
      for line in lines where line.hasPrefix(key) {
        guard let colon = line.firstIndex(of: ":") else { continue }
        return SystemText.trimmed(line[line.index(after: colon)...])
      }
    }
    return ""
  }

  /// The flags that decide which of our kernels run.
  private static func flags(_ all: String) -> String {
    let known: Set<Substring> = [
      "sse2", "ssse3", "sse4_1", "sse4_2", "avx", "avx2", "bmi1", "bmi2", "pclmulqdq", "avx512f", "avx512bw",
      "avx512vl",
      "avx512_vbmi2", "asimd", "crc32", "aes",
    ]
    return all.split(separator: " ").filter { known.contains($0) }.joined(separator: " ")
  }

  /// Averages over 1, 5 and 15 minutes.
  private static func load() -> String {
    (SystemText.lines("/proc/loadavg").first ?? "").split(separator: " ").prefix(3).joined(separator: " ")
  }

  private static func ticks() -> (steal: UInt64, all: UInt64) {
    let fields = (SystemText.lines("/proc/stat").first ?? "").split(separator: " ").dropFirst().map { UInt64($0) ?? 0 }
    // user nice system idle iowait irq softirq steal; guest time is in user already.
    return (fields.count > 7 ? fields[7] : 0, fields.prefix(8).reduce(0, &+))
  }
}

/// Small texts of the system.
enum SystemText {
  static func trimmed(_ text: Substring) -> String {
    var text = text.drop { $0 == " " || $0 == "\t" }
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return String(text)
  }

  static func lines(_ path: String) -> [String] {
    guard let file = unsafe fopen(path, "r") else { return [] }
    defer { unsafe fclose(file) }
    return unsafe text(file)
  }

  static func output(_ command: String) -> [String] {
    guard let pipe = unsafe popen(command, "r") else { return [] }
    defer { unsafe pclose(pipe) }
    return unsafe text(pipe)
  }

  /// At most 1 MiB.
  private static func text(_ file: UnsafeMutablePointer<FILE>) -> [String] {
    var all: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 14)
    while all.count < 1 << 20 {
      let got = unsafe fread(&block, 1, block.count, file)
      if got == 0 { break }
      all.append(contentsOf: block[0..<got])
    }
    return String(decoding: all, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// A field of utsname: bytes up to the first zero.
  static func field<T>(_ tuple: T) -> String {
    unsafe withUnsafeBytes(of: tuple) { bytes in unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }
  }
}

package enum WallClock {
  /// Seconds since 1970 UTC.
  package static func seconds() -> Int64 { Int64(time(nil)) }
}
