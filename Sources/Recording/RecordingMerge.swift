package import Bytes

/// An entry of one of several recordings.
package struct MergedEntry {
  /// Index of the recording, in the order in which they were added.
  package let source: Int
  package let entry: Entry
}

/// Several recordings as one, by wall arrival time.
///
/// The order time of an entry is the latest wall time of it and all before it in its file, so that the order within a
/// file is kept whatever its clock did; of equal times the file added first comes first. Allocates nothing per entry.
///
/// Invariant: `heap` holds the sources that have a head, least (time, source) first; `heads[s]` is valid until its
/// reader is moved on, which happens only when the entry after it is asked for.
@safe
package struct RecordingMerge: ~Copyable {
  private var readers: UnsafeMutablePointer<RecordingReader>
  package private(set) var count = 0
  private var capacity: Int
  private var heads: [Entry?] = []
  private var times: [Int64] = []
  private var heap: [Int] = []
  private var isStarted = false
  /// The source whose head was handed out last and whose reader has not moved on yet.
  private var handedOut: Int?

  package init() {
    capacity = 4
    unsafe readers = .allocate(capacity: capacity)
  }

  deinit {
    unsafe readers.deinitialize(count: count)
    unsafe readers.deallocate()
  }

  /// Adds a recording. All are added before the first entry is asked for.
  package mutating func add(_ reader: consuming RecordingReader) {
    precondition(!isStarted)
    if count == capacity {
      let bigger = UnsafeMutablePointer<RecordingReader>.allocate(capacity: capacity * 2)
      unsafe bigger.moveInitialize(from: readers, count: count)
      unsafe readers.deallocate()
      unsafe readers = bigger
      capacity *= 2
    }
    unsafe (readers + count).initialize(to: reader)
    count += 1
    heads.append(nil)
    times.append(0)
    heap.reserveCapacity(count)
  }

  /// Lends one recording's reader: for its header, statistics, position and, at the end, verdict.
  package func withReader<R>(_ source: Int, _ body: (borrowing RecordingReader) -> R) -> R {
    precondition(source >= 0 && source < count)
    return unsafe body(readers[source])
  }

  /// Puts every recording before its first entry with order time `wall` or later.
  package mutating func seek(to wall: WallNanos) {
    for source in 0..<count { unsafe readers[source].seek(to: wall) }
    heap.removeAll(keepingCapacity: true)
    handedOut = nil
    isStarted = false
  }

  /// The next entry of all, or nil at the end of all. Its payload is valid until the next call.
  package mutating func next() -> MergedEntry? {
    guard count == 1 else { return nextOfSeveral() }
    isStarted = true
    return unsafe readers[0].next().map { MergedEntry(source: 0, entry: $0) }
  }

  private mutating func nextOfSeveral() -> MergedEntry? {
    if !isStarted { start() }
    if let source = handedOut {
      handedOut = nil
      if advance(source) {
        siftDown(from: 0)
      } else {
        let last = heap.removeLast()
        if !heap.isEmpty {
          heap[0] = last
          siftDown(from: 0)
        }
      }
    }
    guard let source = heap.first, let entry = heads[source] else { return nil }
    handedOut = source
    return MergedEntry(source: source, entry: entry)
  }

  private mutating func start() {
    isStarted = true
    for source in 0..<count where advance(source) { heap.append(source) }
    var at = heap.count / 2
    while at > 0 {
      at -= 1
      siftDown(from: at)
    }
  }

  /// Moves a reader on; false at its end.
  private mutating func advance(_ source: Int) -> Bool {
    let head = unsafe readers[source].next()
    heads[source] = head
    unsafe times[source] = readers[source].orderWall.rawValue
    return head != nil
  }

  private func isBefore(_ a: Int, _ b: Int) -> Bool {
    times[a] != times[b] ? times[a] < times[b] : a < b
  }

  private mutating func siftDown(from start: Int) {
    var at = start
    while true {
      let left = at * 2 + 1
      guard left < heap.count else { return }
      let right = left + 1
      let least = right < heap.count && isBefore(heap[right], heap[left]) ? right : left
      guard isBefore(heap[least], heap[at]) else { return }
      heap.swapAt(least, at)
      at = least
    }
  }
}
