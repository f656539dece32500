import Bytes
import DXLink

/// One open DOM channel of a client.
struct DOMChannel {
  let number: Int
  let topic: DOMTopic
  /// Seconds between two snapshots.
  var period = defaultPeriodSeconds
  /// Levels a side.
  var depth = defaultDepth
  /// Whether DOM_SETUP came: nothing flows before.
  var isSetUp = false
  var lastLook: MonotonicNanos?
  /// What the client has.
  var last: DOMSnapshot?

  static let defaultPeriodSeconds = 1.0
  static let defaultDepth = 10
  /// Levels a side of a client that wants all.
  static let maximumDepth = 500
  /// Sources that one channel may name.
  static let maximumSources = 64

  mutating func take(_ setup: DOMSetup) {
    if let wish = setup.acceptAggregationPeriod {
      period = wish.isFinite && wish >= 0 ? min(wish, 3600) : Self.defaultPeriodSeconds
    }
    if let wish = setup.acceptDepthLimit { depth = wish > 0 ? min(wish, Self.maximumDepth) : Self.maximumDepth }
    isSetUp = true
    (lastLook, last) = (nil, nil)
  }

  var config: DOMConfig {
    DOMConfig(aggregationPeriod: period, depthLimit: depth, orderFields: DOMSetup.orderFields)
  }

  func isDue(_ now: MonotonicNanos) -> Bool {
    guard isSetUp else { return false }
    guard let lastLook else { return true }
    return now.nanos(since: lastLook) >= Int64(period * 1e9)
  }
}

// DOM channels of a session.

extension ServerSession {
  /// Opens a DOM channel, or tells why not.
  mutating func openDOM(_ channel: Int, _ service: ChannelService, _ out: inout MessageQueue) {
    guard let topic = service.dom, !topic.symbol.isEmpty, !topic.sources.isEmpty,
      topic.sources.count <= DOMChannel.maximumSources
    else {
      fail(
        channel, ErrorNotice.badAction,
        "A DOM channel needs a symbol and 1 to \(DOMChannel.maximumSources) sources", &out)
      return out.append(.channelClosed(channel: channel))
    }
    domChannels[channel] = DOMChannel(number: channel, topic: topic)
    out.append(.channelOpened(channel: channel, ChannelService(dom: topic)))
  }

  mutating func setUpDOM(_ channel: Int, _ setup: DOMSetup, _ out: inout MessageQueue) {
    guard var own = domChannels[channel] else { return }
    own.take(setup)
    domChannels[channel] = own
    newDOM.append(channel)
    out.append(.domConfig(channel: channel, own.config))
  }

  /// Topics of channels that were set up since the last call.
  mutating func takeNewDOM() -> [DOMTopic] {
    if newDOM.isEmpty { return [] }
    defer { newDOM.removeAll() }
    return newDOM.compactMap { domChannels[$0]?.topic }
  }

  /// Sends snapshots where a period has passed and something has changed.
  mutating func sendDOM(
    _ now: MonotonicNanos, _ out: inout MessageQueue, _ make: (DOMTopic, Int) -> DOMSnapshot?
  ) {
    for number in domChannels.keys.sorted() {
      guard var own = domChannels[number], own.isDue(now) else { continue }
      own.lastLook = now
      if let snapshot = make(own.topic, own.depth), snapshot.bids != own.last?.bids || snapshot.asks != own.last?.asks {
        own.last = snapshot
        counters.domSnapshots += 1
        out.append(.domSnapshot(channel: number, snapshot))
      }
      domChannels[number] = own
    }
  }
}
