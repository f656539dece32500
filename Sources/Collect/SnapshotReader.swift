import Bytes
package import Market

// Reading a snapshot back. A byte is looked at only behind a check that it is there, and the checksum is right before
// anything but the header is believed.

/// A snapshot as it came out of the cache.
package struct KeptSnapshot: ~Copyable {
  package let file: SnapshotFile
  package let snapshot: Snapshot

  consuming func intoSnapshot() -> Snapshot { snapshot }
}

extension SnapshotFile {
  /// The snapshot in these bytes, of exactly this source, these types and symbols.
  package static func decode(_ bytes: UnsafeRawBufferPointer, source: String, types: [EventType], symbols: [String])
    throws(Refusal) -> KeptSnapshot
  {
    var reader = unsafe FieldReader(bytes)
    let file = try header(&reader, source: source, types: types, symbols: symbols)
    let texts = try Int(reader.uint32(at: 44))
    let events = try Int(reader.uint32(at: 48))
    guard texts >= symbols.count, events <= symbols.count * types.count else {
      throw .damaged("its counts do not go together")
    }
    var snapshot = Snapshot(types: types, symbols: symbols)
    for i in 0..<texts {
      let text = try unsafe reader.take(Int(try reader.takeUInt32()))
      if i < symbols.count {
        guard unsafe text.elementsEqual(symbols[i].utf8) else { throw .other }
      } else if unsafe snapshot.addText(text) != UInt32(i + 1) {
        throw .damaged("a text stands in it twice")
      }
    }
    var last = -1
    for _ in 0..<events {
      let slot = try Int(reader.takeUInt32())
      guard slot > last, slot < symbols.count * types.count else { throw .damaged("its events are out of order") }
      last = slot
      let type = slot % types.count
      let event = try unsafe reader.take(types[type].recordCount * EventRecord.byteCount)
      guard unsafe snapshot.restore(event, position: slot / types.count, type: type) else {
        throw .damaged("an event of it is none")
      }
    }
    guard reader.left == 4 else { throw .damaged("it has \(reader.left - 4) bytes too many") }
    return KeptSnapshot(file: file, snapshot: snapshot)
  }

  private static func header(_ reader: inout FieldReader, source: String, types: [EventType], symbols: [String])
    throws(Refusal) -> SnapshotFile
  {
    guard reader.count >= headerBytes + 4 else { throw .damaged("it is cut off after \(reader.count) bytes") }
    guard unsafe try reader.take(magic.count).elementsEqual(magic) else { throw .damaged("it does not begin as one") }
    guard try reader.uint64(at: 56) == UInt64(reader.count) else {
      throw .damaged("it has \(reader.count) bytes, not \(try reader.uint64(at: 56))")
    }
    guard try reader.hasRightChecksum else { throw .damaged("its checksum is wrong") }
    guard try reader.uint32(at: 8) == layout else { throw .otherLayout }
    guard try reader.uint32(at: 36) == UInt32(types.count), try reader.uint32(at: 40) == UInt32(symbols.count) else {
      throw .other
    }
    let started = Int64(bitPattern: try reader.uint64(at: 16))
    let ended = Int64(bitPattern: try reader.uint64(at: 24))
    let limit = try reader.uint32(at: 12)
    let sourceBytes = try Int(reader.uint32(at: 32))
    try reader.skip(to: headerBytes)
    guard unsafe try reader.take(sourceBytes).elementsEqual(source.utf8),
      unsafe try reader.take(types.count).elementsEqual(types.map(\.rawValue))
    else { throw .other }
    return SnapshotFile(
      source: source, started: WallNanos(rawValue: started), ended: WallNanos(rawValue: ended), limitMillis: limit)
  }
}

/// Checked loads from bytes that somebody else keeps alive for the length of the call.
@safe private struct FieldReader {
  private let bytes: UnsafeRawBufferPointer
  private var at = 0

  init(_ bytes: UnsafeRawBufferPointer) { unsafe self.bytes = bytes }

  var count: Int { unsafe bytes.count }
  var left: Int { count - at }

  var hasRightChecksum: Bool {
    get throws(SnapshotFile.Refusal) {
      let covered = unsafe UnsafeRawBufferPointer(rebasing: bytes[..<(count - 4)])
      return try unsafe uint32(at: count - 4) == CRC32C.checksum(covered.bytes)
    }
  }

  func uint32(at offset: Int) throws(SnapshotFile.Refusal) -> UInt32 {
    guard offset >= 0, offset <= count - 4 else { throw .damaged("a number lies beyond its end") }
    return UInt32(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  func uint64(at offset: Int) throws(SnapshotFile.Refusal) -> UInt64 {
    guard offset >= 0, offset <= count - 8 else { throw .damaged("a number lies beyond its end") }
    return UInt64(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  mutating func takeUInt32() throws(SnapshotFile.Refusal) -> UInt32 {
    let value = try uint32(at: at)
    at += 4
    return value
  }

  mutating func skip(to offset: Int) throws(SnapshotFile.Refusal) {
    guard offset >= at, offset <= count else { throw .damaged("it is cut off") }
    at = offset
  }

  mutating func take(_ size: Int) throws(SnapshotFile.Refusal) -> UnsafeRawBufferPointer {
    guard size >= 0, size <= left else { throw .damaged("a text or an event lies beyond its end") }
    defer { at += size }
    return unsafe UnsafeRawBufferPointer(rebasing: bytes[at..<(at + size)])
  }
}
