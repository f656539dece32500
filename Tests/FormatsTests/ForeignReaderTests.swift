import Bytes
import EventSupport
import Formats
import Market
import Rings
import TestSupport
import Testing

/// Python's csv and json modules read what we write.
@Suite("Readers of others", .tags(.property))
struct ForeignReaderTests {
  private static let hasPython = run("python3 -c 'print(1)' 2>/dev/null") == "1\n"

  /// Reads every file and prints, a line a value: symbol in hexadecimal, the doubles' bits, the integers.
  private static let script = #"""
    import csv, json, struct, sys
    def show(row):
        symbol = row["eventSymbol"].encode("utf-8").hex()
        doubles = [row[k] if row[k] != "" else "nan" for k in ("price", "size", "bidPrice")]
        bits = [struct.pack(">d", float(v)).hex() for v in doubles]
        flags = [str(row[k]).lower() for k in ("spreadLeg", "validTick")]
        ints = [str(int(row[k])) for k in ("index", "sequence", "receivedNanos")]
        def text(v): return "null" if v is None else v.encode("utf-8").hex()
        texts = [text(row["buyer"]), text(row["seller"])] if sys.argv[1] == "json" else []
        print("|".join([symbol] + bits + flags + ints + texts))
    with open(sys.argv[2], encoding="utf-8", newline="") as f:
        if sys.argv[1] == "csv":
            reader = csv.DictReader(f, strict=True)
            for row in reader:
                assert None not in row and None not in row.values(), row
                show(row)
        else:
            for line in f:
                show(json.loads(line))
    """#

  @Test(
    "the events that we write are the ones that Python's modules read", .enabled(if: hasPython, "python3 is not here"),
    arguments: ["csv", "json"])
  func python(format: String) throws {
    var source = EventSource(seed: 606)
    var batch = EventBatch(capacity: 1024)
    var texts = TextTable()
    source.fill(&batch, .timeAndSale, 300, &texts)
    let csv = CSVEncoder(.timeAndSale)
    let ndjson = NDJSONEncoder()
    var out = ByteWriter()
    if format == "csv" { csv.appendHeader(to: &out) }
    var expected: [String] = []
    batch.forEach { event in
      if format == "csv" {
        csv.append(event, texts.store, to: &out)
      } else {
        ndjson.append(event, texts.store, to: &out)
      }
      expected.append(summary(event.event(as: TimeAndSale.self)!, texts.store, withTexts: format == "json"))
    }
    let folder = TemporaryFolder()
    write(out.array, to: folder.file("data"))
    write(Array(Self.script.utf8), to: folder.file("read.py"))
    let read = try #require(run("python3 \(folder.file("read.py")) \(format) \(folder.file("data"))"))
    #expect(read.split(separator: "\n").map(String.init) == expected)
  }

  /// What the script prints for an event.
  private func summary(_ sale: TimeAndSale, _ texts: TextStore, withTexts: Bool) -> String {
    var parts = [hex(Array(string(sale.head.symbol, texts).utf8))]
    for value in [sale.price, sale.size, sale.bidPrice] {
      let bits = String(value.bitPattern, radix: 16)
      parts.append(String(repeating: "0", count: 16 - bits.count) + bits)
    }
    parts += ["\(sale.spreadLeg)", "\(sale.validTick)", "\(sale.index)", "\(sale.sequence)", "\(sale.receivedNanos)"]
    if withTexts { parts += [sale.buyer, sale.seller].map { hex($0, texts) } }
    return parts.joined(separator: "|")
  }

  private func hex(_ text: Text, _ texts: TextStore) -> String {
    if text.isNull { return "null" }
    if let id = text.id { return hex(Array(string(id, texts).utf8)) }
    return hex((0..<text.inlineCount!).map { UInt8(truncatingIfNeeded: text.word >> UInt64(8 * $0)) })
  }

  private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { (byte: UInt8) in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
  }
}
