import BenchmarkKit
import Bytes
import CShims
import JSON
import WebSocket

/// Bytes before they mean anything: WebSocket frames, masks, UTF-8, the structure of JSON.
enum FrameSuite {
  static var all: [Benchmark] {
    [
      Benchmark("websocket/decode", input: "mix", allocations: 0) { size in
        let market = try MarketInput(MarketInput.mix, size)
        let stream = stream(market)
        return market.work(market.units) { try decode(stream) }
      },
      Benchmark("websocket/mask", input: "mix, in place, twice", allocations: 0) { size in
        let market = try MarketInput(MarketInput.mix, size)
        let bytes = PaddedBytes()
        unsafe bytes.append(market.file.all)
        return Work(Units(bytes: bytes.count * 2)) {
          unsafe Masking.apply(0x1234_5678, to: bytes.mutable)
          let masked = unsafe bytes.all.loadUnaligned(fromByteOffset: bytes.count / 2, as: UInt64.self)
          unsafe Masking.apply(0x1234_5678, to: bytes.mutable)
          return unsafe masked ^ bytes.all.loadUnaligned(as: UInt64.self)
        }
      },
      utf8("utf8/ascii", "mix"), utf8("utf8/mixed", "mix with characters of two to four bytes"),
      Benchmark("json/index", input: "mix: stage 1 alone", allocations: 0) { size in
        let market = try MarketInput(MarketInput.mix, size)
        let index = IndexMemory(market.payloads)
        return market.work(market.units) { index.pass(market.payloads) }
      },
      Benchmark("json/validate", input: "mix: both stages, every value skipped", allocations: 0) { size in
        let market = try MarketInput(MarketInput.mix, size)
        let loop = ValidateLoop()
        return market.work(market.units) { try loop.pass(market.payloads) }
      },
    ]
  }

  /// All payloads as a server sends them.
  static func stream(_ market: MarketInput) -> PaddedBytes {
    var writer = FrameWriter(role: .server)
    var out = ByteWriter(capacity: 1 << 20)
    for i in 0..<market.payloads.count {
      unsafe writer.message(.text, market.payloads[i].bytes, into: &out)
    }
    let bytes = PaddedBytes()
    unsafe out.withBytes { all in unsafe bytes.append(all) }
    return bytes
  }

  static func decode(_ stream: PaddedBytes) throws -> UInt64 {
    var decoder = FrameDecoder(role: .client)
    let bytes = unsafe stream.mutable
    var at = 0
    var sum: UInt64 = 0
    while at < bytes.count {
      let left = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[at...])
      guard case .frame(_, let payload, let end) = try unsafe decoder.next(left) else { break }
      sum = Fold.add(sum, UInt64(at + payload.lowerBound) << 32 | UInt64(payload.count))
      at += end
    }
    return sum
  }

  private static func utf8(_ name: String, _ input: String) -> Benchmark {
    Benchmark(name, input: input, allocations: 0) { size in
      let market = try MarketInput(MarketInput.mix, size)
      let bytes = PaddedBytes()
      for i in 0..<market.payloads.count {
        unsafe bytes.append(market.payloads[i])
        if name == "utf8/mixed" { unsafe Array("Zürich 日本 €😀".utf8).withUnsafeBytes { unsafe bytes.append($0) } }
      }
      return Work(Units(bytes: bytes.count), expectedDigest: 1) {
        unsafe UTF8Validator.isValid(bytes.all.bytes) ? 1 : 0
      }
    }
  }
}

/// Memory for stage 1's index.
final class IndexMemory {
  private var index: [UInt32]

  init(_ payloads: Payloads) {
    let longest = payloads.ranges.map(\.count).max() ?? 0
    index = Array(repeating: 0, count: longest + Int(QW_JSON_INDEX_SLACK) + 1)
  }

  func pass(_ payloads: Payloads) -> UInt64 {
    let level = SIMDLevel.preferred.rawValue
    var sum: UInt64 = 0
    unsafe index.withUnsafeMutableBufferPointer { index in
      guard let to = index.baseAddress else { return }
      for i in 0..<payloads.count {
        let payload = unsafe payloads[i]
        guard let from = payload.baseAddress else { continue }
        let found = unsafe qw_json_index(level, from.assumingMemoryBound(to: UInt8.self), payload.count, to)
        sum = Fold.add(sum, UInt64(found.count) << 8 | UInt64(found.status))
      }
    }
    return sum
  }
}

/// A scanner that goes on from pass to pass.
final class ValidateLoop {
  private var scanner = Scanner()

  func pass(_ payloads: Payloads) throws(JSONError) -> UInt64 {
    var sum: UInt64 = 0
    for i in 0..<payloads.count {
      let payload = unsafe payloads[i]
      try unsafe scanner.validate(payload)
      sum = Fold.add(sum, UInt64(payload.count))
    }
    return sum
  }
}
