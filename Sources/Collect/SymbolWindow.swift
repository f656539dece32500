import Bytes
import DXLink
import Ingest
import Market

/// Lets a lane ask for a few symbols at a time: the next one when one has answered, or has been silent for too long.
///
///     waiting ─► outstanding ─┬─ answered ─► closed
///                             └─ silent for `answerNanos` ─► closed
///
/// Invariant: at most `size` symbols are outstanding; each is closed once.
final class SymbolWindow: SubscriptionPlan {
  private enum State: UInt8 { case waiting, outstanding, closed }

  private let symbols: [String]
  private let types: [EventType]
  private let size: Int
  private let answerNanos: Int64
  private let closed: () -> Void
  private var states: [State]
  private var next = 0
  private var outstanding = 0
  /// Positions in the order in which they were asked for, some of them closed since.
  private var asked: [(position: Int, deadline: MonotonicNanos)] = []
  private var head = 0
  private var leaving: [Int] = []

  /// - Parameter closed: called once for each symbol that is done with.
  init(symbols: [String], types: [EventType], size: Int, answerNanos: Int64, closed: @escaping () -> Void) {
    precondition(size > 0)
    self.symbols = symbols
    self.types = types
    self.size = size
    self.answerNanos = answerNanos
    self.closed = closed
    states = Array(repeating: .waiting, count: symbols.count)
  }

  /// A symbol has every type.
  func answered(_ position: Int) { if states[position] == .outstanding { close(position) } }

  private func close(_ position: Int) {
    states[position] = .closed
    outstanding -= 1
    leaving.append(position)
    closed()
  }

  func change(now: MonotonicNanos) -> SubscriptionChange? {
    while head < asked.count, states[asked[head].position] == .closed || now >= asked[head].deadline {
      if states[asked[head].position] == .outstanding { close(asked[head].position) }
      head += 1
    }
    if head == asked.count {
      asked.removeAll(keepingCapacity: true)
      head = 0
    }
    guard !leaving.isEmpty || (outstanding < size && next < symbols.count) else { return nil }
    var change = SubscriptionChange()
    for position in leaving { change.remove += types.map { Subscription($0, symbols[position]) } }
    leaving.removeAll(keepingCapacity: true)
    while outstanding < size, next < symbols.count {
      change.add += types.map { Subscription($0, symbols[next]) }
      states[next] = .outstanding
      asked.append((next, now.advanced(byNanos: answerNanos)))
      outstanding += 1
      next += 1
    }
    return change
  }

  var nextLook: MonotonicNanos { head < asked.count ? asked[head].deadline : .distantFuture }
}
