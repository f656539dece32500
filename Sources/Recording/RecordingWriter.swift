package import Bytes

/// Makes the bytes of a recording. Does no I/O: the caller takes the pending bytes and appends them to its file.
///
///     var writer = RecordingWriter(fileID: random, created: .now())
///     try writer.append(.received, lane: 0, arrival: now, payload: frame)
///     let wrote = try writer.withPending { bytes in try file.write(bytes) }
///     writer.removePending(wrote)
///
/// In steady state an append is a copy and a checksum; memory grows to the largest amount that was ever pending.
/// The caller never appends a sent AUTH message, nor any other that holds a token.
@safe
package struct RecordingWriter: ~Copyable {
  private var pending: ByteWriter
  /// Pending bytes that were written already; cut off when it pays.
  private var written = 0
  /// The entries of the open segment, where segments are compressed.
  private var open: ByteWriter
  private var scratch = ByteWriter(capacity: 256)
  private let compression: (any SegmentCompression)?
  /// Beside `compression`, because to look whether that is nil copies it.
  private let isCompressed: Bool
  private let limits: RecordingLimits
  private let seed: CRC32C
  private var point: ResumePoint
  /// How many entries each compressed segment among the pending bytes holds, and where it ends in the file.
  private var packed: [(end: Int, entries: Int)] = []

  /// Starts a recording; its header is pending at once.
  /// - Parameter fileID: random bits from the operating system.
  package init(
    fileID: UInt64, created: WallNanos, compression: (any SegmentCompression)? = nil,
    limits: RecordingLimits = RecordingLimits()
  ) {
    let header = FileHeader(compressed: compression != nil, created: created, fileID: fileID)
    self.init(header: header, point: ResumePoint(fileID: fileID), compression: compression, limits: limits)
    header.encode(into: &pending)
  }

  /// Goes on with a recording that ends exactly at `point.offset`, as `RecordingInspection` found it: first truncate
  /// the file to that length. Segments may be compressed only where the file's header says so.
  package init(
    resumingAt point: ResumePoint, header: FileHeader, compression: (any SegmentCompression)? = nil,
    limits: RecordingLimits = RecordingLimits()
  ) {
    precondition(compression == nil || header.isCompressed)
    precondition(header.fileID == point.fileID && point.offset % Layout.alignment == 0)
    self.init(header: header, point: point, compression: compression, limits: limits)
  }

  private init(
    header: FileHeader, point: ResumePoint, compression: (any SegmentCompression)?, limits: RecordingLimits
  ) {
    precondition(limits.segmentBytes > 0 && limits.segmentBytes <= Layout.maximumSegmentBytes / 2)
    precondition(limits.segmentNanos > 0 && limits.pendingBytes > 0)
    self.point = point
    self.compression = compression
    isCompressed = compression != nil
    self.limits = limits
    seed = header.entrySeed
    pending = ByteWriter(capacity: 1 << 16)
    open = ByteWriter(capacity: compression == nil ? 64 : 1 << 16)
  }

  /// Length of the file once all pending bytes are written. The open segment of a compressed recording is not in it.
  package var offset: Int { point.offset }
  package var pendingCount: Int { pending.count - written }
  /// Bytes held in memory: pending ones and the open segment of a compressed recording.
  package var heldCount: Int { pendingCount + open.count }
  /// Entries appended to the whole recording, structure not counted.
  package var entries: UInt64 { point.entries }

  // MARK: appending

  /// Appends one entry.
  /// - Parameter payload: for kinds with a mark use `append(_:lane:arrival:)` with the mark.
  /// - Throws: `payloadTooLong`, or `pendingFull` when the caller does not write what is pending. Nothing was
  ///   appended then.
  package mutating func append(
    _ kind: EntryKind, lane: UInt16, arrival: Arrival, payload: UnsafeRawBufferPointer
  ) throws(RecordingError) {
    precondition(!kind.isStructure)
    let count = payload.count
    guard count <= Layout.maximumPayloadBytes else {
      throw .payloadTooLong(bytes: count, limit: Layout.maximumPayloadBytes)
    }
    let size = Layout.entryBytes(payload: count)
    // Room is kept for the structure that closes the segment and the file.
    guard heldCount &+ size &+ 256 <= limits.pendingBytes else {
      throw .pendingFull(bytes: heldCount, limit: limits.pendingBytes)
    }
    if point.segment.entries > 0, isSegmentDue(at: arrival.monotonic, before: size) { closeSegment() }
    let check: UInt32
    if !isCompressed {
      check = unsafe Self.write(kind, lane: lane, arrival: arrival, payload: payload, seed: seed, into: &pending)
      point.offset &+= size
    } else {
      check = unsafe Self.write(kind, lane: lane, arrival: arrival, payload: payload, seed: seed, into: &open)
    }
    point.add(kind: kind, arrival: arrival, payloadCount: count, check: check)
    if segmentCount >= limits.segmentBytes { closeSegment() }
  }

  package mutating func append(
    _ kind: EntryKind, lane: UInt16, arrival: Arrival, payload: RawSpan
  ) throws(RecordingError) {
    // Lent for the call; `append` copies it.
    try unsafe payload.withUnsafeBytes { b throws(RecordingError) in
      try unsafe append(kind, lane: lane, arrival: arrival, payload: b)
    }
  }

  package mutating func append(_ mark: SessionStart, lane: UInt16, arrival: Arrival) throws(RecordingError) {
    scratch.removeAll()
    mark.encode(into: &scratch)
    try appendScratch(.sessionStart, lane: lane, arrival: arrival)
  }

  package mutating func append(_ mark: SessionEnd, lane: UInt16, arrival: Arrival) throws(RecordingError) {
    scratch.removeAll()
    mark.encode(into: &scratch)
    try appendScratch(.sessionEnd, lane: lane, arrival: arrival)
  }

  package mutating func append(_ mark: GapMark, lane: UInt16, arrival: Arrival) throws(RecordingError) {
    scratch.removeAll()
    mark.encode(into: &scratch)
    try appendScratch(.gap, lane: lane, arrival: arrival)
  }

  private mutating func appendScratch(_ kind: EntryKind, lane: UInt16, arrival: Arrival) throws(RecordingError) {
    // Marks are rare; the copy frees `scratch` for a segment end that the append may bring.
    let payload = scratch.array
    try unsafe append(kind, lane: lane, arrival: arrival, payload: payload.span.bytes)
  }

  /// Writes one entry; returns its check.
  private static func write(
    _ kind: EntryKind, lane: UInt16, arrival: Arrival, payload: UnsafeRawBufferPointer, seed: CRC32C,
    into writer: inout ByteWriter
  ) -> UInt32 {
    let count = payload.count
    let size = Layout.entryBytes(payload: count)
    var check: UInt32 = 0
    unsafe writer.appendUnsafe(room: size) { bytes in
      let at = UnsafeMutableRawPointer(bytes)
      // The zeros first: the last 8 bytes hold the padding, and the payload then overwrites its part of them.
      unsafe at.storeBytes(of: UInt64(0), toByteOffset: size &- 8, as: UInt64.self)
      if let from = payload.baseAddress {
        unsafe (at + Layout.entryHeaderBytes).copyMemory(from: from, byteCount: count)
      }
      unsafe check = seal(at, kind, lane: lane, arrival: arrival, payloadCount: count, seed: seed)
      return size
    }
    return check
  }

  /// Writes the header of an entry whose payload and zeros are in place.
  private static func seal(
    _ at: UnsafeMutableRawPointer, _ kind: EntryKind, lane: UInt16, arrival: Arrival, payloadCount: Int, seed: CRC32C
  ) -> UInt32 {
    unsafe at.storeBytes(of: Layout.sync.littleEndian, as: UInt32.self)
    unsafe at.storeBytes(of: UInt32(payloadCount).littleEndian, toByteOffset: 8, as: UInt32.self)
    unsafe at.storeBytes(of: kind.rawValue, toByteOffset: 12, as: UInt8.self)
    unsafe at.storeBytes(of: 0, toByteOffset: 13, as: UInt8.self)
    unsafe at.storeBytes(of: lane.littleEndian, toByteOffset: 14, as: UInt16.self)
    unsafe at.storeBytes(of: arrival.wall.rawValue.littleEndian, toByteOffset: 16, as: Int64.self)
    unsafe at.storeBytes(of: arrival.monotonic.rawValue.littleEndian, toByteOffset: 24, as: Int64.self)
    var crc = seed
    let size = Layout.entryBytes(payload: payloadCount)
    unsafe crc.update(UnsafeRawBufferPointer(start: at + 8, count: size &- 8).bytes)
    unsafe at.storeBytes(of: crc.value.littleEndian, toByteOffset: 4, as: UInt32.self)
    return crc.value
  }

  // MARK: segments

  private var segmentCount: Int { isCompressed ? open.count : point.offset &- point.segmentStart }

  private func isSegmentDue(at now: MonotonicNanos, before size: Int) -> Bool {
    now.nanos(since: point.segment.first.monotonic) >= limits.segmentNanos
      || (isCompressed && open.count &+ size > Layout.maximumSegmentBytes)
  }

  /// Closes the open segment if it has lasted long enough: for a caller that has nothing to append.
  package mutating func closeSegmentIfDue(now: MonotonicNanos) {
    if point.segment.entries > 0, isSegmentDue(at: now, before: 0) { closeSegment() }
  }

  /// Closes the open segment, if it holds anything. What is pending then can be sought, and in a compressed recording
  /// it is what survives a crash.
  package mutating func closeSegment() {
    guard point.segment.entries > 0 else { return }
    if let compression { writeCompressed(with: compression) }
    writeSegmentEnd()
  }

  private mutating func writeSegmentEnd() {
    scratch.removeAll()
    SegmentEnd(closing: point).encode(into: &scratch)
    let position = point.offset
    writeStructure(.segmentEnd, arrival: point.segment.last)
    point.closeSegment(endAt: position, number: point.segments, next: point.offset)
  }

  /// Closes the segment and the recording. More may be appended later by resuming; until then the file is clean.
  package mutating func close(at arrival: Arrival) {
    closeSegment()
    scratch.removeAll()
    RecordingClosing(closing: point).encode(into: &scratch)
    writeStructure(.closing, arrival: arrival)
    point.segmentStart = point.offset
  }

  private mutating func writeStructure(_ kind: EntryKind, arrival: Arrival) {
    let seed = seed
    let size = Layout.entryBytes(payload: scratch.count)
    unsafe scratch.withBytes { b in
      _ = unsafe Self.write(kind, lane: 0, arrival: arrival, payload: b, seed: seed, into: &pending)
    }
    point.offset += size
  }

  /// Moves the open segment to the pending bytes: compressed where that is shorter, else as it is.
  /// Payload: unpacked bytes (32), method (32; 1 = zstd), zeros (64), the compressed block.
  private mutating func writeCompressed(with compression: any SegmentCompression) {
    let plain = open.count
    let room = min(plain - 64, Layout.maximumPayloadBytes - CompressedSegment.headerBytes)
    let seed = seed
    let last = point.segment.last
    var size = 0
    if room > 0 {
      unsafe open.withBytes { input in
        unsafe pending.appendUnsafe(room: Layout.entryBytes(payload: CompressedSegment.headerBytes + room)) { bytes in
          let at = UnsafeMutableRawPointer(bytes)
          let head = unsafe at + Layout.entryHeaderBytes
          let block = unsafe UnsafeMutableRawBufferPointer(start: head + CompressedSegment.headerBytes, count: room)
          guard let count = unsafe compression.compress(input, into: block), count >= 0, count <= room else { return 0 }
          let payloadCount = CompressedSegment.headerBytes + count
          size = Layout.entryBytes(payload: payloadCount)
          unsafe head.storeBytes(of: UInt32(plain).littleEndian, as: UInt32.self)
          unsafe head.storeBytes(of: CompressedSegment.zstd.littleEndian, toByteOffset: 4, as: UInt32.self)
          unsafe head.storeBytes(of: UInt64(0), toByteOffset: 8, as: UInt64.self)
          for i in payloadCount..<(size - Layout.entryHeaderBytes) {
            unsafe head.storeBytes(of: 0, toByteOffset: i, as: UInt8.self)
          }
          _ = unsafe Self.seal(
            at, .compressedSegment, lane: 0, arrival: last, payloadCount: payloadCount, seed: seed)
          return size
        }
      }
    }
    if size == 0 {
      unsafe open.withBytes { b in unsafe pending.append(contentsOf: b) }
      size = plain
    } else {
      packed.append((point.offset + size, Int(point.segment.entries)))
    }
    open.removeAll()
    point.offset += size
  }

  // MARK: pending bytes

  /// Lends the bytes that are to be appended to the file.
  package func withPending<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    let written = written
    return try unsafe pending.withBytes { b throws(E) in
      // `written` never passes the end: `removePending` checks it.
      try unsafe body(UnsafeRawBufferPointer(rebasing: b[written...]))
    }
  }

  /// Entries that are lost when only the first `count` of the pending bytes come into the file, and nothing after them.
  /// The pending bytes must begin with an entry, or with the file's header.
  package func entriesLost(behind count: Int) -> Int {
    let start = offset - pendingCount
    let header = start == 0 ? Layout.headerBytes : 0
    var lost = isCompressed ? Int(point.segment.entries) : 0
    return unsafe withPending { bytes in
      let fields = unsafe ByteFields(bytes)
      var at = header
      while at < fields.count {
        let end = at + Layout.entryBytes(payload: Int(fields.load(at + 8, as: UInt32.self)))
        if end > count {
          let kind = EntryKind(rawValue: fields.load(at + 12))
          let held = kind == .compressedSegment ? packed.first { $0.end == start + end }?.entries ?? 0 : 1
          if kind == .compressedSegment || !kind.isStructure { lost += held }
        }
        at = end
      }
      return lost
    }
  }

  /// Drops the first `count` pending bytes, which are in the file now.
  package mutating func removePending(_ count: Int) {
    precondition(count >= 0 && count <= pendingCount)
    written += count
    if !packed.isEmpty {
      let inFile = offset - pendingCount
      packed.removeAll { $0.end <= inFile }
    }
    if written == pending.count {
      pending.removeAll()
      written = 0
    } else if written > pending.count / 2 {
      pending.removeFirst(written)
      written = 0
    }
  }
}
