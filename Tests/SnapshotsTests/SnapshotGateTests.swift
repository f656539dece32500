import Market
import Snapshots
import TestSupport
import Testing

@Suite("A snapshot's gate", .tags(.unit))
struct SnapshotGateTests {
  /// Flags in their order; the positions behind which something goes on; the state at the end.
  struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    let flags: [UInt8]
    let commits: [Int]
    let state: SnapshotState
    var testDescription: String { name }
  }

  static let cases = [
    Case(name: "a marker ends it", flags: [4, 0, 0, 10], commits: [3], state: .complete),
    Case(name: "END on the last row", flags: [4, 0, 8], commits: [2], state: .complete),
    Case(name: "one row", flags: [12], commits: [0], state: .complete),
    Case(name: "SNIP", flags: [4, 0, 16], commits: [2], state: .cutOff),
    Case(name: "one row with SNIP", flags: [20], commits: [0], state: .cutOff),
    Case(name: "empty", flags: [14], commits: [0], state: .empty),
    Case(name: "empty over two rows", flags: [6, 10], commits: [1], state: .empty),
    Case(name: "under way", flags: [4, 0, 0], commits: [], state: .loading),
    Case(name: "rows before the first BEGIN are updates", flags: [0, 0, 4, 10], commits: [0, 1, 3], state: .complete),
    Case(name: "updates behind it", flags: [4, 10, 0, 2], commits: [1, 2, 3], state: .complete),
    Case(name: "END that is pending waits", flags: [5, 1, 9, 1, 0], commits: [4], state: .complete),
    Case(name: "SNIP that is pending waits", flags: [5, 17, 0], commits: [2], state: .cutOff),
    Case(name: "a transaction inside ends, the snapshot not", flags: [4, 1, 0, 8], commits: [3], state: .complete),
    Case(name: "a transaction outside", flags: [1, 1, 0, 0], commits: [2, 3], state: .absent),
    Case(name: "BEGIN anew", flags: [4, 0, 4, 8], commits: [3], state: .complete),
    Case(name: "BEGIN anew after the end", flags: [12, 4], commits: [0], state: .loading),
    Case(name: "one row in mid-snapshot", flags: [4, 0, 12, 0], commits: [2, 3], state: .complete),
    Case(name: "END without BEGIN is an update", flags: [8, 10, 16], commits: [0, 1, 2], state: .absent),
    Case(name: "a removal does not end it", flags: [4, 2, 10], commits: [2], state: .complete),
    Case(name: "bits that are reserved say nothing", flags: [4 | 32, 64, 8 | 64], commits: [2], state: .complete),
  ]

  @Test("goes on where the flags say so, and tells how the snapshot stands", arguments: cases)
  func steps(_ one: Case) {
    var gate = SnapshotGate()
    var commits: [Int] = []
    for (i, flags) in one.flags.enumerated() {
      switch gate.take(EventFlags(rawValue: flags)) {
      case .commit, .restartAndCommit: commits.append(i)
      case .hold, .restart, .void: break
      }
    }
    #expect(commits == one.commits)
    #expect(gate.state == one.state)
  }

  @Test("the connection's end voids what is under way: the next rows are updates, the snapshot is to come again")
  func interrupt() {
    for flags in [[4, 0], [12, 1], [5], [12]] as [[UInt8]] {
      var gate = SnapshotGate()
      for one in flags { _ = gate.take(EventFlags(rawValue: one)) }
      gate.interrupt()
      #expect(gate.state == .loading && !gate.isHolding)
      #expect(gate.take([]) == .commit(isSnapshot: false))
    }
    var fresh = SnapshotGate()
    fresh.interrupt()
    #expect(fresh.state == .absent)
  }

  @Test("what is refused is void to the end of the snapshot, and the next one is taken")
  func refusal() {
    var gate = SnapshotGate()
    #expect(gate.take(.snapshotBegin) == .restart)
    gate.refuse()
    #expect(gate.take([]) == .void)
    #expect(gate.take([.snapshotEnd, .txPending]) == .void)
    #expect(gate.take([]) == .void && gate.state == .tooLong)
    #expect(gate.take([]) == .commit(isSnapshot: false) && gate.state == .tooLong)
    #expect(gate.take([.snapshotBegin, .snapshotEnd]) == .restartAndCommit && gate.state == .complete)
    _ = gate.take(.txPending)
    gate.refuse()
    #expect(gate.take([]) == .void && gate.state == .complete, "a transaction alone leaves the snapshot as it is")
    #expect(gate.take([]) == .commit(isSnapshot: false))
    _ = gate.take(.snapshotBegin)
    gate.refuse()
    #expect(gate.take(.snapshotBegin) == .restart, "BEGIN starts over")
    #expect(gate.take(.snapshotEnd) == .commit(isSnapshot: true))
  }
}
