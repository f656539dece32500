import Bytes
import IO
import Market
import Recording
import Rings
import TestSupport
import Testing

@testable import Sinks

/// An entry as it came out, without its monotonic time.
private struct Recorded: Equatable, CustomStringConvertible {
  var kind: EntryKind
  var lane: UInt16
  var wall: Int64
  var text: String

  init(_ kind: EntryKind, _ lane: UInt16, _ wall: Int64, _ text: String) {
    self.kind = kind
    self.lane = lane
    self.wall = wall
    self.text = text
  }

  init(_ kind: EntryKind, _ lane: UInt16, _ wall: Int64, payload: UnsafeRawBufferPointer) {
    self.init(kind, lane, wall, unsafe String(decoding: payload, as: UTF8.self))
    if kind == .gap, let mark = unsafe GapMark(parsing: payload) { text = Self.words(mark) }
    if kind == .sessionStart, let mark = unsafe SessionStart(parsing: payload) { text = "start \(mark.session)" }
    if kind == .sessionEnd, let mark = unsafe SessionEnd(parsing: payload) {
      text = "end \(mark.session) \(mark.reason)"
    }
  }

  static func words(_ mark: GapMark) -> String {
    "\(mark.lostFrames) frames, \(mark.lostBytes) bytes, \(mark.from.rawValue) to \(mark.to.rawValue), "
      + "cause \(mark.cause.rawValue)"
  }

  var description: String { "\(kind.rawValue) \(lane) \(wall) \(text.prefix(60))" }
}

private func at(_ wall: Int64) -> Arrival {
  Arrival(wall: WallNanos(rawValue: wall), monotonic: MonotonicNanos(rawValue: wall + 7))
}

extension RecordingPort {
  fileprivate func take(
    _ text: String, _ wall: Int64, _ kind: EntryKind = .received, isStopping: () -> Bool = { false }
  ) {
    let bytes = Array(text.utf8)
    unsafe bytes.withUnsafeBytes { b in unsafe accept(kind, b, at(wall), isStopping: isStopping) }
  }
}

/// A port and the other end of its ring on the test's thread.
private final class RecordingRig {
  let port: RecordingPort
  let counters = RecordingCounters()
  private var consumer: ByteConsumer?
  private(set) var came: [Recorded] = []

  init(_ policy: RecordingPolicy, lane: Int = 2) {
    var ring = ByteRing(capacity: 4096)
    port = RecordingPort(ring.takeProducer(), lane: lane, policy: policy, counters: counters)
    consumer = ring.takeConsumer()
  }

  func drain(limit: Int = .max) {
    var new: [Recorded] = []
    _ = unsafe consumer?.drain(limit: limit) { bytes in
      let head = unsafe bytes.loadUnaligned(as: RecordingPort.Head.self)
      let payload = unsafe UnsafeRawBufferPointer(rebasing: bytes[MemoryLayout<RecordingPort.Head>.size...])
      new.append(
        unsafe Recorded(EntryKind(rawValue: head.kind), head.lane, head.arrival.wall.rawValue, payload: payload))
    }
    came += new
  }

  func leave() { consumer = nil }
}

/// A text of a known length that says its number.
private func payload(_ number: Int, _ count: Int = 200) -> String {
  "\(number) " + String(repeating: "x", count: count - "\(number) ".count)
}

/// Everything in a recording, and its state.
private func read(_ path: String) throws -> (entries: [Recorded], verdict: RecordingVerdict?) {
  let map = try MappedFile(path)
  return try unsafe map.withBytes { bytes in
    var reader = try unsafe RecordingReader(bytes, compression: try? ZstdCompression())
    var entries: [Recorded] = []
    while let entry = reader.next() {
      entries.append(unsafe Recorded(entry.kind, entry.lane, entry.arrival.wall.rawValue, payload: entry.payload))
    }
    return (entries, reader.verdict)
  }
}

private func numbers(_ came: [Recorded]) -> [Int] {
  came.filter { $0.kind == .received }.compactMap { Int($0.text.prefix { $0 != " " }) }
}

