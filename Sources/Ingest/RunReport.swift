import Bytes
package import DXLink
import Market
import Snapshots
import WebSocket

/// What a run did: the figures of `--stats`.
package struct RunReport: Sendable {
  /// What one lane did.
  package struct Lane: Sendable {
    package var number: Int
    package var frames: Int
    package var bytes: Int
    package var events: Int
    package var gaps: Int
    package var reconnects: Int
    /// Where its topics stood at the end.
    package var topics: TopicCounts

    init(_ number: Int, _ outcome: LaneOutcome, _ totals: PipelineTotals) {
      self.number = number
      frames = totals.frames
      bytes = totals.bytes
      events = totals.events
      gaps = outcome.gaps
      reconnects = outcome.reconnects
      topics = outcome.topics
    }

    fileprivate var json: String {
      "{\"lane\":\(number),\"frames\":\(frames),\"bytes\":\(bytes),\"events\":\(events),\"gaps\":\(gaps)"
        + ",\"reconnects\":\(reconnects),\"topics\":{\(RunReport.text(topics))}}"
    }
  }

  package struct Sink: Sendable {
    package var name: String
    package var accepted: Int
    package var dropped: Int
    package var written: Int
    /// Events that waited on disk for room; they are accepted or dropped ones too.
    package var spilled: Int
    package init(name: String, accepted: Int, dropped: Int, written: Int, spilled: Int = 0) {
      self.name = name
      self.accepted = accepted
      self.dropped = dropped
      self.written = written
      self.spilled = spilled
    }
  }

  /// How often a type went quiet, and for how long in all.
  package struct Stale: Equatable, Sendable {
    package var type: String
    package var alarms: Int
    package var seconds: Double
    package init(type: String, alarms: Int, seconds: Double) {
      self.type = type
      self.alarms = alarms
      self.seconds = seconds
    }
  }

  /// From arrival to the sink's write, in microseconds.
  package struct Latency: Sendable {
    package var p50 = 0.0
    package var p99 = 0.0
    package var p999 = 0.0
    package var max = 0.0
    package init() {}
  }

  package var seconds = 0.0
  package var cpuSeconds = 0.0
  package var totals = PipelineTotals()
  package var gaps = 0
  /// Gaps whose time series came again in full.
  package var filledGaps = 0
  package var reconnects = 0
  /// Replayed recordings that are damaged, or torn at their end.
  package var damagedFiles = 0
  package var sinks: [Sink] = []
  /// Empty in a replay.
  package var lanes: [Lane] = []
  /// Topics that no lane had room for, so that the server was never told.
  package var unplacedTopics = 0
  /// Topics without room and those that the server refused, by name; `maximumListedTopics` are stated.
  package var listedTopics: [String] = []

  package static let maximumListedTopics = 1000
  /// Payloads and marks that were to be recorded: `recordedEntries` + `recordingLost`.
  package var recordingOffered = 0
  package var recordedEntries = 0
  package var recordedBytes = 0
  /// Entries that are not in the recording: dropped, each within a marked gap, or not written in the end.
  package var recordingLost = 0
  package var latency = Latency()
  package var peakResidentBytes = 0
  /// Event types that had gone quiet longer than `--stale-after` allows, by name.
  package var stale: [Stale] = []
  /// Sixteen hexadecimal digits.
  package var digest = ""

  package init() {}

  /// Wanted topics of all lanes.
  package var topics: TopicCounts { lanes.reduce(into: TopicCounts()) { $0 += $1.topics } }

  /// Topics that are wanted and that the feed does not give, as far as we know.
  package var missingTopics: Int { unplacedTopics + topics.refused }

  /// Whether no wanted topic was refused, every decoded row reached every sink and nothing was malformed, dropped or
  /// missed.
  package var isLossless: Bool {
    missingTopics == 0 && gaps == 0 && damagedFiles == 0 && recordingLost == 0 && totals.malformedRows == 0
      && totals.malformedMessages == 0 && totals.refusedTexts == 0 && totals.snapshots.refused == 0
      && totals.snapshots.held == 0 && sinks.allSatisfy { $0.dropped == 0 && $0.accepted == $0.written }
  }

  /// Whether all figures add up.
  package var isBalanced: Bool {
    sinks.allSatisfy { $0.accepted + $0.dropped == totals.events && $0.accepted == $0.written }
      && recordingOffered == recordedEntries + recordingLost
      && totals.rows == totals.decodedRows + totals.malformedRows + totals.unknownTypes
      && totals.decodedRows == totals.events + totals.beyondLimit + withheld
      && totals.wire.received == totals.wire.data + totals.wire.control + totals.wire.overhead
  }

  /// Decoded rows that `--snapshots committed` let no sink see.
  private var withheld: Int { totals.snapshots.void + totals.snapshots.held + totals.duplicates }

  private func rate(_ count: Int) -> Double { seconds > 0 ? Double(count) / seconds : 0 }

  package var framesPerSecond: Double { rate(totals.frames) }
  package var eventsPerSecond: Double { rate(totals.events) }
  package var megabytesPerSecond: Double { rate(totals.bytes) / 1e6 }

  /// One JSON object on one line, with a line feed. The keys are a contract.
  package func json() -> String {
    var out = "{"
    out += "\"seconds\":\(JSONText.rounded(seconds)),\"cpuSeconds\":\(JSONText.rounded(cpuSeconds))"
    out += ",\"frames\":\(totals.frames),\"messages\":\(totals.messages),\"bytes\":\(totals.bytes)"
    out += ",\"events\":\(totals.events),\"eventsByType\":{"
    let named = EventType.allCases.filter { totals.eventsByType[$0.index] > 0 }
    out += named.map { "\"\($0.name)\":\(totals.eventsByType[$0.index])" }.joined(separator: ",")
    let wire = totals.wire
    out += "},\"network\":{\"bytes\":\(wire.received),\"data\":\(wire.data),\"control\":\(wire.control)"
    out += ",\"overhead\":\(wire.overhead)},\"rows\":{\"seen\":\(totals.rows)"
    out += ",\"decoded\":\(totals.decodedRows),\"malformed\":\(totals.malformedRows)"
    out += ",\"skipped\":{\"unknownType\":\(totals.unknownTypes),\"unknownField\":\(totals.unknownFields)"
    out += ",\"unknownValue\":\(totals.unknownValues),\"beyondLimit\":\(totals.beyondLimit)"
    out += ",\"closedChannel\":\(totals.closedChannelMessages)}}"
    let held = totals.snapshots
    out += ",\"snapshots\":{\"committed\":\(held.snapshots),\"refused\":\(held.refused)"
    out += ",\"void\":\(held.void),\"held\":\(held.held),\"duplicates\":\(totals.duplicates)}"
    out += ",\"malformedMessages\":\(totals.malformedMessages),\"refusedTexts\":\(totals.refusedTexts)"
    out += ",\"damagedRecordings\":\(damagedFiles),\"gaps\":\(gaps),\"filledGaps\":\(filledGaps)"
    out += ",\"reconnects\":\(reconnects),\"sinks\":{"
    out += sinks.map { sink in
      "\(JSONText.quoted(sink.name)):{\"accepted\":\(sink.accepted),\"dropped\":\(sink.dropped)"
        + ",\"written\":\(sink.written),\"spilled\":\(sink.spilled)}"
    }.joined(separator: ",")
    out += "},\"recording\":{\"offered\":\(recordingOffered),\"entries\":\(recordedEntries)"
    out += ",\"bytes\":\(recordedBytes),\"lost\":\(recordingLost)}"
    if !lanes.isEmpty {
      let listed = listedTopics.prefix(Self.maximumListedTopics).map { JSONText.quoted($0) }.joined(separator: ",")
      out += ",\"topics\":{\(Self.text(topics)),\"unplaced\":\(unplacedTopics),\"listed\":[\(listed)]}"
      out += ",\"lanes\":[\(lanes.map(\.json).joined(separator: ","))]"
    }
    out += ",\"framesPerSecond\":\(JSONText.rounded(framesPerSecond))"
    out += ",\"eventsPerSecond\":\(JSONText.rounded(eventsPerSecond))"
    out += ",\"megabytesPerSecond\":\(JSONText.rounded(megabytesPerSecond))"
    out += ",\"latencyMicros\":{\"p50\":\(JSONText.rounded(latency.p50)),\"p99\":\(JSONText.rounded(latency.p99))"
    out += ",\"p999\":\(JSONText.rounded(latency.p999)),\"max\":\(JSONText.rounded(latency.max))}"
    out += ",\"stale\":{"
    out += stale.map {
      "\(JSONText.quoted($0.type)):{\"alarms\":\($0.alarms),\"seconds\":\(JSONText.rounded($0.seconds))}"
    }.joined(separator: ",")
    out += "},\"peakResidentBytes\":\(peakResidentBytes),\"digest\":\(JSONText.quoted(digest))}\n"
    return out
  }

  private static func text(_ topics: TopicCounts) -> String {
    "\"wanted\":\(topics.wanted),\"pending\":\(topics.pending),\"sent\":\(topics.sent)"
      + ",\"live\":\(topics.live),\"refused\":\(topics.refused)"
  }
}
