import CShims
package import Rings

/// What a lane keeps of all its events, in one look at each: how many there were of each type, the digest, and, while
/// that is wanted, which types came of each symbol. Used by one thread.
///
/// Memory: 8 bytes a text of the lane for the digest, 4 while symbols are watched.
@safe
package final class EventTally {
  /// Events of all types.
  package private(set) var events = 0
  /// Behind a pointer, so that no hand-over pays for a check that nobody else is at it: one thread uses a tally.
  private let tally: UnsafeMutablePointer<qw_tally>
  private let counts: UnsafeMutablePointer<Int64>
  private static let countsSize = 256 * Int(QW_TALLY_TURNS)
  /// Places for symbols to begin with.
  private static let leastSymbols = 4096
  private let layout = TallyLayout.shared
  private let textWords = TextWords()

  /// - Parameter wantsDigest: whether to keep the digest, which costs a few nanoseconds an event.
  package init(wantsDigest: Bool) {
    unsafe tally = .allocate(capacity: 1)
    unsafe tally.initialize(to: qw_tally())
    unsafe counts = .allocate(capacity: Self.countsSize)
    unsafe counts.initialize(repeating: 0, count: Self.countsSize)
    unsafe tally.pointee.counts = counts
    if wantsDigest {
      unsafe tally.pointee.chains = Self.zeros(Self.leastSymbols)
      unsafe tally.pointee.chain_count = Self.leastSymbols
    }
  }

  deinit {
    unsafe counts.deallocate()
    unsafe tally.pointee.chains?.deallocate()
    unsafe tally.pointee.seen?.deallocate()
    unsafe tally.deallocate()
  }

  package func count(of type: EventType) -> Int {
    stride(from: Int(type.rawValue), to: Self.countsSize, by: 256).reduce(0) { unsafe $0 + Int(counts[$1]) }
  }

  /// The digest so far; nil when none was wanted.
  package var digest: Digest? {
    guard let chains = unsafe tally.pointee.chains else { return nil }
    let all = unsafe Array(UnsafeBufferPointer(start: chains, count: tally.pointee.chain_count))
    return unsafe Digest(chains: all, eventCount: Int(tally.pointee.events))
  }

  /// Whether it is kept in mind which types came of each symbol. Forgets all where it is turned off.
  package var watchesSymbols: Bool {
    get { unsafe tally.pointee.seen != nil }
    set {
      if newValue == watchesSymbols { return }
      unsafe tally.pointee.seen?.deallocate()
      unsafe tally.pointee.seen = newValue ? Self.zeros(Self.leastSymbols) : nil
      unsafe tally.pointee.seen_count = newValue ? Self.leastSymbols : 0
    }
  }

  /// The types that came of each symbol while symbols were watched, a bit for each by its index, by text id.
  package var seenTypes: [UInt32] {
    guard let seen = unsafe tally.pointee.seen else { return [] }
    return unsafe Array(UnsafeBufferPointer(start: seen, count: tally.pointee.seen_count))
  }

  /// Adds all events of a batch, whose texts are in `texts`.
  package func add(_ batch: borrowing EventBatch, _ texts: TextStore) {
    events &+= batch.eventCount
    unsafe batch.withRecords { records in
      guard let base = records.baseAddress else { return }
      // Whole events, by the batch's invariant.
      let start = unsafe base.assumingMemoryBound(to: UInt8.self)
      let end = unsafe start + records.count
      var at = unsafe qw_tally_events(layout.layout, tally, start, end)
      while unsafe at < end {
        unsafe at += addUnusual(EventRef(at), texts)
        unsafe at = qw_tally_events(layout.layout, tally, at, end)
      }
    }
  }

  /// One event whose symbol has no place yet, or that has a text kept elsewhere. Gives its bytes.
  @inline(never)
  private func addUnusual(_ event: EventRef, _ texts: TextStore) -> Int {
    let symbol = Int(event.symbol.rawValue)
    if unsafe tally.pointee.chains != nil {
      unsafe tally.pointee.chain_count = Self.grow(&tally.pointee.chains, tally.pointee.chain_count, toHold: symbol)
    }
    if unsafe tally.pointee.seen != nil {
      unsafe tally.pointee.seen_count = Self.grow(&tally.pointee.seen, tally.pointee.seen_count, toHold: symbol)
    }
    guard let type = event.type, unsafe tally.pointee.chains != nil else { return 0 }
    let hash = Digest.textHash(event, type, texts, textWords[type])
    let bytes = unsafe event.base.assumingMemoryBound(to: UInt8.self)
    unsafe qw_tally_one(layout.layout, tally, bytes, hash)
    return event.recordCount &* EventRecord.byteCount
  }

  private static func zeros<T: FixedWidthInteger>(_ count: Int) -> UnsafeMutablePointer<T> {
    let memory = UnsafeMutablePointer<T>.allocate(capacity: count)
    unsafe memory.initialize(repeating: 0, count: count)
    return unsafe memory
  }

  private static func grow<T: FixedWidthInteger>(
    _ memory: inout UnsafeMutablePointer<T>?, _ count: Int, toHold id: Int
  ) -> Int {
    guard id >= count, let old = unsafe memory else { return count }
    let bigger = max(id + 1, 2 * count)
    let moved: UnsafeMutablePointer<T> = unsafe zeros(bigger)
    unsafe moved.update(from: old, count: count)
    unsafe old.deallocate()
    unsafe memory = moved
    return bigger
  }
}

/// What a tally knows of the types' layouts; the same for all, made once and never freed.
@safe
private struct TallyLayout: Sendable {
  // Never changed after it was made.
  nonisolated(unsafe) let layout: UnsafePointer<qw_tally_layout>
  static let shared = TallyLayout()

  private init() {
    let layout = UnsafeMutablePointer<qw_tally_layout>.allocate(capacity: 1)
    unsafe layout.initialize(to: qw_tally_layout())
    unsafe qw_tally_begin(layout)
    let textWords = TextWords()
    for schema in Schema.all {
      unsafe schema.template.withUnsafeBufferPointer { blank in
        guard let base = blank.baseAddress else { return }
        unsafe qw_tally_set_type(
          layout, UInt8(schema.type.index), schema.type.rawValue, textWords[schema.type], base, UInt32(blank.count))
      }
    }
    unsafe self.layout = UnsafePointer(layout)
  }
}
