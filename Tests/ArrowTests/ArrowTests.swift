import Arrow
import Bytes
import Columns
import EventSupport
import Market
import Rings
import TestSupport
import Testing

@Suite("Arrow", .tags(.property))
struct ArrowTests {
  @Test("events of every type come back from files of several batches as they were", arguments: EventType.allCases)
  func files(type: EventType) throws {
    let written = Written(type, rows: 192, batches: 3)
    #expect(try read([written.bytes[...]]) == written.events)
  }

  @Test(
    "streams and files, compressed or not, hold the same events",
    arguments: [ArrowWriter.Form.stream, .file], [ArrowWriter.Compression.none, .runs])
  func forms(form: ArrowWriter.Form, compression: ArrowWriter.Compression) throws {
    for type in [EventType.timeAndSale, .profile, .order] {
      let written = Written(type, rows: 128, batches: 2, form: form, compression: compression)
      #expect(try read([written.bytes[...]], capacity: 100) == written.events)
    }
  }

  @Test("bytes that come one by one, or cut anywhere, give the same events")
  func everySplit() throws {
    let written = Written(.trade, rows: 64, batches: 2)
    let bytes = written.bytes
    #expect(try read(bytes.indices.map { bytes[$0...$0] }) == written.events)
    for cut in stride(from: 0, through: bytes.count, by: 7) {
      #expect(try read([bytes[..<cut], bytes[cut...]]) == written.events, "cut at \(cut)")
    }
  }

  @Test("a file that is cut off anywhere says so")
  func cutOff() throws {
    let bytes = Written(.quote, rows: 64, batches: 2).bytes
    for count in 0..<bytes.count {
      #expect(throws: ArrowError.self, "cut at \(count)") { _ = try read([bytes[..<count]]) }
    }
  }

  @Test("what a crash leaves of a file holds every batch that was written whole")
  func crash() throws {
    let written = Written(.greeks, rows: 64, batches: 4)
    var reader = ArrowReader()
    var found = 0
    let left = written.bytes[..<(written.bytes.count * 3 / 4)]
    unsafe reader.append(left.span.bytes)
    var step = try reader.next()
    while step != .needMore {
      if step == .rows { found += 1 }
      step = try reader.next()
    }
    let rows = reader.rowCount
    #expect(found >= 2 && rows == found * 64)
    #expect(throws: ArrowError.self) { try reader.finish() }
  }

  @Test("changed bytes are refused or read as other values, and never end the program", arguments: 0..<6)
  func mutants(part: Int) throws {
    let types: [EventType] = [.quote, .timeAndSale, .profile, .configuration, .candle, .order]
    var random = SeededRandom(seed: 900 + UInt64(part))
    let bytes = Written(types[part], rows: 64, batches: 2, form: part % 2 == 0 ? .file : .stream).bytes
    var refused = 0
    for _ in 0..<1500 {
      var mutant = bytes
      for _ in 0...Int(random.next() % 4) {
        // Half of them in the metadata in front, where the lengths and offsets are.
        let limit = random.next() % 2 == 0 ? UInt64(min(4096, mutant.count)) : UInt64(mutant.count)
        let at = Int(random.next() % limit)
        switch random.next() % 4 {
        case 0: mutant[at] = UInt8(truncatingIfNeeded: random.next())
        case 1: mutant[at] ^= 1 << UInt8(random.next() % 8)
        case 2: mutant[at] = 0xFF
        default: mutant.remove(at: at)
        }
      }
      do { _ = try read([mutant[...]]) } catch { refused += 1 }
    }
    #expect(refused > 300 && refused < 1500)
  }

  @Test("a message that claims more than the limits is refused before it is waited for")
  func limits() throws {
    var reader = ArrowReader()
    let claims: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 0xF8, 0xFF, 0xFF, 0x7F]
    unsafe reader.append(claims.span.bytes)
    #expect(throws: ArrowError.tooLarge(position: 0, what: "bytes of metadata", limit: 16 << 20)) {
      _ = try reader.next()
    }
  }

  @Test("other bytes are no Arrow", arguments: ["", "eventSymbol,price\nA,1\n", "{\"type\":\"FEED_DATA\"}"])
  func foreign(text: String) {
    #expect(throws: ArrowError.notArrow) { _ = try read([Array(text.utf8)[...]]) }
  }

  @Test("columns of constant and of repeated values take few bytes")
  func runs() throws {
    var columns = ColumnBatch(.quote, capacity: 8192)
    for (i, column) in columns.schema.columns.enumerated() where column.type != .symbol {
      columns.fillDefault(i, rows: 8192)
    }
    let symbols = unsafe columns.column(0).assumingMemoryBound(to: Int32.self)
    let times = unsafe columns.column(columns.schema.columns.count - 1).assumingMemoryBound(to: Int64.self)
    var text = "A"
    let code = text.withUTF8 { b in unsafe columns.dictionary(0)?.code(of: UnsafeRawBufferPointer(b)) }
    for i in 0..<8192 {
      unsafe symbols[i] = try #require(code)
      unsafe times[i] = Int64(i / 8)
    }
    columns.commit(rows: 8192)
    var sizes: [Int] = []
    for compression in [ArrowWriter.Compression.none, .runs] {
      var writer = ArrowWriter(columns.schema, form: .file, compression: compression)
      var out = ByteWriter()
      writer.begin(to: &out)
      writer.append(columns, to: &out)
      writer.finish(columns, to: &out)
      sizes.append(out.count)
    }
    #expect(sizes[0] > 8192 * 70 && sizes[1] < 8192 * 5)
  }
}
