import CShims
import Market

// FEED_DATA in the layout that servers write, in one pass: no white space, keys in one order, COMPACT rows with the
// columns that FEED_CONFIG promised. It is read by comparing it with what must stand there.
//
//     {"type":"FEED_DATA","channel":1,"data":["Quote",["AAPL",231.52,231.53,3.0,1.0,"IBM",…],"Trade",[…]]}
//     └ four words ───────────────┘ └ digits  └ opening ┘└ symbol └ columns: one call a row
//
// FULL objects are read so too, once the order of a type's keys was seen twice, and each key with its colon is a column
// of its own. The type may stand behind the data.
//
// Invariant: a frame that is taken here would be taken by the scanner, with equal events; every byte of it was compared
// or checked. Any other frame leaves nothing behind but texts that were added, and is the scanner's.

/// Where the walk is. Rows begin at `end` at the latest, so that name, symbol and the first columns' vector, at most
/// 17 + 34 + 64 bytes, lie within the padding.
@unsafe
struct PredictedWalk {
  var at: UnsafePointer<UInt8>
  /// Of the payload.
  let end: UnsafePointer<UInt8>
  /// Where the next event goes.
  var event: UnsafeMutableRawPointer
  /// Of the batch's memory.
  let limit: UnsafeMutableRawPointer
  let receivedNanos: Int64
}

/// What a frame begins with. Keys in the order of servers, or with the type behind the data.
struct PredictedEnvelope {
  /// `{"type":"FEED_DATA","channel":` at 0, 8, 16 and 22.
  private let words: InlineArray<4, UInt64>
  /// `{"channel":` at 0 and 3.
  private let channelWords: InlineArray<2, UInt64>
  /// `,"type":"FEED_DATA"` at 0, 8 and 11.
  private let typeWords: InlineArray<3, UInt64>
  /// `,"data":`, which a bracket follows.
  private let data: UInt64
  static let leastBytes = 48
  private static let channelDigits = 9

  init() {
    let text = Array("{\"type\":\"FEED_DATA\",\"channel\":".utf8)
    words = [Self.word(text, 0), Self.word(text, 8), Self.word(text, 16), Self.word(text, 22)]
    data = Self.word(Array(",\"data\":".utf8), 0)
    let channel = Array("{\"channel\":".utf8)
    channelWords = [Self.word(channel, 0), Self.word(channel, 3)]
    let type = Array(",\"type\":\"FEED_DATA\"".utf8)
    typeWords = [Self.word(type, 0), Self.word(type, 8), Self.word(type, 11)]
  }

