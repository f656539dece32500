import JSON

extension Manifest {
  /// Bytes of a manifest; 512 recordings and some twenty files take 150 KB.
  package static let limitBytes = 16 << 20

  /// Reads a manifest; nil for one of another version, a damaged one, or anything else.
  package init?(parsing bytes: [UInt8]) {
    guard let text = String(validating: bytes, as: UTF8.self), let at = text.ranges(of: Self.crcMember).last else {
      return nil
    }
    let crc = Self.crc(String(text[..<at.lowerBound]))
    guard text[at.upperBound...] == Self.hex(crc) + "\"}\n" else { return nil }
    var scanner = Scanner(maximumBytes: Self.limitBytes)
    var reader = ManifestReader()
    do throws(JSONError) {
      try unsafe scanner.scanCopy(bytes.span.bytes) { cursor throws(JSONError) in try reader.read(&cursor) }
    } catch { return nil }
    guard reader.format == Self.format, reader.isWhole else { return nil }
    self = reader.manifest
  }
}

/// Unknown members are skipped.
private struct ManifestReader {
  var format = ""
  var manifest = Manifest(options: "", inputs: [])
  /// Whether every checksum was one.
  var isWhole = true

  mutating func read(_ cursor: inout Cursor) throws(JSONError) {
    try cursor.enterObject()
    while let key = try cursor.nextKey() {
      switch key.string {
      case "format": format = try cursor.readString().string
      case "options": manifest.options = try cursor.readString().string
      case "inputs":
        try cursor.enterArray()
        while try cursor.nextElement() { manifest.inputs.append(try readInput(&cursor)) }
      case "counts": try readCounts(&cursor)
      case "ticks": manifest.ticks = try readTicks(&cursor)
      case "candles": manifest.candles = try readCandles(&cursor)
      case "outputs":
        try cursor.enterArray()
        while try cursor.nextElement() { manifest.outputs.append(try readOutput(&cursor)) }
      default: try cursor.skipValue()
      }
    }
  }

  private func int(_ cursor: inout Cursor) throws(JSONError) -> Int { Int(try cursor.readInt64()) }

  private mutating func crc(_ cursor: inout Cursor) throws(JSONError) -> UInt32 {
    let text = try cursor.readString().string
    guard text.utf8.count == 8, let crc = UInt32(text, radix: 16) else {
      isWhole = false
      return 0
    }
    return crc
  }

  private mutating func readInput(_ cursor: inout Cursor) throws(JSONError) -> Manifest.Input {
    var input = Manifest.Input(name: "", sum: FileSum(bytes: 0, crc: 0), summary: InputSummary())
    var (first, last): (Int64?, Int64?) = (nil, nil)
    try cursor.enterObject()
    while let key = try cursor.nextKey() {
      switch key.string {
      case "name": input.name = try cursor.readString().string
      case "bytes": input.sum.bytes = try int(&cursor)
      case "crc32c": input.sum.crc = try crc(&cursor)
      case "frames": input.summary.frames = try int(&cursor)
      case "gaps": input.summary.gaps = try int(&cursor)
      case "verdict": input.summary.verdict = try cursor.readString().string
      case "entriesLost": input.summary.entriesLost = try int(&cursor)
      case "damagedBytes": input.summary.damagedBytes = try int(&cursor)
      case "tornBytes": input.summary.tornBytes = try int(&cursor)
      case "firstNanos": first = try cursor.readInt64()
      case "lastNanos": last = try cursor.readInt64()
      default: try cursor.skipValue()
      }
    }
    if let first, let last, first <= last { input.summary.covered = first...last }
    return input
  }

  private mutating func readOutput(_ cursor: inout Cursor) throws(JSONError) -> Manifest.Output {
    var output = Manifest.Output(name: "", rows: 0, sum: FileSum(bytes: 0, crc: 0))
    try cursor.enterObject()
    while let key = try cursor.nextKey() {
      switch key.string {
      case "name": output.name = try cursor.readString().string
      case "rows": output.rows = try int(&cursor)
      case "bytes": output.sum.bytes = try int(&cursor)
      case "crc32c": output.sum.crc = try crc(&cursor)
      default: try cursor.skipValue()
      }
    }
    return output
  }

  private mutating func readCounts(_ cursor: inout Cursor) throws(JSONError) {
    try cursor.enterObject()
    while let key = try cursor.nextKey() {
      switch key.string {
      case "frames": manifest.counts.frames = try int(&cursor)
      case "malformedFrames": manifest.counts.malformedFrames = try int(&cursor)
      case "rows": manifest.counts.rows = try int(&cursor)
      case "decoded": manifest.counts.decoded = try int(&cursor)
      case "malformed": manifest.counts.malformed = try int(&cursor)
      case "unknownType": manifest.counts.unknownType = try int(&cursor)
      case "refusedTexts": manifest.counts.refusedTexts = try int(&cursor)
      case "gaps": manifest.counts.gaps = try int(&cursor)
      case "byType":
        try cursor.enterObject()
        while let type = try cursor.nextKey() { manifest.counts.byType[type.string] = try int(&cursor) }
      default: try cursor.skipValue()
      }
    }
  }

  private func readTicks(_ cursor: inout Cursor) throws(JSONError) -> TickCounts {
    var ticks = TickCounts()
    try cursor.enterObject()
    while let key = try cursor.nextKey() {
      switch key.string {
      case "seen": ticks.seen = try int(&cursor)
      case "used": ticks.used = try int(&cursor)
      case "setAside": ticks.setAside = try int(&cursor)
      case "replaced": ticks.replaced = try int(&cursor)
      case "cancelled": ticks.cancelled = try int(&cursor)
      case "repeated": ticks.repeated = try int(&cursor)
      case "notValid": ticks.notValid = try int(&cursor)
      case "withoutTime": ticks.withoutTime = try int(&cursor)
      case "withoutPrice": ticks.withoutPrice = try int(&cursor)
      default: try cursor.skipValue()
      }
    }
    return ticks
  }

  private func readCandles(_ cursor: inout Cursor) throws(JSONError) -> CandleReport {
    var candles = CandleReport()
    try cursor.enterObject()
    while let key = try cursor.nextKey() {
      switch key.string {
      case "seen": candles.seen = try int(&cursor)
      case "equal": candles.equal = try int(&cursor)
      case "differing": candles.differing = try int(&cursor)
      case "symbolsDiffering": candles.symbolsDiffering = try int(&cursor)
      case "notCovered": candles.notCovered = try int(&cursor)
      case "empty": candles.empty = try int(&cursor)
      case "notKept": candles.notKept = try int(&cursor)
      case "first":
        try cursor.enterArray()
        while try cursor.nextElement() { candles.first.append(try cursor.readString().string) }
      default: try cursor.skipValue()
      }
    }
    return candles
  }
}
