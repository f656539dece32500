import Foundation
import TestSupport

/// A server that does something wrong, and what `quotewire ingest` has to do about it.
struct HostileCase: Sendable, CustomStringConvertible {
  /// How the run has to end, and what it has to have counted.
  struct Expected: Sendable {
    /// 0: went on to the feed's end. 1: gave up. 3: the feed refused us, and trying again is of no use.
    var exitCode: Int32 = 0
    /// Each stands in what was said.
    var says: [String] = []
    /// Bid prices of the rows that arrive, in their order: every good row, once.
    var quotes: [Int] = []
    var malformedMessages = 0
    var malformedRows = 0
    /// Skipped, by the name in `--stats`.
    var skipped: [String: Int] = [:]
    var gaps = 0
    var reconnects = 0
    /// Further rows behind `quotes`: all are accounted for, decoded or malformed, whichever the limits say.
    var counts = 0
    /// Connections that the server got.
    var connections: Int?
  }

  var name: String
  /// What the server does with the first connection and with those behind it.
  var scripts: [[Step]]
  var client: [String] = []
  var expected: Expected
  /// Made by the server's thread; nil for a server without TLS.
  var tls: (@Sendable () throws -> PeerTLS.Context)?
  /// Whether the client is told wss.
  var isSecure = false
  /// The host in the URL.
  var host = "127.0.0.1"

  var description: String { name }

  // MARK: The three things that a client may do

  /// It goes on: every good row before and behind what is wrong arrives, and what is wrong is counted.
  static func goesOn(
    _ name: String, _ steps: [Step], malformedMessages: Int = 0, malformedRows: Int = 0,
    skipped: [String: Int] = [:],
    says: [String] = [], quotes: [Int] = [1, 2, 3], client: [String] = []
  ) -> HostileCase {
    HostileCase(
      name: name, scripts: [Step.opening + [.quotes(1...2)] + steps + [.quotes(3...3)] + Step.over],
      client: client,
      expected: Expected(
        says: says, quotes: quotes, malformedMessages: malformedMessages,
        malformedRows: malformedRows,
        skipped: skipped))
  }

  /// It connects again: the rows before the loss are kept, the gap is marked, and the next connection serves.
  static func reconnects(
    _ name: String, _ steps: [Step], says: [String], malformedMessages: Int = 0,
    quotes: [Int] = [1, 2, 3, 4],
    client: [String] = []
  ) -> HostileCase {
    HostileCase(
      name: name,
      scripts: [
        Step.opening + [.quotes(1...2)] + steps, Step.opening + [.quotes(3...4)] + Step.over,
      ], client: client,
      expected: Expected(
        says: says, quotes: quotes, malformedMessages: malformedMessages, gaps: 1, reconnects: 1,
        connections: 2))
  }

  /// It never had a feed, and tries again as often as it may.
  static func triesAgain(
    _ name: String, _ steps: [Step], says: [String], client: [String] = []
  ) -> HostileCase {
    HostileCase(
      name: name, scripts: [steps, Step.opening + [.quotes(1...2)] + Step.over],
      client: ["--reconnect", "3"] + client,
      expected: Expected(says: says, quotes: [1, 2], reconnects: 1, connections: 2))
  }

  /// It never had a feed, tries once more as it was allowed to, and gives up with a sentence and exit code 1.
  static func givesUp(_ name: String, _ steps: [Step], says: [String], client: [String] = [])
    -> HostileCase
  {
    HostileCase(
      name: name, scripts: [steps], client: ["--reconnect", "1"] + client,
      expected: Expected(exitCode: 1, says: says, reconnects: 1, connections: 2))
  }

  /// It stops with a sentence and exit code 3: another attempt would give the same.
  static func stops(
    _ name: String, _ steps: [Step], says: [String], quotes: [Int] = [], client: [String] = []
  ) -> HostileCase {
    HostileCase(
      name: name, scripts: [steps], client: ["--reconnect", "3"] + client,
      expected: Expected(exitCode: 3, says: says, quotes: quotes, connections: 1))
  }
}

/// What one case came to.
struct HostileOutcome {
  var complaints: [String] = []
  var exitCode: Int32?
  var happened = ""
  var peakBytes = 0
  var seconds = 0.0
}

extension HostileCase {
  /// The most memory that any case may take.
  static let maximumResidentBytes = 64 << 20
  /// The longest that a case may last: a hang ends here.
  static let limitSeconds = 60.0

  func run() async throws -> HostileOutcome {
    let folder = TemporaryFolder()
    let server = try ScriptedServer(scripts, tls: tls)
    let (rows, stats) = (folder.file("rows.ndjson"), folder.file("stats.json"))
    let scheme = tls != nil || isSecure ? "wss" : "ws"
    var arguments = [
      "ingest", "--url", "\(scheme)://\(host):\(server.port)/feed", "--types", "Quote", "--symbols",
      "A,B",
    ]
    arguments += ["--fields", "lean", "--to", "ndjson:" + rows, "--to", "null:", "--stats", stats]
    arguments += ["--record", folder.file("session.qwr")]
    if scheme == "wss" { arguments += ["--connect-to", "127.0.0.1:\(server.port)"] }
    let program = try start(arguments + client, environment: [Self.tokenVariable: Self.token])
    let ended = try await program.end(limitSeconds: Self.limitSeconds)
    let troubles = server.stop()
    var outcome = HostileOutcome()
    outcome.exitCode = ended.exitCode
    outcome.complaints = troubles
    guard let exitCode = ended.exitCode, let figures = try? Figures(file: stats) else {
      outcome.complaints.append("no figures: \(ended)")
      return outcome
    }
    outcome.peakBytes = figures.peakResidentBytes
    outcome.happened = Self.words(figures, ended)
    if exitCode != expected.exitCode {
      outcome.complaints.append("exit code \(exitCode): \(ended)")
    }
    judge(figures, ended, connections: server.connections, &outcome.complaints)
    try judge(rows: Places.read(rows) ?? [], figures, &outcome.complaints)
    return outcome
  }