  private static func word(_ text: [UInt8], _ at: Int) -> UInt64 {
    text[at..<at + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// The channel's number, and `at` behind the bracket of `data`; nil for another beginning.
  @inline(__always)
  func read(_ at: inout UnsafePointer<UInt8>) -> Int? {
    let start = unsafe UnsafeRawPointer(at)
    var different = unsafe start.loadUnaligned(as: UInt64.self) ^ words[0]
    different |= unsafe start.loadUnaligned(fromByteOffset: 8, as: UInt64.self) ^ words[1]
    different |= unsafe start.loadUnaligned(fromByteOffset: 16, as: UInt64.self) ^ words[2]
    different |= unsafe start.loadUnaligned(fromByteOffset: 22, as: UInt64.self) ^ words[3]
    return different == 0 ? unsafe readChannel(at + 30, &at) : nil
  }

  /// The same for `{"channel":1,"data":[`: the type stands behind the data.
  @inline(never)
  func readWithoutType(_ at: inout UnsafePointer<UInt8>) -> Int? {
    let start = unsafe UnsafeRawPointer(at)
    var different = unsafe start.loadUnaligned(as: UInt64.self) ^ channelWords[0]
    different |= unsafe start.loadUnaligned(fromByteOffset: 3, as: UInt64.self) ^ channelWords[1]
    return different == 0 ? unsafe readChannel(at + 11, &at) : nil
  }

  /// Whether `,"type":"FEED_DATA"` stands here, with `at` behind it.
  @inline(never)
  func readType(_ at: inout UnsafePointer<UInt8>) -> Bool {
    let start = unsafe UnsafeRawPointer(at)
    var different = unsafe start.loadUnaligned(as: UInt64.self) ^ typeWords[0]
    different |= unsafe start.loadUnaligned(fromByteOffset: 8, as: UInt64.self) ^ typeWords[1]
    different |= unsafe start.loadUnaligned(fromByteOffset: 11, as: UInt64.self) ^ typeWords[2]
    unsafe at += 19
    return different == 0
  }

  /// The number at `digits`, and `at` behind the bracket of the data that follow it.
  @inline(__always)
  private func readChannel(_ digits: UnsafePointer<UInt8>, _ at: inout UnsafePointer<UInt8>) -> Int? {
    let first = unsafe digits.pointee
    var p = unsafe digits
    var channel = 0
    var count = 0
    while unsafe p.pointee &- 0x30 < 10 {
      channel = unsafe channel &* 10 &+ Int(p.pointee &- 0x30)
      unsafe p += 1
      count &+= 1
      if count > Self.channelDigits { return nil }
    }
    // A first zero stands alone.
    guard count == 1 || (count > 1 && first != 0x30) else { return nil }
    guard unsafe UnsafeRawPointer(p).loadUnaligned(as: UInt64.self) == data, unsafe p[8] == 0x5B else { return nil }
    unsafe at = p + 9
    return channel
  }
}

extension FrameReader {
  /// Reads a frame in the predicted layout; nil for any other one.
  mutating func readPredicted(
    _ payload: UnsafeRawBufferPointer, _ receivedNanos: Int64, _ batch: inout EventBatch, _ texts: inout TextTable
  ) -> FrameCounts? {
    guard payload.count >= PredictedEnvelope.leastBytes, let base = payload.baseAddress else { return nil }
    let first = unsafe base.assumingMemoryBound(to: UInt8.self)
    let room = unsafe batch.room
    var walk = unsafe PredictedWalk(
      at: first, end: first + payload.count, event: room.base, limit: room.end, receivedNanos: receivedNanos)
    var comesType = false
    var opening = unsafe envelope.read(&walk.at)
    if opening == nil {
      opening = unsafe envelope.readWithoutType(&walk.at)
      comesType = true
    }
    guard let channel = opening, let view = unsafe sections(of: channel) else { return nil }
    var count = 0
    while true {
      let isObject = unsafe walk.at.pointee == 0x7B
      guard let read = unsafe isObject ? readObject(&walk, &texts) : readSection(view, &walk, &texts) else {
        unsafe takeBack(room.base, walk.event)
        return nil
      }
      count &+= read
      let separator = unsafe walk.at.pointee
      unsafe walk.at += 1
      if separator == 0x2C { continue }
      if separator == 0x5D {
        if comesType, unsafe !envelope.readType(&walk.at) { unsafe walk.at = walk.end }
        if unsafe walk.at.pointee == 0x7D, unsafe walk.at + 1 == walk.end { break }
      }
      unsafe takeBack(room.base, walk.event)
      return nil
    }
    unsafe batch.commit(upTo: walk.event, events: count)
    counters.rows &+= count
    counters.rowsDecoded &+= count
    counters.frames &+= 1
    counters.feedDataFrames &+= 1
    counters.framesPredicted &+= 1
    return FrameCounts(channel: channel, rowsDecoded: count, rowsMalformed: 0)
  }

  /// Takes the counts of whole sections back when the frame turns out to be another one.
  @inline(never)
  private mutating func takeBack(_ first: UnsafeMutableRawPointer, _ end: UnsafeMutableRawPointer) {
    var at = unsafe first
    while unsafe at < end {
      let event = unsafe EventRef(at)
      if let type = event.type { counters.byType[type.index] &-= 1 }
      unsafe at += event.recordCount * EventRecord.byteCount
    }
  }

  // MARK: FULL

  /// Reads one object, with the keys in the order of the last ones of its type.
  private mutating func readObject(_ walk: inout PredictedWalk, _ texts: inout TextTable) -> Int? {
    if unsafe !objects.layouts[lastObject].opening.stands(at: walk.at) {
      guard let index = unsafe objectIndex(walk.at) else { return nil }
      lastObject = index
    }
    let layout = unsafe objects.layouts + lastObject
    guard let reader = unsafe layout.pointee.reader else { return nil }
    var slots = texts.slots
    unsafe walk.at += layout.pointee.opening.byteCount
    guard unsafe walk.at <= walk.end else { return nil }
    let event = unsafe walk.event
    guard unsafe Self.readRow(reader, layout.pointee.eventBytes, &walk, &slots, &texts) == 0x7D else {
      // It was not counted, so it is not to be taken back.
      unsafe walk.event = event
      return nil
    }
    counters.byType[lastObject] &+= 1
    return 1
  }

  @inline(never)
  private func objectIndex(_ at: UnsafePointer<UInt8>) -> Int? {
    for i in 0..<EventType.count where unsafe objects.layouts[i].opening.stands(at: at) { return i }
    return nil
  }

  // MARK: COMPACT

  /// Reads a section and gives its number of rows.
  @inline(__always)
  private mutating func readSection(
    _ view: SectionView, _ walk: inout PredictedWalk, _ texts: inout TextTable
  ) -> Int? {
    let start = unsafe UnsafeRawPointer(walk.at)
    let word = unsafe start.loadUnaligned(as: UInt64.self)
    let index = unsafe Int(view.index[SectionView.slot(word, view.multiplier)])
    guard index < EventType.count else { return nil }
    let section = unsafe view.sections + index
    guard unsafe section.pointee.opening.stands(at: start) else { return nil }
    unsafe walk.at += section.pointee.opening.byteCount
    guard unsafe walk.at <= walk.end else { return nil }
    guard let rows = unsafe Self.readRows(section, &walk, &texts) else { return nil }
    counters.byType[index] &+= rows
    return rows
  }

  /// Reads rows up to the section's bracket and gives their number; nil when one is not as predicted.
  private static func readRows(
    _ section: UnsafePointer<Section>, _ walk: inout PredictedWalk, _ texts: inout TextTable
  ) -> Int? {
    guard let reader = unsafe section.pointee.reader else { return nil }
    let eventBytes = unsafe section.pointee.eventBytes
    let nameCount = unsafe section.pointee.nameCount
    // A copy, so that the compiler keeps the place in registers.
    var here = unsafe walk
    var slots = texts.slots
    var rows = 0
    while true {
      if nameCount > 0 {
        guard unsafe isNamed(here.at, section) else { return nil }
        unsafe here.at += nameCount
      }
      let terminator = unsafe readRow(reader, eventBytes, &here, &slots, &texts)
      rows &+= 1
      if terminator == 0x2C { continue }
      guard terminator == 0x5D else { return nil }
      unsafe walk = here
      return rows
    }
  }

  /// Whether the type's name and a comma stand here.
  @inline(never)
  private static func isNamed(_ at: UnsafePointer<UInt8>, _ section: UnsafePointer<Section>) -> Bool {
    // The opening without its bracket.
    var name = unsafe section.pointee.opening
    let count = unsafe section.pointee.nameCount
    name.words[count / 8] &= ~(0xFF << UInt64(count % 8 * 8))
    name.masks[count / 8] &= ~(0xFF << UInt64(count % 8 * 8))
    return unsafe name.stands(at: at)
  }

  // MARK: Rows

  /// Reads a row or an object from its symbol on. Gives what stands behind its last value, with the walk behind that
  /// and behind the event; 0 when it is not as predicted.
  @inline(__always)
  private static func readRow(
    _ reader: CompiledColumns.Reader, _ eventBytes: Int, _ walk: inout PredictedWalk, _ slots: inout TextSlots,
    _ texts: inout TextTable
  ) -> UInt8 {
    let at = unsafe walk.at
    let event = unsafe walk.event
    // The symbol: its end, and its id. A text that is found was checked when it was added.
    guard unsafe at.pointee == 0x22 else { return 0 }
    let quotes = unsafe qw_quotes32(at + 1)
    let count = quotes.trailingZeroBitCount
    guard quotes != 0, count > 0, unsafe at[count &+ 2] == 0x2C, unsafe event + eventBytes <= walk.limit
    else { return 0 }
    var id = unsafe find(at + 1, count, slots)
    if id == 0 {
      guard let added = unsafe add(at + 1, count, walk.end, &texts) else { return 0 }
      id = added
      slots = texts.slots
    }
    let first = unsafe at + count + 3
    let length = unsafe reader.read(first, walk.end, reader.columns, event.assumingMemoryBound(to: UInt8.self))
    guard length > 0 else { return 0 }
    if unsafe reader.columns.pointee.state.pointee.long_text_count > 0 {
      guard unsafe store(reader.columns.pointee.state, event, &texts) else { return 0 }
      slots = texts.slots
    }
    unsafe event.storeBytes(of: id, as: UInt32.self)
    unsafe event.storeBytes(of: walk.receivedNanos, toByteOffset: EventHead.receivedOffset, as: Int64.self)
    unsafe walk.event = event + eventBytes
    unsafe walk.at = first + length + 1
    return unsafe first[length]
  }

  @inline(__always)
  private static func find(_ symbol: UnsafePointer<UInt8>, _ count: Int, _ slots: TextSlots) -> UInt32 {
    let text = unsafe UnsafeRawPointer(symbol)
    if count > 16 { return unsafe slots.find32(text, count) }
    let low = unsafe text.loadUnaligned(as: UInt64.self) & qw_first_bytes(Int64(count))
    let high = unsafe text.loadUnaligned(fromByteOffset: 8, as: UInt64.self) & qw_first_bytes(Int64(count &- 8))
    return slots.find(low, high, count)
  }

  /// Texts that are too long to stand in the event; false where the table has no room.
  @inline(never)
  private static func store(
    _ state: UnsafeMutablePointer<qw_row_state>, _ event: UnsafeMutableRawPointer, _ texts: inout TextTable
  ) -> Bool {
    let count = unsafe state.pointee.long_text_count
    unsafe state.pointee.long_text_count = 0
    return unsafe withUnsafePointer(to: &state.pointee.long_texts.0) { all in
      for i in 0..<count {
        let text = unsafe all[i]
        let bytes = unsafe UnsafeRawBufferPointer(start: text.bytes, count: Int(text.count))
        guard let id = unsafe texts.intern(bytes) else { return false }
        unsafe event.storeBytes(of: Text(id: id), toByteOffset: Int(text.offset), as: Text.self)
      }
      return true
    }
  }

  /// A symbol that is new. Nil where it has bytes that only the scanner judges, or the table has no room.
  @inline(never)
  private static func add(
    _ symbol: UnsafePointer<UInt8>, _ count: Int, _ end: UnsafePointer<UInt8>, _ texts: inout TextTable
  ) -> UInt32? {
    guard unsafe symbol + count < end else { return nil }
    let text = unsafe UnsafeRawBufferPointer(start: symbol, count: count)
    for unsafe byte in unsafe text where byte < 0x20 || byte > 0x7E || byte == 0x5C { return nil }
    return unsafe texts.intern(text)?.rawValue
  }
}
