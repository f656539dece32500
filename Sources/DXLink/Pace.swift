package import Bytes

/// How fast subscriptions may be told. The defaults are what is known to work with public servers: messages of 8 KiB
/// and 200 items, 2,000 items a second.
package struct Pace: Sendable, Equatable {
  package var maximumBytes: Int
  package var maximumItems: Int
  package var chunksPerInterval: Int
  package var intervalMillis: Int
  /// Items within any 60 seconds; nil for no limit.
  package var changesPerMinute: Int?

  package init(
    maximumBytes: Int = 8192, maximumItems: Int = 200, chunksPerInterval: Int = 1, intervalMillis: Int = 100,
    changesPerMinute: Int? = nil
  ) {
    precondition(maximumBytes > 0 && maximumItems > 0 && chunksPerInterval > 0 && intervalMillis > 0)
    self.maximumBytes = maximumBytes
    self.maximumItems = maximumItems
    self.chunksPerInterval = chunksPerInterval
    self.intervalMillis = intervalMillis
    self.changesPerMinute = changesPerMinute
  }
}

/// Counts what was told against a pace. Its memory of the last minute has one entry a chunk.
package struct PaceClock: Sendable {
  private struct Sent {
    var at: MonotonicNanos
    var items: Int
  }

  /// Longer than the minute of the server, to which a message may travel faster than the one a minute before it.
  private static let minuteNanos: Int64 = 61_000_000_000

  private let pace: Pace
  private var intervalStart: MonotonicNanos?
  private var chunks = 0
  private var lastMinute: [Sent] = []
  private var itemsInMinute = 0

  package init(_ pace: Pace) { self.pace = pace }

  private var intervalNanos: Int64 { Int64(pace.intervalMillis) * 1_000_000 }

  /// How many items the next chunk may have at this time; 0 = wait until `nextTime`.
  package mutating func room(_ now: MonotonicNanos) -> Int {
    if let start = intervalStart, now < start.advanced(byNanos: intervalNanos) {
      if chunks >= pace.chunksPerInterval { return 0 }
    } else {
      intervalStart = nil
    }
    guard let limit = pace.changesPerMinute else { return pace.maximumItems }
    while let oldest = lastMinute.first, now >= oldest.at.advanced(byNanos: Self.minuteNanos) {
      itemsInMinute -= oldest.items
      lastMinute.removeFirst()
    }
    return max(0, min(pace.maximumItems, limit - itemsInMinute))
  }

  package mutating func sent(items: Int, _ now: MonotonicNanos) {
    if intervalStart == nil {
      intervalStart = now
      chunks = 0
    }
    chunks += 1
    if pace.changesPerMinute != nil {
      lastMinute.append(Sent(at: now, items: items))
      itemsInMinute += items
    }
  }

  /// When there is room again, after `room` gave 0.
  package var nextTime: MonotonicNanos {
    var next = MonotonicNanos(rawValue: .min)
    if let start = intervalStart, chunks >= pace.chunksPerInterval { next = start.advanced(byNanos: intervalNanos) }
    if let limit = pace.changesPerMinute, itemsInMinute >= limit, let oldest = lastMinute.first {
      next = max(next, oldest.at.advanced(byNanos: Self.minuteNanos))
    }
    return next
  }
}
