import Glibc
import TestSupport
import Testing

@Suite("A run that is asked to end", .tags(.system))
struct InterruptTests {
  let folder = TemporaryFolder()

  private static let market = ["--generate", "seed=21,symbols=50,rate=5000"]

  @Test(
    "by SIGINT or SIGTERM drains: exit code 130, whole files, a clean recording, exact figures",
    arguments: [SIGINT, SIGTERM])
  func drains(_ signal: Int32) throws {
    let server = try FeedServer(Self.market)
    let session = folder.file("session.qwr")
    let stats = folder.file("stats.json")
    let rows = folder.file("live.ndjson")
    let client = try start([
      "ingest", "--url", server.url, "--symbols", "*", "--record", session, "--to", "ndjson:" + rows,
      "--to", "csv:" + folder.file("live"), "--stats", stats,
    ])
    try waitUntil("the recording grows") { (Places.read(session)?.count ?? 0) > 50_000 }
    #expect(Places.read(rows) == nil, "the file has its name before it is whole")
    client.send(signal)
    let ended = try client.wait(limitSeconds: 30)
    #expect(ended.exitCode == 130 && ended.output.isEmpty, "\(ended)")
    let figures = try Figures(file: stats)
    #expect(figures.isWhole && figures.events > 0)
    #expect((Places.read(rows) ?? []).count { $0 == 0x0A } == figures.events)
    #expect(Places.names(in: folder.file("live")) == ["Quote.csv", "Trade.csv"])
    #expect(Places.names(in: folder.path).sorted() == ["live", "live.ndjson", "session.qwr", "stats.json"])
    #expect(try quotewire("inspect", session).exitCode == 0)
    let again = try replay([session], ["--to", "ndjson:-"])
    #expect(again.figures.digest == figures.digest && sameBytes(again.ended.output, file: rows))
  }

  /// A client whose standard output is a pipe that nobody reads, when that pipe is full.
  private func stuckClient(_ server: FeedServer) throws -> (client: Program, session: String, pipe: Int32) {
    let fifo = folder.file("fifo")
    guard unsafe mkfifo(fifo, 0o600) == 0 else { throw Trouble("no fifo: errno \(errno)") }
    let pipe = unsafe open(fifo, O_RDWR | O_NONBLOCK | O_CLOEXEC)
    guard pipe >= 0 else { throw Trouble("cannot open the fifo: errno \(errno)") }
    let session = folder.file("session.qwr")
    let client = try start(
      ["ingest", "--url", server.url, "--symbols", "*", "--record", session, "--to", "ndjson:-?ring=64"],
      outputFile: fifo)
    // Full means that nothing is added any more: pages of a pipe that were filled in parts hold less than its 64 KiB.
    var waiting: Int32 = 0
    var unchanged = 0
    try waitUntil("the pipe is full", limitSeconds: 60) {
      var count: Int32 = 0
      _ = unsafe ioctl(pipe, UInt(FIONREAD), &count)
      unchanged = count == waiting ? unchanged + 1 : 0
      waiting = count
      return count > 16_000 && unchanged >= 100
    }
    return (client, session, pipe)
  }

  @Test("twice ends at once although its standard output hangs, and its recording is whole")
  func twice() throws {
    let (client, session, pipe) = try stuckClient(try FeedServer(Self.market))
    defer { close(pipe) }
    client.send(SIGINT)
    client.send(SIGTERM)
    let ended = try client.wait(limitSeconds: 30)
    #expect(ended.exitCode == 1 && ended.errors.contains("stopped before everything was written"), "\(ended)")
    #expect(try quotewire("inspect", session).exitCode == 0)
  }

  @Test("once ends within its limit although its standard output hangs", .tags(.slow))
  func drainLimit() throws {
    let (client, session, pipe) = try stuckClient(try FeedServer(Self.market))
    defer { close(pipe) }
    client.send(SIGINT)
    let ended = try client.wait(limitSeconds: 40)
    #expect(ended.exitCode == 1 && ended.errors.contains("stopped before everything was written"), "\(ended)")
    #expect(try quotewire("inspect", session).exitCode == 0)
  }

  @Test("by a reader that goes away ends quietly, replaying and live")
  func readerGone() throws {
    let recording = folder.file("market.qwr")
    let program = try Built.quotewire()
    #expect(try quotewire("generate", "seed=22,symbols=50,rate=20000,duration=3s", recording).exitCode == 0)
    let server = try FeedServer(Self.market)
    for words in ["replay '\(recording)'", "ingest --url \(server.url) --symbols '*'"] {
      let script = "'\(program)' \(words) --to ndjson:- | head -n 3; echo ${PIPESTATUS[0]}"
      let ended = try Program("/bin/bash", ["-c", script]).wait()
      #expect(ended.lines.count == 4 && ended.lines.last == "0", "\(words): \(ended.text) \(ended)")
      #expect(ended.errors.isEmpty, "\(words): \(ended)")
    }
  }

  @Test("serve ends by SIGINT with exit code 130, its clients see the end of the connection")
  func serve() throws {
    let server = try FeedServer(Self.market)
    let session = folder.file("session.qwr")
    let client = try start(["ingest", "--url", server.url, "--symbols", "*", "--reconnect", "0", "--record", session])
    try waitUntil("the recording grows") { (Places.read(session)?.count ?? 0) > 20_000 }
    server.program.send(SIGINT)
    let ended = try server.program.wait(limitSeconds: 30)
    #expect(ended.exitCode == 130 && ended.errors.contains("served 1 clients"), "\(ended)")
    let lost = try client.wait(limitSeconds: 30)
    #expect(lost.exitCode == 1, "\(lost)")
    #expect(try quotewire("inspect", session).exitCode == 0)
  }
}
