package import DXLink

/// A DOM snapshot as it arrived, with what its channel shows.
package struct DOMUpdate: Sendable {
  package let topic: DOMTopic
  package let snapshot: DOMSnapshot
  /// Nanoseconds since 1970 UTC.
  package let receivedNanos: Int64
}

/// Takes DOM snapshots, on the thread of their lane or replay.
package typealias DOMReceiver = @Sendable (DOMUpdate) -> Void

/// What the DOM channels of a recording show: their requests are in it, as they were sent.
struct RecordedDOM {
  private struct Key: Hashable {
    var source: Int
    var lane: UInt16
    var channel: Int
  }

  private var topics: [Key: DOMTopic] = [:]

  /// Channels that are kept apart; the snapshots of further ones are passed over.
  static let maximumChannels = 64 * ProtocolLimits.domChannels

  mutating func requested(_ service: ChannelService, source: Int, lane: UInt16, channel: Int) {
    guard service.service == ChannelService.domName, let topic = service.dom else { return }
    if topics.count < Self.maximumChannels { topics[Key(source: source, lane: lane, channel: channel)] = topic }
  }

  mutating func sessionStarted(source: Int, lane: UInt16) {
    if topics.isEmpty { return }
    topics = topics.filter { $0.key.source != source || $0.key.lane != lane }
  }

  func topic(source: Int, lane: UInt16, channel: Int) -> DOMTopic? {
    topics[Key(source: source, lane: lane, channel: channel)]
  }
}
