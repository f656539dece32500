import Glibc
import TestSupport
import Testing

/// `--compress` at either end: the same events through fewer bytes, and a plain sentence where it cannot be.
@Suite("Compressed messages between the programs", .tags(.system))
struct CompressTests {
  let folder = TemporaryFolder()

  /// A recording of a small market, and the digest of its replay.
  private func made() throws -> (recording: String, digest: String, events: Int) {
    let recording = folder.file("made.qwr")
    let made = try quotewire("generate", "seed=5,symbols=40,rate=4000,duration=3s,mix=Quote:80/Trade:20", recording)
    guard made.exitCode == 0 else { throw Trouble("generate: \(made)") }
    let run = try replay([recording])
    return (recording, run.figures.digest, run.figures.events)
  }

  private func ingest(_ url: String, _ more: [String]) throws -> LiveRun {
    let stats = folder.file("stats.json")
    let arguments = ["ingest", "--url", url, "--types", "Quote,Trade", "--symbols", "*", "--stats", stats, "--strict"]
    let ended = try start(arguments + more).wait()
    guard Places.read(stats) != nil else { throw Trouble("ingest gave no figures: \(ended)") }
    return (try Figures(file: stats), ended)
  }

  /// Kilobytes that a server says it sent: "served 1 clients, 12.0k events in 60 messages, 340.2 kB".
  private func kilobytesServed(_ server: FeedServer) throws -> Double {
    server.program.send(SIGINT)
    let said = try server.program.wait().errors
    let words = said.split(whereSeparator: \.isWhitespace)
    guard let number = words.dropLast().last.flatMap({ Double($0) }), let unit = words.last,
      let factor = ["B": 0.001, "kB": 1, "MB": 1_000][unit]
    else { throw Trouble("no bytes in: \(said)") }
    return number * factor
  }

  @Test("take less than half of the bytes")
  func bytes() throws {
    let (recording, _, events) = try made()
    var kilobytes: [Double] = []
    for more in [[], ["--compress"]] {
      let server = try FeedServer([recording] + more)
      let live = try ingest(server.url, more)
      #expect(live.figures.events == events)
      kilobytes.append(try kilobytesServed(server))
    }
    #expect(kilobytes[1] > 1 && kilobytes[1] < kilobytes[0] / 2, "plain and compressed: \(kilobytes) kB")
  }

  @Test("give the replay's digest, whichever side asks for compression", arguments: [0, 1, 2, 3])
  func digest(_ sides: Int) throws {
    let (recording, digest, events) = try made()
    let server = try FeedServer([recording] + (sides & 1 != 0 ? ["--compress"] : []))
    let session = folder.file("session.qwr")
    let live = try ingest(server.url, ["--record", session] + (sides & 2 != 0 ? ["--compress"] : []))
    #expect(live.ended.exitCode == 0 && live.figures.digest == digest && live.figures.events == events, "\(live.ended)")
    // A recording holds what the messages say, not how they came.
    #expect(try replay([session]).figures.digest == digest)
    let says = live.ended.errors.contains("the server does not compress")
    #expect(says == (sides == 2), "\(live.ended)")
  }

  @Test("are asked for in vain where zlib cannot be loaded: a sentence, exit code 1; all else works")
  func noZlib() throws {
    // The loader takes the first file of that name; this one is no library.
    try write("this is no library", to: folder.file("libz.so.1"))
    let others = unsafe getenv("LD_LIBRARY_PATH").map { unsafe ":" + String(cString: $0) } ?? ""
    let without = ["LD_LIBRARY_PATH": folder.path + others]
    let asked = try quotewire(
      "ingest", "--url", "ws://127.0.0.1:9/", "--compress", "--for", "1", environment: without)
    #expect(asked.exitCode == 1 && asked.errors.contains("--compress: the library libz.so.1 cannot"), "\(asked)")
    #expect(asked.errors.contains("apt install zlib1g"))
    let served = try quotewire("serve", "--generate", "seed=1", "--compress", environment: without)
    #expect(served.exitCode == 1 && served.errors.contains("--compress: the library libz.so.1"), "\(served)")
    let (recording, digest, _) = try made()
    let server = try FeedServer([recording], environment: without)
    let live = try ingest(server.url, [])
    #expect(live.ended.exitCode == 0 && live.figures.digest == digest)
  }
}
