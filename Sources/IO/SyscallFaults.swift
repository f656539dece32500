import Glibc
import Synchronization

/// Forced failures of system calls, for tests of what happens when the disk is full or a read is short.
///
/// Costs one relaxed load a call while nothing is armed.
package enum SyscallFaults {
  package enum Call: String, CaseIterable, Sendable {
    case open, read, write, sync, truncate, map, rename, lock, connect, accept, send, receive, poll
  }

  /// Whom a rule concerns.
  package enum Scope: Sendable { case callingThread, process }

  /// One rule. Calls are counted from 1, from the moment the rule is armed; a call made again after a forced EINTR
  /// counts anew.
  package struct Fault: Sendable {
    var call: Call
    var first: Int
    var last: Int
    var errno: Int32
    var byteLimit: Int

    /// Calls number `first` to `first + times - 1` fail with `errno` without being made. EINTR makes them be repeated.
    package static func fail(_ call: Call, on first: Int = 1, times: Int = 1, errno: Int32) -> Fault {
      precondition(first > 0 && times > 0 && errno > 0)
      return Fault(call: call, first: first, last: first - 1 + times, errno: errno, byteLimit: .max)
    }

    /// From call number `first` on, a transfer moves at most `bytes` bytes.
    package static func shorten(_ call: Call, toBytes bytes: Int, from first: Int = 1) -> Fault {
      precondition(first > 0 && bytes > 0)
      return Fault(call: call, first: first, last: .max, errno: 0, byteLimit: bytes)
    }
  }

  private struct Rule {
    var id: Int
    var thread: pthread_t?
    var fault: Fault
    var seen = 0
  }

  private struct Rules {
    var nextID = 0
    var active: [Rule] = []
  }

  private static let armedCount = Atomic<Int>(0)
  private static let rules = Mutex(Rules())

  /// Runs `body` with the faults armed, and disarms them.
  package static func with<R, E: Error>(
    _ faults: [Fault], scope: Scope = .callingThread, _ body: () throws(E) -> R
  ) throws(E) -> R {
    let thread: pthread_t? = scope == .callingThread ? pthread_self() : nil
    let id = rules.withLock { rules in
      rules.nextID += 1
      for fault in faults { rules.active.append(Rule(id: rules.nextID, thread: thread, fault: fault)) }
      return rules.nextID
    }
    armedCount.add(faults.count, ordering: .relaxed)
    defer {
      armedCount.subtract(faults.count, ordering: .relaxed)
      rules.withLock { rules in rules.active.removeAll { $0.id == id } }
    }
    return try body()
  }

  static var isArmed: Bool { armedCount.load(ordering: .relaxed) != 0 }

  /// The errno to force upon this call, or 0; `count` is lowered to what the call may move.
  static func consult(_ call: Call, _ count: inout Int) -> Int32 {
    let caller = pthread_self()
    let (forced, allowed) = rules.withLock { rules -> (Int32, Int) in
      var forced: Int32 = 0
      var allowed = Int.max
      for i in rules.active.indices where rules.active[i].fault.call == call {
        if let thread = rules.active[i].thread, thread != caller { continue }
        rules.active[i].seen += 1
        let rule = rules.active[i]
        guard rule.seen >= rule.fault.first && rule.seen <= rule.fault.last else { continue }
        if rule.fault.errno != 0 { forced = rule.fault.errno }
        allowed = min(allowed, rule.fault.byteLimit)
      }
      return (forced, allowed)
    }
    count = min(count, allowed)
    return forced
  }
}
