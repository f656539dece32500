import Glibc
import TestSupport
import Testing

/// Our server read by a client that we did not write: the streamer of PyPI's `tastytrade`, through the script in tools.
@Suite("The tastytrade streamer reads our server", .tags(.system, .slow), .serialized)
struct TastytradeTests {
  /// What the script says when the package cannot be installed here.
  private static let cannotInstall: Int32 = 75
  private static let types = ["Quote", "Trade", "Candle", "Greeks", "TimeAndSale", "TheoPrice", "Summary", "Profile"]

  @Test("every event of eight types arrives in order, value by value equal to a replay")
  func equal() throws {
    let folder = TemporaryFolder()
    let run = try ScriptRun("tools/interop/tastytrade", [try Self.program(), folder.path])
    if Self.isSkipped(run) { return }
    #expect(run.exitCode == 0, "\(run.errors)")
    for recording in ["whole", "absent"] {
      let replayed = try #require(Places.read(folder.file("\(recording).ndjson"))).split(separator: 0x0A)
      #expect(replayed.count > 4_000)
      for type in Self.types {
        let start = Array("{\"eventType\":\"\(type)\"".utf8)
        let rows = replayed.count { $0.starts(with: start) }
        let told = try #require(run.numbers("\(recording) \(type)"), "\(recording) \(type) in: \(run.output)")
        let (equal, refused) = (told["equal"] ?? 0, told["refused"] ?? 0)
        #expect(equal + refused == rows && equal > 100, "\(recording) \(type): \(told), replayed \(rows)")
        // The package's model takes no sale that names its buyer.
        if recording == "whole" && type != "TimeAndSale" { #expect(refused == 0, "\(type)") }
      }
      let flags = try #require(run.numbers("\(recording) candle flags"))
      #expect(flags["snapshot_begin"] ?? 0 >= 24, "24 candle symbols begin with a snapshot: \(flags)")
      #expect(flags["snapshot_end"] ?? 0 > 0 && flags["snapshot_snip"] ?? 0 > 0 && flags["pending"] ?? 0 > 0)
    }
    #expect(run.numbers("live")?["quotes"] ?? 0 > 30)
    #expect(run.numbers("candles") == ["symbols": 40, "rows": 12_000, "markers": 40, "duplicates": 0])
  }

  @Test(
    "it tells when the server does something wrong",
    arguments: ["duplicate=every:40", "reorder-config", "config-fewer-fields", "drop-tcp=after:40"])
  func tellsFaults(_ fault: String) throws {
    let folder = TemporaryFolder()
    let faulty = folder.file("faulty-quotewire")
    let program = try Self.program()
    let text = "#!/bin/sh\n[ \"$1\" = serve ] && set -- \"$@\" --fault '\(fault)'\nexec '\(program)' \"$@\"\n"
    let file = unsafe open(faulty, O_WRONLY | O_CREAT | O_CLOEXEC, 0o700)
    let written = unsafe write(file, text, text.utf8.count)
    close(file)
    #expect(written == text.utf8.count)
    let run = try ScriptRun("tools/interop/tastytrade", [faulty, folder.file("work")])
    if Self.isSkipped(run) { return }
    #expect(run.exitCode == 1, "\(run.output)")
    #expect(!run.output.contains("tastytrade: equal") && !run.errors.isEmpty)
  }

  private static func isSkipped(_ run: ScriptRun) -> Bool {
    if run.exitCode == cannotInstall { print("skipped: \(run.errors)") }
    return run.exitCode == cannotInstall
  }

  /// The program beside the bundle of tests, or where a debug build puts it.
  private static func program() throws -> String {
    let bundle = CommandLine.arguments.first { $0.contains(".xctest") }?.components(before: "/") ?? ""
    let places = [bundle, Places.packageRoot + "/.build/debug"].map { $0 + "/quotewire" }
    return try #require(places.first { unsafe access($0, X_OK) == 0 }, "no quotewire in \(places)")
  }
}

extension String {
  /// All before the last path component of a bundle, whose own folders end with `.xctest`.
  fileprivate func components(before separator: Character) -> String {
    let parts = split(separator: separator, omittingEmptySubsequences: false)
    let end = parts.firstIndex { $0.contains(".xctest") } ?? parts.startIndex
    return parts[..<end].joined(separator: String(separator))
  }
}

/// A script of the project, run to its end, with what it wrote.
private struct ScriptRun {
  /// -1 where a signal ended it.
  let exitCode: Int32
  let output: String
  let errors: String

  init(_ script: String, _ arguments: [String]) throws {
    let folder = TemporaryFolder()
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    for (descriptor, name) in [(1, "output"), (2, "errors")] as [(Int32, String)] {
      unsafe posix_spawn_file_actions_addopen(
        &actions, descriptor, folder.file(name), O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    }
    let path = Places.packageRoot + "/" + script
    var words: [UnsafeMutablePointer<CChar>?] = unsafe ([path] + arguments).map { unsafe strdup($0) } + [nil]
    defer { unsafe words.forEach { unsafe free($0) } }
    var pid: pid_t = 0
    let failed = unsafe posix_spawn(&pid, path, &actions, nil, &words, environ)
    try #require(failed == 0, "cannot start \(script): errno \(failed)")
    var status: Int32 = 0
    while unsafe waitpid(pid, &status, 0) < 0 && errno == EINTR {}
    exitCode = status & 0x7F == 0 ? status >> 8 & 0xFF : -1
    output = String(decoding: Places.read(folder.file("output")) ?? [], as: UTF8.self)
    errors = String(decoding: Places.read(folder.file("errors")) ?? [], as: UTF8.self)
  }

  /// The numbers of the line that starts with these words: `whole Quote equal 17 refused 0` has equal and refused.
  func numbers(_ start: String) -> [String: Int]? {
    guard let line = output.split(separator: "\n").first(where: { $0.hasPrefix(start + " ") }) else { return nil }
    let words = line.dropFirst(start.count + 1).split(separator: " ")
    var numbers: [String: Int] = [:]
    for i in stride(from: 0, to: words.count - 1, by: 2) { numbers[String(words[i])] = Int(words[i + 1]) }
    return numbers
  }
}
