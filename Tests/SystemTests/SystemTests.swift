// SystemTests: the built program from outside: what it takes in, what it writes, how it ends, and what an outage, a
// crash, a signal or a mistake in its arguments does to that. Servers are the program's own, on this machine and a port
// that the system chose.

import Glibc
import TestSupport
import Testing

/// A sentence that ends a test whose surroundings are not as they should be.
struct Trouble: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// The programs under test, built by the same `swift build` as the tests.
enum Built {
  /// The folder of the program that runs these tests.
  private static func ownFolder() -> String? {
    var path = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe readlink("/proc/self/exe", &path, path.count - 1)
    guard count > 0 else { return nil }
    let text = String(decoding: path[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return text.lastIndex(of: "/").map { String(text[..<$0]) }
  }

  /// Where `quotewire` lies: beside the tests, or where the environment says (`tools/hostile --release`).
  static func quotewire() throws -> String {
    if let path = unsafe getenv("QUOTEWIRE_PROGRAM") { return unsafe String(cString: path) }
    return try program("quotewire")
  }

  /// Where a program of the package lies.
  static func program(_ name: String) throws -> String {
    // A folder of other builds, such as optimised ones; see tools/soak.
    let named = unsafe getenv("QUOTEWIRE_PROGRAMS").map { unsafe String(cString: $0) }
    let folders = [named, ownFolder(), Places.packageRoot + "/.build/debug"].compactMap { $0 }
    for folder in folders {
      let path = folder + "/" + name
      if unsafe access(path, X_OK) == 0 { return path }
    }
    throw Trouble("no program \(name) in \(folders.joined(separator: " or ")); run 'swift build --product \(name)'")
  }
}

/// Real data beside the project; tests that need them say so where they are absent.
enum Captures {
  static let tape = "captures/qd-demo-2013/feed-data-compact.tsv"
  static let tapeEvents = "captures/qd-demo-2013/events.jsonl"
  static let realFrames = "captures/real-frames.jsonl"

  static var areHere: Bool { [tape, tapeEvents, realFrames].allSatisfy { Places.shared($0) != nil } }

  /// Skips a suite where they are absent.
  static var needed: ConditionTrait { .enabled(if: areHere, "no captures beside the project") }

  static func path(_ name: String) throws -> String {
    guard let path = Places.shared(name) else { throw Trouble("no file ../shared/\(name)") }
    return path
  }
}

/// Waits for something that cannot be awaited (a file of another process): a bounded number of short looks.
func waitUntil(_ what: @autoclosure () -> String, limitSeconds: Double = 30, _ holds: () throws -> Bool) throws {
  let lookMicros: UInt32 = 2_000
  var looks = Int(limitSeconds * Double(Sanitizer.patience) * 1e6) / Int(lookMicros)
  while try !holds() {
    guard looks > 0 else { throw Trouble("waited \(limitSeconds) s in vain: \(what())") }
    looks -= 1
    usleep(lookMicros)
  }
}

/// Writes a small file.
func write(_ text: String, to path: String) throws { try write(Array(text.utf8), to: path) }

func write(_ bytes: [UInt8], to path: String) throws {
  guard let file = unsafe fopen(path, "wb") else { throw Trouble("cannot write \(path): errno \(errno)") }
  let count = unsafe fwrite(bytes, 1, bytes.count, file)
  guard unsafe fclose(file) == 0, count == bytes.count else { throw Trouble("cannot write \(path): errno \(errno)") }
}

/// Whether two files that exist are equal. Not `==` within `#expect`, which would print them.
func sameFiles(_ a: String, _ b: String) -> Bool {
  guard let bytes = Places.read(a) else { return false }
  return bytes == Places.read(b)
}

func sameBytes(_ bytes: [UInt8], file: String) -> Bool { bytes == Places.read(file) }
