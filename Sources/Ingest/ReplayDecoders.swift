import DXLink

/// One decoder for each lane of each recording of a replay: its channels and schemas.
///
/// They lie at fixed places outside any object, because a replay asks for one with every entry.
@safe
struct ReplayDecoders: ~Copyable {
  /// Which lane of which recording.
  private struct Key: Hashable {
    var source: Int
    var lane: UInt16
  }

  private var all: [UnsafeMutablePointer<FeedDecoder>] = unsafe []
  private var places: [Key: Int] = [:]
  private var lastKey = Key(source: -1, lane: 0)
  private var lastPlace = 0

  deinit {
    for i in unsafe all.indices {
      unsafe all[i].deinitialize(count: 1)
      unsafe all[i].deallocate()
    }
  }

  /// The decoder of a lane, made when it is asked for the first time. Valid as long as this value.
  mutating func of(source: Int, lane: UInt16) -> UnsafeMutablePointer<FeedDecoder> {
    if source == lastKey.source && lane == lastKey.lane { return unsafe all[lastPlace] }
    return unsafe find(Key(source: source, lane: lane))
  }

  @inline(never)
  private mutating func find(_ key: Key) -> UnsafeMutablePointer<FeedDecoder> {
    let place: Int
    if let known = places[key] {
      place = known
    } else {
      place = unsafe all.count
      places[key] = place
      let new = UnsafeMutablePointer<FeedDecoder>.allocate(capacity: 1)
      unsafe new.initialize(to: FeedDecoder())
      unsafe all.append(new)
    }
    lastKey = key
    lastPlace = place
    return unsafe all[place]
  }

  /// The row counts of all.
  func forEachCounters(_ body: (FeedCounters) -> Void) {
    for i in unsafe all.indices { unsafe body(all[i].pointee.counters) }
  }
}
