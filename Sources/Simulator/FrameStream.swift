import Bytes
import DXLink
import Market

/// The payloads that a real server would have sent for a generator's events, each with its arrival: what a client that
/// asked for everything records.
///
///     SETUP, AUTH_STATE, CHANNEL_OPENED, FEED_CONFIG without fields
///     FEED_CONFIG with the fields of a type, just before its first rows
///     FEED_DATA: one type a message, rows of one aggregation period, below 64 KiB
///     KEEPALIVE every 30 s
///
/// Invariant: the payloads depend on the spec alone; times never fall.
package struct FrameStream: ~Copyable {
  package static let channel = 1
  static let keepaliveNanos: Int64 = 30_000_000_000

  package let spec: GenerateSpec
  private var generator: Generator
  private let current = BatchBox(capacity: 8)
  private var ready = MessageQueue()
  private let slots: [Slot]
  private var hostile: HostileFrames?
  private var format = DataFormat.compact
  private var now: Int64
  private var nextKeepalive: Int64
  private var isOver = false
  package private(set) var eventCount = 0

  /// The message of one type that waits for the end of its period.
  private final class Slot {
    var message = DataMessage()
    var plan: RowPlan
    var isAnnounced = false
    var dueNanos: Int64 = 0
    init(_ plan: RowPlan) { self.plan = plan }
  }

  package init(_ spec: GenerateSpec) throws(SimulatorError) {
    let isHostile = spec.preset == .hostile
    var inner = spec
    if isHostile { inner.nanPerMillion = max(spec.nanPerMillion, HostileFrames.nanPerMillion) }
    let lists = FieldLists(spec.fields == .full ? .all : .essential)
    let start = Generator.startSeconds * 1_000_000_000
    generator = try Generator(inner)
    self.spec = spec
    slots = EventType.tableOrder.map { type in
      // Both names of an order's side would double the column.
      let names = FieldLists.accepted(lists[type], for: type)
      return Slot(RowPlan(type, spec.fields == .full ? names + ["eventTime"] : names))
    }
    hostile = isHostile ? HostileFrames(seed: spec.seed) : nil
    now = start
    nextKeepalive = start + Self.keepaliveNanos
    greet()
  }

  private mutating func greet() {
    let times = Setup(version: ServerSession.version, keepaliveTimeout: 60, acceptKeepaliveTimeout: 60)
    ready.append(.setup(times), at: now)
    ready.append(.authState(AuthState(.authorized)), at: now)
    ready.append(.channelOpened(channel: Self.channel, ChannelService(.auto, subFormat: "LIST")), at: now)
    let config = FeedConfig(aggregationPeriod: Double(spec.periodMillis) / 1000, dataFormat: .compact)
    ready.append(.feedConfig(channel: Self.channel, config), at: now)
  }

  /// Lends the next payload and its arrival in nanoseconds since 1970. False at the end.
  package mutating func next<E: Error>(_ body: (Int64, RawSpan) throws(E) -> Void) throws(E) -> Bool {
    while ready.isEmpty {
      if isOver { return false }
      step()
    }
    return try ready.takeFirst(body)
  }

  private mutating func step() {
    let current = self.current
    current.batch.removeAll()
    guard let nanos = generator.next(into: &current.batch) else {
      flush(until: .max)
      isOver = true
      return
    }
    flush(until: nanos)
    now = max(now, nanos)
    while nextKeepalive <= now {
      ready.append(.keepalive, at: now)
      nextKeepalive += Self.keepaliveNanos
    }
    let store = generator.texts.store
    current.batch.forEach { event in
      guard let type = event.type else { return }
      let slot = slots[type.index]
      if !slot.isAnnounced { announce(slot) }
      if slot.message.isEmpty { slot.dueNanos = nanos + Int64(spec.periodMillis) * 1_000_000 }
      slot.message.append(event, slot.plan, Self.channel, format, store)
      eventCount += 1
      if slot.message.byteCount > ServerLimits().maximumPayloadBytes { send(slot, at: now) }
    }
    disturb()
  }

  private mutating func announce(_ slot: Slot) {
    slot.isAnnounced = true
    let config = FeedConfig(
      aggregationPeriod: Double(spec.periodMillis) / 1000, dataFormat: format,
      eventFields: [TypeFields(slot.plan.type.name, slot.plan.names)])
    ready.append(.feedConfig(channel: Self.channel, config), at: now)
  }

  /// Sends what is due up to a time, the earliest first, types in their order at equal times.
  private mutating func flush(until nanos: Int64) {
    while true {
      var first: Slot?
      for slot in slots where !slot.message.isEmpty && slot.dueNanos <= nanos {
        if slot.dueNanos < first?.dueNanos ?? .max { first = slot }
      }
      guard let slot = first else { return }
      send(slot, at: slot.dueNanos)
    }
  }

  private mutating func send(_ slot: Slot, at nanos: Int64) {
    now = max(now, nanos)
    slot.message.take { text in ready.append(text, at: now) }
  }

  /// What the hostile preset does between two events.
  private mutating func disturb() {
    guard let act = hostile?.next() else { return }
    switch act {
    case .text(let text): ready.append(text: text, at: now)
    case .bytes(let bytes): unsafe ready.append(bytes.span.bytes, at: now)
    case .shuffle(let which):
      let slot = slots[which % slots.count]
      guard slot.isAnnounced else { return }
      flushNow(slot)
      slot.plan = RowPlan(slot.plan.type, hostile?.shuffled(slot.plan.names) ?? slot.plan.names)
      announce(slot)
    case .switchFormat:
      for slot in slots { flushNow(slot) }
      format = format == .compact ? .full : .compact
      ready.append(.feedConfig(channel: Self.channel, FeedConfig(dataFormat: format)), at: now)
    }
  }

  private mutating func flushNow(_ slot: Slot) {
    if !slot.message.isEmpty { send(slot, at: now) }
  }
}

/// A batch that its owner can lend while it changes itself.
final class BatchBox {
  var batch: EventBatch
  init(capacity: Int) { batch = EventBatch(capacity: capacity) }
}

extension EventType {
  /// All types by `index`.
  static let tableOrder = (0..<count).compactMap { EventType(index: $0) }
}