@Suite("Recording ports", .tags(.unit))
struct RecordingPortTests {
  @Test("drop marks what it lost, exactly, before the next payload")
  func drop() {
    let rig = RecordingRig(.drop)
    for i in 1...40 { rig.port.take(payload(i), Int64(i)) }
    rig.port.publish()
    rig.drain()
    let kept = numbers(rig.came)
    #expect(kept == Array(1...kept.count) && kept.count < 40)
    let lost = 40 - kept.count
    #expect(rig.counters.lost == lost)
    rig.port.take(payload(41), 41)
    rig.port.publish()
    rig.drain()
    // The first mark fitted where no payload did.
    let first = kept.count + 1
    #expect(
      rig.came.suffix(3) == [
        Recorded(.gap, 2, Int64(first + 1), "1 frames, 200 bytes, \(first) to \(first + 1), cause 2"),
        Recorded(.gap, 2, 41, "\(lost - 1) frames, \((lost - 1) * 200) bytes, \(first + 1) to 41, cause 2"),
        Recorded(.received, 2, 41, payload(41)),
      ])
    rig.port.take(payload(42), 42)
    rig.port.publish()
    rig.drain()
    #expect(rig.came.last == Recorded(.received, 2, 42, payload(42)), "the loss is marked once")
    #expect(rig.counters.lost == lost)
  }

  @Test("whatever is dropped and when, kept payloads and marks add up to all", .tags(.property))
  func sums() {
    for seed in UInt64(1)...60 {
      var random = SeededRandom(seed: seed)
      let rig = RecordingRig(.drop)
      var sent = 0
      var bytes = 0
      for i in 1...200 {
        let count = Int.random(in: 8...900, using: &random)
        sent += 1
        bytes += count
        rig.port.take(payload(i, count), Int64(i))
        if Int.random(in: 0..<4, using: &random) == 0 {
          rig.port.publish()
          rig.drain(limit: Int.random(in: 1...9, using: &random))
        }
      }
      rig.port.finish(at(999)) {
        rig.drain()
        return false
      }
      rig.drain()
      let kept = rig.came.filter { $0.kind == .received }
      let gaps = rig.came.filter { $0.kind == .gap }
      let marks: [[Int]] = gaps.map { mark in
        mark.text.split(whereSeparator: { !$0.isNumber }).compactMap { Int($0) }
      }
      let lost = marks.reduce(0) { $0 + $1[0] }
      #expect(kept.count + lost == sent, "seed \(seed)")
      let keptBytes = kept.reduce(0) { $0 + $1.text.utf8.count }
      let lostBytes = marks.reduce(0) { $0 + $1[1] }
      #expect(keptBytes + lostBytes == bytes, "seed \(seed)")
      #expect(rig.counters.lost == sent - kept.count, "seed \(seed)")
      let order = numbers(rig.came)
      #expect(order == order.sorted(), "seed \(seed)")
    }
  }

  @Test("wait loses nothing, also behind a payload that is too long for the ring")
  func wait() {
    let rig = RecordingRig(.wait)
    var looks = 0
    let isStopping = {
      looks += 1
      rig.drain(limit: 1)
      return false
    }
    for i in 1...15 { rig.port.take(payload(i), Int64(i), isStopping: isStopping) }
    let long = rig.port.maximumPayloadBytes + 1
    rig.port.take(payload(16, long), 16, isStopping: isStopping)
    for i in 17...60 { rig.port.take(payload(i), Int64(i), isStopping: isStopping) }
    rig.port.finish(at(61), isStopping: isStopping)
    rig.drain()
    #expect(looks > 20)
    #expect(numbers(rig.came) == (1...60).filter { $0 != 16 })
    #expect(
      rig.came.filter { $0.kind == .gap } == [Recorded(.gap, 2, 17, "1 frames, \(long) bytes, 16 to 17, cause 2")])
    #expect(rig.counters.lost == 1)
  }

  @Test("a payload of the greatest length fits")
  func longest() {
    let rig = RecordingRig(.drop)
    rig.port.take(payload(1, rig.port.maximumPayloadBytes), 1)
    rig.port.publish()
    rig.drain()
    #expect(numbers(rig.came) == [1] && rig.counters.lost == 0)
  }

  @Test("a stopped wait drops and counts")
  func stopped() {
    let rig = RecordingRig(.wait)
    for i in 1...40 { rig.port.take(payload(i), Int64(i)) { true } }
    rig.drain()
    let kept = numbers(rig.came).count
    #expect(kept > 5 && rig.counters.lost == 40 - kept)
  }

  @Test("nobody waits for a writer that has gone", arguments: RecordingPolicy.allCases)
  func gone(policy: RecordingPolicy) {
    let rig = RecordingRig(policy)
    rig.leave()
    for i in 1...40 { rig.port.take(payload(i), Int64(i)) }
    rig.port.accept(SessionEnd(session: 1, closeCode: 1000, reason: "x"), at(41)) { false }
    rig.port.finish(at(42)) { false }
    #expect(rig.counters.lost > 10)
  }

  @Test(
    "a session mark waits for room under either policy, behind what was lost before it",
    arguments: RecordingPolicy.allCases)
  func marks(policy: RecordingPolicy) {
    let rig = RecordingRig(policy)
    rig.port.accept(SessionStart(session: 5, url: "ws://x/", version: "v"), at(1)) { false }
    for i in 2...40 { rig.port.take(payload(i), Int64(i)) { true } }
    rig.port.accept(SessionEnd(session: 5, closeCode: 1000, reason: "bye"), at(41)) {
      rig.drain(limit: 1)
      return false
    }
    rig.port.accept(
      GapMark(from: WallNanos(rawValue: 1), to: WallNanos(rawValue: 2), cause: .connectionLost, reason: "r"), at(42)
    ) { false }
    rig.drain()
    let kept = numbers(rig.came).count
    #expect(rig.came.first == Recorded(.sessionStart, 2, 1, "start 5"))
    let lost = 38 - kept
    #expect(
      rig.came.suffix(3) == [
        Recorded(.gap, 2, 41, "\(lost) frames, \(lost * 200) bytes, \(kept + 3) to 41, cause 2"),
        Recorded(.sessionEnd, 2, 41, "end 5 bye"), Recorded(.gap, 2, 42, "0 frames, 0 bytes, 1 to 2, cause 1"),
      ])
  }
}

