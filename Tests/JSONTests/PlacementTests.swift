import Bytes
import JSON
import TestSupport
import Testing

/// Documents with something of everything, in several block positions.
let documents: [String] = [
  #"{"type":"FEED_DATA","channel":1,"data":["Quote",["AAPL",171.25,171.26,300.0,4.0316934E7,"NaN",null,true,false]]}"#,
  #" [ ] "#,
  #"  { "a" : [ 1 , -2.5e-3 , "x\\\"y\n" , { } , [ ] ] , "\u00e4\uD83D\uDE00\uD800" : "Zürich €😀" , "a":null }"#,
  #""only a string, long enough to cross the border of a block of sixty-four bytes, with \\\\ and \"quotes\"""#,
  "12345.678901234567890123456789", "-0", "true", "null", " false\n",
  "[\"" + String(repeating: "\\\\", count: 70) + "\",\"" + String(repeating: "€", count: 50) + "\"]",
  String(repeating: "[", count: 64) + String(repeating: "]", count: 64),
  #"{"schemes":["wss"],"e":"","n":[0,0.0,1E+2,9223372036854775807,1e400,"\b\f\n\r\t\/"],"t":[true,true,false,null]}"#,
]

@Suite("Index placement")
struct PlacementTests {
  @Test("a document reads alike at every alignment and whatever surrounds it", arguments: levels)
  func alignment(_ level: SIMDLevel) throws {
    var scanner = Scanner(level: level)
    for document in documents {
      let bytes = Array(document.utf8)
      let expected = try #require(Reference.tell(bytes))
      for alignment in 0..<64 {
        for poison in [0x00, 0x22, 0x5C, 0x30, 0x5D, 0x2C, 0x20, 0xFF] as [UInt8] {
          let padded = Padded(bytes, alignment: alignment, poison: poison)
          if unsafe scanner.tell(padded.payload) != expected {
            Issue.record("\(document) at \(alignment) among \(poison)")
          }
        }
      }
    }
  }

  @Test("every beginning of a document is judged on its own, not by what follows in memory", arguments: levels)
  func everyPrefix(_ level: SIMDLevel) {
    var scanner = Scanner(level: level)
    for document in documents {
      let bytes = Array(document.utf8)
      let whole = Padded(bytes)
      for count in 0...bytes.count {
        let expected = Reference.tell(Array(bytes[..<count]))
        let told = unsafe scanner.tell(UnsafeRawBufferPointer(rebasing: whole.payload[..<count]))
        if told != expected { Issue.record("the first \(count) bytes of \(document)") }
      }
    }
  }

  @Test("white space may be put before a document until each byte stood at each place of a block", arguments: levels)
  func everyOffset(_ level: SIMDLevel) throws {
    var scanner = Scanner(level: level)
    for document in documents {
      let expected = try #require(Reference.tell(Array(document.utf8)))
      for blanks in 0..<64 {
        let text = [UInt8](repeating: 0x20, count: blanks) + Array(document.utf8)
        let padded = Padded(text)
        if unsafe scanner.tell(padded.payload) != expected { Issue.record("\(document) behind \(blanks) blanks") }
      }
    }
  }

  @Test("nothing is read beyond the padding: memory behind it is forbidden", arguments: levels)
  func guardPage(_ level: SIMDLevel) throws {
    let pages = try #require(GuardedPages())
    var scanner = Scanner(level: level)
    for document in documents {
      let bytes = Array(document.utf8)
      for count in [bytes.count, bytes.count / 2, 1, 63, 64, 65] where count <= bytes.count {
        let text = Array(bytes[..<count])
        let expected = Reference.tell(text)
        let low = unsafe scanner.tell(pages.place(text, behindFront: Padding.front))
        let high = unsafe scanner.tell(pages.place(text, beforeEnd: Padding.back))
        #expect(low == expected && high == expected)
      }
    }
  }

  @Test("a plain copy is made without reading beyond the padding", arguments: levels)
  func guardedCopy(_ level: SIMDLevel) throws {
    let pages = try #require(GuardedPages())
    for document in documents + [" [ 1 , \"\\u0041\\/\" ] ", "[\"\\u004"] {
      let bytes = Array(document.utf8)
      for count in 1...bytes.count {
        let text = Array(bytes[..<count])
        // A fresh one each time: its own memory must not hide what it takes from the text's surroundings.
        func plain(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
          var compactor = Compactor(level: level)
          return unsafe compactor.plain(text).map { unsafe [UInt8]($0) }
        }
        let padded = Padded(text, poison: 0x20)
        let expected = unsafe plain(padded.payload)
        let low = unsafe plain(pages.place(text, behindFront: Padding.front))
        let high = unsafe plain(pages.place(text, beforeEnd: Padding.back))
        #expect(low == expected && high == expected, "the first \(count) bytes of \(document)")
      }
    }
  }

  @Test("two values that white space alone keeps apart never grow together, wherever blocks begin", arguments: levels)
  func apart(_ level: SIMDLevel) {
    var compactor = Compactor(level: level)
    for digits in 1...130 {
      for spaces in [1, 2, 63, 64, 65] {
        let head = "[" + String(repeating: "6", count: digits) + String(repeating: "\t", count: spaces)
        let torn = Padded(Array((head + "2 ]").utf8), poison: 0x20)
        #expect(unsafe compactor.plain(torn.payload) == nil, "\(digits) digits, \(spaces) spaces")
        let whole = Padded(Array((head + ", 2 ]").utf8), poison: 0x20)
        let plain = unsafe compactor.plain(whole.payload).map { unsafe String(decoding: $0, as: UTF8.self) }
        #expect(plain == "[" + String(repeating: "6", count: digits) + ",2]", "\(digits) digits, \(spaces) spaces")
      }
    }
  }

  @Test("a known extent is read without a byte before or behind it")
  func numberExtent() throws {
    let pages = try #require(GuardedPages())
    for text in ["1", "-1", "12.5", "171.25", "1234567", "12345678", "123456789.123456789", "1e5", "4.0316934E7"] {
      let low = unsafe Number.parseDouble(pages.place(Array(text.utf8), behindFront: 0))
      let high = unsafe Number.parseDouble(pages.place(Array(text.utf8), beforeEnd: 0))
      #expect(low == Double(text) && high == Double(text))
    }
  }
}
