import Arrow
import Bytes
import Columns
import Formats
import Market
import Recording

/// Files: recordings, text of frames, CSV, NDJSON and Arrow.
enum FileTargets {
  static let all = [
    FuzzTarget(name: "recording", run: recording), FuzzTarget(name: "frame-text", run: frameText),
    FuzzTarget(name: "csv", run: csv), FuzzTarget(name: "ndjson", run: ndjson),
    FuzzTarget(name: "arrow", run: arrow), FuzzTarget(name: "csv-columns", run: CSVColumnTarget.run),
  ]

  /// A recording is read to its end; entries lie within the file and come again after a rewind.
  private static func recording(_ input: [UInt8]) {
    unsafe Padded(input).withBytes { file in
      guard var reader = try? unsafe RecordingReader(file) else { return }
      let first = read(&reader, input.count)
      if reader.verdict == nil { wrong("the end was reached without a verdict") }
      if reader.damagedBytes > input.count { wrong("\(reader.damagedBytes) damaged bytes of \(input.count)") }
      reader.rewind()
      if read(&reader, input.count) != first { wrong("other entries after a rewind") }
      guard var again = try? unsafe RecordingReader(file) else { wrong("opened once, not twice") }
      let inspection = RecordingInspection(reading: &again)
      _ = inspection.repairPlan
    }
  }

  private static func read(_ reader: inout RecordingReader, _ count: Int) -> [Int] {
    var positions: [Int] = []
    while let entry = reader.next() {
      let end = unsafe entry.position + Layout.entryHeaderBytes + entry.payload.count
      if entry.position < Layout.headerBytes || end > count { wrong("an entry to \(end) of \(count)") }
      positions.append(entry.position)
      // Every byte of it can be read.
      _ = unsafe entry.payload.reduce(0) { $0 ^ $1 }
      switch entry.kind {
      case .sessionStart: _ = unsafe SessionStart(parsing: entry.payload)
      case .sessionEnd: _ = unsafe SessionEnd(parsing: entry.payload)
      case .gap: _ = unsafe GapMark(parsing: entry.payload)
      default: break
      }
      if positions.count > count { wrong("more entries than bytes") }
    }
    return positions
  }

  private static func frameText(_ input: [UInt8]) {
    for (i, line) in input.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
      unsafe Padded(line).withBytes { bytes in
        guard let parsed = try? unsafe FrameText.parse(bytes, number: i + 1) else { return }
        let count = unsafe parsed.frame.count
        if count > line.count { wrong("\(count) bytes in a line of \(line.count)") }
      }
    }
  }

  // MARK: Arrow

  private static func arrow(_ input: [UInt8]) {
    guard input.count > 1 else { return }
    let whole = readArrow([input[1...]])
    let parts = readArrow(pieces(input[1...], by: input[0]))
    if parts != whole { wrong("in pieces of \(input[0]): \(parts) instead of \(whole)") }
  }

  private static func readArrow(_ parts: [ArraySlice<UInt8>]) -> Reading {
    var limits = ArrowReader.Limits()
    limits.maximumMetadataBytes = 1 << 16
    limits.maximumBodyBytes = 1 << 16
    limits.maximumRows = 256
    var reader = ArrowReader(limits: limits)
    var reading = Reading()
    do throws(ArrowError) {
      for part in parts {
        unsafe reader.append(part.span.bytes)
        try drainArrow(&reader, &reading)
      }
      try reader.finish()
    } catch {
      reading.errors.append("\(error)")
    }
    return reading
  }

  private static func drainArrow(_ reader: inout ArrowReader, _ reading: inout Reading) throws(ArrowError) {
    while true {
      let step = try reader.next()
      if step == .needMore || step == .end { return }
      guard step == .rows, let type = reader.type else { continue }
      var columns = ColumnBatch(type, capacity: 64)
      var rows = EventRows(type)
      var hasMore = true
      while hasMore {
        hasMore = try reader.read(into: &columns)
        var batch = EventBatch(capacity: 128)
        var texts = TextTable()
        rows.removeAll()
        do { _ = try rows.append(0..<columns.rowCount, from: columns, into: &batch, &texts) } catch {
          wrong("\(error)")
        }
        reading.events += EventCopy.all(batch, texts.store)
        columns.removeAll()
      }
    }
  }

  // MARK: Text formats

  /// What came of a text: its events, and its errors in words.
  private struct Reading: Equatable {
    var events: [EventCopy] = []
    var errors: [String] = []
  }

  /// At most so many errors are gathered: a header that cannot be read is told at every call.
  private static let maximumErrors = 1000

  private static func csv(_ input: [UInt8]) {
    guard input.count > 2 else { return }
    let types = EventType.allCases
    let type = types[Int(input[0]) % types.count]
    let whole = readCSV(type, [input[2...]])
    let parts = readCSV(type, pieces(input[2...], by: input[1]))
    if parts != whole { wrong("in pieces of \(input[1]): \(parts) instead of \(whole)") }
  }

  private static func readCSV(_ type: EventType, _ parts: [ArraySlice<UInt8>]) -> Reading {
    var decoder = CSVDecoder(type, limits: CSVDecoder.Limits(maximumRecordBytes: 4096, maximumColumns: 64))
    var batch = EventBatch(capacity: 16)
    var texts = TextTable()
    var reading = Reading()
    func drain(_ decoder: inout CSVDecoder) {
      while reading.errors.count < maximumErrors {
        do throws(FormatError) {
          let step = try decoder.decode(into: &batch, &texts)
          take(&batch, texts, &reading)
          if step == .needMore { return }
        } catch {
          reading.errors.append("\(error)")
        }
      }
    }
    for part in parts {
      var rest = part
      while !rest.isEmpty {
        let taken = unsafe decoder.append(rest.span.bytes)
        rest = rest.dropFirst(taken)
        drain(&decoder)
        if taken == 0 && reading.errors.count < maximumErrors { wrong("no byte was taken") }
        if reading.errors.count >= maximumErrors { return reading }
      }
    }
    decoder.finish()
    drain(&decoder)
    return reading
  }

  private static func take(_ batch: inout EventBatch, _ texts: borrowing TextTable, _ reading: inout Reading) {
    reading.events += EventCopy.all(batch, texts.store)
    batch.removeAll()
  }

  private static func ndjson(_ input: [UInt8]) {
    guard let cut = input.first else { return }
    let whole = readNDJSON([input[1...]])
    let parts = readNDJSON(pieces(input[1...], by: cut))
    if parts != whole { wrong("in pieces of \(cut): \(parts) instead of \(whole)") }
  }

  private static func readNDJSON(_ parts: [ArraySlice<UInt8>]) -> Reading {
    var decoder = NDJSONDecoder(limits: NDJSONDecoder.Limits(maximumLineBytes: 4096))
    var batch = EventBatch(capacity: 16)
    var texts = TextTable()
    var reading = Reading()
    func drain(_ decoder: inout NDJSONDecoder) {
      while true {
        do throws(FormatError) {
          let step = try decoder.decode(into: &batch, &texts)
          take(&batch, texts, &reading)
          if case .gap(let gap) = step { reading.errors.append("\(gap)") }
          if step == .needMore { return }
        } catch {
          reading.errors.append("\(error)")
        }
      }
    }
    for part in parts {
      var rest = part
      while !rest.isEmpty {
        let taken = unsafe decoder.append(rest.span.bytes)
        rest = rest.dropFirst(taken)
        drain(&decoder)
        if taken == 0 { wrong("no byte was taken") }
      }
    }
    decoder.finish()
    drain(&decoder)
    return reading
  }
}
