import Bytes
import TestSupport
import Testing

@testable import DXLink

@Suite("docs/protocol.md is in step", .tags(.unit))
struct ProtocolPageTests {
  private let page = String(decoding: Places.read(Places.packageRoot + "/docs/protocol.md") ?? [], as: UTF8.self)

  /// As people write it: 10,000.
  private func grouped(_ number: Int) -> String {
    let digits = Array("\(number)")
    return digits.indices.map { i in
      (i > 0 && (digits.count - i) % 3 == 0 ? "," : "") + String(digits[i])
    }.joined()
  }

  @Test("its limits and times are those of the code")
  func limits() {
    let pace = Pace()
    let options = Session.Options()
    let rows = [
      "| message to a server | \(pace.maximumBytes >> 10) KiB and \(pace.maximumItems) topics "
        + "(`--topics-per-message`), ten a second |",
      "| channels whose fields are kept apart; names of a field list | \(ProtocolLimits.channels); "
        + "\(ProtocolLimits.fieldsPerType) |",
      "| DOM channels; levels of a side | \(grouped(ProtocolLimits.domChannels)); "
        + "\(grouped(ProtocolLimits.domLevels)) |",
      "| kept ERRORs; bytes of a text | \(ProtocolLimits.keptErrors); \(ProtocolLimits.keptErrorBytes) |",
      "| bytes of a symbol or source | \(SubscriptionBook.textLimit) |",
      "(`--keepalive`, \(Int(options.keepaliveSeconds)) s)", "After \(Session.watchdogFactor) times the",
      "a window of \(ProtocolLimits.candleSnapshots) (", "counted, the last \(ProtocolLimits.keptErrors) kept",
    ]
    for row in rows { #expect(page.contains(row), "\(row)") }
    #expect(pace.chunksPerInterval * 1000 / pace.intervalMillis == 10, "ten a second")
    #expect(abs(Session.keepaliveFraction - 1.0 / 3.0) < 1e-9, "a third of the smaller time-out")
    #expect(options.channelAttempts == 5, "requested again, five times")
    #expect(page.contains("requested again under another number, five times"))
  }

  @Test("it names every message that is read")
  func messages() {
    let reader = String(
      decoding: Places.read(Places.packageRoot + "/Sources/DXLink/MessageReader.swift") ?? [], as: UTF8.self)
    let quoted = reader.split(separator: "\"").filter { word in
      word.count > 3 && word.allSatisfy { $0.isUppercase || $0 == "_" } && word.contains { $0.isLetter }
    }
    #expect(quoted.count >= 15, "the reader's names: \(quoted)")
    for name in quoted { #expect(page.contains(name), "\(name)") }
  }
}
