import DXLink
import JSON
import TestSupport
import Testing

@Suite("Frames by instruction set")
struct InstructionSetTests {
  @Test("every instruction set of this machine gives the events of the portable one", arguments: SIMDLevel.supported)
  func sameEvents(level: SIMDLevel) throws {
    var portable = Rig()
    portable.decoder = FeedDecoder(level: .portable)
    var other = Rig()
    other.decoder = FeedDecoder(level: level)
    let config =
      #"{"type":"FEED_CONFIG","channel":1,"eventFields":{"Quote":["eventSymbol","bidPrice","askPrice"]}}"#
    // Values of every length, so that texts and numbers lie across the edges of blocks of 16, 32 and 64 bytes.
    var values: [String] = []
    for i in 1...200 {
      let symbol = String(repeating: "S", count: 1 + i % 23) + "é\\u0041\(i)"
      values.append(#""\#(symbol)",\#(i % 7 == 0 ? "\"NaN\"" : "\(Double(i) * 1.25)"),\#(i)e\#(i % 11)"#)
    }
    let data = #"{"type":"FEED_DATA","channel":1,"data":["Quote",[\#(values.joined(separator: ","))]]}"#
    for frame in [config, data] {
      try portable.decode(frame)
      try other.decode(frame)
    }
    #expect(portable.events.count == 200)
    #expect(other.events == portable.events)
    #expect(other.rows == portable.rows)
  }
}
