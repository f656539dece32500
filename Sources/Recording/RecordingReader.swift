package import Bytes

/// Reads a recording from a map of the whole file.
///
/// Hands out content entries in file order, steps over damage to the next whole entry, skips and counts what it does
/// not know, and at the end says in what state the file is. Allocates nothing per entry; a compressed recording needs
/// one buffer of its largest segment's size.
///
/// Invariant: `place.offset` is where the next entry outside a compressed segment is looked for; it only grows, but for
/// `seek`.
@safe
package struct RecordingReader: ~Copyable {
  package let header: FileHeader
  package private(set) var statistics = RecordingStatistics()
  /// The first damaged ranges; `damageCount` has the number of all.
  package private(set) var damage: [RecordingDamage] = []
  package private(set) var damageCount = 0
  /// Bytes of the damaged ranges whose entries could not be read.
  package private(set) var damagedBytes = 0
  /// Entries that a segment end counts and that were not there: a lower bound of what damage cost.
  package private(set) var entriesLost: UInt64 = 0
  /// Nil until `next` has reached the end.
  package private(set) var verdict: RecordingVerdict?

  let scanner: EntryScanner
  var place: ResumePoint
  /// False after a seek that jumped over entries: totals of the recording are not known then.
  var isFromStart = true
  var skipsUntil = WallNanos(rawValue: .min)
  private let compression: (any SegmentCompression)?
  private var block: UnpackedSegment
  private var isSegmentDamaged = false
  private var isClosed = false
  private var tornAt: Int?
  private var searchWork: Int

  package static var maximumDamageListed: Int { 1024 }

  /// - Parameter file: the whole file; readable for `Padding.front` before and `Padding.back` after, and unchanged as
  ///   long as the reader lives.
  /// - Throws: `empty`, `headerTorn`, `headerDamaged`, `foreign`, `newerVersion`, `unknownFlags`, or
  ///   `compressionUnavailable` where the file may hold compressed segments and `compression` is nil.
  package init(
    _ file: UnsafeRawBufferPointer, compression: (any SegmentCompression)? = nil
  ) throws(RecordingError) {
    let header = try unsafe FileHeader(parsing: file)
    if header.isCompressed, compression == nil { throw .compressionUnavailable }
    unsafe self.init(file, header: header, compression: compression)
  }

  private init(_ file: UnsafeRawBufferPointer, header: FileHeader, compression: (any SegmentCompression)?) {
    self.header = header
    self.compression = compression
    unsafe scanner = EntryScanner(file, seed: header.entrySeed)
    block = UnpackedSegment(seed: scanner.seed)
    place = ResumePoint(fileID: header.fileID)
    searchWork = Self.searchWork(count: file.count)
  }

  /// What searches for the next whole entry may spend on look-alikes in all: a few times the file.
  private static func searchWork(count: Int) -> Int { count * 4 + Layout.maximumPayloadBytes }

  /// The file's length in bytes.
  package var count: Int { scanner.count }
  /// How far the reader has come, in bytes of the file: for progress.
  package var position: Int { place.offset }
  /// The wall time by which the last entry handed out is ordered: the latest of it and all before it.
  package var orderWall: WallNanos { place.latestWall }

  /// The next content entry, or nil at the end; `verdict` is set then.
  package mutating func next() -> Entry? {
    while true {
      if block.isOpen {
        if let entry = nextInBlock() { return entry }
        continue
      }
      guard place.offset < scanner.count else {
        finish()
        return nil
      }
      guard let view = scanner.entry(at: place.offset) else {
        stepOverDamage()
        continue
      }
      isClosed = false
      if view.kind.isContent && view.flags == 0 {
        place.offset = view.end
        if take(view) { return scanner.entry(view, position: view.start) }
      } else {
        meetStructure(view)
      }
    }
  }

  /// Counts a content entry; false where a seek wants it skipped.
  private mutating func take(_ view: EntryView) -> Bool {
    place.add(kind: view.kind, arrival: view.arrival, payloadCount: view.payloadCount, check: view.check)
    if place.latestWall.rawValue < skipsUntil.rawValue { return false }
    statistics.add(kind: view.kind, arrival: view.arrival, payloadCount: view.payloadCount)
    return true
  }

  // MARK: structure

  @inline(never)
  private mutating func meetStructure(_ view: EntryView) {
    let payload = unsafe scanner.payload(of: view)
    place.offset = view.end
    if view.flags == 0 {
      switch view.kind {
      case .segmentEnd:
        if let end = unsafe SegmentEnd(parsing: payload) { return meet(end, view) }
      case .closing:
        if let closing = unsafe RecordingClosing(parsing: payload) { return meet(closing, view) }
      case .compressedSegment:
        return unsafe unpack(view, payload)
      default: break
      }
    }
    // A later version's entry: it counts for its segment like any other.
    place.add(kind: view.kind, arrival: view.arrival, payloadCount: view.payloadCount, check: view.check)
    statistics.unknown += 1
  }

  private mutating func meet(_ end: SegmentEnd, _ view: EntryView) {
    let expected = SegmentEnd(closing: place)
    if isSegmentDamaged {
      if end.start == expected.start, end.tally.entries > expected.tally.entries {
        entriesLost &+= end.tally.entries &- expected.tally.entries
      }
    } else if end != expected {
      report(.inconsistent, place.segmentStart..<view.end, lostBytes: 0)
    }
    place.latestWall = max(place.latestWall, end.latestWall)
    place.closeSegment(endAt: view.start, number: end.number, next: view.end)
    isSegmentDamaged = false
    statistics.segmentEnds += 1
  }

  private mutating func meet(_ closing: RecordingClosing, _ view: EntryView) {
    let isWrong = closing.lastSegmentEnd != UInt64(place.lastSegmentEnd) || closing.segments != place.segments
    let isTotalWrong = closing.entries != place.entries || closing.payloadBytes != place.payloadBytes
    if damageCount == 0, isWrong || closing.fileID != header.fileID || (isFromStart && isTotalWrong) {
      report(.inconsistent, view.start..<view.end, lostBytes: 0)
    }
    place.segmentStart = view.end
    isClosed = true
    statistics.closings += 1
  }

  private mutating func unpack(_ view: EntryView, _ payload: UnsafeRawBufferPointer) {
    statistics.compressedSegments += 1
    guard let compression, unsafe block.unpack(payload, range: view.start..<view.end, with: compression) else {
      isSegmentDamaged = true
      return report(.compression, view.start..<view.end, lostBytes: view.end - view.start)
    }
  }

  /// The next content entry of the unpacked segment; nil where it is used up.
  private mutating func nextInBlock() -> Entry? {
    while let view = block.next() {
      if view.kind.isContent && view.flags == 0 {
        if take(view) { return block.entry(view) }
      } else {
        place.add(kind: view.kind, arrival: view.arrival, payloadCount: view.payloadCount, check: view.check)
        statistics.unknown += 1
      }
    }
    if !block.isUsedUp {
      isSegmentDamaged = true
      report(.compression, block.range, lostBytes: block.range.count)
    }
    block.close()
    return nil
  }

  // MARK: damage

  @inline(never)
  private mutating func stepOverDamage() {
    let from = place.offset
    isClosed = false
    isSegmentDamaged = true
    if let found = scanner.firstEntry(from: from &+ 1, work: &searchWork) {
      report(.unreadable, from..<found, lostBytes: found - from)
      place.offset = found
    } else {
      tornAt = from
      place.offset = scanner.count
    }
  }

  private mutating func report(_ cause: RecordingDamage.Cause, _ range: Range<Int>, lostBytes: Int) {
    damageCount += 1
    damagedBytes += lostBytes
    if damage.count < Self.maximumDamageListed { damage.append(RecordingDamage(range: range, cause: cause)) }
  }

  private mutating func finish() {
    guard verdict == nil else { return }
    if let first = damage.first {
      verdict = .corrupt(at: first.range.lowerBound)
    } else if let tornAt {
      verdict = .torn(at: tornAt, bytesLost: scanner.count - tornAt)
    } else if !isClosed {
      verdict = .torn(at: scanner.count, bytesLost: 0)
    } else {
      verdict = .clean
    }
  }

  /// Length of the part that is to be kept and gone on with; nil before the end, and after a seek that skipped entries.
  package var resumePoint: ResumePoint? {
    guard verdict != nil, isFromStart else { return nil }
    var point = place
    point.offset = tornAt ?? scanner.count
    return point
  }

  /// Bytes at the end that belong to no whole entry; 0 where there are none.
  package var tornBytes: Int { tornAt.map { scanner.count - $0 } ?? 0 }
  /// Whether the last entry closes the recording. Known at the end.
  package var endsClosed: Bool { isClosed }

  /// Puts the reader at `point`, which follows a segment end or the header.
  mutating func restart(at point: ResumePoint, fromStart: Bool, skippingUntil wall: WallNanos) {
    place = point
    isFromStart = fromStart
    skipsUntil = wall
    statistics = RecordingStatistics()
    damage.removeAll(keepingCapacity: true)
    damageCount = 0
    damagedBytes = 0
    entriesLost = 0
    verdict = nil
    isSegmentDamaged = false
    isClosed = false
    tornAt = nil
    searchWork = Self.searchWork(count: scanner.count)
    block.close()
  }
}
