import Formats
import JSON
import Market
import TestSupport
import Testing

/// What Python's csv module writes is read as columns.
@Suite("CSV of Python as columns", .tags(.property))
struct PythonCSVTests {
  private static let hasPython = run("python3 -c 'print(1)' 2>/dev/null") == "1\n"

  /// Random rows in random order of columns, with quotes, CRLF and line breaks in texts; the CSV in one file, and one
  /// row a line as hexadecimal text in another.
  private static let script = #"""
    import csv, random, struct, sys
    random.seed(int(sys.argv[1]))
    names = ["eventSymbol", "eventTime", "index", "price", "size", "exchangeCode", "exchangeSaleConditions",
             "spreadLeg", "buyer", "seller", "receivedNanos"]
    order = names[:] + ["unknown"] * random.randint(0, 1)
    random.shuffle(order)
    texts = ["", "A", "a,b", 'say "hi"', "two\nlines", "two\r\nlines", " lead", "ümlaut", '"', "plain", "x" * 40]
    rows = []
    for _ in range(300):
        rows.append({
            "eventSymbol": random.choice(["AAPL", "/ESZ26:XCME", "BRK,B", 'q"q', ".SPXW261218P6800.5", "é"]),
            "eventTime": random.choice([0, -5, random.getrandbits(40)]), "index": random.getrandbits(62),
            "price": random.choice([random.random() * 1000, round(random.random() * 1000, 2), 0.1, 1e300, 5e-324,
                                    float("nan"), float("inf"), 300.0, random.randint(-99, 99)]),
            "size": float(random.randint(0, 10 ** random.randint(1, 17))),
            "exchangeCode": random.choice(["", "Q", "Z"]), "exchangeSaleConditions": random.choice(texts[1:]),
            "spreadLeg": random.choice(["true", "False", "1"]), "buyer": random.choice(texts[1:]),
            "seller": random.choice(texts[1:]), "receivedNanos": random.getrandbits(60), "unknown": "?,?"})
    end = random.choice(["\n", "\r\n"])
    quoting = random.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
    with open(sys.argv[2], "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, order, extrasaction="ignore", lineterminator=end, quoting=quoting)
        writer.writeheader()
        writer.writerows(rows)
    with open(sys.argv[3], "w") as file:
        for row in rows:
            number = lambda v: struct.pack(">d", float(v)).hex()
            parts = [row["eventSymbol"].encode().hex(), str(row["eventTime"]), str(row["index"]), number(row["price"]),
                     number(row["size"]), row["exchangeCode"], str(row["spreadLeg"] in ("true", "1")).lower(),
                     row["exchangeSaleConditions"].encode().hex(), row["buyer"].encode().hex(),
                     row["seller"].encode().hex(), str(row["receivedNanos"])]
            file.write("|".join(parts) + "\n")
    """#

  @Test(
    "random files with quotes, line breaks and columns in any order", .enabled(if: hasPython, "python3 is not here"),
    arguments: 1...8)
  func random(seed: Int) throws {
    let folder = TemporaryFolder()
    let (data, wanted) = (folder.file("data.csv"), folder.file("wanted"))
    write(Array(Self.script.utf8), to: folder.file("make.py"))
    _ = try #require(run("python3 \(folder.file("make.py")) \(seed) \(data) \(wanted)"))
    let bytes = try #require(Places.read(data))
    let lines = String(decoding: try #require(Places.read(wanted)), as: UTF8.self).split(separator: "\n")
    for level in SIMDLevel.supported {
      let rows = timeAndSales(bytes, level)
      #expect(rows.count == lines.count, "\(level)")
      let different = zip(rows, lines).first { $0 != String($1) }
      #expect(different == nil, "\(level): \(different.map { "\($0)" } ?? "")")
    }
  }

  /// Each row as the script tells it.
  private func timeAndSales(_ bytes: [UInt8], _ level: SIMDLevel) -> [String] {
    var rows: [String] = []
    let result = readCSVColumns(bytes, .timeAndSale, level: level) { event, texts in
      guard let sale = event.event(as: TimeAndSale.self) else { return }
      func bits(_ value: Double) -> String {
        let digits = String((value.isNaN ? Double.nan : value).bitPattern, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
      }
      func text(_ text: Text) -> String { hexadecimal(text, texts) }
      let code = sale.exchangeCode.rawValue == 0 ? "" : String(UnicodeScalar(UInt8(sale.exchangeCode.rawValue)))
      rows.append(
        [
          text(Text(id: sale.head.symbol)), "\(sale.eventTime)", "\(sale.index)", bits(sale.price),
          bits(sale.size), code, "\(sale.spreadLeg)", text(sale.exchangeSaleConditions), text(sale.buyer),
          text(sale.seller), "\(sale.receivedNanos)",
        ].joined(separator: "|"))
    }
    #expect(result.errors == [])
    return rows
  }
}
