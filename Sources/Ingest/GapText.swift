import Bytes
import Market
import Recording

/// A lane's gap as a recording keeps it: the reason's name, attempts and topics stand in the mark's text, so that a
/// replay
/// gives the same gap to the sinks as the live run.
///
///     serverClosed attempts=2 topics=120
enum GapText {
  static func mark(_ gap: Gap) -> GapMark {
    GapMark(
      from: WallNanos(rawValue: gap.fromNanos), to: WallNanos(rawValue: gap.toNanos),
      lostFrames: UInt64(max(0, gap.lostMessages)), cause: .connectionLost,
      reason: "\(gap.reason) attempts=\(gap.attempts) topics=\(gap.topics)")
  }

  static func gap(_ mark: GapMark, lane: Int) -> Gap {
    let words = mark.reason.split(separator: " ")
    let reason = words.first.flatMap { name in Gap.Reason.allCases.first { "\($0)" == name } }
    var gap = Gap(
      reason: reason ?? (mark.cause == .connectionLost ? .connectionLost : .recordingOverflow), lane: lane,
      fromNanos: mark.from.rawValue, toNanos: mark.to.rawValue)
    gap.lostMessages = Int64(clamping: mark.lostFrames)
    for word in words.dropFirst() {
      let pair = word.split(separator: "=")
      guard pair.count == 2, let value = UInt32(pair[1]) else { continue }
      if pair[0] == "attempts" { gap.attempts = value }
      if pair[0] == "topics" { gap.topics = value }
    }
    return gap
  }
}
