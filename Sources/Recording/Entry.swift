package import Bytes

/// One entry as the reader hands it out.
///
/// The payload lies in the map, or in the reader's unpacked segment, with `Padding` around it. It stays valid until the
/// next call of a method of the reader that gave it.
@safe
package struct Entry {
  package let kind: EntryKind
  package let lane: UInt16
  package let arrival: Arrival
  package let payload: UnsafeRawBufferPointer
  /// Where the entry starts in the file; for an entry of a compressed segment, where that segment starts.
  package let position: Int
}

/// A whole entry whose check passed, as offsets into the scanner's bytes.
struct EntryView {
  var kind: EntryKind
  var flags: UInt8
  var lane: UInt16
  var arrival: Arrival
  var check: UInt32
  var start: Int
  var payloadCount: Int
  var end: Int

  var payloadStart: Int { start &+ Layout.entryHeaderBytes }
}

/// Finds and checks entries in bytes: the file, or one unpacked segment.
///
/// Invariant: nothing outside `0 ..< count` is read, whatever the bytes say.
@safe
struct EntryScanner {
  private let base: UnsafeRawPointer
  let count: Int
  let seed: CRC32C
  /// An entry is interpreted before the next one is read: long enough for memory to bring that, if it was asked to.
  private static let aheadBytes = 1024

  /// The bytes stay where they are, unchanged, as long as the scanner is used.
  init(_ bytes: UnsafeRawBufferPointer, seed: CRC32C) {
    // An empty buffer may have no address; nothing is ever read from this one then.
    unsafe base = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 64).unsafelyUnwrapped
    count = bytes.count
    self.seed = seed
  }

  private func load<T: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, as type: T.Type = T.self) -> T {
    // Callers have checked that the entry header is in range.
    T(littleEndian: unsafe base.loadUnaligned(fromByteOffset: offset, as: T.self))
  }

  /// The entry that starts at `offset`, or nil where there is no whole one with a right check.
  func entry(at offset: Int) -> EntryView? {
    guard let end = claimedEnd(at: offset) else { return nil }
    var crc = seed
    // 8 <= end - offset, and end <= count: both by `claimedEnd`.
    unsafe crc.update(
      UnsafeRawBufferPointer(start: base + offset + 8, count: end &- offset &- 8).bytes, askingAhead: Self.aheadBytes)
    guard crc.value == load(offset &+ 4, as: UInt32.self) else { return nil }
    return EntryView(
      kind: EntryKind(rawValue: load(offset &+ 12)), flags: load(offset &+ 13), lane: load(offset &+ 14),
      arrival: Arrival(
        wall: WallNanos(rawValue: load(offset &+ 16)), monotonic: MonotonicNanos(rawValue: load(offset &+ 24))),
      check: crc.value, start: offset, payloadCount: Int(load(offset &+ 8, as: UInt32.self)), end: end)
  }

  /// Where an entry at `offset` would end by what its header says; nil where that cannot be.
  private func claimedEnd(at offset: Int) -> Int? {
    guard offset >= 0, offset <= count &- Layout.entryHeaderBytes else { return nil }
    guard load(offset, as: UInt32.self) == Layout.sync else { return nil }
    let length = Int(load(offset &+ 8, as: UInt32.self))
    guard length <= Layout.maximumPayloadBytes else { return nil }
    let size = Layout.entryBytes(payload: length)
    return size <= count &- offset ? offset &+ size : nil
  }

  /// The first whole entry at or after `offset`. `work` is the number of bytes that may be spent on checking
  /// look-alikes; with none left the search ends, so that a hostile file costs a bounded number of passes.
  func firstEntry(from offset: Int, work: inout Int) -> Int? {
    var at = (offset &+ 7) & ~7
    while at <= count &- Layout.entryHeaderBytes {
      if let end = claimedEnd(at: at) {
        if entry(at: at) != nil { return at }
        work -= end &- at
        if work < 0 { return nil }
      }
      at &+= Layout.alignment
    }
    return nil
  }

  /// The last segment end that starts before `offset`, going backwards.
  func lastSegmentEnd(before offset: Int) -> EntryView? {
    let size = Layout.entryBytes(payload: SegmentEnd.payloadBytes)
    var at = min(offset &- 1, count &- size) & ~7
    while at >= Layout.headerBytes {
      if load(at, as: UInt32.self) == Layout.sync, let found = segmentEnd(at: at) { return found }
      at &-= Layout.alignment
    }
    return nil
  }

  /// The segment end at `offset`, if there is one. Looks at the short fixed part before it spends a check.
  func segmentEnd(at offset: Int) -> EntryView? {
    guard offset & 7 == 0, offset >= Layout.headerBytes, offset <= count &- Layout.entryHeaderBytes,
      load(offset &+ 12, as: UInt8.self) == EntryKind.segmentEnd.rawValue,
      load(offset &+ 8, as: UInt32.self) == UInt32(SegmentEnd.payloadBytes)
    else { return nil }
    return entry(at: offset)
  }

  func payload(of view: EntryView) -> UnsafeRawBufferPointer {
    // The view came from `entry(at:)`, which checked its range.
    unsafe UnsafeRawBufferPointer(start: base + view.payloadStart, count: view.payloadCount)
  }

  func entry(_ view: EntryView, position: Int) -> Entry {
    unsafe Entry(
      kind: view.kind, lane: view.lane, arrival: view.arrival, payload: payload(of: view), position: position)
  }
}
