import Bytes

/// Chunks that the server was told and may still refuse, in the order in which they went out.
struct ChunkLog: Sendable {
  private struct Chunk {
    var sentAt: MonotonicNanos
    var topics: [Int]
  }

  private var chunks: [Chunk] = []

  var isEmpty: Bool { chunks.isEmpty }
  /// When the oldest was sent, and the newest.
  var oldest: MonotonicNanos? { chunks.first?.sentAt }
  var newest: MonotonicNanos? { chunks.last?.sentAt }

  mutating func append(_ topics: [Int], _ now: MonotonicNanos) {
    if !topics.isEmpty { chunks.append(Chunk(sentAt: now, topics: topics)) }
  }

  /// Takes out the topics of the oldest chunk where it was sent at that time or before.
  mutating func takeFirst(sentBy time: MonotonicNanos) -> [Int]? {
    guard let first = chunks.first, first.sentAt <= time else { return nil }
    chunks.removeFirst()
    return first.topics
  }

  mutating func removeAll() { chunks.removeAll(keepingCapacity: true) }
}
