import TestSupport
import Testing

@testable import Control

@Suite("Lines of a control connection", .tags(.unit))
struct ControlLinesTests {
  private func all(_ pieces: [[UInt8]], limitBytes: Int = 16) -> [ControlLines.Line] {
    var lines = ControlLines(limitBytes: limitBytes)
    var found: [ControlLines.Line] = []
    for piece in pieces {
      lines.append(piece)
      while let line = lines.next() { found.append(line) }
    }
    while let line = lines.next(isLast: true) { found.append(line) }
    return found
  }

  @Test("bytes cut at every position give the same lines, the last without its line feed too")
  func everySplit() {
    let bytes = Array("add A,B\r\n\nlist\nmärz\nstop".utf8)
    let right: [ControlLines.Line] = [.text("add A,B"), .text(""), .text("list"), .text("märz"), .text("stop")]
    #expect(all([bytes]) == right && all(bytes.map { [$0] }) == right)
    for cut in bytes.indices { #expect(all([Array(bytes[..<cut]), Array(bytes[cut...])]) == right, "\(cut)") }
  }

  @Test("a line of the limit is taken, a longer one and one without an end are told, and so is what is no UTF-8")
  func hostile() {
    let full = String(repeating: "x", count: 16)
    #expect(all([Array((full + "\n").utf8)]) == [.text(full)])
    #expect(all([Array((full + "x\n").utf8)]) == [.tooLong])
    #expect(all([Array(repeating: 0, count: 17)]) == [.tooLong])
    #expect(all([[0xFF, 0x0A, 0x61, 0x0A]]) == [.notUTF8, .text("a")])
    #expect(all([[0xC3], [0x0A]]) == [.notUTF8])
  }
}
