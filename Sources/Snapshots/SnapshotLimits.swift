/// How much a stage may hold back.
package struct SnapshotLimits: Sendable, Equatable {
  /// Events of one key: a snapshot or transaction that is longer is void.
  package var maximumEventsPerKey = 1 << 20
  /// Bytes of all keys together, 128 or 256 an event and 8 KiB a key at least.
  package var maximumBytes = 512 << 20
  /// Keys that are known apart; events of further ones are void.
  package var maximumKeys = 1 << 20
  package init() {}
}