@Suite("Recording workers", .tags(.unit))
struct RecordingWorkerTests {
  private func file(_ path: String) throws -> File { try File(path, .create()) }

  private func writer(_ compression: ZstdCompression? = nil) -> RecordingWriter {
    RecordingWriter(fileID: 0xABCD, created: WallNanos(rawValue: 1), compression: compression)
  }

  /// Runs a worker on the test's thread over rings that were filled before.
  private func run(
    _ path: String, lanes: Int, said: Left<[String]> = Left(), counters: RecordingCounters,
    _ fill: ([RecordingPort]) -> Void
  ) throws -> String? {
    let bell = Bell()
    var inputs: [RecordingInput] = []
    do {
      var ports: [RecordingPort] = []
      for lane in 0..<lanes {
        var ring = ByteRing(capacity: 1 << 20, bell: bell)
        ports.append(RecordingPort(ring.takeProducer(), lane: lane, policy: .wait, counters: counters))
        inputs.append(RecordingInput(ring.takeConsumer()))
      }
      fill(ports)
      for port in ports { port.finish(at(0)) { false } }
    }
    var worker = RecordingWorker(writer(), try file(path), inputs: inputs, counters: counters, bell: bell) { sentence in
      said.set((said.value ?? []) + [sentence])
    }
    return worker.run()
  }

