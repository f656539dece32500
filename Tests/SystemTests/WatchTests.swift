import Glibc
import TestSupport
import Testing

/// A run that is watched: its pages over HTTP, its picture on a terminal, its log for machines.
@Suite("Watching a run", .tags(.system))
struct WatchTests {
  let folder = TemporaryFolder()

  private func server() throws -> FeedServer {
    try FeedServer(["--generate", "seed=7,symbols=30,rate=500"])
  }

  /// A script for a terminal or a browser; nil, with a printed sentence, where its libraries cannot be had.
  private func python(_ packages: String) throws -> String? {
    let tool = try Program(Places.packageRoot + "/tools/python-terminal", [packages]).wait(limitSeconds: 300)
    guard tool.exitCode == 0 else {
      print("skipped: \(tool.errors.split(separator: "\n").last ?? "no python")")
      return nil
    }
    return String(decoding: tool.output, as: UTF8.self).split(separator: "\n").last.map(String.init)
  }

  /// The address that a run told.
  private func page(of program: Program) throws -> String {
    try waitUntil("an address: \(program.errorsSoFar)") { program.errorsSoFar.contains("status page at ") }
    let line = program.errorsSoFar.split(separator: "\n").first { $0.contains("status page at ") } ?? ""
    return String(line.split(separator: " ").last ?? "").replacing("\"", with: "")
  }

  private func curl(_ url: String) throws -> (status: String, body: String) {
    let file = folder.file("body")
    let ended = try Program("/usr/bin/curl", ["-s", "-o", file, "-w", "%{http_code}", url]).wait()
    return (String(decoding: ended.output, as: UTF8.self), String(decoding: Places.read(file) ?? [], as: UTF8.self))
  }

  @Test("a run serves its metrics, its health and its page, and promtool finds nothing to complain about")
  func pages() throws {
    let server = try server()
    let run = try start([
      "ingest", "--url", server.url, "--symbols", "*", "--types", "Quote,Trade", "--to", "csv:" + folder.file("csv"),
      "--record", folder.file("a.qwr"), "--metrics", "0", "--stale-after", "600",
    ])
    let page = try page(of: run)
    try waitUntil("ready: \(run.errorsSoFar)") { try curl(page + "readyz").status == "200" }
    #expect(try curl(page + "healthz").body == "ok\n")
    #expect(try curl(page).body.contains("<title>quotewire</title>"))
    #expect(try curl(page + "status.json").body.contains("\"ready\":true"))
    #expect(try curl(page + "nothing").status == "404")
    let metrics = try curl(page + "metrics").body
    #expect(metrics.contains("quotewire_lane_state{lane=\"0\",state=\"streaming\"} 1\n"))
    #expect(metrics.contains("quotewire_feed_stale{type=\"Quote\"} 0\n"))
    try promtool(metrics)
    try server.kill()
    try waitUntil("no longer ready") { try curl(page + "readyz").status == "503" }
    #expect(try curl(page + "readyz").body.contains("lane 0 is not streaming"))
    run.send(SIGINT)
    #expect(try run.wait().exitCode == 130)
  }

  private func promtool(_ metrics: String) throws {
    try write(metrics, to: folder.file("metrics"))
    let words = "command -v promtool >/dev/null || exit 75; promtool check metrics < " + folder.file("metrics")
    let checked = try Program("/bin/sh", ["-c", words]).wait()
    if checked.exitCode == 75 {
      print("skipped: promtool is not installed; tools/prepare prometheus installs it")
      return
    }
    #expect(checked.exitCode == 0 && checked.errors.isEmpty && checked.output.isEmpty, "\(checked)")
  }

  @Test("serve has metrics of its own")
  func serve() throws {
    let server = try FeedServer(["--generate", "seed=7,symbols=30,rate=500", "--metrics", "127.0.0.1:0"])
    let page = try page(of: server.program)
    let metrics = try curl(page + "metrics").body
    #expect(metrics.contains("quotewire_server_clients 0\n"))
    try promtool(metrics)
    #expect(try curl(page + "readyz").body == "ready\n")
  }

