import Bytes

/// Subscriptions whose answer is delayed, in the order in which they are due: the delay is the same for all.
struct WaitingTopics {
  private struct Waiting {
    let due: MonotonicNanos
    let new: NewTopic
  }

  private var queue: [Waiting] = []
  private var head = 0

  var count: Int { queue.count - head }
  /// When the first is due.
  var nextDue: MonotonicNanos { head < queue.count ? queue[head].due : .distantFuture }

  mutating func append(_ new: NewTopic, due: MonotonicNanos) { queue.append(Waiting(due: due, new: new)) }

  mutating func removeAll(where isGone: (Subscriptions.Topic) -> Bool) {
    queue.removeSubrange(..<head)
    head = 0
    queue.removeAll { isGone($0.new.topic) }
  }

  /// Takes out the first that is due.
  mutating func takeDue(_ now: MonotonicNanos) -> NewTopic? {
    guard head < queue.count, queue[head].due <= now else { return nil }
    defer {
      head += 1
      if head == queue.count {
        queue.removeAll(keepingCapacity: true)
        head = 0
      }
    }
    return queue[head].new
  }
}
