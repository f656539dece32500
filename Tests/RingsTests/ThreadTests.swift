import Rings
import TestSupport
import Testing

@Suite("Threads")
struct ThreadTests {
  @Test(
    "a thread carries its name, cut to 15 bytes",
    arguments: [
      ("lane-0", "lane-0"), ("exactly-15-byte", "exactly-15-byte"), ("a-much-longer-name", "a-much-longer-n"),
    ])
  func name(asked: String, shown: String) throws {
    let found = Shared("")
    let thread = try WorkerThread(asked) {
      let comm = Places.read("/proc/thread-self/comm") ?? []
      found.change { $0 = String(decoding: comm, as: UTF8.self) }
    }
    thread.join()
    #expect(found.value == shown + "\n")
  }

  @Test("join waits for the body, and so does letting the thread go")
  func join() throws {
    let done = Shared(0)
    let gate = Bell()
    let isOpen = Shared(false)
    let thread = try WorkerThread("waits") {
      while !isOpen.value { gate.wait(timeoutNanos: longWaitNanos, unless: { isOpen.value }) }
      done.change { $0 += 1 }
    }
    #expect(done.value == 0)
    isOpen.change { $0 = true }
    gate.ring()
    thread.join()
    #expect(done.value == 1)

    do { _ = try WorkerThread("let go") { done.change { $0 += 1 } } }
    #expect(done.value == 2)
  }

  @Test("what a thread's body holds is freed when it returned")
  func bodyIsFreed() throws {
    final class Witness: Sendable {}
    weak var seen: Witness?
    do {
      let witness = Witness()
      seen = witness
      let thread = try WorkerThread("holds") { _ = witness }
      thread.join()
    }
    #expect(seen == nil)
  }

  @Test("a refused thread says what the system answered")
  func refused() {
    #expect("\(ThreadError.refused(errno: 11))".contains("errno 11"))
  }

  @Test("a value handed over is taken once; a second time ends the process")
  func handover() async {
    let handover = Handover([1, 2, 3])
    #expect(handover.take() == [1, 2, 3])
    await #expect(processExitsWith: .failure) {
      let handover = Handover(1)
      _ = handover.take()
      _ = handover.take()
    }
  }
}
