package import Bytes
import Market
import Rings

/// A snapshot as bytes, for the cache. All numbers are little endian.
///
///      0  8  "QWSNAP" and two digits, the version: `01`
///      8  4  CRC-32C of the names, kinds and offsets of all fields: another layout of events is another format
///     12  4  milliseconds that the collection was allowed to take, 0 for no limit
///     16  8  when the collection began, nanoseconds since 1970 UTC
///     24  8  when it ended
///     32  4  bytes of the source
///     36  4  number of types
///     40  4  number of symbols
///     44  4  number of texts, the symbols first
///     48  4  number of events
///     52  4  zero
///     56  8  bytes of the whole file
///     64     source: the feed's URL and where its token is from
///            types, a byte each
///            texts, each behind its length (4 bytes)
///            events: slot (4 bytes, rising: position · types + type), then the event's records
///            4  CRC-32C of everything before
///
/// Worked example: one Quote of one symbol `A` from `ws://h/` is 64 + 7 + 1 + (4 + 1) + (4 + 128) + 4 = 213 bytes.
package struct SnapshotFile: Sendable, Equatable {
  /// Where the snapshot is from: part of what the entry is looked up by.
  package var source: String
  package var started: WallNanos
  package var ended: WallNanos
  package var limitMillis: UInt32

  package static let headerBytes = 64
  static let magic = Array("QWSNAP01".utf8)

  package init(source: String, started: WallNanos, ended: WallNanos, limitMillis: UInt32) {
    self.source = source
    self.started = started
    self.ended = ended
    self.limitMillis = limitMillis
  }

  /// Why bytes are no snapshot of what was asked for.
  package enum Refusal: Error, Equatable, Sendable {
    /// Whole, but of something else: another feed, other types or symbols.
    case other
    /// Of a version of the program whose events have another layout.
    case otherLayout
    case damaged(String)
  }

  /// The layout of events that this program has.
  static let layout: UInt32 = {
    var text = ""
    for schema in Schema.all {
      text += schema.name + "\(schema.byteCount)"
      for field in schema.fields { text += " \(field.name) \(field.kind.rawValue) \(field.offset)" }
    }
    return unsafe CRC32C.checksum(text.utf8Span.span.bytes)
  }()

  package func encode(_ snapshot: borrowing Snapshot) -> ByteWriter {
    var out = ByteWriter(capacity: Self.headerBytes + snapshot.count * (snapshot.stride + 4) + (64 << 10))
    let texts = snapshot.store
    out.append(Self.magic)
    Self.append(Self.layout, &out)
    Self.append(limitMillis, &out)
    Self.append(started.rawValue, &out)
    Self.append(ended.rawValue, &out)
    Self.append(UInt32(source.utf8.count), &out)
    Self.append(UInt32(snapshot.types.count), &out)
    Self.append(UInt32(snapshot.symbols.count), &out)
    Self.append(UInt32(texts.count), &out)
    Self.append(UInt32(snapshot.count), &out)
    Self.append(UInt32(0), &out)
    let textBytes = (1...texts.count).reduce(0) { $0 + 4 + (unsafe texts.withText(UInt32($1)) { $0.count }) }
    var eventBytes = 0
    snapshot.forEach { eventBytes += 4 + $0.recordCount * EventRecord.byteCount }
    let total = Self.headerBytes + source.utf8.count + snapshot.types.count + textBytes + eventBytes + 4
    Self.append(UInt64(total), &out)
    out.append(source)
    for type in snapshot.types { out.append(type.rawValue) }
    for id in 1...texts.count {
      unsafe texts.withText(UInt32(id)) { text in
        Self.append(UInt32(text.count), &out)
        unsafe out.append(contentsOf: text)
      }
    }
    for position in snapshot.symbols.indices {
      for type in snapshot.types.indices {
        guard let event = snapshot.event(position, type) else { continue }
        Self.append(UInt32(position * snapshot.types.count + type), &out)
        unsafe event.withBytes { unsafe out.append(contentsOf: $0) }
      }
    }
    let crc = unsafe out.withBytes { unsafe CRC32C.checksum($0.bytes) }
    Self.append(crc, &out)
    return out
  }

  private static func append<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, _ out: inout ByteWriter) {
    unsafe withUnsafeBytes(of: value.littleEndian) { unsafe out.append(contentsOf: $0) }
  }
}
