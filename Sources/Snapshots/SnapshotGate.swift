package import Market

/// Reads the flags of one key's events in their order and tells when they may go on.
///
///     flags                     4        0  0   10        1        0
///     step                      restart  hold   commit    hold     commit
///     isSnapshot of the commit                  true               false
///
/// Rows before the first BEGIN are updates. END or SNIP with TX_PENDING waits for the end of the transaction. BEGIN in
/// mid-snapshot, or in mid-transaction, starts over. END outside a snapshot says nothing.
package struct SnapshotGate: BitwiseCopyable, Sendable {
  /// What becomes of an event, and of those that are held.
  package enum Step: Equatable, Sendable {
    /// The event waits behind those that are held.
    case hold
    /// What is held is void; the event waits alone.
    case restart
    /// What is held goes on, then the event.
    case commit(isSnapshot: Bool)
    /// What is held is void; the event goes on alone, a whole snapshot.
    case restartAndCommit
    /// The event is void: it belongs to a snapshot that is too long.
    case void
  }

  package private(set) var state = SnapshotState.absent
  private var isInSnapshot = false
  private var isEnded = false
  private var isCut = false
  private var hasRows = false
  private var isTransactionOpen = false
  private var isRefusing = false

  package init() {}

  /// Whether an event waits.
  package var isHolding: Bool { isTransactionOpen || isInSnapshot }

  package mutating func take(_ flags: EventFlags) -> Step {
    let begins = flags.contains(.snapshotBegin)
    if begins {
      (isInSnapshot, isEnded, isCut, hasRows, isRefusing) = (true, false, false, false, false)
      state = .loading
    }
    if isInSnapshot {
      if flags.contains(.snapshotEnd) || flags.contains(.snapshotSnip) { isEnded = true }
      if flags.contains(.snapshotSnip) { isCut = true }
      if !flags.contains(.removeEvent) { hasRows = true }
    }
    isTransactionOpen = flags.contains(.txPending)
    if isTransactionOpen || (isInSnapshot && !isEnded) {
      return isRefusing ? .void : begins ? .restart : .hold
    }
    if isRefusing {
      if isInSnapshot { state = .tooLong }
      (isInSnapshot, isEnded, isRefusing) = (false, false, false)
      return .void
    }
    let isSnapshot = isInSnapshot
    if isSnapshot {
      state = isCut ? .cutOff : hasRows ? .complete : .empty
      (isInSnapshot, isEnded) = (false, false)
    }
    return begins ? .restartAndCommit : .commit(isSnapshot: isSnapshot)
  }

  /// There is no room for what is held: it is void, and so is what follows until the snapshot or transaction ends.
  package mutating func refuse() { isRefusing = true }

  /// The connection is gone: a snapshot or transaction under way is void, and a snapshot that was whole is to come
  /// again.
  package mutating func interrupt() {
    (isInSnapshot, isEnded, isTransactionOpen, isRefusing) = (false, false, false, false)
    if state != .absent { state = .loading }
  }
}
