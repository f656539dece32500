import TestSupport
import Testing

@Suite("History", .tags(.system))
struct HistoryTests {
  let folder = TemporaryFolder()

  private static let symbols = "AAPL{=s},MSFT{=s},IBM{=5s},SPY{=m},AAPL,MSFT"

  private func ingest(_ server: FeedServer, _ name: String) throws -> (rows: [String: [String]], figures: Figures) {
    let ended = try start([
      "ingest", "--url", server.url, "--types", "Candle,TimeAndSale", "--symbols", Self.symbols, "--from-time",
      "2026-03-02T14:00Z", "--snapshots", "committed", "--for", "6", "--to", "ndjson:" + folder.file(name),
      "--record", folder.file(name + ".qwr"), "--stats", folder.file(name + ".json"),
    ]).wait()
    try #require(ended.exitCode == 0, "\(ended)")
    return (try rows(name), try Figures(file: folder.file(name + ".json")))
  }

  /// The last row of each index by series, without flags and receive time.
  private func rows(_ name: String) throws -> [String: [String]] {
    var last: [String: [Int: String]] = [:]
    for row in try JSONLines.objects(file: folder.file(name)) {
      guard let symbol = row["eventSymbol"] as? String, let type = row["eventType"] as? String,
        let index = row["index"] as? Int, let flags = row["eventFlags"] as? Int
      else { continue }
      let values = ["close", "high", "low", "volume", "price", "size"].map { "\(row[$0] ?? "")" }
      last[type + " " + symbol, default: [:]][index] = flags & 2 != 0 ? nil : values.joined(separator: ",")
    }
    return last.mapValues { rows in rows.keys.sorted().map { "\($0):\(rows[$0] ?? "")" } }
  }

  @Test(
    "a gap is filled exactly, in mid-snapshot and in mid-live, and a replay gives the same",
    arguments: [12, 150])
  func gap(after: Int) throws {
    let spec = "seed=3,rows=3000,speed=4"
    let whole = try ingest(try FeedServer(["--history", spec]), "whole")
    let broken = try ingest(
      try FeedServer(["--history", spec, "--fault", "drop-tcp=after:\(after),once"]), "broken")
    #expect(whole.figures.isWhole && whole.figures.snapshots.withheld == 0)
    #expect(broken.figures.isBalanced && broken.figures.gaps == 1 && broken.figures.filledGaps == 1)
    #expect(whole.rows.count >= 6 && Set(whole.rows.keys) == Set(broken.rows.keys))
    for (name, right) in whole.rows {
      // The runs end at different times, with the newest bar under way.
      let count = min(right.count, broken.rows[name]?.count ?? 0) - 1
      #expect(count > 20 && Array(right.prefix(count)) == Array(broken.rows[name]?.prefix(count) ?? []), "\(name)")
    }
    let replayed = try start([
      "replay", folder.file("broken.qwr"), "--snapshots", "committed", "--to", "ndjson:" + folder.file("again"),
      "--stats", folder.file("again.json"),
    ]).wait()
    #expect(replayed.exitCode == 0, "\(replayed)")
    let again = try Figures(file: folder.file("again.json"))
    #expect(again.digest == broken.figures.digest && again.filledGaps == 1 && again.isBalanced)
    #expect(try rows("again") == rows("broken"))
  }
}
