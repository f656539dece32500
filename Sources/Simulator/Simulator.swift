// Simulator: a dxLink server for tests, demonstrations and benchmarks, and the seeded generator of its events.
//
//     GenerateSpec ─► Generator ─► FrameStream ─► recording entries (time, payload)
//                         └► LiveFeed ─┐
//     PacedSpec ──────────► PacedFeed ─┤
//     AnswerSpec ─────────► AnswerFeed ┤
//     HistorySpec ────────► HistoryFeed┤
//     recording ──────────► Playback ──┴► ServerSession (no I/O) ─► ClientConnection, Server (sockets, TLS, WebSocket)
//                                               ▲                          ▲
//                                               └──────── FaultPlan ───────┘
//
// Invariant: the same spec text gives the same events and the same payloads, byte for byte, on every machine. Only
// integers, and doubles made by + - * / in a fixed order, take part; no clock, no libm, no hash order.
//
// Out of scope: the INDICHART and RPC services (refused as a real server refuses them), compression, certificates. The
// DOM service is there for generated markets, and refused elsewhere.

/// Limits and times of the server that have a name, with their defaults.
package struct ServerLimits: Sendable, Equatable {
  /// Clients at one time; one more is refused with 503.
  package var maximumClients = 256
  /// Open channels of one client.
  package var maximumChannels = 100
  /// Subscriptions (type, symbol, source) of one client.
  package var maximumTopics = 200_000
  /// What real servers refuse beside.
  package var changesPerMinute: Int?
  package var topicsPerMessage: Int?
  package var candleSnapshots: Int?
  package var sessionsPerToken: Int?
  /// Bytes that the subscriptions of all clients take together, about 150 each and its symbol; more is refused.
  package var maximumSubscriptionBytes = 24 << 20
  /// Longest message that a client may send; a longer one ends the connection with 1009.
  package var maximumMessageBytes = 64 << 10
  /// Longest message that we send; a row that is longer than that alone travels alone.
  package var maximumPayloadBytes = 60 << 10
  /// Bytes that may wait for one slow client.
  package var maximumQueuedBytes = 1 << 20
  /// Bytes that may wait for all clients: where there are many, each has its part of these, and never less than
  /// `leastQueuedBytes`.
  package var maximumQueuedBytesOfAll = 6 << 20
  package var leastQueuedBytes = 64 << 10
  /// New subscriptions that may wait for their first values; a client with more is not read from.
  package var maximumUngreeted = 4096
  /// Requested fields of one type that are looked at.
  package var maximumFieldsPerType = 256
  /// Time for the HTTP upgrade and for SETUP, in milliseconds.
  package var setupTimeoutMillis: Int64 = 10_000
  /// How long a client's subscription must be quiet before a recording starts to play for it, in milliseconds.
  package var settleMillis: Int64 = 250
  /// How long a client may take to answer our Close, in milliseconds.
  package var closeTimeoutMillis: Int64 = 5_000
  package init() {}

  package mutating func take(_ spec: LimitsSpec) {
    maximumTopics = spec.topics ?? maximumTopics
    changesPerMinute = spec.changes
    topicsPerMessage = spec.messageTopics
    candleSnapshots = spec.snapshots
    sessionsPerToken = spec.sessions
    // As much memory as that many topics of all the clients of a large test take.
    if let topics = spec.topics {
      maximumSubscriptionBytes = max(maximumSubscriptionBytes, min(topics * 16, 2_000_000) * 176)
    }
  }
}

/// Why the simulator cannot do what it was asked to do.
package enum SimulatorError: Error, Equatable, CustomStringConvertible {
  /// A key that the spec does not have.
  case unknownKey(spec: String, key: String, known: String)
  /// A value that a key does not take.
  case badValue(spec: String, key: String, value: String, allowed: String)
  /// An item without `=` where one is needed, or a key given twice.
  case malformed(spec: String, item: String, expected: String)
  /// A recording that cannot be played.
  case recording(String)
  /// The address could not be taken, or another system call failed.
  case system(String)

  package var description: String {
    switch self {
    case .unknownKey(let spec, let key, let known):
      "\(spec): there is no key “\(key)”; the keys are \(known)"
    case .badValue(let spec, let key, let value, let allowed):
      "\(spec): \(key) cannot be “\(value)”; allowed: \(allowed)"
    case .malformed(let spec, let item, let expected):
      "\(spec): “\(item)” is not understood; expected \(expected)"
    case .recording(let why): "the recording cannot be played: \(why)"
    case .system(let what): what
    }
  }
}
