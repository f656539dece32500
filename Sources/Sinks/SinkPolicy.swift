/// What a lane does when a sink's ring is full.
package enum SinkPolicy: String, CaseIterable, Sendable {
  /// The lane waits, and with it the socket: nothing is lost here, the feed may conflate or disconnect us.
  case wait
  /// The newest events are dropped and counted.
  case drop
  /// Of each type and symbol the newest event replaces older ones that wait, which count as dropped. Events with an
  /// index cannot stand for one another: they are dropped as under `drop`.
  case conflate
  /// Events go to a file without a name and from there into the ring, in their order, when it has room. When the file
  /// is as long as it may be, or cannot be written, the newest events are dropped and counted.
  case spill
}
