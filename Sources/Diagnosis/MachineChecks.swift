import Bytes
import Glibc
import IO

/// What this machine allows: open files, memory, a disk that takes what is written.
package enum MachineChecks {
  /// Fewer open files than this are too few for many lanes and sinks.
  package static let wantedFiles: UInt64 = 256
  /// Less memory than this is little for a large universe, in bytes.
  package static let wantedMemoryBytes = 256 << 20
  /// Less room than this does not last a day, in bytes.
  package static let wantedDiskBytes = 1 << 30
  /// What is written to try the disk, in bytes.
  package static let trialBytes = 1 << 20
  /// A flush that takes longer than this holds a recording up, in milliseconds.
  package static let wantedFlushMillis = 1000.0

  package static func all(folder: String) -> [Check] { [limits(), memory(), disk(folder)] }

  static func limits() -> Check {
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
      return Check("limits", .warn, "the limit of open files cannot be read")
    }
    return limits(files: UInt64(limit.rlim_cur))
  }

  static func limits(files: UInt64) -> Check {
    if files >= wantedFiles {
      return Check("limits", .ok, "\(files == .max ? "any number of" : "\(files)") open files")
    }
    return Check("limits", .warn, "only \(files) open files: many lanes and sinks need more; raise it with ulimit -n")
  }

  static func memory() -> Check {
    func text(_ path: String) -> String? {
      (try? File.contents(of: path, limitBytes: 1 << 20)).map { String(decoding: $0, as: UTF8.self) }
    }
    return memory(
      meminfo: text("/proc/meminfo") ?? "", groupLimit: text("/sys/fs/cgroup/memory.max"),
      groupUse: text("/sys/fs/cgroup/memory.current"))
  }

  /// From the texts of the kernel's files.
  static func memory(meminfo: String, groupLimit: String?, groupUse: String?) -> Check {
    let line = meminfo.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
    let available = line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 << 10 }
    func number(_ text: String?) -> Int? { text?.split { $0.isWhitespace }.first.flatMap { Int($0) } }
    let group = number(groupLimit).map { $0 - (number(groupUse) ?? 0) }
    guard let room = [available, group].compactMap({ $0 }).min() else {
      return Check("memory", .warn, "how much memory is available cannot be read")
    }
    let isGroup = group == room
    let words = "\(megabytes(room)) available" + (isGroup ? " in this control group" : "")
    if room >= wantedMemoryBytes { return Check("memory", .ok, words) }
    return Check(
      "memory", .warn,
      words + ", which is little for a large universe; "
        + (isGroup ? "raise the group's limit (MemoryMax=)" : "close other programs, or take fewer symbols"))
  }

  /// Room in a folder, and a trial: a file without a name, written and flushed to the device.
  static func disk(_ folder: String) -> Check {
    var room = statvfs()
    guard unsafe statvfs(folder, &room) == 0 else {
      return Check("disk", .fail, "\(IOError.system(action: "look at", subject: folder, errno: errno))")
    }
    let free = Int(clamping: UInt64(room.f_bavail).multipliedReportingOverflow(by: UInt64(room.f_frsize)).partialValue)
    let start = MonotonicNanos.now()
    do throws(IOError) {
      var file = try File(temporaryIn: folder)
      let bytes = [UInt8](repeating: 0x5A, count: trialBytes)
      try unsafe file.write(bytes.span.bytes)
      try file.synchronize()
      try file.close()
    } catch { return Check("disk", .fail, "\(error)", millis: MonotonicNanos.now().seconds(since: start) * 1000) }
    return disk(folder, freeBytes: free, millis: MonotonicNanos.now().seconds(since: start) * 1000)
  }

  static func disk(_ folder: String, freeBytes: Int, millis: Double) -> Check {
    let words = "\(megabytes(freeBytes)) free in \(folder); 1 MiB written and flushed"
    if freeBytes < wantedDiskBytes {
      return Check(
        "disk", .warn, words + "; a day of a busy feed needs more: free some, or use another folder",
        millis: millis)
    }
    if millis > wantedFlushMillis {
      return Check("disk", .warn, words + " slowly: recordings would lag; use another disk", millis: millis)
    }
    return Check("disk", .ok, words, millis: millis)
  }

  private static func megabytes(_ bytes: Int) -> String {
    bytes >= 10 << 30 ? "\(bytes >> 30) GiB" : "\(bytes >> 20) MiB"
  }
}
