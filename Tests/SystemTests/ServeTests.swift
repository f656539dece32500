import TestSupport
import Testing

/// Figures of a live run, and how it ended.
typealias LiveRun = (figures: Figures, ended: Program.Ended)

/// Ingests the types of the tape until the feed ends.
func ingestTape(_ url: String, symbols: [String] = ["--symbols", "*"], _ more: [String] = []) throws -> LiveRun {
  let folder = TemporaryFolder()
  let stats = folder.file("stats.json")
  let arguments = ["ingest", "--url", url, "--types", "Quote,Trade,Summary,Profile", "--stats", stats] + symbols + more
  let ended = try start(arguments).wait()
  guard Places.read(stats) != nil else { throw Trouble("ingest gave no figures: \(ended)") }
  return (try Figures(file: stats), ended)
}

/// The symbols of the tape, in the order of their first events.
func tapeSymbols() throws -> [String] {
  var seen = Set<String>()
  return try JSONLines.objects(file: try Captures.path(Captures.tapeEvents)).compactMap { event in
    guard let symbol = event["eventSymbol"] as? String, seen.insert(symbol).inserted else { return nil }
    return symbol
  }
}

/// A server certificate in `folder`, made as the demo makes it.
func makeCertificates(in folder: TemporaryFolder) throws {
  let made = try Program("/bin/bash", [Places.packageRoot + "/tools/make-certificates", folder.path]).wait()
  guard made.exitCode == 0 else { throw Trouble("make-certificates: \(made)") }
}

@Suite("A feed served from the real tape", .tags(.system), Captures.needed)
struct ServeTests {
  let folder = TemporaryFolder()

  /// The digest of the tape's replay.
  private func served(_ faults: [String] = []) throws -> (server: FeedServer, digest: String) {
    let recording = try recordTape(in: folder)
    return (try FeedServer([recording] + faults), try replay([recording]).figures.digest)
  }

  @Test("gives a live client the replay's digest, and its own recording replays to the same files byte for byte")
  func plain() throws {
    let (server, digest) = try served()
    try live(server.url, digest, [])
  }

  @Test("gives the same through TLS")
  func secure() throws {
    try makeCertificates(in: folder)
    let recording = try recordTape(in: folder)
    let server = try FeedServer([
      recording, "--tls-cert", folder.file("server.pem"), "--tls-key", folder.file("server.key"),
    ])
    #expect(server.url.hasPrefix("wss://"))
    try live(server.url, try replay([recording]).figures.digest, ["--ca-file", folder.file("ca.pem")])
  }

  private func live(_ url: String, _ digest: String, _ more: [String]) throws {
    let session = folder.file("session.qwr")
    let sinks = { (name: String) in
      ["--to", "ndjson:" + folder.file(name + ".ndjson"), "--to", "csv:" + folder.file(name)]
    }
    let live = try ingestTape(url, ["--record", session, "--strict"] + sinks("live") + more)
    #expect(live.ended.exitCode == 0, "\(live.ended)")
    #expect(live.figures.events == 6_609 && live.figures.isWhole && live.figures.digest == digest)
    #expect(live.figures.sinks.count == 2)
    let again = try replay([session], ["--strict"] + sinks("replayed"))
    #expect(again.ended.exitCode == 0 && again.figures.digest == digest, "\(again.ended)")
    #expect(live.figures.frames == again.figures.frames && live.figures.bytes == again.figures.bytes)
    #expect(sameFiles(folder.file("live.ndjson"), folder.file("replayed.ndjson")))
    let names = Places.names(in: folder.file("live"))
    #expect(names == ["Profile.csv", "Quote.csv", "Summary.csv", "Trade.csv"])
    for name in names {
      #expect(sameFiles(folder.file("live/" + name), folder.file("replayed/" + name)), "\(name)")
    }
    #expect(try quotewire("inspect", session).exitCode == 0)
  }

  @Test("gives three lanes together what it gives one, live and in the replay of their recording")
  func lanes() throws {
    let (server, digest) = try served()
    let symbols = folder.file("symbols.txt")
    try write("# symbols of the tape\n" + (try tapeSymbols()).joined(separator: "\n") + "\n", to: symbols)
    for lanes in ["1", "3"] {
      let session = folder.file("lanes-\(lanes).qwr")
      let live = try ingestTape(
        server.url, symbols: ["--symbols-file", symbols], ["--lanes", lanes, "--record", session])
      #expect(live.ended.exitCode == 0 && live.figures.isWhole && live.figures.digest == digest, "\(live.ended)")
      let again = try replay([session])
      #expect(again.figures.digest == digest && again.figures.events == 6_609)
    }
  }

  @Test("recorded by two programs, each with half of the symbols, replays from both files as from one")
  func halves() throws {
    let (server, digest) = try served()
    let symbols = try tapeSymbols()
    var sessions: [String] = []
    for half in [symbols[..<40], symbols[40...]] {
      let session = folder.file("half-\(sessions.count).qwr")
      let live = try ingestTape(server.url, symbols: ["--symbols", half.joined(separator: ",")], ["--record", session])
      #expect(live.ended.exitCode == 0 && live.figures.isWhole && live.figures.digest != digest, "\(live.ended)")
      sessions.append(session)
    }
    for files in [sessions, sessions.reversed()] {
      let both = try replay(files)
      #expect(both.figures.digest == digest && both.figures.events == 6_609)
    }
  }
}
