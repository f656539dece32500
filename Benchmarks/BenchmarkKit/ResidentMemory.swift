import Glibc

/// The resident memory of a process at a named moment of a benchmark.
package struct MemoryPoint: Hashable, Sendable {
  package var name: String
  package var residentBytes: Int

  package init(name: String, residentBytes: Int) {
    self.name = name
    self.residentBytes = residentBytes
  }
}

/// Resident memory as the kernel tells it (proc(5), `status`).
package enum ResidentMemory {
  /// VmRSS; nil where the process is gone or the system has no such file.
  package static func now(of process: Int32 = getpid()) -> Int? { field("VmRSS:", process) }

  /// VmHWM: the peak since the process started or since `resetPeak`.
  package static func peak(of process: Int32 = getpid()) -> Int? { field("VmHWM:", process) }

  /// Lets the peak of this process begin anew. False where the system forbids it: the peak is then that of everything
  /// so far.
  @discardableResult
  package static func resetPeak() -> Bool {
    guard let file = unsafe fopen("/proc/self/clear_refs", "w") else { return false }
    let wrote = unsafe fputs("5", file) >= 0
    return unsafe fclose(file) == 0 && wrote
  }

  /// Lines read `VmRSS:      1234 kB`.
  private static func field(_ name: String, _ process: Int32) -> Int? {
    for line in SystemText.lines("/proc/\(process)/status") where line.hasPrefix(name) {
      let words = line.split { $0 == " " || $0 == "\t" }
      guard words.count >= 2, let kilobytes = Int(words[1]) else { return nil }
      return kilobytes << 10
    }
    return nil
  }
}
