import Bytes

/// What a lane does after it has interpreted everything that came: how it waits for the next bytes.
///
/// Waking up costs more than a frame does, so the ways are ordered by what they cost under traffic:
///
///     more is known to be there ─► read
///     bytes came, and reads are batched ─► pause, then read: one wake-up for everything that comes meanwhile
///     bytes came lately ─► spin (if asked for): read again and again without sleeping
///                       ─► wait inside the read: one system call for each wake-up
///     else ─► poll: ends with a wakeup too, and costs nothing while nothing comes
struct WaitPlan {
  enum Step: Equatable {
    case read
    /// Sleep, then read.
    case pause(nanos: Int64)
    /// Read, and wait inside.
    case receive
    /// Wait for bytes, the wakeup or the deadline.
    case poll(until: MonotonicNanos)
  }

  /// How long bytes may gather before they are read; 0 reads them at once.
  let batchNanos: Int64
  /// How long to look for bytes again and again before sleeping.
  let spinNanos: Int64
  /// The longest wait inside a read, which no wakeup ends.
  let receiveNanos: Int64
  private var lastBytes = MonotonicNanos(rawValue: .min)

  init(batchMicros: Int, spinMicros: Int, receiveMillis: Int) {
    batchNanos = Int64(batchMicros) * 1000
    spinNanos = Int64(spinMicros) * 1000
    receiveNanos = Int64(receiveMillis) * 1_000_000
  }

  /// - Parameters:
  ///   - got: bytes of the last read.
  ///   - readAt: when it returned.
  ///   - now: the present time.
  ///   - deadline: when something has to be done even if no bytes come.
  ///   - isBusy: bytes wait to be sent, or events wait for room, so that the lane has to look after more than reads.
  mutating func next(
    got: Int, readAt: MonotonicNanos, now: MonotonicNanos, deadline: MonotonicNanos, isBusy: Bool
  ) -> Step {
    if got > 0 {
      lastBytes = readAt
      if batchNanos > 0 {
        let left = min(readAt.advanced(byNanos: batchNanos), deadline).nanos(since: now)
        return left > 0 ? .pause(nanos: left) : .read
      }
    }
    // Far in the past before the first bytes, so no difference is taken.
    if spinNanos > 0, now < min(lastBytes.advanced(byNanos: spinNanos), deadline) { return .read }
    let limit = now.advanced(byNanos: receiveNanos)
    if !isBusy, limit < deadline, now < lastBytes.advanced(byNanos: receiveNanos) { return .receive }
    return .poll(until: deadline)
  }
}
