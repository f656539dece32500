import TestSupport
import Testing

@testable import Profiles

@Suite("Traces of system calls", .tags(.unit))
struct SyscallTraceTests {
  private static let text = """
    100 execve("/x/quotewire", ["quotewire"], 0x7ffd /* 3 vars */) = 0 <0.000500>
    101 prctl(PR_SET_NAME, "qw-sink" <unfinished ...>
    100 write(2, " = -1 EPERM <0.5>\\n", 18) = 18 <0.000002>
    101 <... prctl resumed>)              = 0 <0.000023>
    101 futex(0x7f47, FUTEX_WAIT_PRIVATE, 1, NULL) = -1 EAGAIN (Resource temporarily unavailable) <0.000010>
    101 futex(0x7f47, FUTEX_WAKE_PRIVATE, 1) = 1 <0.000030>
    101 exit(0)                           = ?
    101 +++ exited with 0 +++
    100 --- SIGCHLD {si_signo=SIGCHLD} ---
    100 exit_group(0)                     = ?
    100 +++ exited with 0 +++

    """
  private let trace = SyscallTrace(Self.text.split(separator: "\n"))

  private func sum(_ thread: String, _ call: String) -> SyscallTrace.Sum? {
    trace.calls[SyscallTrace.Key(thread: thread, call: call)]
  }

  @Test("calls are counted by thread, with their time and their errors")
  func counted() {
    #expect(sum("main", "execve") == SyscallTrace.Sum(calls: 1, errors: 0, micros: 500))
    #expect(sum("main", "write") == SyscallTrace.Sum(calls: 1, errors: 0, micros: 2))
    #expect(sum("qw-sink", "prctl") == SyscallTrace.Sum(calls: 1, errors: 0, micros: 23))
    #expect(sum("qw-sink", "futex") == SyscallTrace.Sum(calls: 2, errors: 1, micros: 40))
    #expect(sum("qw-sink", "exit")?.calls == 1)
    #expect(sum("main", "exit_group")?.calls == 1)
    #expect(trace.calls.count == 6)
  }

  @Test("the tables add up, with calls per 1,000 frames")
  func tables() throws {
    let lines = trace.text(frames: 4000, rows: 1).split(separator: "\n").map { $0.split(separator: " ") }
    #expect(lines.contains(["futex", "2", "1", "40.0", "µs", "20.0", "µs", "0.50"]))
    #expect(lines.contains(["5", "others", "5"] + ["525", "µs", "105", "µs", "1.25"]))
    #expect(lines.contains(["all", "7", "1", "565", "µs", "80.7", "µs", "1.75"]))
    #expect(lines.contains(["qw-sink", "futex", "2", "1", "40.0", "µs", "20.0", "µs", "0.50"]))
    #expect(!trace.text(frames: 0, rows: 1).contains("1,000"))
  }
}
