import Foundation
import Glibc
import TestSupport

/// The figures of `--stats`.
struct Figures: Decodable {
  struct Network: Decodable {
    let bytes: Int
    let data: Int
    let control: Int
    let overhead: Int
  }

  struct Rows: Decodable {
    let seen: Int
    let decoded: Int
    let malformed: Int
    let skipped: [String: Int]
  }

  /// Of `--snapshots committed`.
  struct Snapshots: Decodable {
    let committed: Int
    let refused: Int
    let void: Int
    let held: Int
    let duplicates: Int
    /// Decoded rows that no sink has seen.
    var withheld: Int { void + held + duplicates }
  }

  struct Sink: Decodable, Equatable {
    let accepted: Int
    let dropped: Int
    let written: Int
    let spilled: Int
  }

  struct Recording: Decodable {
    let offered: Int
    let entries: Int
    let bytes: Int
    let lost: Int
  }

  let frames: Int
  let messages: Int
  let bytes: Int
  let events: Int
  let eventsByType: [String: Int]
  let network: Network
  let rows: Rows
  let snapshots: Snapshots
  let malformedMessages: Int
  let refusedTexts: Int
  let damagedRecordings: Int
  let gaps: Int
  let filledGaps: Int
  let reconnects: Int
  let sinks: [String: Sink]
  let recording: Recording
  let peakResidentBytes: Int
  let digest: String

  init(_ bytes: [UInt8]) throws {
    do { self = try JSONDecoder().decode(Figures.self, from: Data(bytes)) } catch {
      throw Trouble("no figures: \(error) in '\(String(decoding: bytes, as: UTF8.self))'")
    }
  }

  init(file: String) throws {
    guard let bytes = Places.read(file) else { throw Trouble("no file of figures \(file)") }
    try self.init(bytes)
  }

  /// The identities that do not hold, in words; none of them may be broken, whatever happened to the run.
  var brokenIdentities: [String] {
    var broken: [String] = []
    func check(_ holds: Bool, _ words: String) { if !holds { broken.append(words) } }
    check(
      network.bytes == network.data + network.control + network.overhead,
      "bytes = frames + control + overhead: \(network)")
    let unknown = rows.skipped["unknownType"] ?? 0
    check(rows.seen == rows.decoded + rows.malformed + unknown, "rows = decoded + skipped + malformed: \(rows)")
    let beyondLimit = rows.skipped["beyondLimit"] ?? 0
    check(
      rows.decoded == events + beyondLimit + snapshots.withheld,
      "decoded = events + beyond the limit + void + held + duplicates: \(rows) \(snapshots)")
    check(filledGaps <= gaps, "a gap is filled once: \(filledGaps) of \(gaps)")
    check(eventsByType.values.reduce(0, +) == events, "events = sum over the types: \(eventsByType)")
    check(!sinks.isEmpty, "there is a sink")
    for (name, sink) in sinks {
      check(sink.accepted + sink.dropped == events, "decoded = accepted + dropped: \(name) \(sink)")
      check(sink.written <= sink.accepted, "written is a part of accepted: \(name) \(sink)")
    }
    check(recording.offered == recording.entries + recording.lost, "offered = recorded + lost: \(recording)")
    return broken
  }

  /// Whether every identity holds, and each sink has written what it accepted.
  var isBalanced: Bool { brokenIdentities.isEmpty && sinks.values.allSatisfy { $0.accepted == $0.written } }

  /// Whether nothing was lost or malformed.
  var isWhole: Bool {
    isBalanced && gaps == 0 && rows.malformed == 0 && malformedMessages == 0 && refusedTexts == 0
      && recording.lost == 0 && damagedRecordings == 0 && snapshots.refused == 0 && snapshots.held == 0
      && sinks.values.allSatisfy { $0.dropped == 0 }
  }
}

/// Lines of JSON objects.
enum JSONLines {
  static func objects(_ bytes: [UInt8]) throws -> [[String: Any]] {
    try bytes.split(separator: 0x0A).enumerated().map { number, line in
      guard let object = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any] else {
        throw Trouble("line \(number + 1) is no JSON object: \(String(decoding: line.prefix(200), as: UTF8.self))")
      }
      return object
    }
  }

  static func objects(file: String) throws -> [[String: Any]] {
    guard let bytes = Places.read(file) else { throw Trouble("no file \(file)") }
    return try objects(bytes)
  }

  /// The lines of `eventType` Gap, as they stand.
  static func gapLines(_ bytes: [UInt8]) -> [String] {
    let mark = Array("{\"eventType\":\"Gap\"".utf8)
    var found: [String] = []
    forEachLine(bytes) { line in
      if line.starts(with: mark) { found.append(String(decoding: line, as: UTF8.self)) }
    }
    return found
  }

  /// The lines that are ended.
  static func lineCount(_ bytes: [UInt8]) -> Int {
    var count = bytes.last == 0x0A || bytes.isEmpty ? 0 : -1
    forEachLine(bytes) { _ in count += 1 }
    return count
  }

  /// By the C library: under a sanitizer a loop over bytes is slower than a program writes lines.
  private static func forEachLine(_ bytes: [UInt8], _ body: (ArraySlice<UInt8>) -> Void) {
    unsafe bytes.withUnsafeBytes { all in
      var start = 0
      while start < all.count, let base = all.baseAddress {
        let next = unsafe memchr(base + start, 0x0A, all.count - start)
        let end = unsafe next.map { unsafe UnsafeRawPointer($0) - base } ?? all.count
        body(bytes[start..<end])
        start = end + 1
      }
    }
  }

  /// Whether two JSON values are equal as values.
  static func equal(_ a: Any?, _ b: Any?) -> Bool {
    switch (a, b) {
    case (nil, nil): true
    case (let a as NSObject, let b as NSObject): a.isEqual(b)
    default: false
    }
  }
}
