import Bytes
import DXLink
import Foundation
import Market
import Recording
@testable import Simulator
import TestSupport
import Testing

/// One line of recordings/manifest.json.
struct ManifestLine: Decodable, Sendable, CustomTestStringConvertible {
  let file: String
  let spec: String
  let bytes: Int
  let frames: Int
  let events: Int
  let framesRefused: Int
  let rowsMalformed: Int
  let digest: String
  let sha256: String

  var testDescription: String { file }
  var path: String { Places.packageRoot + "/recordings/" + file }

  static let all: [ManifestLine] = {
    let text = Places.read(Places.packageRoot + "/recordings/manifest.json") ?? []
    return (try? JSONDecoder().decode([ManifestLine].self, from: Data(text))) ?? []
  }()
}

@Suite("The recordings in the tree")
struct RecordingsTests {
  @Test("the manifest names every file, and they are small")
  func manifest() {
    let files = Places.names(in: Places.packageRoot + "/recordings").filter { $0.hasSuffix(".qwr") }
    #expect(ManifestLine.all.map(\.file).sorted() == files)
    #expect(files.count == 5)
    for line in ManifestLine.all { #expect((500_000...1_500_000).contains(line.bytes), "\(line.file)") }
    #expect(ManifestLine.all.reduce(0) { $0 + $1.bytes } < 6_000_000)
  }

  @Test("each is made again byte for byte from its spec, with the manifest's figures", arguments: ManifestLine.all)
  func madeAgain(_ line: ManifestLine) throws {
    let kept = try #require(Places.read(line.path))
    var made: [UInt8] = []
    let summary = try unsafe GeneratedRecording.make(try GenerateSpec(line.spec)) { (block) throws(RecordingError) in
      unsafe made.append(contentsOf: block)
    }
    #expect(made.count == line.bytes && made == kept, "made \(made.count) bytes, kept \(kept.count)")
    #expect(summary.spec == line.spec, "the spec is whole")
    #expect(summary.frames == line.frames && summary.eventsDecoded == line.events)
    #expect(summary.framesRefused == line.framesRefused && summary.rowsMalformed == line.rowsMalformed)
    #expect(summary.digest == line.digest)
    let isHostile = line.spec.contains("preset=hostile")
    #expect((line.framesRefused > 0) == isHostile && (line.rowsMalformed > 0) == isHostile)
    #expect(isHostile || summary.eventsMade == summary.eventsDecoded)
  }

  @Test("each is clean, and decodes to the manifest's events and digest", arguments: ManifestLine.all)
  func decodes(_ line: ManifestLine) throws {
    let kept = try #require(Places.read(line.path))
    try unsafe kept.withUnsafeBytes { bytes in
      var reader = try unsafe RecordingReader(bytes)
      let inspection = RecordingInspection(reading: &reader)
      #expect(inspection.verdict == .clean && inspection.damageCount == 0 && inspection.malformedMarks == 0)
      #expect(inspection.statistics.received == UInt64(line.frames))
      #expect(inspection.sessions.count == 1 && inspection.sessions.first?.start.version == line.spec)
      let decoding = Decoding()
      reader.rewind()
      while let entry = reader.next() {
        if entry.kind == .received { decoding.take(unsafe entry.payload.bytes) }
      }
      #expect(decoding.eventCount == line.events && decoding.digest == line.digest)
      #expect(decoding.refused == line.framesRefused)
      #expect(decoding.decoder.counters.rowsMalformed == line.rowsMalformed)
    }
  }

  @Test("the manifest's SHA-256 is that of the file", arguments: ManifestLine.all)
  func checksum(_ line: ManifestLine) throws {
    let sum = Process()
    sum.executableURL = URL(fileURLWithPath: "/usr/bin/sha256sum")
    sum.arguments = [line.path]
    let pipe = Pipe()
    sum.standardOutput = pipe
    try sum.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    sum.waitUntilExit()
    #expect(String(decoding: output, as: UTF8.self).hasPrefix(line.sha256 + " "))
  }
}

@Suite("docs/serve.md is in step")
struct ServeDocumentTests {
  private let text = String(decoding: Places.read(Places.packageRoot + "/docs/serve.md") ?? [], as: UTF8.self)

  /// Rows of tables by the name in their first cell.
  private func cellsOf(_ name: String) -> [Substring]? {
    let line = text.split(separator: "\n").first { $0.hasPrefix("| `\(name)` |") }
    return line?.split(separator: "|").map { $0.drop { $0 == " " } }
  }

  @Test("every key of a spec has its row, with the values that it takes", arguments: GenerateSpec.table.map(\.key))
  func key(_ key: String) throws {
    let row = try #require(GenerateSpec.table.first { $0.key == key })
    let cells = try #require(cellsOf(key), "docs/serve.md has no row for the key \(key)")
    #expect(cells.count >= 3 && cells[1].contains(row.values), "values of \(key): \(row.values)")
  }

  @Test("every fault has its row, with its arguments", arguments: Fault.Kind.allCases)
  func fault(_ kind: Fault.Kind) throws {
    let row = try #require(Fault.table.first { $0.kind == kind })
    let cells = try #require(cellsOf(kind.rawValue), "docs/serve.md has no row for the fault \(kind.rawValue)")
    let hasArguments = cells[1].contains(row.arguments)
    #expect(row.arguments.isEmpty || hasArguments, "arguments of \(kind.rawValue): \(row.arguments)")
  }

  @Test("it names no fault and no key that there is not")
  func nothingElse() {
    let known = Set(
      GenerateSpec.table.map(\.key) + LimitsSpec.table.map(\.key) + Fault.Kind.allCases.map(\.rawValue))
    for line in text.split(separator: "\n") where line.hasPrefix("| `") {
      let name = line.dropFirst(3).prefix { $0 != "`" }
      if !name.hasPrefix("--") && !name.contains(" ") { #expect(known.contains(String(name)), "\(line)") }
    }
  }

  @Test("it names every limit of the server with its default")
  func limits() {
    let limits = Mirror(reflecting: ServerLimits()).children
    #expect(limits.count >= 10)
    for limit in limits {
      #expect(text.contains("`\(limit.label ?? "?")` \(limit.value)"), "\(limit.label ?? "?") \(limit.value)")
    }
  }
}
