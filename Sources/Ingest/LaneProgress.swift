package import DXLink
import Market
package import Snapshots
import Synchronization
package import WebSocket

/// A lane's figures while it runs, for the progress line: written by the lane, read by anyone.
package final class LaneProgress: Sendable {
  package enum State: Int, Sendable {
    case starting, connecting, handshaking, streaming, waiting, ended
  }

  private let stateValue = Atomic<Int>(0)
  private let frameCount = Atomic<Int>(0)
  private let messageCount = Atomic<Int>(0)
  private let byteCount = Atomic<Int>(0)
  private let eventCount = Atomic<Int>(0)
  private let malformedCount = Atomic<Int>(0)
  private let gapCount = Atomic<Int>(0)
  private let reconnectCount = Atomic<Int>(0)
  private let turnCount = Atomic<Int>(0)
  private let pendingCount = Atomic<Int>(0)
  private let sentCount = Atomic<Int>(0)
  private let liveCount = Atomic<Int>(0)
  private let refusedCount = Atomic<Int>(0)

  package init() {}

  package var state: State { State(rawValue: stateValue.load(ordering: .relaxed)) ?? .starting }
  package var frames: Int { frameCount.load(ordering: .relaxed) }
  package var messages: Int { messageCount.load(ordering: .relaxed) }
  package var bytes: Int { byteCount.load(ordering: .relaxed) }
  package var events: Int { eventCount.load(ordering: .relaxed) }
  package var malformed: Int { malformedCount.load(ordering: .relaxed) }
  package var gaps: Int { gapCount.load(ordering: .relaxed) }
  package var reconnects: Int { reconnectCount.load(ordering: .relaxed) }

  /// How often the lane went through its loop, by which a hung one is known.
  package var turns: Int { turnCount.load(ordering: .relaxed) }
  /// One more; only the lane counts.
  func turn() { turnCount.store(turnCount.load(ordering: .relaxed) &+ 1, ordering: .relaxed) }

  /// Wanted topics by state. Each number is of its own moment.
  package var topics: TopicCounts {
    var topics = TopicCounts()
    topics.pending = pendingCount.load(ordering: .relaxed)
    topics.sent = sentCount.load(ordering: .relaxed)
    topics.live = liveCount.load(ordering: .relaxed)
    topics.refused = refusedCount.load(ordering: .relaxed)
    return topics
  }

  func enter(_ state: State) { stateValue.store(state.rawValue, ordering: .relaxed) }
  func addGap() { gapCount.wrappingAdd(1, ordering: .relaxed) }
  func addReconnect() { reconnectCount.wrappingAdd(1, ordering: .relaxed) }

  /// Publishes where the topics stand, when that changed.
  func update(topics: TopicCounts) {
    pendingCount.store(topics.pending, ordering: .relaxed)
    sentCount.store(topics.sent, ordering: .relaxed)
    liveCount.store(topics.live, ordering: .relaxed)
    refusedCount.store(topics.refused, ordering: .relaxed)
  }

  /// Publishes figures; once per read, by the lane only.
  func update(frames: Int, bytes: Int, events: Int, malformed: Int) {
    frameCount.store(frames, ordering: .relaxed)
    messageCount.store(frames, ordering: .relaxed)
    byteCount.store(bytes, ordering: .relaxed)
    eventCount.store(events, ordering: .relaxed)
    malformedCount.store(malformed, ordering: .relaxed)
  }
}

/// What a pipeline has counted.
package struct PipelineTotals: Sendable {
  /// WebSocket data frames, or recorded payloads.
  package var frames = 0
  /// Text messages that were interpreted.
  package var messages = 0
  /// Bytes of their payloads.
  package var bytes = 0
  /// Events handed to the sinks.
  package var events = 0
  package var eventsByType = [Int](repeating: 0, count: EventType.count)
  /// Of live connections; zeros in a replay.
  package var wire = WireCounts()
  /// Rows seen: decoded, malformed or of unknown types.
  package var rows = 0
  /// FEED_DATA of channels that the server had closed.
  package var closedChannelMessages = 0
  package var decodedRows = 0
  package var malformedRows = 0
  /// Messages that were no JSON or no dxLink message.
  package var malformedMessages = 0
  package var unknownTypes = 0
  package var unknownFields = 0
  package var unknownValues = 0
  package var refusedTexts = 0
  /// Events that came behind `--limit`.
  package var beyondLimit = 0
  /// Of `--snapshots committed`; zeros where events go on as they come.
  package var snapshots = SnapshotCounts()
  /// Rows that came again after a gap and had gone on before.
  package var duplicates = 0

  package init() {}

  package static func += (a: inout PipelineTotals, b: PipelineTotals) {
    a.frames += b.frames
    a.messages += b.messages
    a.bytes += b.bytes
    a.events += b.events
    for i in a.eventsByType.indices { a.eventsByType[i] += b.eventsByType[i] }
    a.wire += b.wire
    a.rows += b.rows
    a.closedChannelMessages += b.closedChannelMessages
    a.decodedRows += b.decodedRows
    a.malformedRows += b.malformedRows
    a.malformedMessages += b.malformedMessages
    a.unknownTypes += b.unknownTypes
    a.unknownFields += b.unknownFields
    a.unknownValues += b.unknownValues
    a.refusedTexts += b.refusedTexts
    a.beyondLimit += b.beyondLimit
    a.snapshots += b.snapshots
    a.duplicates += b.duplicates
  }
}
