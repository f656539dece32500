import Bytes
import IO
import Market
import TestSupport
import Testing

@testable import Sinks

/// A file's text; nil where there is none.
func text(_ path: String) -> String? { Places.read(path).map { String(decoding: $0, as: UTF8.self) } }

/// The lines of a file, each with its line feed taken off; the last must have one.
func lines(_ path: String) -> [String] {
  guard let all = text(path) else { return [] }
  #expect(all.isEmpty || all.hasSuffix("\n"), "\(path) ends within a row")
  return all.split(separator: "\n", omittingEmptySubsequences: true).map(String.init)
}

func seconds(_ n: Double) -> MonotonicNanos { MonotonicNanos(rawValue: 5_000_000_000 + Int64(n * 1e9)) }

func rotation(bytes: Int? = nil, seconds: Double? = nil) -> SinkSpec.Rotation {
  var rotation = SinkSpec.Rotation()
  rotation.bytes = bytes
  rotation.seconds = seconds
  return rotation
}

extension FileSeries {
  func write(_ text: String, now: MonotonicNanos = seconds(0)) throws {
    let bytes = Array(text.utf8)
    try unsafe bytes.withUnsafeBytes { b in try unsafe write(b, now: now) }
  }
}

@Suite("Files of rows", .tags(.unit))
struct FileSeriesTests {
  @Test(
    "the name of a rotated file has its number before the ending",
    arguments: [
      ("out/Quote.csv", 1, true, "out/Quote-000001.csv"), ("out/Quote.csv", 1, false, "out/Quote.csv"),
      ("out.d/rows", 12, true, "out.d/rows-000012"), ("a.b.ndjson", 1_234_567, true, "a.b-1234567.ndjson"),
      ("/x/.hidden", 2, true, "/x/.hidden-000002"), (".hidden", 2, true, ".hidden-000002"),
      ("x/a.", 2, true, "x/a-000002."),
    ])
  func names(path: String, number: Int, rotates: Bool, expected: String) {
    #expect(FileSeries.name(path, number: number, rotates: rotates) == expected)
  }

  @Test("a file has a temporary name until it is complete")
  func temporary() throws {
    let folder = TemporaryFolder()
    let series = FileSeries(folder.file("a.csv"), header: Array("h\n".utf8), rotation: rotation(), force: false)
    #expect(Places.names(in: folder.path) == [], "no file before the first row")
    try series.write("1\n")
    let names = Places.names(in: folder.path)
    #expect(names.count == 1 && names.allSatisfy { $0.hasPrefix("a.csv.tmp-") })
    try series.write("2\n")
    try series.finish()
    #expect(Places.names(in: folder.path) == ["a.csv"])
    #expect(text(folder.file("a.csv")) == "h\n1\n2\n")
    #expect(series.completed == [folder.file("a.csv")])
  }

  @Test("rotation on request completes the file, and goes on in the first number that no file has")
  func onRequest() throws {
    let folder = TemporaryFolder()
    let earlier = FileSeries(folder.file("a-000002.csv"), rotation: rotation(), force: false)
    try earlier.write("earlier\n")
    try earlier.finish()
    let series = FileSeries(folder.file("a.csv"), header: Array("h\n".utf8), rotation: rotation(), force: false)
    #expect(try series.rotateNow() == nil, "no row, no file")
    try series.write("1\n")
    #expect(try series.rotateNow() == folder.file("a.csv"))
    #expect(try series.rotateNow() == nil)
    try series.write("2\n")
    try series.write("3\n")
    #expect(try series.rotateNow() == folder.file("a-000003.csv"))
    try series.write("4\n")
    try series.finish()
    #expect(Places.names(in: folder.path) == ["a-000002.csv", "a-000003.csv", "a-000004.csv", "a.csv"])
    #expect(text(folder.file("a-000002.csv")) == "earlier\n" && text(folder.file("a.csv")) == "h\n1\n")
    #expect(text(folder.file("a-000003.csv")) == "h\n2\n3\n" && text(folder.file("a-000004.csv")) == "h\n4\n")
  }

  @Test("a series without rows makes no file")
  func empty() throws {
    let folder = TemporaryFolder()
    let series = FileSeries(folder.file("a.csv"), header: [1], rotation: rotation(), force: false)
    try series.rotateIfDue(now: seconds(9))
    try series.finish()
    #expect(Places.names(in: folder.path) == [])
  }

  @Test(
    "rotation by bytes ends files between blocks, repeats the header and has every row once", arguments: [1, 20, 64])
  func byBytes(most: Int) throws {
    let folder = TemporaryFolder()
    let series = FileSeries(
      folder.file("a.csv"), header: Array("head\n".utf8), rotation: rotation(bytes: most), force: false)
    for i in 0..<50 {
      try series.write("row \(i)\n")
      if i.isMultiple(of: 7) { try series.rotateIfDue(now: seconds(0)) }
    }
    try series.finish()
    var rows: [String] = []
    for (i, name) in Places.names(in: folder.path).enumerated() {
      let all = lines(folder.file(name))
      #expect(name == "a-00000\(i + 1).csv" || name == "a-0000\(i + 1).csv")
      #expect(all.first == "head")
      #expect(all.count >= 2, "no file without rows")
      let bytes = (text(folder.file(name)) ?? "").utf8.count
      let last = (all.last ?? "").utf8.count + 1
      #expect(bytes - last < most || all.count == 2, "\(name) went on although it was full")
      rows += all.dropFirst()
    }
    #expect(rows == (0..<50).map { "row \($0)" })
    #expect(series.completed.map { String($0.dropFirst(folder.path.count + 1)) } == Places.names(in: folder.path))
  }

