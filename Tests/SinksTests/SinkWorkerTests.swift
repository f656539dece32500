import Bytes
import IO
import Market
import Rings
import TestSupport
import Testing

@testable import Sinks

/// What a test's body was asked to do.
private final class Log {
  var rows: [Came] = []
  var flushed: [Came] = []
  var flushes = 0
  var failuresLeft = 0
  var isFinished = false
}

/// Keeps rows in memory; a row counts as 10 bytes. Fails as often as told.
private struct LoggingBody: SinkBody, ~Copyable {
  let log: Log
  var failure = SinkFailure.io(.system(action: "write", subject: "x", errno: 28))
  var pendingBytes: Int { log.rows.count * 10 }

  init(_ log: Log) { self.log = log }

  mutating func append(_ event: EventRef, _ texts: TextStore) { log.rows.append(Came(event)) }
  mutating func append(_ gap: Gap) { log.rows.append(.gap(gap.fromNanos)) }
  mutating func flush(now: MonotonicNanos) throws(SinkFailure) {
    log.flushes += 1
    if log.failuresLeft > 0 {
      log.failuresLeft -= 1
      throw failure
    }
    log.flushed += log.rows
    log.rows = []
  }
  mutating func rotate(now: MonotonicNanos) throws(SinkFailure) {}
  mutating func rotateNow(now: MonotonicNanos) throws(SinkFailure) -> [String] { [] }
  mutating func finish() throws(SinkFailure) { log.isFinished = true }
}

/// Runs a worker on the test's thread over rings that were filled before and whose lanes have gone.
private func run<Body: SinkBody & ~Copyable>(
  _ body: consuming Body, _ lanes: [EventSource], counters: SinkCounters = SinkCounters(),
  said: Left<[String]> = Left(),
  _ fill: ([any SinkPort]) -> Void
) -> SinkOutcome {
  let bell = Bell()
  var inputs: [SinkInput] = []
  do {
    var ports: [any SinkPort] = []
    for lane in lanes {
      var ring = RecordRing(capacity: 4096, bell: bell)
      ports.append(RingPort(ring.takeProducer(), .drop, counters))
      inputs.append(SinkInput(ring.takeConsumer(), lane.texts))
    }
    fill(ports)
    for port in ports { port.finish { false } }
  }
  var worker = SinkWorker(body, inputs: inputs, counters: counters, latency: nil, bell: bell) { sentence in
    said.set((said.value ?? []) + [sentence])
  }
  return worker.run()
}

private func spec(_ text: String) -> SinkSpec {
  guard let spec = try? SinkSpec(parsing: text) else { preconditionFailure("\(text) is no sink") }
  return spec
}

@Suite("Sink workers", .tags(.unit))
struct SinkWorkerTests {
  @Test("a write that fails for a while is tried again with the same rows, and each change is said once")
  func passingFailure() {
    let log = Log()
    log.failuresLeft = 2
    let said = Left<[String]>()
    let source = EventSource()
    let counters = SinkCounters()
    let outcome = run(LoggingBody(log), [source], counters: counters, said: said) { ports in
      ports[0].accept(source.quotes(5)) { false }
      ports[0].accept(gap(9)) { false }
      ports[0].accept(source.quotes(2)) { false }
    }
    #expect(outcome.failure == nil && outcome.unwritten == 0)
    #expect(log.flushed == Came.events(1...5) + [.gap(9)] + Came.events(6...7))
    #expect(log.flushes >= 3 && log.isFinished)
    #expect(counters.written == 7)
    #expect(counters.bytes == 80)
    #expect(said.value?.count == 2)
    #expect(said.value?.first?.contains("no space left") == true)
    #expect(said.value?.last == "writing goes on")
  }

  @Test("when the lanes have gone and nothing can be written the worker gives up and counts what is missing")
  func lastingFailure() {
    let log = Log()
    log.failuresLeft = .max
    let source = EventSource()
    let counters = SinkCounters()
    let outcome = run(LoggingBody(log), [source], counters: counters) { $0[0].accept(source.quotes(11)) { false } }
    #expect(outcome.failure?.contains("cannot write x: no space left") == true)
    #expect(outcome.unwritten == 11)
    #expect(counters.accepted == 11 && counters.written == 0)
    #expect(!log.isFinished)
    #expect(log.flushes > 2, "it did try")
  }

  @Test("a reader that has gone ends the sink at once and is no failure")
  func readerGone() {
    let log = Log()
    log.failuresLeft = 1
    var body = LoggingBody(log)
    body.failure = .readerGone
    let source = EventSource()
    let outcome = run(body, [source]) { $0[0].accept(source.quotes(3)) { false } }
    #expect(outcome.isReaderGone && outcome.failure == nil && outcome.unwritten == 3)
    #expect(log.flushes == 1)
  }

