package import Market

/// A gate for each key, and what the gates hold back. Used by one thread.
package struct SnapshotStage: ~Copyable {
  private struct Entry {
    let key: TopicKey
    var gate = SnapshotGate()
    var held = HeldEvents()
  }

  package let limits: SnapshotLimits
  package private(set) var counts = SnapshotCounts()
  private var entries: [Entry] = []
  private var places: [TopicKey: Int] = [:]
  private var pool: HeldPool
  private let fields = IndexedFields.all

  package init(limits: SnapshotLimits = SnapshotLimits()) {
    self.limits = limits
    pool = HeldPool(maximumBytes: limits.maximumBytes)
  }

  /// Bytes that held events take.
  package var heldBytes: Int { pool.bytesInUse }

  /// The key of an event; nil for types without an index, which have no snapshots.
  package func key(of event: EventRef) -> TopicKey? {
    guard let type = event.type, let places = fields[type.index] else { return nil }
    return TopicKey(type, event.symbol, source: places.source.map { event.load($0, as: Text.self) } ?? .empty)
  }

  /// Takes the next event of its key. When that ends a wait, or there was none, `commit` is told what goes on, and
  /// then lent each event in order.
  ///
  /// - Returns: false for an event of a type without snapshots, which the caller passes on itself.
  package mutating func take(
    _ event: EventRef, commit: (Commit) -> Void, each: (Commit, EventRef) -> Void
  ) -> Bool {
    guard let key = key(of: event) else { return false }
    counts.taken += 1
    guard let at = place(key) else {
      counts.void += 1
      return true
    }
    switch entries[at].gate.take(event.flags) {
    case .hold: hold(event, at)
    case .restart:
      drop(at)
      hold(event, at)
    case .void: counts.void += 1
    case .commit(let isSnapshot): self.commit(event, at, isSnapshot, commit, each)
    case .restartAndCommit:
      drop(at)
      self.commit(event, at, true, commit, each)
    }
    return true
  }

  /// The connection is gone: what is held is void.
  package mutating func interrupt() {
    for at in entries.indices {
      drop(at)
      entries[at].gate.interrupt()
    }
  }

  package func state(of key: TopicKey) -> SnapshotState {
    places[key].map { entries[$0].gate.state } ?? .absent
  }

  /// How many events of a key wait.
  package func heldCount(of key: TopicKey) -> Int { places[key].map { entries[$0].held.count } ?? 0 }

  /// Every key that was seen, in the order in which they came.
  package func forEach<E: Error>(_ body: (TopicKey, SnapshotState) throws(E) -> Void) throws(E) {
    for entry in entries { try body(entry.key, entry.gate.state) }
  }

  private mutating func place(_ key: TopicKey) -> Int? {
    if let known = places[key] { return known }
    guard entries.count < limits.maximumKeys else { return nil }
    places[key] = entries.count
    entries.append(Entry(key: key))
    return entries.count - 1
  }

  private mutating func hold(_ event: EventRef, _ at: Int) {
    if entries[at].held.count < limits.maximumEventsPerKey, pool.append(event, to: &entries[at].held) {
      counts.held += 1
      return
    }
    entries[at].gate.refuse()
    counts.refused += 1
    counts.void += 1
    drop(at)
  }

  private mutating func drop(_ at: Int) {
    let count = entries[at].held.count
    if count == 0 { return }
    counts.held -= count
    counts.void += count
    pool.release(&entries[at].held)
  }

  private mutating func commit(
    _ event: EventRef, _ at: Int, _ isSnapshot: Bool, _ commit: (Commit) -> Void, _ each: (Commit, EventRef) -> Void
  ) {
    let held = entries[at].held.count
    let whole = Commit(
      key: entries[at].key, isSnapshot: isSnapshot, state: entries[at].gate.state, count: held + 1)
    commit(whole)
    if held > 0 { pool.forEach(entries[at].held) { each(whole, $0) } }
    each(whole, event)
    counts.held -= held
    counts.committed += held + 1
    if isSnapshot { counts.snapshots += 1 }
    if held > 0 { pool.release(&entries[at].held) }
  }
}
