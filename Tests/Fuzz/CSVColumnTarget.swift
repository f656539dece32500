import Bytes
import Columns
import Formats
import JSON
import Market

/// CSV as columns: at every instruction set and in pieces the same rows and refusals, which are those of the reader of
/// events.
enum CSVColumnTarget {
  private struct Reading: Equatable {
    var events: [EventCopy] = []
    var refusals: [FormatError] = []
    var refused = 0
    var hasHeader = false
  }

  private static let limits = CSVDecoder.Limits(maximumRecordBytes: 4096, maximumColumns: 64)
  /// More errors than any input has rows.
  private static let maximumErrors = 10_000

  /// The type's number, the length of the pieces, the text.
  static func run(_ input: [UInt8]) {
    guard input.count > 2 else { return }
    let types = EventType.allCases
    let type = types[Int(input[0]) % types.count]
    let text = input[2...]
    let whole = read(type, [text], .portable)
    for level in SIMDLevel.supported {
      for parts in [[text], pieces(text, by: input[1])] {
        let reading = read(type, parts, level)
        if reading != whole { wrong("\(level), \(parts.count) pieces: \(reading) instead of \(whole)") }
      }
    }
    // The reader of events goes on behind a header that is none, and knows no mark in front of quotes.
    if !whole.hasHeader || text.starts(with: [0xEF, 0xBB, 0xBF]) { return }
    let (events, errors) = decode(type, text)
    if events != whole.events || errors.count != whole.refused || !whole.refusals.elementsEqual(errors.prefix(20)) {
      wrong("as columns \(whole), as events \(events), \(errors)")
    }
  }

  private static func read(_ type: EventType, _ parts: [ArraySlice<UInt8>], _ level: SIMDLevel) -> Reading {
    var reader = CSVColumnReader(type, limits: limits, level: level)
    var columns = ColumnBatch(type, capacity: 64)
    var rows = EventRows(type)
    var reading = Reading()
    func drain(_ reader: inout CSVColumnReader) {
      var step = CSVColumnReader.Step.batchFull
      while step == .batchFull {
        do { step = try reader.read(into: &columns) } catch { return }
        if columns.rowCount == 0 { continue }
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
    for part in parts {
      // A header that cannot be read ends the reading: more bytes are not taken.
      if reader.header == nil, (try? reader.read(into: &columns)) == nil { break }
      if unsafe reader.append(part.span.bytes) != part.count { wrong("not all bytes were taken") }
      drain(&reader)
    }
    reader.finish()
    drain(&reader)
    reading.refusals = reader.refusals
    reading.refused = reader.refusedCount
    reading.hasHeader = reader.header != nil
    if reader.rowCount != reading.events.count { wrong("\(reader.rowCount) rows of \(reading.events.count)") }
    return reading
  }

  private static func decode(_ type: EventType, _ text: ArraySlice<UInt8>) -> ([EventCopy], [FormatError]) {
    var decoder = CSVDecoder(type, limits: limits)
    var batch = EventBatch(capacity: 16)
    var texts = TextTable()
    var events: [EventCopy] = []
    var errors: [FormatError] = []
    if unsafe decoder.append(text.span.bytes) != text.count { wrong("not all bytes were taken") }
    decoder.finish()
    while errors.count < maximumErrors {
      do throws(FormatError) {
        let step = try decoder.decode(into: &batch, &texts)
        events += EventCopy.all(batch, texts.store)
        batch.removeAll()
        if step == .needMore { break }
      } catch { errors.append(error) }
    }
    return (events, errors)
  }
}