  @Test("a gap mark alone is written although no event follows")
  func gapAlone() throws {
    let counters = SinkCounters()
    let folder = TemporaryFolder()
    let bell = Bell()
    var ring = RecordRing(capacity: 16, bell: bell)
    let port = Handover(RingPort(ring.takeProducer(), .wait, counters))
    let inputs = [SinkInput(ring.takeConsumer(), EventSource().texts)]
    let body = try NDJSONBody(file: folder.file("a"), spec: spec("ndjson:a"), force: false)
    let work = Handover(SinkWorker(body, inputs: inputs, counters: counters, latency: nil, bell: bell) { _ in })
    let outcome = Left<SinkOutcome>()
    let thread = try WorkerThread("worker") {
      var mine = work.take()
      outcome.set(mine.run())
    }
    do {
      let mine = port.take()
      mine.accept(gap(5)) { false }
      // Written while the lane lives, or never.
      while counters.bytes == 0 { Pause.sleep(nanos: 100_000) }
    }
    thread.join()
    #expect(outcome.value?.failure == nil)
    #expect(lines(folder.file("a")).count == 1)
  }

  @Test("a full disk loses and doubles no row of any file", arguments: [1, 2, 4], ["csv:", "ndjson:"])
  func diskFull(first: Int, scheme: String) throws {
    let folder = TemporaryFolder()
    let source = EventSource()
    let rows: ([any SinkPort]) -> Void = { ports in
      for _ in 0..<20 {
        ports[0].accept(source.batch([(.quote, "AAPL"), (.order, "IBM"), (.quote, "MSFT")])) { false }
      }
      ports[0].accept(gap(5)) { false }
    }
    let counters = SinkCounters()
    let faults: [SyscallFaults.Fault] = [
      .shorten(.write, toBytes: 700), .fail(.write, on: first, times: 2, errno: 28),
    ]
    let outcome = try SyscallFaults.with(faults) { () throws in
      scheme == "csv:"
        ? run(
          try CSVBody(directory: folder.path, spec: spec("csv:x"), force: false), [source], counters: counters, rows)
        : run(
          try NDJSONBody(file: folder.file("rows"), spec: spec("ndjson:x"), force: false), [source], counters: counters,
          rows)
    }
    #expect(outcome.failure == nil)
    #expect(counters.written == 60)
    if scheme == "csv:" {
      #expect(Places.names(in: folder.path) == ["Order.csv", "Quote.csv", "gaps.csv"])
      #expect(column(1, folder.file("Quote.csv")) == (1...60).filter { $0 % 3 != 2 }.map(String.init))
      #expect(column(1, folder.file("Order.csv")) == (1...60).filter { $0 % 3 == 2 }.map(String.init))
      #expect(lines(folder.file("gaps.csv")).count == 2)
    } else {
      #expect(Places.names(in: folder.path) == ["rows"])
      let all = lines(folder.file("rows"))
      #expect(all.count == 61)
      for (i, line) in all.dropLast().enumerated() { #expect(line.contains(",\"eventTime\":\(i + 1),")) }
      #expect(all.last?.contains("\"eventType\":\"Gap\"") == true)
    }
  }

  @Test("a file that somebody made meanwhile is not overwritten")
  func madeMeanwhile() throws {
    let folder = TemporaryFolder()
    let source = EventSource()
    let body = try NDJSONBody(file: folder.file("a"), spec: spec("ndjson:x"), force: false)
    try File(folder.file("a"), .create()).close()
    let outcome = run(body, [source]) { $0[0].accept(source.quotes(1)) { false } }
    #expect(outcome.failure?.contains("a exists already") == true)
    #expect(text(folder.file("a")) == "")
  }

  @Test("one file that cannot be completed takes none of the others with it")
  func oneIncomplete() throws {
    let source = EventSource()
    let folder = TemporaryFolder()
    let failed = try SyscallFaults.with([.fail(.rename, on: 2, errno: 5)]) { () throws in
      run(try CSVBody(directory: folder.path, spec: spec("csv:x"), force: false), [source]) {
        $0[0].accept(source.batch([(.quote, "A"), (.trade, "A"), (.greeks, "A")])) { false }
      }
    }
    #expect(failed.failure != nil)
    let names = Places.names(in: folder.path)
    #expect(names.contains("Quote.csv") && names.contains("Greeks.csv"))
    #expect(names.contains { $0.hasPrefix("Trade.csv.tmp-") })
  }
}

/// One column of a CSV file without quotes, without its header.
func column(_ number: Int, _ path: String) -> [String] {
  lines(path).dropFirst().map { row in
    let fields = row.split(separator: ",", omittingEmptySubsequences: false)
    return number < fields.count ? String(fields[number]) : ""
  }
}
