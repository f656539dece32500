import Bytes
import Formats
import Market
import TestSupport
import Testing

@Suite("Gap rows", .tags(.unit))
struct GapRowTests {
  @Test("a gap mark is a row of its own file in CSV")
  func csv() {
    var out = ByteWriter()
    GapRow.appendCSVHeader(to: &out)
    GapRow.appendCSV(sampleGap(), to: &out)
    #expect(
      out.string == """
        lane,reason,fromNanos,toNanos,attempts,topics,lostMessages,receivedNanos
        3,silence,1772461800125000000,1772461803500000000,2,4294967295,9223372036854775807,-5

        """)
  }

  @Test(
    "a gap mark is a line of event type Gap in NDJSON, and comes back for every reason",
    arguments: Gap.Reason.allCases)
  func ndjson(reason: Gap.Reason) {
    var gap = sampleGap()
    gap.reasonByte = reason.rawValue
    var out = ByteWriter()
    GapRow.appendNDJSON(gap, to: &out)
    let line = out.string
    #expect(line.hasPrefix("{\"eventType\":\"Gap\",\"lane\":3,\"reason\":\"\(reason)\",\"fromNanos\":17724618001"))
    #expect(decodeNDJSON(out.array).gaps == [gap])
  }

  @Test("an event encoder writes no line for a gap mark")
  func noEvent() {
    var out = ByteWriter()
    var texts = TextTable()
    _ = texts.intern("A")
    unsafe sampleGap().withRecord { record in
      unsafe NDJSONEncoder().append(EventRef(record.baseAddress!), texts.store, to: &out)
    }
    let count = out.count
    #expect(count == 0)
  }
}
