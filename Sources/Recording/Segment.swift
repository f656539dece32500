package import Bytes

/// Compresses and unpacks whole segments; the zstd wrapper lives in IO.
package protocol SegmentCompression {
  /// Compresses `input` into `output`. Returns the bytes written, or nil where they do not fit or it failed.
  func compress(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int?
  /// Unpacks `input` into `output`, which is exactly as long as the file says. Returns the bytes written, or nil
  /// where the input is broken or holds more. Writes nothing outside `output`.
  func decompress(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int?
}

/// Payload of a compressed segment: unpacked bytes (32), method (32), zeros (64), then the compressed entries.
enum CompressedSegment {
  static var headerBytes: Int { 16 }
  /// The only method of version 1.
  static var zstd: UInt32 { 1 }
}

/// What a segment holds so far: kept alike by writer and reader.
package struct SegmentTally: Hashable, Sendable {
  package var entries: UInt64 = 0
  package var received: UInt64 = 0
  package var payloadBytes: UInt64 = 0
  package var first = Arrival(wall: WallNanos(rawValue: 0), monotonic: MonotonicNanos(rawValue: 0))
  package var last = Arrival(wall: WallNanos(rawValue: 0), monotonic: MonotonicNanos(rawValue: 0))
  /// Order-sensitive hash over the entries' checks: chain' = (chain xor check) * 0x9E3779B97F4A7C15 mod 2^64, from 0.
  package var chain: UInt64 = 0

  mutating func add(kind: EntryKind, arrival: Arrival, payloadCount: Int, check: UInt32) {
    if entries == 0 { first = arrival }
    last = arrival
    entries &+= 1
    received &+= kind == .received ? 1 : 0
    payloadBytes &+= UInt64(payloadCount)
    chain = (chain ^ UInt64(check)) &* 0x9E37_79B9_7F4A_7C15
  }
}

/// Where a recording stands: what is needed to go on appending, and what the reader checks segment ends against.
package struct ResumePoint: Hashable, Sendable {
  package var fileID: UInt64
  /// The file's length at this point: where the next entry goes. A multiple of 8.
  package var offset: Int
  package var segmentStart: Int
  /// The open segment, not yet closed by a segment end.
  package var segment = SegmentTally()
  /// Closed segments; also the number of the open one.
  package var segments: UInt64 = 0
  /// Offset of the last segment end, 0 for none.
  package var lastSegmentEnd = 0
  /// Entries and payload bytes of the whole recording, structure not counted.
  package var entries: UInt64 = 0
  package var payloadBytes: UInt64 = 0
  package var firstWall = WallNanos(rawValue: 0)
  /// The running maximum of the wall time, by which recordings are sought and merged.
  package var latestWall = WallNanos(rawValue: .min)

  init(fileID: UInt64) {
    self.fileID = fileID
    offset = Layout.headerBytes
    segmentStart = Layout.headerBytes
  }

  mutating func add(kind: EntryKind, arrival: Arrival, payloadCount: Int, check: UInt32) {
    segment.add(kind: kind, arrival: arrival, payloadCount: payloadCount, check: check)
    if entries == 0 { firstWall = arrival.wall }
    entries &+= 1
    payloadBytes &+= UInt64(payloadCount)
    if arrival.wall.rawValue > latestWall.rawValue { latestWall = arrival.wall }
  }

  /// The segment was closed by the segment end at `position`; the next entry is at `offset`.
  mutating func closeSegment(endAt position: Int, number: UInt64, next: Int) {
    segments = number &+ 1
    lastSegmentEnd = position
    segment = SegmentTally()
    segmentStart = next
    offset = next
  }
}

/// Payload of a segment end, 96 bytes: number, start, previous end, entries, received, payload bytes, first wall, first
/// monotonic, last wall, last monotonic, latest wall of the whole recording, chain; 64 bits each.
package struct SegmentEnd: Hashable, Sendable {
  package static var payloadBytes: Int { 96 }

  /// Counted from 0.
  package var number: UInt64
  /// Offset of the segment's first entry.
  package var start: UInt64
  /// Offset of the segment end before, 0 for none.
  package var previous: UInt64
  package var tally: SegmentTally
  package var latestWall: WallNanos

  init(closing point: ResumePoint) {
    number = point.segments
    start = UInt64(point.segmentStart)
    previous = UInt64(point.lastSegmentEnd)
    tally = point.segment
    latestWall = point.latestWall
  }

  init?(parsing payload: UnsafeRawBufferPointer) {
    let fields = unsafe ByteFields(payload)
    guard fields.count >= Self.payloadBytes else { return nil }
    number = fields.load(0)
    start = fields.load(8)
    previous = fields.load(16)
    tally = SegmentTally(
      entries: fields.load(24), received: fields.load(32), payloadBytes: fields.load(40),
      first: Arrival(
        wall: WallNanos(rawValue: fields.load(48)), monotonic: MonotonicNanos(rawValue: fields.load(56))),
      last: Arrival(
        wall: WallNanos(rawValue: fields.load(64)), monotonic: MonotonicNanos(rawValue: fields.load(72))),
      chain: fields.load(88))
    latestWall = WallNanos(rawValue: fields.load(80))
  }

  func encode(into writer: inout ByteWriter) {
    for value in [number, start, previous, tally.entries, tally.received, tally.payloadBytes] {
      writer.append(raw: value.littleEndian)
    }
    for arrival in [tally.first, tally.last] {
      writer.append(raw: arrival.wall.rawValue.littleEndian)
      writer.append(raw: arrival.monotonic.rawValue.littleEndian)
    }
    writer.append(raw: latestWall.rawValue.littleEndian)
    writer.append(raw: tally.chain.littleEndian)
  }
}

/// Payload of the closing entry, 56 bytes: last segment end, segments, entries, payload bytes, first wall, latest
/// wall, file id; 64 bits each.
package struct RecordingClosing: Hashable, Sendable {
  package static var payloadBytes: Int { 56 }

  package var lastSegmentEnd: UInt64
  package var segments: UInt64
  package var entries: UInt64
  package var payloadBytes: UInt64
  package var firstWall: WallNanos
  package var latestWall: WallNanos
  package var fileID: UInt64

  init(closing point: ResumePoint) {
    lastSegmentEnd = UInt64(point.lastSegmentEnd)
    segments = point.segments
    entries = point.entries
    payloadBytes = point.payloadBytes
    firstWall = point.firstWall
    latestWall = point.entries == 0 ? WallNanos(rawValue: 0) : point.latestWall
    fileID = point.fileID
  }

  init?(parsing payload: UnsafeRawBufferPointer) {
    let fields = unsafe ByteFields(payload)
    guard fields.count >= Self.payloadBytes else { return nil }
    lastSegmentEnd = fields.load(0)
    segments = fields.load(8)
    entries = fields.load(16)
    payloadBytes = fields.load(24)
    firstWall = WallNanos(rawValue: fields.load(32))
    latestWall = WallNanos(rawValue: fields.load(40))
    fileID = fields.load(48)
  }

  func encode(into writer: inout ByteWriter) {
    for value in [lastSegmentEnd, segments, entries, payloadBytes] { writer.append(raw: value.littleEndian) }
    writer.append(raw: firstWall.rawValue.littleEndian)
    writer.append(raw: latestWall.rawValue.littleEndian)
    writer.append(raw: fileID.littleEndian)
  }
}
