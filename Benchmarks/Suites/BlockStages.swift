import BenchmarkKit
import Bytes
import IO
import JSON
import Market
import Recording
import Sinks
import WebSocket

/// The stages that do not decode events. Their digest is a hash over all payloads in order, computed outside the clock
/// from what came out of the stage.
enum BlockStages {
  /// Runs `work` on each block with the clock at hand; it gives the payloads that came out, for the digest.
  private static func run(
    _ path: String, _ work: (Payloads, inout Stopwatch, inout PayloadHash) throws -> Void
  ) throws -> Throughput.Figures {
    let blocks = try RecordingBlocks(path)
    var figures = Throughput.Figures()
    var clock = Stopwatch()
    var expected = PayloadHash()
    var got = PayloadHash()
    while blocks.next() {
      for i in 0..<blocks.payloads.count { unsafe expected.add(blocks.payloads[i]) }
      try work(blocks.payloads, &clock, &got)
      figures.frames += blocks.payloads.count
      figures.bytes += blocks.payloads.byteCount
    }
    guard got == expected else { throw StageError.differentPayloads }
    figures.nanos = clock.nanos
    figures.cpuNanos = clock.cpuNanos
    figures.digest = got.text
    return figures
  }

  static func scan(_ path: String) throws -> Throughput.Figures {
    var scanner = Scanner()
    return try run(path) { payloads, clock, hash in
      clock.start()
      // What is no JSON is scanned too: up to the byte that says so.
      for i in 0..<payloads.count { try? unsafe scanner.validate(payloads[i]) }
      clock.stop()
      for i in 0..<payloads.count { unsafe hash.add(payloads[i]) }
    }
  }

  static func frames(_ path: String) throws -> Throughput.Figures {
    var writer = FrameWriter(role: .server)
    var out = ByteWriter(capacity: RecordingBlocks.blockBytes)
    let bytes = PaddedBytes()
    var found: [Range<Int>] = []
    return try run(path) { payloads, clock, hash in
      out.removeAll()
      bytes.removeAll()
      for i in 0..<payloads.count { unsafe writer.message(.text, payloads[i].bytes, into: &out) }
      unsafe out.withBytes { all in unsafe bytes.append(all) }
      found.removeAll(keepingCapacity: true)
      found.reserveCapacity(payloads.count)
      var decoder = FrameDecoder(role: .client, maximumFrameBytes: Layout.maximumPayloadBytes)
      let all = unsafe bytes.mutable
      var at = 0
      clock.start()
      while at < all.count {
        let left = unsafe UnsafeMutableRawBufferPointer(rebasing: all[at...])
        guard case .frame(_, let payload, let end) = try unsafe decoder.next(left) else { break }
        found.append((at + payload.lowerBound)..<(at + payload.upperBound))
        at += end
      }
      clock.stop()
      for range in found { unsafe hash.add(bytes.part(range)) }
    }
  }

  /// Into a file, as the recorder writes it; the file is read back for the digest.
  static func record(_ path: String) throws -> Throughput.Figures {
    let place = try TemporaryPlace()
    let copy = place.file("copy.qwr")
    var file = try File(copy, .create())
    var writer = RecordingWriter(fileID: RandomBytes.next(), created: .now())
    let arrival = Arrival.now()
    var figures = try run(path) { payloads, clock, hash in
      clock.start()
      for i in 0..<payloads.count {
        try unsafe writer.append(.received, lane: 0, arrival: arrival, payload: payloads[i])
        if writer.pendingCount >= 1 << 18 { try write(&writer, &file) }
      }
      try write(&writer, &file)
      clock.stop()
      for i in 0..<payloads.count { unsafe hash.add(payloads[i]) }
    }
    writer.close(at: arrival)
    try write(&writer, &file)
    try file.close()
    let back = try read(copy)
    guard back.digest == figures.digest else { throw StageError.differentPayloads }
    figures.outputBytes = writer.offset
    return figures
  }

  private static func write(_ writer: inout RecordingWriter, _ file: inout File) throws {
    try unsafe writer.withPending { bytes in try unsafe file.write(bytes) }
    writer.removePending(writer.pendingCount)
  }

  /// Twice over the file: once timed, once for the digest.
  static func read(_ path: String) throws -> Throughput.Figures {
    let map = try MappedFile(path)
    let bytes = unsafe map.withBytes { unsafe $0 }
    var figures = Throughput.Figures()
    var clock = Stopwatch()
    var reader = unsafe try RecordingReader(bytes, compression: try? ZstdCompression())
    clock.start()
    while let entry = reader.next() {
      guard entry.kind == .received else { continue }
      figures.frames += 1
      unsafe figures.bytes += entry.payload.count
    }
    clock.stop()
    var hash = PayloadHash()
    var again = unsafe try RecordingReader(bytes, compression: try? ZstdCompression())
    while let entry = again.next() {
      if entry.kind == .received { unsafe hash.add(entry.payload) }
    }
    figures.nanos = clock.nanos
    figures.cpuNanos = clock.cpuNanos
    figures.digest = hash.text
    return figures
  }
}

/// A hash over payloads in their order.
struct PayloadHash: Equatable {
  private var value: UInt64 = 0

  mutating func add(_ payload: UnsafeRawBufferPointer) {
    value = unsafe Mix.fold(value ^ TextTable.hash(payload), 0x9E37_79B9)
  }

  var text: String { Hex.text(value) }
}
