import Glibc
import TestSupport
import Testing

/// Every system call of a short run, one after the other, is made to fail: once, and from then on for good.
@Suite("A run whose n-th system call fails", .tags(.system, .slow), Faults.needed)
struct FaultSweepTests {
  let folder = TemporaryFolder()

  private static let errors: [Int32] = [ENOSPC, EIO, EMFILE, EACCES, EINTR, EAGAIN]
  /// Many of them wait for a disk that does not come back.
  private static let atOnce = 8
  /// A call that fails for good.
  private static let forGood = 1_000_000_000

  private struct Case {
    let number: Int
    let times: Int
    let errno: Int32
    var faults: Faults { Faults().fail("any", on: number, times: times, errno: errno) }
  }

  private func cases(_ calls: Int, step: Int = 1) -> [Case] {
    stride(from: 1, through: calls, by: step).flatMap { number in
      let errno = Self.errors[number / step % Self.errors.count]
      // EINTR and EAGAIN for good mean that the call never comes to an end, which is no fault.
      let lasting = errno == EINTR || errno == EAGAIN ? EIO : errno
      return [Case(number: number, times: 1, errno: errno), Case(number: number, times: Self.forGood, errno: lasting)]
    }
  }

  private func calls(_ arguments: [String]) throws -> Int {
    let file = folder.file("calls")
    let ended = try start(arguments, environment: Faults().count(into: file).environment).wait()
    try #require(ended.exitCode == 0, "\(ended)")
    return try #require(Int(String(decoding: Places.read(file)?.dropLast() ?? [], as: UTF8.self)))
  }

  private func sweep(
    _ cases: [Case], _ arguments: (Int) -> [String], _ judge: (Int, Program.Ended) throws -> Void
  ) throws {
    for first in stride(from: 0, to: cases.count, by: Self.atOnce) {
      let batch = first..<min(first + Self.atOnce, cases.count)
      let programs = try batch.map { try start(arguments($0), environment: cases[$0].faults.environment) }
      for (i, program) in zip(batch, programs) {
        let ended = try program.wait()
        #expect(ended.signal == nil, "\(cases[i]): \(ended)")
        // Where standard error is what failed, the exit code has to say it all.
        let mustSpeak = cases[i].times == 1 && ended.exitCode != 0
        if mustSpeak { #expect(ended.errors.contains("quotewire: "), "\(cases[i]): \(ended)") }
        try judge(i, ended)
      }
    }
  }

  @Test("a replay into files ends with exit code 0 and everything, or with a sentence, exact figures and whole rows")
  func replays() throws {
    let source = folder.file("source.qwr")
    let spec = "seed=8,symbols=20,rate=2000,duration=2s,mix=Quote:80/Trade:20"
    #expect(try quotewire("generate", spec, source).exitCode == 0)
    let arguments = { (i: Int) in
      [
        "replay", source, "--to", "csv:\(folder.file("out\(i)"))", "--to", "ndjson:\(folder.file("out\(i)/rows"))",
        "--stats", folder.file("stats\(i)"),
      ]
    }
    let cases = cases(try calls(arguments(-1)))
    let reference = folder.file("out-1")
    var (whole, failed) = (0, 0)
    try sweep(cases, arguments) { i, ended in
      let found = folder.file("out\(i)")
      if ended.exitCode == 0 { whole += 1 } else { failed += 1 }
      // The empty file by which a sink tries its folder is left where it cannot be removed.
      let names = Places.names(in: found).filter { !$0.contains(".tmp-") || Places.read(found + "/" + $0) != [] }
      if ended.exitCode == 0 { #expect(names == Places.names(in: reference), "\(cases[i])") }
      for name in Places.names(in: found) {
        let bytes = Places.read(found + "/" + name) ?? []
        let final = String(name.prefix(while: { $0 != "." })) + (name.contains(".csv") ? ".csv" : "")
        let whole = Places.read(reference + "/" + final) ?? []
        let isRight = name.contains(".tmp-") ? whole.starts(with: bytes) : whole == bytes
        #expect(isRight, "\(cases[i]): \(name)")
        if name.contains(".tmp-"), cases[i].times == 1 {
          #expect(bytes.isEmpty || bytes.last == 0x0A, "\(cases[i]): a torn row in \(name)")
        }
      }
      guard let stats = Places.read(folder.file("stats\(i)")), let figures = try? Figures(stats) else { return }
      #expect(figures.brokenIdentities.isEmpty, "\(cases[i]): \(figures.brokenIdentities)")
      if ended.exitCode == 0 { #expect(figures.isWhole, "\(cases[i])") }
    }
    #expect(whole > 5 && failed > 5, "\(whole) whole, \(failed) failed")
  }

  @Test("a live run that records ends with a sentence and a readable recording whose entries are counted exactly")
  func live() throws {
    let source = folder.file("source.qwr")
    let spec = "seed=9,symbols=20,rate=2000,duration=1s,mix=Quote:80/Trade:20"
    #expect(try quotewire("generate", spec, source).exitCode == 0)
    let server = try FeedServer([source])
    let arguments = { (i: Int) in
      [
        "ingest", "--url", server.url, "--symbols", "*", "--reconnect", "1", "--record", folder.file("live\(i).qwr"),
        "--stats", folder.file("live\(i)"),
      ]
    }
    // Later calls are reads and waits like those before them.
    let cases = cases(min(90, try calls(arguments(-1))), step: 2)
    var whole = 0
    try sweep(cases, arguments) { i, ended in
      if ended.exitCode == 0 { whole += 1 }
      guard let stats = Places.read(folder.file("live\(i)")), let figures = try? Figures(stats) else { return }
      #expect(figures.brokenIdentities.isEmpty, "\(cases[i]): \(figures.brokenIdentities)")
      let recording = folder.file("live\(i).qwr")
      guard let bytes = Places.read(recording), bytes.count >= RecordingWalk.headerBytes else { return }
      let walk = RecordingWalk(bytes)
      #expect(walk.entries.count { $0.kind <= 5 } == figures.recording.entries, "\(cases[i]): \(ended)")
      let again = try replay([recording])
      #expect(again.ended.exitCode == 0 && again.figures.messages == walk.received, "\(cases[i])")
      if ended.exitCode == 0 { #expect(again.figures.digest == figures.digest, "\(cases[i])") }
    }
    #expect(whole > 5)
  }
}
