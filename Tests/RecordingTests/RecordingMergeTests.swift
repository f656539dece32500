import Bytes
import Testing

@testable import Recording

@Suite("Merging recordings")
struct RecordingMergeTests {
  /// The definition: stable sort by running maximum.
  static func sorted(_ files: [[Record]]) -> [(Int, Record)] {
    var all: [(time: Int64, source: Int, index: Int, record: Record)] = []
    for (source, records) in files.enumerated() {
      var latest = Int64.min
      for (index, record) in records.enumerated() {
        latest = max(latest, record.arrival.wall.rawValue)
        all.append((latest, source, index, record))
      }
    }
    return all.sorted { ($0.time, $0.source, $0.index) < ($1.time, $1.source, $1.index) }.map { ($0.source, $0.record) }
  }

  @Test(
    "the order is that of a stable sort by running maximum", arguments: [1, 2, 3, 4, 5, 6] as [UInt64], [false, true])
  func order(seed: UInt64, isCompressed: Bool) throws {
    var random = SplitMix64(state: seed)
    let compression: RunLengths? = isCompressed ? RunLengths() : nil
    let files = (0..<(1 + random.below(7))).map { _ in
      (0..<random.below(120)).map { n in
        // Few different times: many equal ones, and jumps backwards.
        Record(
          kind: .received, lane: 0, arrival: arrival(Int64(n / 2 + random.below(10)), Int64(n)),
          payload: [UInt8](repeating: UInt8(65 + random.below(26)), count: random.below(90)))
      }
    }
    for wall in [nil, 20] as [Int64?] {
      var merge = RecordingMerge()
      let whole = try files.map {
        PaddedBox(try recording($0, compression: compression, limits: limits(segmentBytes: 700)))
      }
      for file in whole { merge.add(try file.file.reader(compression: compression)) }
      if let wall { merge.seek(to: WallNanos(rawValue: wall)) }
      let expected = Self.sorted(files.map { wall == nil ? $0 : RecordingSeekTests.scan($0, from: wall ?? 0) })
      var count = 0
      while let merged = merge.next() {
        guard count < expected.count else { break }
        #expect(merged.source == expected[count].0, "seed \(seed), entry \(count)")
        #expect(Record(merged.entry) == expected[count].1, "seed \(seed), entry \(count)")
        count += 1
      }
      #expect(count == expected.count)
      for source in files.indices {
        #expect(merge.withReader(source) { $0.verdict } == .clean)
      }
    }
  }

  @Test("nothing to merge gives nothing")
  func empty() {
    var merge = RecordingMerge()
    #expect(merge.next() == nil)
    #expect(merge.next() == nil)
  }
}

/// Keeps a padded file alive in an array.
final class PaddedBox {
  let file: PaddedFile
  init(_ bytes: [UInt8]) { file = PaddedFile(bytes) }
}
