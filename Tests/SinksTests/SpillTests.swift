import Glibc
import IO
import Market
import Rings
import TestSupport
import Testing

@testable import Sinks

@Suite("The policy spill", .tags(.unit))
struct SpillTests {
  let folder = TemporaryFolder()

  private func queue(_ limitBytes: Int = 1 << 20, _ say: @escaping (String) -> Void = { _ in }) throws -> SpillQueue {
    try SpillQueue(folder: folder.path, limitBytes: limitBytes, say: say)
  }

  /// Batches of short and long events, with a gap mark now and then.
  private func feed(
    _ rig: PortRig, _ source: EventSource, batches: Int, marks: Bool = true, isStopping: () -> Bool = { false }
  ) {
    for i in 0..<batches {
      let batch = source.batch([(.quote, "A"), (.order, "B"), (.profile, "C"), (.quote, "D")])
      rig.port.accept(batch, isStopping: isStopping)
      if marks && i % 7 == 0 { rig.port.accept(gap(Int64(source.made)), isStopping: isStopping) }
    }
  }

  @Test(
    "nothing is lost, doubled or out of order, marks among the events, while the reader comes and goes",
    arguments: [4, 64])
  func order(ring: Int) throws {
    let rig = PortRig(.spill, ring: ring, spill: try queue(64 << 20))
    let source = EventSource()
    var random = SeededRandom(seed: UInt64(ring))
    for _ in 0..<60 {
      feed(rig, source, batches: Int.random(in: 1...200, using: &random))
      for _ in 0..<Int.random(in: 0...40, using: &random) {
        rig.reading.drain(limit: Int.random(in: 1...ring, using: &random))
        rig.port.settle()
      }
    }
    rig.port.finish {
      rig.reading.drain()
      return false
    }
    rig.reading.drain()
    var events: [Int] = []
    for came in rig.reading.came {
      switch came {
      case .event(let number): events.append(number)
      case .gap(let number): #expect(events.last == Int(number), "a mark stands where it came")
      }
    }
    #expect(events == Array(1...source.made))
    #expect(rig.counters.accepted == source.made && rig.counters.dropped == 0)
    #expect(rig.counters.spilled > source.made / 2 && rig.counters.spilled <= source.made)
    #expect(!rig.port.holdsBack)
    #expect(Places.names(in: folder.path).isEmpty, "the file has no name")
  }

  @Test("the lane never waits: beyond the limit the newest events are dropped and counted, and it goes on")
  func limit() throws {
    let rig = PortRig(.spill, ring: 4, spill: try queue(SpillQueue.blockBytes * 2))
    let source = EventSource()
    var waits = 0
    feed(rig, source, batches: 4000, marks: false) {
      waits += 1
      return true
    }
    #expect(waits == 0)
    let first = source.made
    #expect(rig.counters.dropped > 0)
    #expect(rig.counters.accepted < 5, "the ring is full and nobody reads")
    rig.port.finish {
      rig.reading.drain()
      return false
    }
    rig.reading.drain()
    #expect(rig.counters.accepted + rig.counters.dropped == first)
    let kept = rig.reading.came.compactMap { if case .event(let number) = $0 { number } else { nil } }
    #expect(kept.count == rig.counters.accepted)
    // Blocks hold whole events, of which some are two records: up to one record short each.
    #expect(kept.count * 128 > SpillQueue.blockBytes * 2)
    #expect(kept == kept.sorted())
    #expect(kept.starts(with: 1...(rig.counters.accepted - 8)), "the oldest are kept")
    feed(rig, source, batches: 1)
    rig.port.finish {
      rig.reading.drain()
      return false
    }
    rig.reading.drain()
    #expect(rig.counters.accepted + rig.counters.dropped == source.made)
    #expect(rig.reading.came.suffix(2) == [.event(source.made), .gap(Int64(source.made))])
  }

  @Test("a disk that fails for a while costs the newest events, is told of once, and spilling goes on")
  func failingDisk() throws {
    var said: [String] = []
    let rig = PortRig(.spill, ring: 4, spill: try queue(64 << 20) { said.append($0) })
    let source = EventSource()
    SyscallFaults.with([.fail(.write, on: 2, times: 50, errno: ENOSPC)]) {
      feed(rig, source, batches: 3000, marks: false)
    }
    #expect(said.count == 2 && said.last == "spilling goes on", "\(said)")
    #expect(said.first?.contains("no space left") == true)
    #expect(rig.counters.dropped > 0)
    rig.port.finish {
      rig.reading.drain()
      return false
    }
    rig.reading.drain()
    #expect(rig.counters.accepted + rig.counters.dropped == source.made)
    let kept = rig.reading.came.count { if case .event = $0 { true } else { false } }
    #expect(kept == rig.counters.accepted)
  }

  @Test("a block that cannot be read back is counted as dropped, and the rest comes")
  func unreadable() throws {
    var said: [String] = []
    let rig = PortRig(.spill, ring: 4, spill: try queue(64 << 20) { said.append($0) })
    let source = EventSource()
    feed(rig, source, batches: 2000, marks: false)
    #expect(rig.counters.dropped == 0)
    SyscallFaults.with([.fail(.read, on: 2, errno: EIO)]) {
      rig.port.finish {
        rig.reading.drain()
        return false
      }
    }
    rig.reading.drain()
    #expect(said.count == 1 && said[0].contains("spilled events cannot be read back"), "\(said)")
    #expect(rig.counters.dropped > 1000)
    #expect(rig.counters.accepted + rig.counters.dropped == source.made)
    #expect(rig.reading.came.last == .event(source.made))
  }

  @Test("a run that is told to stop drops and counts what still waits")
  func stopped() throws {
    let rig = PortRig(.spill, ring: 4, spill: try queue())
    let source = EventSource()
    feed(rig, source, batches: 500)
    rig.port.finish { true }
    #expect(rig.counters.accepted + rig.counters.dropped == source.made && rig.counters.dropped > 0)
    #expect(!rig.port.holdsBack)
  }

  @Test("a folder that cannot be written to is refused before the run")
  func noFolder() {
    let error = #expect(throws: IOError.self) {
      _ = try SpillQueue(folder: "/nowhere/at/all", limitBytes: 1 << 20) { _ in }
    }
    #expect(error?.description.contains("/nowhere/at/all") == true)
  }

  @Test("a sink set spills under the policy, and every event is written in the end")
  func set() throws {
    var spec = try SinkSpec(parsing: "ndjson:\(folder.file("rows"))?policy=spill&ring=4&spill-bytes=8M")
    spec.spillFolder = folder.path
    let source = EventSource()
    let set = try SinkSet([spec], lanes: [source.texts], options: SinkSet.Options())
    do {
      let ports = set.takePorts(lane: 0).sinks
      for _ in 0..<500 { ports[0].accept(source.quotes(20)) { false } }
      ports[0].finish { false }
    }
    let result = try #require(set.finish().sinks.first)
    #expect(result.accepted == source.made && result.written == source.made && result.dropped == 0)
    #expect(column("eventTime", folder.file("rows")) == Array(1...source.made))
  }

  private func column(_ name: String, _ path: String) -> [Int] {
    lines(path).compactMap { line in
      guard let at = line.firstRange(of: "\"\(name)\":") else { return nil }
      return Int(line[at.upperBound...].prefix { $0.isNumber })
    }
  }
}