  @Test("what two lanes hand over is read back in the order of each lane, and the file is clean")
  func twoLanes() throws {
    let folder = TemporaryFolder()
    let counters = RecordingCounters()
    let failure = try run(folder.file("a.qwr"), lanes: 2, counters: counters) { ports in
      for lane in 0..<2 {
        ports[lane].accept(SessionStart(session: 9, url: "ws://h/", version: "v"), at(1)) { false }
        for i in 2...300 { ports[lane].take(payload(i), Int64(i), i.isMultiple(of: 5) ? .sent : .received) }
      }
    }
    #expect(failure == nil)
    let (entries, verdict) = try read(folder.file("a.qwr"))
    #expect(verdict == .clean)
    for lane in UInt16(0)...1 {
      let expected =
        [Recorded(.sessionStart, lane, 1, "start 9")]
        + (2...300).map { Recorded($0.isMultiple(of: 5) ? .sent : .received, lane, Int64($0), payload($0)) }
      #expect(entries.filter { $0.lane == lane } == expected)
    }
    #expect(counters.entries == 600 && entries.count == 600 && counters.lost == 0)
    #expect(counters.bytes == Places.read(folder.file("a.qwr"))?.count)
  }

  @Test("a write that fails for a while goes on at the same place", arguments: [1, 2, 4])
  func passingFailure(first: Int) throws {
    let folder = TemporaryFolder()
    let counters = RecordingCounters()
    let said = Left<[String]>()
    let faults: [SyscallFaults.Fault] = [
      .shorten(.write, toBytes: 5000), .fail(.write, on: first, times: 2, errno: 28),
    ]
    let failure = try SyscallFaults.with(faults) { () throws in
      try run(folder.file("a.qwr"), lanes: 1, said: said, counters: counters) { ports in
        for i in 1...200 { ports[0].take(payload(i), Int64(i)) }
      }
    }
    #expect(failure == nil)
    let (entries, verdict) = try read(folder.file("a.qwr"))
    #expect(verdict == .clean && numbers(entries) == Array(1...200))
    #expect(said.value?.count == 2, "trouble, and its end")
    #expect(counters.bytes == Places.read(folder.file("a.qwr"))?.count)
  }

  @Test("when nothing can be written the worker gives up after the lanes and says why")
  func lastingFailure() throws {
    let folder = TemporaryFolder()
    let failure = try SyscallFaults.with([.fail(.write, times: 1_000_000, errno: 28)]) { () throws in
      try run(folder.file("a.qwr"), lanes: 1, counters: RecordingCounters()) { $0[0].take(payload(1), 1) }
    }
    #expect(failure?.contains("a.qwr: no space left") == true)
  }

  private static var hasZstd: Bool { (try? ZstdCompression()) != nil }

  @Test("a set records its lanes on a thread of its own", arguments: hasZstd ? [false, true] : [false])
  func inSet(compressed: Bool) throws {
    let zstd = compressed ? try ZstdCompression() : nil
    let folder = TemporaryFolder()
    let set = try SinkSet([], lanes: [EventSource().texts, EventSource().texts], options: SinkSet.Options())
    let made = RecordingWriter(fileID: 7, created: WallNanos(rawValue: 1), compression: zstd)
    try set.record(
      made, to: try file(folder.file("a.qwr")), policy: .wait, ringBytes: 8192, options: SinkSet.Options())
    do {
      let ports = [set.takePorts(lane: 0), set.takePorts(lane: 1)]
      for i in 1...2000 {
        ports[i % 2].recording?.take(payload(i), Int64(i))
        ports[i % 2].recording?.publish()
      }
      for port in ports { port.recording?.finish(at(2001)) { false } }
    }
    #expect(set.finish().recordingFailure == nil)
    let (entries, verdict) = try read(folder.file("a.qwr"))
    #expect(verdict == .clean)
    #expect(numbers(entries.filter { $0.lane == 0 }) == (1...2000).filter { $0.isMultiple(of: 2) })
    #expect(numbers(entries.filter { $0.lane == 1 }) == (1...2000).filter { !$0.isMultiple(of: 2) })
    #expect(set.recordingCounters.entries == 2000)
  }

  @Test("a recording that could not start leaves no thread waiting")
  func abandoned() throws {
    let folder = TemporaryFolder()
    do {
      let set = try SinkSet([SinkSpec(parsing: "null:")], lanes: [EventSource().texts], options: SinkSet.Options())
      try set.record(
        writer(), to: try file(folder.file("a.qwr")), policy: .drop, ringBytes: 4096, options: SinkSet.Options())
    }
    #expect(try read(folder.file("a.qwr")).verdict == .clean)
  }
}