  @Test("top draws, follows the terminal's size, sorts and quits by keys, and gives the terminal back")
  func top() throws {
    guard let python = try python("pyte") else { return }
    let server = try server()
    let script = Places.packageRoot + "/tools/terminal-capture"
    let command = [try Built.quotewire(), "top", "--url", server.url, "--symbols", "*", "--types", "Quote,Trade"]
    let seen = try Program(python, [script, "40x120", "14x50", "s", "q", "--"] + command).wait()
    let text = String(decoding: seen.output, as: UTF8.self)
    #expect(seen.exitCode == 0, "\(seen)")
    let screens = text.split(separator: "=== ", omittingEmptySubsequences: true).map(String.init)
    try #require(screens.count == 4, "\(text)")
    for part in ["quotewire  streaming", "events/s", "LANE", "SYMBOL", "BID SIZE", "LAST SIZE", "q quit"] {
      #expect(screens[0].contains(part), "\(part) is missing in:\n\(screens[0])")
    }
    let small = screens[1].split(separator: "\n").dropFirst()
    #expect(small.count <= 14 && small.allSatisfy { $0.count <= 50 } && screens[1].contains("SYMBOL"), "\(screens[1])")
    #expect(screens[2].contains("symbol↓"), "\(screens[2])")
    // What stood there before is there again, the cursor too, and keys are echoed as before.
    #expect(screens[3].contains("end 0 before cursor echo"), "\(screens[3])")
  }

  @Test(
    "a signal that ends the program at once gives the terminal back first",
    arguments: ["SIGTERM", "SIGQUIT", "SIGABRT", "SIGHUP"])
  func signals(name: String) throws {
    guard let python = try python("pyte") else { return }
    let server = try server()
    let script = Places.packageRoot + "/tools/terminal-capture"
    let command = [try Built.quotewire(), "top", "--url", server.url, "--symbols", "*"]
    // The runtime's look at a crash takes longer than the test has.
    let seen = try Program(
      python, [script, "24x80", name, "--"] + command, environment: ["SWIFT_BACKTRACE": "enable=no"]).wait()
    #expect(String(decoding: seen.output, as: UTF8.self).contains(" before cursor echo"), "\(seen)")
  }

  @Test("without a terminal top writes tables as plain text")
  func plain() throws {
    let path = folder.file("a.qwr")
    #expect(try quotewire("generate", "seed=7,symbols=30,rate=500,duration=5s", path).exitCode == 0)
    let ended = try quotewire("top", path, "--interval", "1")
    let text = String(decoding: ended.output, as: UTF8.self)
    #expect(ended.exitCode == 0 && text.contains("SYMBOL") && text.contains("replay") == false, "\(ended)")
    #expect(!text.contains("\u{1B}"))
  }

  @Test("a feed that goes quiet is told, is in the figures, and logs are JSON where they are asked for")
  func stale() throws {
    let server = try server()
    let stats = folder.file("stats")
    let run = try start(
      [
        "ingest", "--url", server.url, "--symbols", "*", "--types", "Quote,Message", "--stale-after", "Message=1",
        "--log-format", "json", "--log-level", "info,lane=debug", "--stats", stats, "--interval", "0.5",
      ])
    try waitUntil("the alarm: \(run.errorsSoFar)") { run.errorsSoFar.contains("no Message event has come for") }
    run.send(SIGINT)
    let ended = try run.wait()
    let lines = ended.errors.split(separator: "\n")
    #expect(lines.allSatisfy { $0.hasPrefix("{\"time\":\"2") && $0.hasSuffix("}") }, "\(ended.errors)")
    #expect(lines.contains { $0.contains("\"module\":\"stale\"") && $0.contains("\"level\":\"warn\"") })
    #expect(lines.contains { $0.contains("\"module\":\"progress\"") && $0.contains("\"events_per_second\":") })
    #expect(lines.contains { $0.contains("lane 0 is streaming") })
    let figures = String(decoding: Places.read(stats) ?? [], as: UTF8.self)
    #expect(figures.contains("\"stale\":{\"Message\":{\"alarms\":1,\"seconds\":"), "\(figures)")
  }

  @Test(
    "what cannot be meant is refused with what could be",
    arguments: [
      (["--metrics", "0.0.0.0:1"], "--metrics-public"), (["--metrics", "host:1"], "127.0.0.1:9464"),
      (["--metrics-public"], "--metrics ADDRESS"), (["--stale-after", "Quoet=5"], "did you mean Quote?"),
      (["--stale-after", "soon"], "TYPE=SECONDS"), (["--log-format", "xml"], "logfmt"),
      (["--log-level", "loud"], "levels are error"),
    ])
  func refused(words: [String], hint: String) throws {
    let ended = try start(["ingest", "--url", "ws://127.0.0.1:1/"] + words).wait()
    #expect(ended.exitCode == 2 && ended.errors.contains(hint), "\(ended)")
  }
}
