import Bytes
import Market
import Rings
import TestSupport
import Testing

@testable import Collect

@Suite("The bytes of a cached snapshot", .tags(.unit))
struct SnapshotFileTests {
  private static let symbols = ["AAPL", "BRK/B", ".SPY260116C600", "É"]

  /// Why bytes are no entry; nil where they are one.
  private static func refusal(
    _ bytes: [UInt8], source: String = "ws://h/", types: [EventType] = [.quote, .trade, .profile],
    symbols: [String] = Self.symbols
  ) -> SnapshotFile.Refusal? {
    do throws(SnapshotFile.Refusal) {
      let kept = try Made.decode(bytes, source: source, types: types, symbols: symbols)
      _ = consume kept
      return nil
    } catch { return error }
  }

  @Test("what was written is read back: events, texts, empty slots, times and limit")
  func roundTrip() throws {
    let snapshot = Made.snapshot(Self.symbols, number: 7)
    let file = Made.file(started: WallNanos(rawValue: 1_772_461_800_125_000_001), limitMillis: 4_000_000_000)
    let kept = try Made.decode(Made.bytes(file, snapshot), symbols: Self.symbols)
    #expect(kept.file == file)
    #expect(Made.text(kept.snapshot) == Made.text(snapshot))
    #expect(Made.text(snapshot).contains("a description of BRK/B"))
    check(kept.snapshot.count == snapshot.count && snapshot.count == 11 && !kept.snapshot.isComplete)
    #expect(kept.snapshot.missing.map(\.type) == [.trade] && kept.snapshot.missing[0].symbols == ["É"])
    // Written again it is the same file.
    #expect(Made.bytes(file, kept.snapshot) == Made.bytes(file, snapshot))
  }

  @Test("the worked example has 213 bytes and its fields where the table says")
  func example() {
    var snapshot = Snapshot(types: [.quote], symbols: ["A"])
    var texts = TextTable()
    var batch = EventBatch(capacity: 2)
    var quote = Quote()
    quote.head.symbol = texts.intern("A") ?? TextID(rawValue: 0)
    _ = batch.append(quote)
    let store = texts.store
    batch.forEach { _ = snapshot.take($0, store, position: 0, type: 0) }
    let bytes = Made.bytes(Made.file(limitMillis: 0x0102), snapshot)
    #expect(bytes.count == 213)
    #expect(String(decoding: bytes[..<8], as: UTF8.self) == "QWSNAP01" && Array(bytes[12..<16]) == [2, 1, 0, 0])
    #expect(bytes[56] == 213 && String(decoding: bytes[64..<71], as: UTF8.self) == "ws://h/")
    #expect(bytes[71] == EventType.quote.rawValue && Array(bytes[72..<77]) == [1, 0, 0, 0, UInt8(ascii: "A")])
  }

  @Test("cut anywhere it is damaged")
  func cuts() {
    let bytes = Made.bytes(Made.file(), Made.snapshot(Self.symbols, number: 7))
    for count in 0..<bytes.count {
      guard case .damaged? = Self.refusal(Array(bytes[..<count])) else {
        Issue.record("cut to \(count) of \(bytes.count) bytes it is taken")
        continue
      }
    }
  }

  @Test("with any bit flipped it is damaged")
  func flips() {
    var bytes = Made.bytes(Made.file(), Made.snapshot(Self.symbols, number: 7))
    for place in bytes.indices {
      for bit in 0..<8 {
        bytes[place] ^= 1 << UInt8(bit)
        if case .damaged? = Self.refusal(bytes) {} else { Issue.record("bit \(bit) of byte \(place)") }
        bytes[place] ^= 1 << UInt8(bit)
      }
    }
    #expect(Self.refusal(bytes) == nil)
  }

  @Test("with any byte changed and the checksum made right it is refused or read, and never more")
  func forged() throws {
    let bytes = Made.bytes(Made.file(), Made.snapshot(["A", "B"], number: 7))
    var random = SeededRandom(seed: 5)
    var taken = 0
    for place in bytes.indices.dropLast(4) {
      for _ in 0..<4 {
        var forged = bytes
        forged[place] = UInt8.random(in: 0...255, using: &random)
        let covered = Array(forged.dropLast(4))
        let crc = unsafe CRC32C.checksum(covered.span.bytes)
        for i in 0..<4 { forged[bytes.count - 4 + i] = UInt8(truncatingIfNeeded: crc >> UInt32(8 * i)) }
        do throws(SnapshotFile.Refusal) {
          let kept = try Made.decode(forged, symbols: ["A", "B"])
          // Whatever it holds can be looked at.
          #expect(!Made.table(kept.snapshot).isEmpty)
          taken += 1
        } catch {}
      }
    }
    #expect(taken > 100)
  }

  @Test("an entry of another feed, of other types or symbols is told from a damaged one")
  func others() {
    let bytes = Made.bytes(Made.file(), Made.snapshot(Self.symbols, number: 7))
    #expect(Self.refusal(bytes, source: "ws://i/") == .other)
    #expect(Self.refusal(bytes, source: "ws://h/ env:TOKEN") == .other)
    #expect(Self.refusal(bytes, types: [.quote, .trade]) == .other)
    #expect(Self.refusal(bytes, types: [.quote, .trade, .greeks]) == .other)
    #expect(Self.refusal(bytes, symbols: ["AAPL", "BRK/B", ".SPY260116C600"]) == .other)
    #expect(Self.refusal(bytes, symbols: ["AAPL", "BRK/B", ".SPY260116C600", "E"]) == .other)
    #expect(Self.refusal(bytes, symbols: ["BRK/B", "AAPL", ".SPY260116C600", "É"]) == .other)
  }

  @Test("bytes behind it make it damaged")
  func longer() {
    let bytes = Made.bytes(Made.file(), Made.snapshot(Self.symbols, number: 7))
    if case .damaged? = Self.refusal(bytes + [0]) {} else { Issue.record("a byte too many is taken") }
  }
}
