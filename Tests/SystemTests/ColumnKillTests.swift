import Glibc
import TestSupport
import Testing

/// Kills at chosen bytes of files of columns. `tools/crash 1000` runs more of them with the release build.
@Suite("A program that is killed at a byte of an Arrow or Parquet file", .tags(.system, .slow), Faults.needed)
struct ColumnKillTests {
  let folder = TemporaryFolder()

  /// Kills of one kind of file.
  private static var kills: Int {
    guard let text = unsafe getenv("QUOTEWIRE_KILLS"), let all = unsafe Int(String(cString: text)) else { return 6 }
    return max(1, all / 8)
  }

  private func source() throws -> String {
    let path = folder.file("source.qwr")
    let made = try quotewire(
      "generate", "seed=4,symbols=50,rate=12000,duration=2s,period=50ms,mix=Quote:80/Trade:20", path)
    try #require(made.exitCode == 0, "\(made)")
    return path
  }

  /// Runs the program and has it killed at a byte of the files of that name.
  private func killed(_ arguments: [String], at cut: Int, name: String) throws {
    let ended = try start(arguments, environment: Faults().cut(at: cut, path: name).environment).wait()
    #expect(ended.signal == SIGKILL, "cut at \(cut): \(ended)")
  }

  private func lines(_ path: String) -> [ArraySlice<UInt8>] { (Places.read(path) ?? []).split(separator: 0x0A) }

  @Test(
    "Arrow keeps every whole record batch, converts to their rows, and counts the torn bytes",
    arguments: ["replay", "convert"])
  func arrow(command: String) throws {
    let source = try source()
    // A conversion by one thread fills the file without a ring.
    let make = { (out: String) in
      command == "replay"
        ? ["replay", source, "--to", "arrow:\(out)?rows=64"]
        : ["convert", source, out, "--to", "arrow", "--threads", "1"]
    }
    #expect(try start(make(folder.file("whole"))).wait().exitCode == 0)
    let whole = try #require(Places.read(folder.file("whole/Quote.arrow")))
    let all = ArrowWalk(whole)
    #expect(try quotewire("convert", folder.file("whole/Quote.arrow"), folder.file("all.csv")).exitCode == 0)
    let rows = lines(folder.file("all.csv"))
    #expect(all.isEnded && rows.count == all.rows + 1 && all.batches > (command == "replay" ? 200 : 1))
    var random = SeededRandom(seed: 104)
    let cuts =
      [whole.count - 1, all.end - 1]
      + (0..<Self.kills).map { _ in Int.random(in: 1..<whole.count, using: &random) }
    for (i, cut) in cuts.enumerated() {
      let out = folder.file("out-\(i)")
      try killed(make(out), at: cut, name: "Quote.arrow")
      let names = Places.names(in: out)
      #expect(names.allSatisfy { $0.contains(".tmp-") }, "\(names)")
      let left = out + "/" + (try #require(names.first { $0.hasPrefix("Quote.arrow.tmp-") }))
      let bytes = Places.read(left) ?? []
      let isBeginning = bytes.count == cut && whole.starts(with: bytes)
      #expect(isBeginning, "cut at \(cut)")
      let walk = ArrowWalk(bytes)
      let csv = folder.file("kept-\(i).csv")
      let ended = try quotewire("convert", left, csv, "--from", "arrow", "--stats", "-")
      guard ended.exitCode == 0 else {
        // Nothing but a part of the schema.
        #expect(ended.exitCode == 1 && walk.end <= 8 && walk.rows == 0, "cut at \(cut): \(ended)")
        continue
      }
      #expect(ended.errors.contains("its last \(cut - walk.end) bytes are no whole record batch"), "\(ended)")
      #expect(ended.text.contains("\"tornBytes\":\(cut - walk.end),"), "\(ended)")
      // A file without rows has no header: nothing says what the columns would be.
      let isSame = lines(csv) == (walk.rows == 0 ? [] : Array(rows.prefix(walk.rows + 1)))
      #expect(isSame, "cut at \(cut): \(lines(csv).count) lines, \(walk.rows) rows in whole batches")
      let strict = try quotewire("convert", left, csv, "--from", "arrow", "--force", "--strict")
      #expect(strict.exitCode == 4, "cut at \(cut): \(strict)")
    }
  }

  @Test(
    "no half Parquet file has its name, and the recording makes the same bytes anew",
    arguments: ["replay", "convert"])
  func parquet(command: String) throws {
    let source = try source()
    let make = { (out: String) in
      command == "replay"
        ? ["replay", source, "--to", "parquet:\(out)?rows=1000"] : ["convert", source, out, "--to", "parquet"]
    }
    let right = folder.file("whole")
    #expect(try start(make(right)).wait().exitCode == 0)
    let names = Places.names(in: right)
    #expect(names == ["Quote.parquet", "Trade.parquet"])
    let size = Places.read(right + "/Quote.parquet")?.count ?? 0
    var random = SeededRandom(seed: 105)
    let cuts = [size - 1] + (1..<Self.kills).map { _ in Int.random(in: 1..<size, using: &random) }
    for (i, cut) in cuts.enumerated() {
      let out = folder.file("out-\(i)")
      try killed(make(out), at: cut, name: "Quote.parquet")
      for name in Places.names(in: out) where !name.contains(".tmp-") {
        // The other type's file may be whole already.
        #expect(name == "Trade.parquet" && sameFiles(out + "/" + name, right + "/" + name), "cut at \(cut): \(name)")
      }
      let again = try quotewire("convert", source, out, "--to", "parquet", "--force")
      #expect(again.exitCode == 0, "cut at \(cut): \(again)")
      if command == "convert" {
        for name in names { #expect(sameFiles(out + "/" + name, right + "/" + name), "cut at \(cut): \(name)") }
      }
      let written = try quotewire("replay", source, "--to", "null:", "--stats", "-")
      let events = try Figures(written.output).events
      #expect(again.errors.contains("\(events) rows read, \(events) written"), "\(again)")
    }
  }
}
