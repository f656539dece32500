/// What of a key goes on together: a whole snapshot, a whole transaction, or one event outside of both.
package struct Commit {
  package let key: TopicKey
  /// Whether the events replace what the key had; else they change it.
  package let isSnapshot: Bool
  /// Of the key, this commit included.
  package let state: SnapshotState
  package let count: Int
}