  private func judge(
    _ figures: Figures, _ ended: Program.Ended, connections: Int, _ complaints: inout [String]
  ) {
    func expect<T: Equatable>(_ what: String, _ is: T, _ wanted: T) {
      if `is` != wanted { complaints.append("\(what): \(`is`), not \(wanted)") }
    }
    for words in expected.says where !ended.errors.contains(words) {
      complaints.append("nothing said of '\(words)': \(ended)")
    }
    expect("malformed messages", figures.malformedMessages, expected.malformedMessages)
    if expected.counts > 0 {
      expect(
        "rows", figures.rows.decoded + figures.rows.malformed,
        expected.quotes.count + expected.counts)
    } else {
      expect("malformed rows", figures.rows.malformed, expected.malformedRows)
    }
    expect("skipped", figures.rows.skipped.filter { $0.value > 0 }, expected.skipped)
    expect("gaps", figures.gaps, expected.gaps)
    expect("reconnects", figures.reconnects, expected.reconnects)
    if let wanted = expected.connections { expect("connections", connections, wanted) }
    expect("broken identities", figures.brokenIdentities, [])
    expect("figures that balance", figures.isBalanced, true)
    expect("events decoded", figures.rows.decoded, figures.events)
    expect("payloads not recorded", figures.recording.lost, 0)
    if !Sanitizer.isThere && figures.peakResidentBytes > Self.maximumResidentBytes {
      complaints.append("\(figures.peakResidentBytes >> 20) MB of memory")
    }
    // Whatever a server sends, the words stay readable and few.
    if ended.errors.utf8.count > Self.maximumWords {
      complaints.append("\(ended.errors.utf8.count) bytes of words")
    }
    let steers = ended.errors.unicodeScalars.contains {
      $0.value < 0x20 && $0 != "\n" || (0x7F...0x9F).contains($0.value)
    }
    if steers { complaints.append("control characters in what was said") }
    if ended.errors.contains(Self.token) { complaints.append("the token was said aloud") }
    for dump in ["Fatal", "Optional(", "Error.", "IOError", "Crash"]
    where ended.errors.contains(dump) {
      complaints.append("a dump: \(ended)")
    }
  }

  /// Bytes that a run may say to people, whatever the server sends.
  static let maximumWords = 16_000

  private func judge(rows: [UInt8], _ figures: Figures, _ complaints: inout [String]) throws {
    var prices: [Int] = []
    var gaps = 0
    if expected.counts > 0 {
      let lines = rows.count { $0 == 0x0A }
      if lines != figures.events { complaints.append("\(lines) rows written of \(figures.events)") }
      return
    }
    for row in try JSONLines.objects(rows) {
      if row["eventType"] as? String == "Gap" {
        gaps += 1
      } else {
        prices.append(row["bidPrice"] as? Int ?? -1)
      }
    }
    if prices != expected.quotes {
      complaints.append(
        "rows \(prices.prefix(20)) (\(prices.count)), not \(expected.quotes.prefix(20))")
    }
    if prices.count != figures.events {
      complaints.append("\(prices.count) rows written of \(figures.events)")
    }
    if gaps != figures.gaps { complaints.append("\(gaps) gaps marked of \(figures.gaps)") }
  }

  /// What the run came to, for the table.
  private static func words(_ figures: Figures, _ ended: Program.Ended) -> String {
    var parts = ["\(figures.events) rows"]
    let skipped = figures.rows.skipped.values.reduce(
      figures.malformedMessages + figures.rows.malformed, +)
    if skipped > 0 { parts.append("\(skipped) skipped") }
    if figures.gaps > 0 { parts.append("\(figures.gaps) gap") }
    if figures.reconnects > 0 { parts.append("\(figures.reconnects) reconnects") }
    let sentences = ended.errors.split(separator: "\n").filter { !$0.contains(" streaming, ") }
    guard let said = sentences.first else { return parts.joined(separator: ", ") }
    var words = said.dropFirst("quotewire: ".count)
    if words.hasPrefix("lane 0: ") { words = words.dropFirst("lane 0: ".count) }
    return parts.joined(separator: ", ") + ": " + words.prefix(110)
  }
}

/// The table of all cases, a line each, in the file that the environment names: for `tools/hostile`.
enum HostileTable {
  /// Cases that run beside each other.
  static let gate = Gate(width: 10)

  static func add(group: String, _ name: String, _ outcome: HostileOutcome) {
    guard let path = ProcessInfo.processInfo.environment["QUOTEWIRE_HOSTILE_TABLE"] else { return }
    let verdict = outcome.complaints.isEmpty ? "ok" : "FAILED"
    let fields = [
      group, name, outcome.happened, outcome.exitCode.map { "\($0)" } ?? "-",
      String(format: "%.1f", Double(outcome.peakBytes) / 1_048_576), verdict,
      String(format: "%.1f", outcome.seconds),
    ]
    let line = Array((fields.joined(separator: "\t") + "\n").utf8)
    guard let file = unsafe fopen(path, "ab") else { return }
    // One write for the line, so that those of other cases do not come between.
    unsafe fwrite(line, 1, line.count, file)
    unsafe fclose(file)
  }
}

/// Lets so many in at a time, without holding a thread for those who wait.
actor Gate {
  private var free: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(width: Int) { free = width }

  func enter() async {
    if free > 0 {
      free -= 1
    } else {
      await withCheckedContinuation { waiting.append($0) }
    }
  }

  func leave() {
    if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
  }
}
