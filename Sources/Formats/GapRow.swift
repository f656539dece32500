package import Bytes
package import Market

/// Gap marks as rows: a file of their own beside the CSV files, lines of `eventType` `Gap` among NDJSON's.
///
///     lane,reason,fromNanos,toNanos,attempts,topics,lostMessages,receivedNanos
///     0,connectionLost,1772461800125000000,1772461803500000000,2,120,0,1772461803500000000
///
///     {"eventType":"Gap","lane":0,"reason":"connectionLost","fromNanos":1772461800125000000,…}
package enum GapRow {
  /// The value of `eventType` on NDJSON lines.
  package static var eventType: StaticString { "Gap" }

  /// The columns in their order.
  enum Column: String, CaseIterable {
    case lane, reason, fromNanos, toNanos, attempts, topics, lostMessages, receivedNanos
  }

  package static func appendCSVHeader(to out: inout ByteWriter) {
    for (i, column) in Column.allCases.enumerated() {
      if i > 0 { out.append(0x2C) }
      out.append(column.rawValue)
    }
    out.append(0x0A)
  }

  package static func appendCSV(_ gap: Gap, to out: inout ByteWriter) {
    for (i, column) in Column.allCases.enumerated() {
      if i > 0 { out.append(0x2C) }
      if column == .reason { out.append(name(gap.reason)) } else { out.append(decimal: number(column, gap)) }
    }
    out.append(0x0A)
  }

  package static func appendNDJSON(_ gap: Gap, to out: inout ByteWriter) {
    out.append("{\"eventType\":\"Gap\"")
    for column in Column.allCases {
      out.append(",\"")
      out.append(column.rawValue)
      out.append("\":")
      if column == .reason {
        out.append("\"")
        out.append(name(gap.reason))
        out.append("\"")
      } else {
        out.append(decimal: number(column, gap))
      }
    }
    out.append("}\n")
  }

  /// The reason as it stands in rows.
  package static func name(_ reason: Gap.Reason) -> String { "\(reason)" }

  package static func reason(named name: String) -> Gap.Reason? {
    Gap.Reason.allCases.first { self.name($0) == name }
  }

  private static func number(_ column: Column, _ gap: Gap) -> Int64 {
    switch column {
    case .lane: Int64(gap.lane)
    case .reason: Int64(gap.reason.rawValue)
    case .fromNanos: gap.fromNanos
    case .toNanos: gap.toNanos
    case .attempts: Int64(gap.attempts)
    case .topics: Int64(gap.topics)
    case .lostMessages: gap.lostMessages
    case .receivedNanos: gap.receivedNanos
    }
  }

  /// Sets a column's number; false when it is out of range.
  static func set(_ column: Column, _ value: Int64, _ gap: inout Gap) -> Bool {
    switch column {
    case .reason: return false
    case .lane:
      guard let lane = UInt16(exactly: value) else { return false }
      gap.lane = lane
    case .attempts:
      guard let attempts = UInt32(exactly: value) else { return false }
      gap.attempts = attempts
    case .topics:
      guard let topics = UInt32(exactly: value) else { return false }
      gap.topics = topics
    case .fromNanos: gap.fromNanos = value
    case .toNanos: gap.toNanos = value
    case .lostMessages: gap.lostMessages = value
    case .receivedNanos: gap.receivedNanos = value
    }
    return true
  }
}
