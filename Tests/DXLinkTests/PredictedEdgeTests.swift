import Bytes
import DXLink
import JSON
import Market
import TestSupport
import Testing

/// What was found by fuzzing and by reading the code, each kept from coming back.
@Suite("The predicted layout at its edges")
struct PredictedEdgeTests {
  static let levels = SIMDLevel.supported

  /// Decodes the frames one after another, predicted and by the scanner, and expects the same of both.
  private func expectSame(_ frames: [String], _ level: SIMDLevel) {
    var predicting = Rig(level: level)
    var strict = Rig(level: level, predicts: false)
    for frame in frames {
      let a = outcome(&predicting, Padded(frame))
      let b = outcome(&strict, Padded(frame))
      #expect(a == b, "\(level): \(frame)")
    }
    #expect(predicting.rows == strict.rows, "\(level): \(frames)")
    let (a, b) = (predicting.decoder.counters, strict.decoder.counters)
    #expect(a.rowsDecoded == b.rowsDecoded && a.rowsMalformed == b.rowsMalformed, "\(level): \(frames)")
  }

  private func outcome(_ rig: inout Rig, _ frame: Padded) -> String {
    do throws(FeedError) { return "\(try rig.decode(frame))" } catch { return "refused" }
  }

  @Test("a code's name is no name with zeros behind it", arguments: levels)
  func codeAndZeros(level: SIMDLevel) {
    let columns = config(#"{"TimeAndSale":["eventSymbol","aggressorSide"]}"#)
    for zeros in 1...4 {
      let side = "\"BUY\"" + String(repeating: "\u{0}", count: zeros)
      expectSame([columns, data("[\"TimeAndSale\",[\"A\",\(side)]]")], level)
    }
  }

  @Test("a known symbol does not make its unescaped bytes JSON", arguments: levels)
  func unescapedSymbols(level: SIMDLevel) {
    let columns = config(#"{"Quote":["eventSymbol","bidPrice"]}"#)
    for symbol in ["A\\n", "A\\B", "A\u{1}", "ABCDEFGHIJ\u{1F}KLMNOPQ", "ABCDEFGHIJKLMNOPQRST\\U", "\u{0}"] {
      let escaped = symbol.unicodeScalars.map { scalar in
        guard scalar.value < 0x20 || scalar == "\\" else { return "\(scalar)" }
        return "\\u00" + String(scalar.value + 0x100, radix: 16).dropFirst()
      }.joined()
      let frames = [escaped, symbol, escaped, symbol].map { data("[\"Quote\",[\"\($0)\",1.5]]") }
      expectSame([columns] + frames, level)
    }
  }

  @Test(
    "a value of many windows ends, and so does reading it", arguments: levels, [60, 64, 130, 2_000, 9_000, 100_000])
  func longValue(level: SIMDLevel, digits: Int) {
    let columns = config(#"{"Quote":["eventSymbol","bidPrice","askPrice","bidSize","askSize"]}"#)
    let usual = data(#"["Quote",["A",1.5,2.5,3.0,4.0]]"#)
    let long = "9." + String(repeating: "0", count: digits)
    for row in ["\(long),2.5,3.0,4.0", "1.5,\(long),3.0,4.0", "1.5,2.5,3.0,\(long)", "\(long)x,2.5,3.0,4.0"] {
      expectSame([columns, usual, data("[\"Quote\",[\"A\",\(row)]]"), usual], level)
    }
  }

  @Test(
    "a long number that begins anywhere in a window, with short ones behind it, is read as the scanner does",
    arguments: levels)
  func straddlingValue(level: SIMDLevel) {
    let columns = config(#"{"Quote":["eventSymbol","bidPrice","askPrice","bidSize","askSize"]}"#)
    // The symbol's length moves the number through the window; rows of short doubles let the fast way be tried again.
    for shift in 0..<64 {
      let symbol = String(repeating: "S", count: 1 + shift)
      let rows = (56..<72).map { digits in
        "\"\(symbol)\",1.\(String(repeating: "5", count: digits)),2.5,3.0,4.0"
          + String(repeating: ",\"A\",1.5,2.5,3.0,4.0", count: 40)
      }
      expectSame([columns] + rows.map { data("[\"Quote\",[\($0)]]") }, level)
    }
  }

  @Test("an object with more keys than its type's last ones is counted once", arguments: levels)
  func longerObject(level: SIMDLevel) {
    let object = #"{"eventType":"Quote","eventSymbol":"A","bidPrice":1.5"#
    let usual = data("[\(object)},\(object)}]")
    for rest in [#","bidSize":1.0}]"#, "]", "}}", ",1}]"] { expectSame([usual, data("[\(object)\(rest)")], level) }
  }

  @Test("behind a row stands what ends rows, and behind an object what ends objects", arguments: levels)
  func wrongTerminators(level: SIMDLevel) {
    let columns = config(#"{"TimeAndSale":["eventSymbol","price","buyer"],"Quote":["eventSymbol","bidPrice"]}"#)
    let object = #"{"eventType":"TimeAndSale","eventSymbol":"A","price":1.5,"buyer":"a long name"#
    let usual = data("[\(object)\"},\(object)\"}]")
    let behind = [#"""#, #"1""#, #"2","B","price":2.5,"buyer":"x"}"#, #"","B","price":2.5,"buyer":"another one"}"#]
    for (rest, end) in zip(behind, ["]]", "]", "]", "]"]) {
      expectSame([usual, data("[\(object)\(rest)\(end)")], level)
    }
    for row in [#""A",1.5,"a long name"}"#, #""A",1.5,"a long name"},"B",2.5,"x"]"#, #""A",1.5,"x"}"#] {
      expectSame([columns, data("[\"TimeAndSale\",[\(row)]"), data("[\"TimeAndSale\",[\(row)")], level)
    }
    for row in [#""A",1.5}"#, #""A",1.5],"#, #""A",1.5],{"#, #""A",1.5]]]"#, #""A",1.5]}"#] {
      expectSame([columns, data("[\"Quote\",[\(row)]"), data("[\"Quote\",[\(row)")], level)
    }
  }

  @Test("an event of two records with four doubles alone has nothing of an earlier event", arguments: levels)
  func fourDoubles(level: SIMDLevel) {
    let names = Schema.of(.profile).fields.filter { $0.kind == .double }.prefix(4).map { "\"\($0.name)\"" }
    let four = config("{\"Profile\":[\"eventSymbol\",\(names.joined(separator: ","))]}")
    let texts = config(#"{"Profile":["eventSymbol","description","statusReason","shares"]}"#, channel: 3)
    let full = data(#"["Profile",["A","long enough to be kept elsewhere","halted",5.5]]"#, channel: 3)
    expectSame([texts, full, four, data(#"["Profile",["B",1.5,2.5,3.5,4.5,"C",1.5,2.5,3.5,4.5]]"#)], level)
  }

  @Test("nothing is read beyond the padding, whatever stands there: memory behind it is forbidden", arguments: levels)
  func guardPage(level: SIMDLevel) throws {
    let symbol = "ABCDEFGHIJKLMNOPQRSTUVWXYZABCD"
    let object = "{\"eventType\":\"TimeAndSale\",\"eventSymbol\":\"\(symbol)\",\"price\":1.5,\"bidPrice\":2.5}"
    let row = "\"TimeAndSale\",\"\(symbol)\",1.5,2.5,1.25,1.75"
    let columns = #"["eventType","eventSymbol","price","size","bidPrice","askPrice"]"#
    let section = "\"TimeAndSale\",[\(row),\(row)]"
    let whole = [object, section].map { data("[\($0),\($0)]") }
    let frames = [config("{\"TimeAndSale\":\(columns)}")] + whole
    let pages = try #require(GuardedPages())
    var rig = Rig(level: level)
    for frame in frames { try rig.decode(Padded(frame)) }
    for frame in frames.dropFirst() {
      let bytes = Array(frame.utf8)
      for count in 1...bytes.count {
        let text = Array(bytes[..<count])
        // The padding goes on as the frame would, or begins the next part of it again.
        for around in [Array(bytes[count...] + [0]), Array(object.utf8), Array(section.utf8)] {
          let reads = unsafe decodes(&rig, pages.place(text, beforeEnd: Padding.back, around: around))
          #expect(reads == (count == bytes.count))
        }
        let reads = unsafe decodes(&rig, pages.place(text, behindFront: Padding.front))
        #expect(reads == (count == bytes.count))
      }
    }
    #expect(rig.decoder.counters.framesPredicted > 8)
  }

  private func decodes(_ rig: inout Rig, _ payload: UnsafeRawBufferPointer) -> Bool {
    defer { rig.batch.removeAll() }
    let received = try? unsafe rig.decoder.decode(payload, receivedNanos: 1, batch: &rig.batch, texts: &rig.texts) {
      $0.removeAll()
    }
    return received != nil
  }
}
