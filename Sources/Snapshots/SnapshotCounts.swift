/// What a stage has counted.
package struct SnapshotCounts: Sendable, Equatable {
  /// Events of indexed types that were taken: `committed` + `void` + `held`.
  package var taken = 0
  package var committed = 0
  /// Events of snapshots and transactions that began anew, were interrupted, or found no room.
  package var void = 0
  /// Events that wait now.
  package var held = 0
  /// Snapshots that ended.
  package var snapshots = 0
  /// Snapshots and transactions that found no room.
  package var refused = 0
  package init() {}

  package static func += (a: inout SnapshotCounts, b: SnapshotCounts) {
    a.taken += b.taken
    a.committed += b.committed
    a.void += b.void
    a.held += b.held
    a.snapshots += b.snapshots
    a.refused += b.refused
  }
}
