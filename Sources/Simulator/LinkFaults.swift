import Bytes
import WebSocket

/// The state of the faults that strike a connection as a whole.
struct LinkFaults {
  /// Data messages that went out, duplicates not counted.
  var dataMessages = 0
  var struck: Set<Fault.Kind> = []
  private(set) var stalledUntil: MonotonicNanos?
  var wantsDrop = false

  var isStalled: Bool { stalledUntil != nil }

  mutating func stall(until end: MonotonicNanos) { stalledUntil = end }

  mutating func endStall(_ now: MonotonicNanos) {
    if let end = stalledUntil, now >= end { stalledUntil = nil }
  }

  /// Whether a fault that counts data messages has still to strike: then nothing may be made ahead of what was sent.
  func isWaiting(for plan: FaultPlan) -> Bool {
    Fault.Kind.counting.contains { plan.has($0) && !struck.contains($0) }
  }

  /// Whether a fault with `after` strikes now, which it does once.
  mutating func strikes(_ fault: Fault?) -> Fault? {
    guard let fault, dataMessages >= fault.after, struck.insert(fault.kind).inserted else { return nil }
    return fault
  }
}

extension ClientConnection {
  /// Sends one message, with what the faults add to it.
  func send(_ text: borrowing RawSpan, isData: Bool, _ now: MonotonicNanos) {
    queue(text)
    session.sent(at: now)
    guard isData else { return }
    links.dataMessages += 1
    stats.add(.dataMessages)
    if let fault = faults[.duplicate], links.dataMessages % fault.number == 0 { queue(text) }
    if let fault = faults[.garbage], links.dataMessages % fault.number == 0 {
      var random = SimulatorRandom(seed: fault.seed &+ UInt64(links.dataMessages))
      unsafe queue(Garbage.text(&random).span.bytes)
    }
  }

  private func queue(_ text: borrowing RawSpan) {
    // The pump asked whether the conversation takes more, and one message more never exceeds its own, larger limit.
    try? conversation.send(.text, text, fragmentBytes: faults[.fragment]?.number)
    stats.add(.messagesSent)
  }

  /// Lets the faults strike whose time has come: those with `after:0` at the first subscription.
  func strikeIfDue(_ now: MonotonicNanos) {
    guard phase == .open, session.mayHaveData || links.dataMessages > 0 else { return }
    if links.strikes(faults[.dropTCP]) != nil { links.wantsDrop = true }
    if let fault = links.strikes(faults[.stall]) { links.stall(until: now.advanced(bySeconds: Double(fault.number))) }
    if links.strikes(faults[.fullSwitch]) != nil { session.switchToFull(&out) }
    if links.strikes(faults[.unauthorizedLate]) != nil { session.revoke(&out) }
    if links.strikes(faults[.closeChannel]) != nil { session.closeLowestChannel(&out) }
    if links.strikes(faults[.bye]) != nil { closeNow(CloseCode.normal.rawValue, "Bye") }
    if let fault = links.strikes(faults[.close]) { closeNow(UInt16(fault.number), "simulated") }
  }

  private func closeNow(_ code: UInt16, _ reason: String) {
    out = MessageQueue()
    session.close(code, reason, overrides: true)
  }
}

/// Text messages that are no JSON.
enum Garbage {
  static func text(_ random: inout SimulatorRandom) -> [UInt8] {
    switch random.below(4) {
    case 0: Array(#"{"type":"FEED_DATA","channel":1,"data":["Quote",["X",1.0,"#.utf8)
    case 1: Array("}{".utf8)
    case 2: (0..<random.within(1...200)).map { _ in UInt8(random.within(0x20...0x7E)) }
    default: Array(#"{"type":"FEED_DATA","channel":1,"data":["Quote",["X",+1,.5,1.,0x1]]}"#.utf8)
    }
  }
}
