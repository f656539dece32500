import Bytes
import DXLink
package import Market
package import Rings

// Subscriptions of a session, and the way of events to the client.

extension ServerSession {
  mutating func configure(_ channel: Int, _ setup: FeedSetup, _ out: inout MessageQueue) {
    flush(&out)
    guard var own = channels[channel] else { return }
    let changed = own.take(setup, maximumFields: options.limits.maximumFieldsPerType)
    channels[channel] = own
    // The answer names no fields; types in use whose fields changed follow in a message of their own.
    out.append(.feedConfig(channel: channel, FeedConfig(aggregationPeriod: own.period, dataFormat: own.format)))
    if !changed.isEmpty { announce(changed, on: channel, &out) }
  }

  mutating func subscribe(
    _ channel: Int, _ change: FeedSubscription, _ now: MonotonicNanos, _ out: inout MessageQueue
  ) {
    lastSubscription = now
    if change.reset {
      subscriptions.removeAll(channel: channel)
      newTopics.removeAll { $0.topic.channel == channel }
      waiting.removeAll { $0.channel == channel }
    }
    for item in change.remove {
      guard let topic = Self.topic(channel, item) else { continue }
      subscriptions.remove(topic)
      if waiting.count > 0 { waiting.removeAll { $0.isCovered(by: topic) } }
    }
    guard let contract = channels[channel]?.contract, admits(change, on: channel, now, &out) else { return }
    var fresh: [EventType] = []
    var refused = 0
    var snapshots = SnapshotCount(self, channel)
    for item in change.add {
      // A type that we do not know is a type without data: silence.
      guard let topic = Self.topic(channel, item) else { continue }
      if topic.symbol == Subscriptions.wildcard && !contract.takesWildcard {
        fail(channel, ErrorNotice.badAction, "A wildcard needs a channel with contract STREAM or AUTO", &out)
        continue
      }
      if !snapshots.takes(topic, item) { continue }
      let count = subscriptions.count + waiting.count
      guard count < options.limits.maximumTopics || subscriptions.contains(topic) else {
        refused += 1
        continue
      }
      if !begin(NewTopic(topic: topic, fromTime: item.fromTime), now) { refused += 1 }
      if channels[channel]?.plans[topic.type] == nil && !fresh.contains(topic.type) { fresh.append(topic.type) }
    }
    counters.refusedTopics += refused + snapshots.refused
    if snapshots.refused > 0 {
      fail(channel, ErrorNotice.badAction, "Your subscription size for event type 'Candle' is too big", &out)
    }
    if refused > 0 { fail(channel, ErrorNotice.badAction, "Your subscription size is too big", &out) }
    if !fresh.isEmpty { announce(fresh, on: channel, &out) }
    sendErrors(channel, change, &out)
  }

  /// Lets a subscription take effect, at once or after the delay. False where there is no room for it.
  private mutating func begin(_ new: NewTopic, _ now: MonotonicNanos) -> Bool {
    if options.answerDelayMillis > 0 {
      waiting.append(new, due: now.advanced(byNanos: options.answerDelayMillis * 1_000_000))
      return true
    }
    guard subscriptions.add(new.topic) else { return false }
    newTopics.append(new)
    return true
  }

  /// Lets the delayed subscriptions take effect whose time has come.
  mutating func beginDue(_ now: MonotonicNanos) {
    while let new = waiting.takeDue(now) {
      lastSubscription = now
      if subscriptions.add(new.topic) { newTopics.append(new) } else { counters.refusedTopics += 1 }
    }
  }

  private static func topic(_ channel: Int, _ item: SubscriptionItem) -> Subscriptions.Topic? {
    guard let type = item.type else { return nil }
    let symbol = type == .candle ? CandleSymbol.canonical(item.symbol) : item.symbol
    return Subscriptions.Topic(channel: channel, type: type, symbol: symbol, source: type.hasSource ? item.source : nil)
  }

  private mutating func sendErrors(_ channel: Int, _ change: FeedSubscription, _ out: inout MessageQueue) {
    guard let fault = faults[.errors], channels[channel]?.hadSubscription == false, !change.add.isEmpty else { return }
    channels[channel]?.hadSubscription = true
    for _ in 0..<fault.number { fail(channel, ErrorNotice.badAction, "Your subscription rate is too high", &out) }
  }

  /// Tells the fields of some types, in one message.
  private mutating func announce(_ types: [EventType], on channel: Int, _ out: inout MessageQueue) {
    flush(&out)
    guard let own = channels[channel] else { return }
    var lists: [TypeFields] = []
    for type in types {
      var names = own.asked[type] ?? FieldLists.accepted(options.fields[type], for: type)
      if faults.has(.configFewerFields), names.count > 1 { names.removeLast() }
      if let fault = faults[.reorderConfig] { names = Self.reordered(names, fault.seed ^ UInt64(type.rawValue)) }
      channels[channel]?.plans[type] = RowPlan(type, names)
      lists.append(TypeFields(type.name, names))
    }
    if faults.has(.noFields) { return }
    let config = FeedConfig(aggregationPeriod: own.period, dataFormat: own.format, eventFields: lists)
    out.append(.feedConfig(channel: channel, config))
  }

  /// Another order than the given one, wherever there are two names or more.
  private static func reordered(_ names: [String], _ seed: UInt64) -> [String] {
    guard names.count > 1 else { return names }
    var random = SimulatorRandom(seed: seed)
    let turn = random.within(1...names.count - 1)
    return Array(names[turn...] + names[..<turn])
  }

