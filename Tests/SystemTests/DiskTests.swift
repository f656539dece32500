import Glibc
import TestSupport
import Testing

@Suite("A disk that is full, fails, is read-only, slow or shared", .tags(.system), Faults.needed)
struct DiskTests {
  let folder = TemporaryFolder()

  private func source() throws -> String {
    let path = folder.file("source.qwr")
    let made = try quotewire("generate", "seed=21,symbols=30,rate=3000,duration=3s,mix=Quote:80/Trade:20", path)
    guard made.exitCode == 0 else { throw Trouble("\(made)") }
    return path
  }

  @Test("full for a while: everything is written in the end, each sentence is said once", arguments: ["csv", "ndjson"])
  func fullForAWhile(scheme: String) throws {
    let source = try source()
    let reference = folder.file("reference")
    _ = try replay([source], ["--to", "\(scheme):\(reference)"])
    let out = folder.file("out")
    let stats = folder.file("stats")
    let ended = try start(
      ["replay", source, "--to", "\(scheme):\(out)", "--stats", stats],
      environment: Faults().full(after: 70_000, times: 4, path: "/out").environment
    ).wait()
    #expect(ended.exitCode == 0, "\(ended)")
    #expect(ended.errors.split(separator: "\n").count { $0.contains("no space left on the device") } == 1, "\(ended)")
    #expect(ended.errors.split(separator: "\n").count { $0.contains("writing goes on") } == 1, "\(ended)")
    #expect(try Figures(file: stats).isWhole)
    let pairs = scheme == "csv" ? Places.names(in: reference).map { ("/" + $0) } : [""]
    for name in pairs { #expect(sameFiles(reference + name, out + name), "\(name)") }
  }

  @Test(
    "full for good: the rows in the files are whole and as many as the figures say, and the sentence names the file",
    arguments: ["csv", "ndjson"])
  func fullForGood(scheme: String) throws {
    let source = try source()
    let out = folder.file("out")
    let stats = folder.file("stats")
    let ended = try start(
      ["replay", source, "--to", "\(scheme):\(out)/\(scheme == "csv" ? "" : "rows")", "--stats", stats],
      environment: Faults().full(after: scheme == "csv" ? 500_000 : 1_800_000, path: "/out").environment
    ).wait()
    #expect(ended.exitCode == 1, "\(ended)")
    let figures = try Figures(file: stats)
    let sink = try #require(figures.sinks.values.first)
    #expect(figures.brokenIdentities.isEmpty && sink.written < sink.accepted)
    let missing = "\(sink.accepted - sink.written) accepted events are not written"
    #expect(ended.errors.contains(missing), "\(ended)")
    var rows = 0
    for name in Places.names(in: out) {
      #expect(name.contains(".tmp-") && ended.errors.contains("what was written is in ") && ended.errors.contains(name))
      let bytes = Places.read(out + "/" + name) ?? []
      #expect(bytes.last == 0x0A || bytes.isEmpty)
      rows += bytes.count { $0 == 0x0A } - (scheme == "csv" ? 1 : 0)
    }
    #expect(rows == sink.written && rows > 0)
  }

  @Test("standard output on a full disk goes on where it stopped: no row torn, lost or doubled")
  func standardOutput() throws {
    let source = try source()
    let whole = try replay([source], ["--to", "ndjson:-"]).ended.output
    let out = folder.file("standard-out")
    let ended = try Program(
      try Built.quotewire(), ["replay", source, "--to", "ndjson:-"],
      environment: Faults().full(after: 300_001, times: 2, path: "standard-out").environment, outputFile: out
    ).wait()
    #expect(ended.exitCode == 0 && ended.errors.contains("writing goes on"), "\(ended)")
    #expect(sameBytes(whole, file: out))
  }

  @Test(
    "a recording on a full disk waits, then goes on whole; full for good, it counts what is missing",
    arguments: [true, false])
  func recording(passes: Bool) throws {
    let server = try FeedServer([try source()])
    let session = folder.file("session.qwr")
    let stats = folder.file("stats")
    let ended = try start(
      ["ingest", "--url", server.url, "--symbols", "*", "--record", session, "--stats", stats],
      environment: Faults().full(after: 100_000, times: passes ? 3 : 1_000_000, path: "session.qwr").environment
    ).wait()
    let figures = try Figures(file: stats)
    #expect(figures.brokenIdentities.isEmpty && ended.errors.contains("no space left on the device"), "\(ended)")
    let walk = RecordingWalk(try #require(Places.read(session)))
    #expect(walk.entries.count { $0.kind <= 5 } == figures.recording.entries)
    let again = try replay([session])
    #expect(again.figures.messages == walk.received)
    if passes {
      #expect(ended.exitCode == 0 && figures.isWhole && again.figures.digest == figures.digest, "\(ended)")
    } else {
      #expect(ended.exitCode == 1 && figures.recording.lost > 0, "\(ended)")
      let words = "\(figures.recording.lost) of \(figures.recording.offered) entries are missing in it"
      #expect(ended.errors.contains(words), "\(ended)")
    }
  }

  @Test("what could not be flushed to the device is told at once and at the end", arguments: [2, 3])
  func flush(number: Int) throws {
    let server = try FeedServer([try source(), "--speed", "2"])
    let session = folder.file("session.qwr")
    let ended = try start(
      ["ingest", "--url", server.url, "--symbols", "*", "--record", session, "--record-sync", "0.2"],
      environment: Faults().fail("sync", on: number, errno: EIO, path: "session.qwr").environment
    ).wait()
    #expect(ended.exitCode == 1 && ended.errors.contains("a power cut may cost"), "\(ended)")
    #expect(ended.errors.contains("the recording is not complete: cannot flush to the device"), "\(ended)")
    #expect(try quotewire("inspect", session).exitCode == 0)
  }

  @Test("a rotated file that cannot be completed is told of, and the sink goes on in the next")
  func rotation() throws {
    let source = try source()
    let ended = try start(
      ["replay", source, "--to", "ndjson:\(folder.file("out"))/rows?rotate-bytes=100K&ring=256"],
      environment: Faults().fail("sync", on: 2, errno: EIO, path: "/rows-").environment
    ).wait()
    #expect(ended.exitCode == 1 && ended.errors.contains("cannot flush to the device"), "\(ended)")
    let names = Places.names(in: folder.file("out"))
    #expect(names.count > 2 && names.count { $0.contains(".tmp-") } == 1, "\(names)")
    let rows = names.reduce(0) { $0 + (Places.read(folder.file("out/" + $1)) ?? []).count { $0 == 0x0A } }
    #expect(rows == (try replay([source])).figures.events)
  }

  @Test("no descriptor left for the files: the run waits, says so once, and goes on when there is one")
  func descriptors() throws {
    let server = try FeedServer([try source()])
    let stats = folder.file("stats")
    let ended = try start(
      ["ingest", "--url", server.url, "--symbols", "*", "--to", "csv:" + folder.file("out"), "--stats", stats],
      environment: Faults().fail("open", on: 2, times: 4, errno: EMFILE, path: "/out/").environment
    ).wait()
    #expect(ended.exitCode == 0 && ended.errors.contains("too many open files; raise the limit"), "\(ended)")
    #expect(try Figures(file: stats).isWhole)
  }

  @Test("no descriptor left for a connection is tried again like any other loss")
  func sockets() throws {
    let server = try FeedServer([try source()])
    let stats = folder.file("stats")
    let ended = try start(
      ["ingest", "--url", server.url, "--symbols", "*", "--reconnect", "5", "--stats", stats],
      environment: Faults().fail("socket", on: 1, times: 2, errno: EMFILE, path: "-").environment
    ).wait()
    #expect(ended.exitCode == 0 && ended.errors.contains("too many open files"), "\(ended)")
    #expect(try Figures(file: stats).reconnects >= 1)
  }

  @Test("a folder that cannot be written to is refused before anything is read", arguments: [EACCES, EROFS])
  func readOnly(errno: Int32) throws {
    let source = try source()
    for (sink, path) in [("csv:" + folder.file("out"), "/out/"), ("ndjson:" + folder.file("out/rows"), "/out/rows")] {
      let ended = try start(
        ["replay", source, "--to", sink],
        environment: Faults().fail("open", on: 1, times: 1000, errno: errno, path: path).environment
      ).wait()
      #expect(ended.exitCode == 1 && ended.errors.contains("/out"), "\(ended)")
      let words = errno == EACCES ? "permission denied" : "the file system is read-only"
      #expect(ended.errors.contains(words), "\(ended)")
    }
  }

  @Test(
    "a file beyond the size that the process may write is an error with a sentence and no signal",
    .disabled(if: Sanitizer.isThere, "the sanitizer keeps a file of its own"))
  func sizeLimit() throws {
    let source = try source()
    let ended = try Program(
      "/bin/sh",
      [
        "-c", "ulimit -f 100; exec \"$0\" \"$@\"", try Built.quotewire(), "replay", source, "--to",
        "ndjson:" + folder.file("rows"),
      ]
    ).wait()
    #expect(ended.exitCode == 1 && ended.errors.contains("ulimit -f"), "\(ended)")
  }

  @Test("two programs on one recording: the second is refused in one sentence, and so is a repair of what grows")
  func twoWriters() throws {
    let server = try FeedServer(["--generate", "seed=22,symbols=10,rate=500"])
    let session = folder.file("session.qwr")
    let first = try start(["ingest", "--url", server.url, "--symbols", "*", "--record", session])
    try waitUntil("the recording grows") { (Places.read(session)?.count ?? 0) > 4096 }
    let second = try quotewire("ingest", "--url", server.url, "--symbols", "*", "--record", session, "--force")
    #expect(second.exitCode == 1 && second.errors.contains("session.qwr"), "\(second)")
    #expect(second.errors.contains("is being written by another process"), "\(second)")
    let repair = try quotewire("inspect", "--repair", session)
    #expect(repair.exitCode == 1 && repair.errors.contains("is being written by another process"), "\(repair)")
    first.send(SIGINT)
    #expect(try first.wait().exitCode == 130)
    #expect(try quotewire("inspect", session).text.contains("state       clean"))
  }

  @Test("files are for their owner alone")
  func modes() throws {
    let server = try FeedServer(["--generate", "seed=23,symbols=10,rate=500"])
    let out = folder.file("new/deep")
    let live = try quotewire(
      "ingest", "--url", server.url, "--symbols", "*", "--for", "1", "--record", out + "/a.qwr",
      "--to", "csv:\(out)/csv", "--to", "ndjson:\(out)/rows", "--stats", out + "/stats")
    #expect(live.exitCode == 0, "\(live)")
    func mode(_ path: String) -> UInt32 {
      var info = stat()
      return unsafe stat(path, &info) == 0 ? info.st_mode & 0o777 : 0
    }
    for name in ["a.qwr", "rows", "stats", "csv/Quote.csv"] { #expect(mode("\(out)/\(name)") == 0o600, "\(name)") }
    for name in [out, out + "/csv", folder.file("new")] { #expect(mode(name) == 0o700, "\(name)") }
  }
}
