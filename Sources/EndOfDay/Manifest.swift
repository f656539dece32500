import Bytes
import Market

/// What stands in a day's folder, what it was made of, and the figures that tie both together.
///
/// JSON, one member a line; the last one is the CRC-32C of all bytes before its comma. It holds no time, no path and
/// no process: the same recordings and options give the same bytes.
package struct Manifest: Sendable, Equatable {
  /// Part of what a set of files is known by: another version makes everything anew.
  package static let format = "quotewire eod 1"

  package struct Input: Sendable, Equatable {
    /// Without its folder.
    package var name: String
    package var sum: FileSum
    package var summary: InputSummary
    package init(name: String, sum: FileSum, summary: InputSummary) {
      self.name = name
      self.sum = sum
      self.summary = summary
    }
  }

  package struct Output: Sendable, Equatable {
    package var name: String
    package var rows: Int
    package var sum: FileSum
    package init(name: String, rows: Int, sum: FileSum) {
      self.name = name
      self.rows = rows
      self.sum = sum
    }
  }

  /// What the replay counted.
  package struct Counts: Sendable, Equatable {
    package var frames = 0
    package var malformedFrames = 0
    package var rows = 0
    package var decoded = 0
    package var malformed = 0
    package var unknownType = 0
    package var refusedTexts = 0
    package var gaps = 0
    /// Decoded rows by type, types without rows left out.
    package var byType: [String: Int] = [:]
    package init() {}
  }

  /// Codec with version, bars or none.
  package var options: String
  package var inputs: [Input]
  package var counts = Counts()
  /// Nil without bars.
  package var ticks: TickCounts?
  package var candles: CandleReport?
  package var outputs: [Output] = []

  package init(options: String, inputs: [Input]) {
    self.options = options
    self.inputs = inputs
  }

  package func output(_ name: String) -> Output? { outputs.first { $0.name == name } }

  /// Whether nothing was lost, malformed or damaged on the way from the feed to here.
  package var isLossless: Bool {
    counts.malformedFrames == 0 && counts.malformed == 0 && counts.refusedTexts == 0 && counts.gaps == 0
      && inputs.allSatisfy { $0.summary.isWhole }
  }

  // MARK: as text

  package var text: String {
    var out = "{\"format\":\(JSONText.quoted(Self.format)),\n\"options\":\(JSONText.quoted(options)),\n\"inputs\":["
    out += inputs.map(Self.text).joined(separator: ",\n ") + "],\n\"counts\":" + countsText
    if let ticks {
      out += ",\n\"ticks\":" + Self.object([
        ("seen", ticks.seen), ("used", ticks.used), ("setAside", ticks.setAside), ("replaced", ticks.replaced),
        ("cancelled", ticks.cancelled), ("repeated", ticks.repeated), ("notValid", ticks.notValid),
        ("withoutTime", ticks.withoutTime), ("withoutPrice", ticks.withoutPrice),
      ]) + "}"
    }
    if let candles {
      out += ",\n\"candles\":" + Self.object([
        ("seen", candles.seen), ("equal", candles.equal), ("differing", candles.differing),
        ("symbolsDiffering", candles.symbolsDiffering), ("notCovered", candles.notCovered), ("empty", candles.empty),
        ("notKept", candles.notKept),
      ])
      out += ",\"first\":[" + candles.first.map(JSONText.quoted).joined(separator: ",") + "]}"
    }
    out += ",\n\"outputs\":[" + outputs.map(Self.text).joined(separator: ",\n ") + "]"
    return out + "\(Self.crcMember)\(Self.hex(Self.crc(out)))\"}\n"
  }

  static let crcMember = ",\n\"crc32c\":\""

  static func crc(_ text: String) -> UInt32 {
    let bytes = Array(text.utf8)
    return unsafe CRC32C.checksum(bytes.span.bytes)
  }

  private var countsText: String {
    var out = Self.object([
      ("frames", counts.frames), ("malformedFrames", counts.malformedFrames), ("rows", counts.rows),
      ("decoded", counts.decoded), ("malformed", counts.malformed), ("unknownType", counts.unknownType),
      ("refusedTexts", counts.refusedTexts), ("gaps", counts.gaps),
    ])
    let types = counts.byType.sorted { $0.key < $1.key }
    out += ",\"byType\":{" + types.map { "\(JSONText.quoted($0.key)):\($0.value)" }.joined(separator: ",") + "}}"
    return out
  }

  private static func text(_ input: Input) -> String {
    let s = input.summary
    var out = "{\"name\":\(JSONText.quoted(input.name)),\"bytes\":\(input.sum.bytes)"
    out += ",\"crc32c\":\"\(hex(input.sum.crc))\""
    out += ",\"frames\":\(s.frames),\"gaps\":\(s.gaps),\"verdict\":\(JSONText.quoted(s.verdict))"
    out += ",\"entriesLost\":\(s.entriesLost),\"damagedBytes\":\(s.damagedBytes),\"tornBytes\":\(s.tornBytes)"
    if let covered = s.covered {
      out += ",\"firstNanos\":\(covered.lowerBound),\"lastNanos\":\(covered.upperBound)"
    }
    return out + "}"
  }

  private static func text(_ output: Output) -> String {
    "{\"name\":\(JSONText.quoted(output.name)),\"rows\":\(output.rows),\"bytes\":\(output.sum.bytes)"
      + ",\"crc32c\":\"\(hex(output.sum.crc))\"}"
  }

  /// Without its closing brace.
  private static func object(_ members: [(String, Int)]) -> String {
    "{" + members.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",")
  }

  static func hex(_ crc: UInt32) -> String {
    let digits = String(crc, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}
