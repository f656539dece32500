import Glibc
import TestSupport
import Testing

/// The supervisor's end of NOTIFY_SOCKET.
private final class Supervisor {
  let name: String
  private let socket: Int32
  private let folder = TemporaryFolder()
  private(set) var heard = ""

  init(isAbstract: Bool) throws {
    name = isAbstract ? "@quotewire-test-\(getpid())-\(UInt64.random(in: 0...UInt64.max))" : folder.file("notify")
    socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var bytes = Array(name.utf8)
    if isAbstract { bytes[0] = 0 }
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
    let count = socklen_t(2 + bytes.count + (isAbstract ? 0 : 1))
    let bound = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(socket, $0, count) }
    }
    if bound != 0 { throw Trouble("cannot bind \(name): errno \(errno)") }
  }

  deinit { close(socket) }

  /// Takes what came, and says whether a line was among everything so far, `times` times.
  func has(_ line: String, times: Int = 1) -> Bool {
    var block = [UInt8](repeating: 0, count: 4096)
    while true {
      let got = unsafe recv(socket, &block, block.count, 0)
      if got <= 0 { break }
      heard += String(decoding: block[..<got], as: UTF8.self)
    }
    return heard.split(separator: "\n").count { $0.hasPrefix(line) } >= times
  }
}

@Suite("A service under a supervisor", .tags(.system))
struct ServiceTests {
  @Test(
    "a live run tells its supervisor when it is ready, how it goes, that it is alive, and that it ends",
    arguments: [false, true])
  func notices(isAbstract: Bool) throws {
    let server = try FeedServer(["--generate", "seed=1,symbols=10,rate=500"])
    let supervisor = try Supervisor(isAbstract: isAbstract)
    let run = try start(
      ["ingest", "--url", server.url, "--symbols", "*", "--types", "Quote"],
      environment: ["NOTIFY_SOCKET": supervisor.name, "WATCHDOG_USEC": "400000"])
    try waitUntil("ready; heard \(supervisor.heard)") { supervisor.has("READY=1") }
    try waitUntil("signs of life; heard \(supervisor.heard)") { supervisor.has("WATCHDOG=1", times: 3) }
    #expect(supervisor.has("STATUS=1 of 1 lanes streaming, "))
    #expect(!supervisor.has("STOPPING=1"))
    run.send(SIGTERM)
    #expect(try run.wait().exitCode == 130)
    #expect(supervisor.has("STOPPING=1"))
  }

  @Test("a run that reads its settings again says so, when by the clock, and that it is ready again")
  func reload() throws {
    let server = try FeedServer(["--generate", "seed=1,symbols=10,rate=500"])
    let supervisor = try Supervisor(isAbstract: true)
    let folder = TemporaryFolder()
    try write("AAPL\n", to: folder.file("symbols"))
    let run = try start(
      ["ingest", "--url", server.url, "--symbols-file", folder.file("symbols"), "--types", "Quote"],
      environment: ["NOTIFY_SOCKET": supervisor.name])
    try waitUntil("ready; heard \(supervisor.heard)") { supervisor.has("READY=1") }
    #expect(!supervisor.has("RELOADING=1"))
    var clock = timespec()
    func micros() -> Int {
      unsafe clock_gettime(CLOCK_MONOTONIC, &clock)
      return clock.tv_sec * 1_000_000 + clock.tv_nsec / 1000
    }
    let before = micros()
    try write("AAPL\nMSFT\n", to: folder.file("symbols"))
    run.send(SIGHUP)
    try waitUntil("ready again; heard \(supervisor.heard)") { supervisor.has("READY=1", times: 2) }
    let after = micros()
    let lines = supervisor.heard.split(separator: "\n").drop { $0 != "RELOADING=1" }
    let told = lines.dropFirst().first.flatMap { Int($0.dropFirst("MONOTONIC_USEC=".count)) }
    #expect(lines.dropFirst().first?.hasPrefix("MONOTONIC_USEC=") == true, "\(lines)")
    #expect((before...after).contains(told ?? 0), "\(before) \(told ?? 0) \(after)")
    #expect(supervisor.has("STATUS=reloaded: 1 topics added, 0 removed"))
    run.send(SIGTERM)
    #expect(try run.wait().exitCode == 130)
  }

  @Test("a run whose feed is away is not ready, asks for time and is alive")
  func notReady() throws {
    let supervisor = try Supervisor(isAbstract: true)
    let run = try start(
      ["ingest", "--url", "ws://127.0.0.1:9/", "--symbols", "A", "--reconnect", "forever"],
      environment: ["NOTIFY_SOCKET": supervisor.name, "WATCHDOG_USEC": "200000"])
    try waitUntil("signs of life; heard \(supervisor.heard)") { supervisor.has("WATCHDOG=1", times: 3) }
    #expect(supervisor.has("EXTEND_TIMEOUT_USEC=30000000"))
    #expect(!supervisor.has("READY=1"))
    run.send(SIGINT)
    #expect(try run.wait().exitCode == 130)
  }

  @Test("the watchdog is not for us where another process is named, and a socket that cannot be is said")
  func notForUs() throws {
    let server = try FeedServer(["--generate", "seed=1,symbols=10,rate=500"])
    let supervisor = try Supervisor(isAbstract: true)
    let words = ["ingest", "--url", server.url, "--symbols", "*", "--types", "Quote", "--limit", "500"]
    let run = try start(
      words, environment: ["NOTIFY_SOCKET": supervisor.name, "WATCHDOG_USEC": "20000", "WATCHDOG_PID": "1"])
    #expect(try run.wait().exitCode == 0)
    #expect(supervisor.has("READY=1") && supervisor.has("STOPPING=1") && !supervisor.has("WATCHDOG=1"))
    let refused = try start(words, environment: ["NOTIFY_SOCKET": "nonsense"]).wait()
    #expect(refused.exitCode == 1 && refused.errors.contains("NOTIFY_SOCKET"), "\(refused)")
  }
}
