/// One thing that goes wrong on purpose, read from text such as `stall=after:50,seconds:5` or `close=1011,once`.
package struct Fault: Sendable, Equatable {
  package enum Kind: String, CaseIterable, Sendable {
    case refuseToken = "refuse-token"
    case unauthorizedLate = "unauthorized-late"
    case dropTCP = "drop-tcp"
    case stall
    case split
    case fragment
    case duplicate
    case garbage
    case reorderConfig = "reorder-config"
    case configFewerFields = "config-fewer-fields"
    case noFields = "no-fields"
    case fullSwitch = "full-switch"
    case errors
    case silent
    case bye
    case close
    case closeChannel = "close-channel"
    case pairs

    /// Kinds that strike after a number of data messages.
    static let counting: [Kind] = [.unauthorizedLate, .dropTCP, .stall, .fullSwitch, .bye, .close, .closeChannel]
  }

  package let kind: Kind
  /// Data messages that pass before the fault strikes.
  package private(set) var after = 0
  /// `every`, `seconds`, bytes, count or close code: what the kind needs.
  package private(set) var number = 0
  package private(set) var seed: UInt64 = 1
  /// The only connection that has it, counted from 1 in the order in which clients came; nil for all.
  package private(set) var connection: Int?

  /// Each fault, its arguments with their defaults, and its meaning: for `--help`. Every fault also takes `once` and
  /// `connection:K`.
  package static let table: [(kind: Kind, arguments: String, meaning: String)] = [
    (.refuseToken, "", "answers every token with UNAUTHORIZED"),
    (.unauthorizedLate, "after:N (1)", "sends UNAUTHORIZED after N data messages, then no data until a new AUTH"),
    (.dropTCP, "after:N (0)", "cuts the TCP connection without a Close after N data messages"),
    (.stall, "after:N (0), seconds:S (5)", "sends nothing at all for S seconds after N data messages"),
    (.split, "N", "gives the socket at most N bytes a write"),
    (.fragment, "N", "sends every message in fragments of N bytes"),
    (.duplicate, "every:N (10)", "sends every N-th data message twice"),
    (.garbage, "every:N (10), seed:S (1)", "sends a message that is no JSON after every N data messages"),
    (.reorderConfig, "seed:S (1)", "sends the fields in another order than asked"),
    (.configFewerFields, "", "leaves the last asked field of every type out"),
    (.noFields, "", "never names the fields: rows come in the order asked"),
    (.fullSwitch, "after:N (1)", "goes from COMPACT to FULL unasked after N data messages"),
    (.errors, "N", "sends N ERROR messages at each first subscription of a channel"),
    (.silent, "", "sends no KEEPALIVE"),
    (.bye, "after:N (0)", "closes with 1000 Bye after N data messages"),
    (.close, "CODE, after:N (0)", "closes with CODE after N data messages"),
    (.closeChannel, "after:N (1)", "closes a feed channel unasked after N data messages"),
    (.pairs, "", "puts several types into one data message"),
  ]

  package init(_ text: String) throws(SimulatorError) {
    let halves = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard let name = halves.first, let kind = Kind(rawValue: String(name)) else {
      throw .unknownKey(
        spec: "fault", key: String(halves.first ?? ""), known: Kind.allCases.map(\.rawValue).joined(separator: ", "))
    }
    self.kind = kind
    switch kind {
    case .stall: number = 5
    case .duplicate, .garbage: number = 10
    case .unauthorizedLate, .fullSwitch, .closeChannel: after = 1
    default: break
    }
    var hasNumber = ![.split, .fragment, .errors, .close].contains(kind)
    for item in halves.count == 2 ? halves[1].split(separator: ",", omittingEmptySubsequences: false) : [] {
      try take(String(item), &hasNumber)
    }
    guard hasNumber else { throw refuse(text) }
  }

  private mutating func take(_ item: String, _ hasNumber: inout Bool) throws(SimulatorError) {
    if item == "once" {
      connection = 1
      return
    }
    let halves = item.split(separator: ":", omittingEmptySubsequences: false)
    let limit = kind == .close ? 4999 : 1_000_000
    switch (halves.count, halves.first, Int(halves.last ?? "")) {
    case (2, "connection", let n?) where (1...1_000_000_000).contains(n): connection = n
    case (2, "after", let n?) where Kind.counting.contains(kind) && (0...1_000_000_000).contains(n): after = n
    case (2, "seconds", let n?) where kind == .stall && (1...86_400).contains(n): number = n
    case (2, "every", let n?) where (kind == .duplicate || kind == .garbage) && n >= 1: number = n
    case (2, "seed", let n?) where (kind == .reorderConfig || kind == .garbage) && n >= 0: seed = UInt64(n)
    case (1, _, let n?) where !hasNumber && n >= (kind == .close ? 1000 : 1) && n <= limit:
      number = n
      hasNumber = true
    default: throw refuse(item)
    }
  }

  private func refuse(_ value: String) -> SimulatorError {
    let row = Self.table.first { $0.kind == kind }
    let allowed = row.map { ($0.arguments.isEmpty ? "" : "\($0.arguments), ") + "once, connection:K" } ?? ""
    return .badValue(spec: "fault", key: kind.rawValue, value: value, allowed: allowed)
  }
}

/// The faults of one connection.
package struct FaultPlan: Sendable {
  private let faults: [Fault]

  /// `connection` counts from 0 in the order in which clients came.
  package init(_ all: [Fault], connection: Int) {
    faults = all.filter { $0.connection == nil || $0.connection == connection + 1 }
  }

  package subscript(_ kind: Fault.Kind) -> Fault? { faults.first { $0.kind == kind } }
  package func has(_ kind: Fault.Kind) -> Bool { self[kind] != nil }
}
