// Tests of the recording format. This file: what they share.
import Bytes
import Recording

/// SplitMix64 (Steele, Lea, Flood 2014).
struct SplitMix64 {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}

func arrival(_ wall: Int64, _ monotonic: Int64) -> Arrival {
  Arrival(wall: WallNanos(rawValue: wall), monotonic: MonotonicNanos(rawValue: monotonic))
}

/// An entry as a test wrote or read it.
struct Record: Hashable {
  var kind: EntryKind
  var lane: UInt16
  var arrival: Arrival
  var payload: [UInt8]

  init(kind: EntryKind, lane: UInt16, arrival: Arrival, payload: [UInt8]) {
    self.kind = kind
    self.lane = lane
    self.arrival = arrival
    self.payload = payload
  }

  init(_ entry: Entry) {
    kind = entry.kind
    lane = entry.lane
    arrival = entry.arrival
    payload = unsafe [UInt8](entry.payload)
  }
}

/// Bytes in memory with the padding that a map has: readable, and filled so that a look-alike cannot hide there.
@safe
struct PaddedFile: ~Copyable {
  private let memory: UnsafeMutableRawPointer
  private let count: Int

  init(_ bytes: [UInt8]) {
    count = bytes.count
    let size = Padding.front + count + Padding.back
    unsafe memory = .allocate(byteCount: size, alignment: 64)
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0xA5, count: size)
    unsafe bytes.withUnsafeBytes { b in
      unsafe UnsafeMutableRawBufferPointer(start: memory + Padding.front, count: b.count).copyMemory(from: b)
    }
  }

  deinit { unsafe memory.deallocate() }

  func reader(compression: (any SegmentCompression)? = nil) throws(RecordingError) -> RecordingReader {
    try unsafe RecordingReader(
      UnsafeRawBufferPointer(start: memory + Padding.front, count: count), compression: compression)
  }
}

/// Everything a reader says about some bytes.
struct Reading: Equatable {
  var records: [Record] = []
  var positions: [Int] = []
  var verdict: RecordingVerdict?
  var damage: [RecordingDamage] = []
  var statistics = RecordingStatistics()
  var entriesLost: UInt64 = 0

  init(_ bytes: [UInt8], compression: (any SegmentCompression)? = nil, from wall: Int64? = nil) throws(RecordingError) {
    let file = PaddedFile(bytes)
    var reader = try file.reader(compression: compression)
    if let wall { reader.seek(to: WallNanos(rawValue: wall)) }
    while let entry = reader.next() {
      records.append(Record(entry))
      positions.append(entry.position)
    }
    verdict = reader.verdict
    damage = reader.damage
    statistics = reader.statistics
    entriesLost = reader.entriesLost
  }
}

func inspect(
  _ bytes: [UInt8], compression: (any SegmentCompression)? = nil
) throws(RecordingError) -> RecordingInspection {
  let file = PaddedFile(bytes)
  var reader = try file.reader(compression: compression)
  return RecordingInspection(reading: &reader)
}

extension RecordingWriter {
  mutating func append(_ record: Record) throws(RecordingError) {
    try unsafe append(record.kind, lane: record.lane, arrival: record.arrival, payload: record.payload.span.bytes)
  }

  /// All pending bytes, taken out.
  mutating func take() -> [UInt8] {
    let bytes = unsafe withPending { b in unsafe [UInt8](b) }
    removePending(bytes.count)
    return bytes
  }
}

let testFileID: UInt64 = 0x0123_4567_89AB_CDEF

/// A whole recording of `records`, closed unless told otherwise.
func recording(
  _ records: [Record], closed: Bool = true, compression: (any SegmentCompression)? = nil,
  limits: RecordingLimits = RecordingLimits()
) throws(RecordingError) -> [UInt8] {
  var writer = RecordingWriter(
    fileID: testFileID, created: WallNanos(rawValue: 1_700_000_000_000_000_000), compression: compression,
    limits: limits)
  for record in records { try writer.append(record) }
  if closed { writer.close(at: records.last?.arrival ?? arrival(0, 0)) }
  return writer.take()
}

func limits(segmentBytes: Int = 16 << 20, segmentNanos: Int64 = 60_000_000_000) -> RecordingLimits {
  var limits = RecordingLimits()
  limits.segmentBytes = segmentBytes
  limits.segmentNanos = segmentNanos
  return limits
}

/// Records of random kind, lane, length and time; the wall clock now and then jumps back.
func randomRecords(_ count: Int, random: inout SplitMix64, maximumPayload: Int = 200) -> [Record] {
  var wall: Int64 = 1_700_000_000_000_000_000
  var monotonic: Int64 = 5_000_000_000
  return (0..<count).map { _ in
    let step = Int64(random.below(2_000_000))
    monotonic += step
    wall += random.below(40) == 0 ? -Int64(random.below(20_000_000)) : step
    let text = (0..<random.below(maximumPayload + 1)).map { _ in UInt8(0x20 + random.below(95)) }
    return Record(
      kind: EntryKind(rawValue: UInt8(1 + random.below(5))), lane: UInt16(random.below(4)),
      arrival: arrival(wall, monotonic),
      payload: text)
  }
}

/// Run lengths (count, byte), a compression that anybody can check by hand.
struct RunLengths: SegmentCompression {
  func compress(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int? {
    var from = 0
    var to = 0
    while from < input.count {
      var run = 1
      while run < 255, from + run < input.count, unsafe input[from + run] == input[from] { run += 1 }
      guard to + 2 <= output.count else { return nil }
      unsafe output[to] = UInt8(run)
      unsafe output[to + 1] = unsafe input[from]
      from += run
      to += 2
    }
    return to
  }

  func decompress(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int? {
    var to = 0
    for at in stride(from: 0, to: input.count, by: 2) {
      guard at + 1 < input.count else { return nil }
      let run = unsafe Int(input[at])
      guard run > 0, to + run <= output.count else { return nil }
      for i in to..<(to + run) { unsafe output[i] = unsafe input[at + 1] }
      to += run
    }
    return to
  }
}