  @Test("rotation by time also happens while rows never pause")
  func byTime() throws {
    let folder = TemporaryFolder()
    let series = FileSeries(
      folder.file("a.csv"), header: Array("h\n".utf8), rotation: rotation(seconds: 2), force: false)
    for i in 0..<10 { try series.write("\(i)\n", now: seconds(Double(i) * 0.5)) }
    try series.finish()
    #expect(text(folder.file("a-000001.csv")) == "h\n0\n1\n2\n3\n")
    #expect(text(folder.file("a-000002.csv")) == "h\n4\n5\n6\n7\n")
    #expect(text(folder.file("a-000003.csv")) == "h\n8\n9\n")
  }

  @Test("rotation by time completes a file that gets no more rows")
  func byTimeIdle() throws {
    let folder = TemporaryFolder()
    let series = FileSeries(folder.file("a.csv"), rotation: rotation(seconds: 2), force: false)
    try series.write("1\n", now: seconds(0))
    try series.rotateIfDue(now: seconds(1.9))
    #expect(series.completed.isEmpty)
    try series.rotateIfDue(now: seconds(2))
    #expect(Places.names(in: folder.path) == ["a-000001.csv"])
  }

  @Test(
    "a failed block may be offered again: nothing is lost, nothing doubled, nothing left behind",
    arguments: [1, 2, 3, 5])
  func retried(first: Int) throws {
    let folder = TemporaryFolder()
    let series = FileSeries(folder.file("a.csv"), header: Array("head\n".utf8), rotation: rotation(), force: false)
    var failures = 0
    SyscallFaults.with([.shorten(.write, toBytes: 3), .fail(.write, on: first, times: 3, errno: 28)]) {
      for block in ["one\ntwo\n", "three\n"] {
        while true {
          do {
            try series.write(block)
            break
          } catch { failures += 1 }
        }
      }
    }
    #expect(failures == 3)
    try series.finish()
    #expect(text(folder.file("a.csv")) == "head\none\ntwo\nthree\n")
    #expect(Places.names(in: folder.path) == ["a.csv"])
  }

  @Test("a full disk costs no more names than one, however often the first block is tried")
  func noLitter() throws {
    let folder = TemporaryFolder()
    let series = FileSeries(folder.file("a.csv"), header: Array("head\n".utf8), rotation: rotation(), force: false)
    SyscallFaults.with([.fail(.write, times: 200, errno: 28)]) {
      for _ in 0..<200 {
        let error = #expect(throws: IOError.self) { try series.write("row\n") }
        #expect(error?.errno == 28)
      }
    }
    #expect(Places.names(in: folder.path) == [])
    try series.write("row\n")
    try series.finish()
    #expect(text(folder.file("a.csv")) == "head\nrow\n")
  }

  @Test("a file that cannot be completed doubles no row, and the end tells of it")
  func incomplete() throws {
    let folder = TemporaryFolder()
    let series = FileSeries(folder.file("a.csv"), rotation: rotation(bytes: 1), force: false)
    try series.write("1\n")
    SyscallFaults.with([.fail(.sync, errno: 5)]) {
      _ = #expect(throws: IOError.self) { try series.write("2\n") }
    }
    try series.write("2\n")
    let error = #expect(throws: IOError.self) { try series.finish() }
    #expect(error?.errno == 5)
    #expect(text(folder.file("a-000002.csv")) == "2\n")
    let kept = Places.names(in: folder.path).filter { $0.hasPrefix("a-000001.csv.tmp-") }
    #expect(kept.count == 1)
    #expect(kept.first.flatMap { text(folder.file($0)) } == "1\n", "what was written stays")
  }

  static let existing: [(String, String, Bool, Bool)] = [
    ("a.csv", "a.csv", false, true), ("a.csv", "a-000001.csv", false, false), ("a.csv", "a.csv", true, false),
    ("a.csv", "a-000001.csv", true, true), ("a.csv", "a-000007.csv", true, true),
    ("a.csv", "a-1234567.csv", true, true),
    ("a.csv", "a-0001.csv", true, false), ("a.csv", "a-00000x.csv", true, false),
    ("a.csv", "ba-000001.csv", true, false),
    ("a.csv", "a-000001.csv.tmp-1", true, false), ("rows", "rows-000003", true, true),
    ("rows", "rows-000003.x", true, false),
  ]

  @Test("files that are there already are refused, unless they may be replaced", arguments: existing)
  func refuses(path: String, there: String, rotates: Bool, isRefused: Bool) throws {
    let folder = TemporaryFolder()
    try File(folder.file(there), .create()).close()
    try FileSeries.check(folder.file(path), rotates: rotates, force: true)
    if isRefused {
      #expect(throws: IOError.alreadyExists(path: folder.file(there))) {
        try FileSeries.check(folder.file(path), rotates: rotates, force: false)
      }
    } else {
      try FileSeries.check(folder.file(path), rotates: rotates, force: false)
    }
  }

  @Test("force replaces a file at the end, not before")
  func force() throws {
    let folder = TemporaryFolder()
    let old = FileSeries(folder.file("a"), rotation: rotation(), force: false)
    try old.write("old\n")
    try old.finish()
    let new = FileSeries(folder.file("a"), rotation: rotation(), force: true)
    try new.write("new\n")
    #expect(text(folder.file("a")) == "old\n")
    try new.finish()
    #expect(text(folder.file("a")) == "new\n")
  }
}
