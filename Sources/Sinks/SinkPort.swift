package import Market

/// A lane's end of the way to one sink. Used by one thread.
package protocol SinkPort: AnyObject {
  /// Hands over events. `isStopping` ends a wait for room: what then finds none is dropped and counted.
  func accept(_ batch: borrowing EventBatch, isStopping: () -> Bool)
  /// Hands over a gap mark, behind everything that came before it.
  func accept(_ gap: Gap, isStopping: () -> Bool)
  /// Whether conflation holds events back.
  var holdsBack: Bool { get }
  /// Moves on what conflation holds back, as far as there is room. Call now and then.
  func settle()
  /// Moves on everything that conflation holds back, waiting for room.
  func finish(isStopping: () -> Bool)
}