  /// Goes over to FULL on every channel, unasked.
  package mutating func switchToFull(_ out: inout MessageQueue) {
    flush(&out)
    for number in channels.keys.sorted() {
      channels[number]?.format = .full
      out.append(.feedConfig(channel: number, FeedConfig(dataFormat: .full)))
    }
  }

  /// Topics that came since the last call, for sources that have something to send at once.
  mutating func takeNewTopics(atMost most: Int = .max) -> [NewTopic] {
    if most >= newTopics.count {
      let fresh = newTopics
      newTopics.removeAll()
      return fresh
    }
    defer { newTopics.removeFirst(most) }
    return Array(newTopics.prefix(most))
  }

  // MARK: Events

  /// Writes an event to every channel that wants it, in the order of the calls: a row of another type or channel ends
  /// the message under way.
  package mutating func deliver(_ event: EventRef, _ texts: TextStore, _ out: inout MessageQueue) {
    guard let type = event.type else { return }
    for match in subscriptions.matches(event.symbol, texts) where match.type == type {
      guard match.isSource(of: event, texts), let channel = channels[match.channel], let plan = channel.plans[type]
      else { continue }
      let hasPairs = faults.has(.pairs) && message.takesPair(channel.number, channel.format)
      if !hasPairs && !message.takes(channel.number, type, channel.format) { flush(&out) }
      message.append(event, plan, channel.number, channel.format, texts)
      counters.events += 1
      if message.byteCount > options.limits.maximumPayloadBytes { flush(&out) }
    }
  }

  /// Writes an event into the message of its channel and type; `flushBatched` sends them. For live data, where the
  /// types of one aggregation period are gathered.
  mutating func gather(_ event: EventRef, _ texts: TextStore, _ out: inout MessageQueue) {
    guard let type = event.type else { return }
    for match in subscriptions.matches(event.symbol, texts) where match.type == type {
      guard match.isSource(of: event, texts), let channel = channels[match.channel] else { continue }
      gather(event, type, channel, texts, &out)
    }
  }

  /// Writes an event to one channel only: initial values and snapshots.
  mutating func gather(
    _ event: EventRef, _ type: EventType, _ channel: FeedChannel, _ texts: TextStore, _ out: inout MessageQueue
  ) {
    guard let plan = channel.plans[type] else { return }
    let own = batched[channel.number] ?? BatchedMessages()
    if batched[channel.number] == nil { batched[channel.number] = own }
    own.append(event, plan, channel, texts)
    counters.events += 1
    if own.byteCount(type) > options.limits.maximumPayloadBytes { own.take(type) { text in send(text, &out) } }
  }

  package mutating func flush(_ out: inout MessageQueue) {
    if !message.isEmpty {
      counters.dataMessages += 1
      message.take { text in out.append(data: text) }
    }
    for number in batched.keys.sorted() { flushBatched(number, &out) }
  }

  /// Sends the gathered messages of every channel whose aggregation period has a boundary between the two times.
  mutating func flushDue(since earlier: MonotonicNanos, _ now: MonotonicNanos, _ out: inout MessageQueue) {
    for number in batched.keys.sorted() {
      let period = Int64((channels[number]?.period ?? 0) * 1e9)
      if period > 0 && now.rawValue / period == earlier.rawValue / period { continue }
      flushBatched(number, &out)
    }
  }

  /// Whether the client subscribed to this event.
  mutating func wants(_ event: EventRef, _ texts: TextStore) -> Bool {
    guard let type = event.type else { return false }
    return subscriptions.matches(event.symbol, texts).contains { $0.type == type && $0.isSource(of: event, texts) }
  }

  mutating func flushBatched(_ channel: Int, _ out: inout MessageQueue) {
    guard let own = batched[channel] else { return }
    for type in EventType.tableOrder { own.take(type) { text in send(text, &out) } }
  }

  private mutating func send(_ text: RawSpan, _ out: inout MessageQueue) {
    counters.dataMessages += 1
    out.append(data: text)
  }
}

/// A subscription that was just made or renewed.
struct NewTopic {
  let topic: Subscriptions.Topic
  /// Milliseconds since 1970 UTC.
  let fromTime: Int64?
}

extension Subscriptions.Match {
  /// Whether the event is of the source that was asked for; no source means all.
  func isSource(of event: EventRef, _ texts: TextStore) -> Bool {
    guard let source, let field = Schema.of(type).field("source") else { return true }
    return event.load(field.offset, as: Text.self).equals(source, texts)
  }
}

extension Text {
  func equals(_ other: String, _ texts: TextStore) -> Bool {
    if let id { return unsafe texts.withText(id.rawValue) { unsafe $0.elementsEqual(other.utf8) } }
    guard let count = inlineCount else { return other.isEmpty }
    var word = self.word
    return unsafe withUnsafeBytes(of: &word) { unsafe $0[..<count].elementsEqual(other.utf8) }
  }
}

/// The messages of one channel that wait for the end of a period, one a type.
final class BatchedMessages {
  private final class Slot { var message = DataMessage() }
  private var slots: [EventType: Slot] = [:]

  func append(_ event: EventRef, _ plan: RowPlan, _ channel: FeedChannel, _ texts: TextStore) {
    let slot = slots[plan.type] ?? Slot()
    slots[plan.type] = slot
    slot.message.append(event, plan, channel.number, channel.format, texts)
  }

  func byteCount(_ type: EventType) -> Int { slots[type]?.message.byteCount ?? 0 }

  func take(_ type: EventType, _ body: (RawSpan) -> Void) {
    guard let slot = slots[type], !slot.message.isEmpty else { return }
    slot.message.take(body)
  }
}
