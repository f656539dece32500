import CShims
import Market

// FEED_DATA in the layout that servers write, in one pass: no white space, keys in one order, COMPACT rows with the
// columns that FEED_CONFIG promised. It is read by comparing it with what must stand there.
//
//     {"type":"FEED_DATA","channel":1,"data":["Quote",["AAPL",231.52,231.53,3.0,1.0,"IBM",…],"Trade",[…]]}
//     └ four words ───────────────┘ └ digits  └ opening ┘└ symbol └ columns: one call a row
//
// Invariant: a frame that is taken here would be taken by the scanner, with equal events; every byte of it was compared
// or checked. Any other frame leaves nothing behind but texts that were added, and is the scanner's.

/// Where the walk is. `at` never passes `end` by more than what a row's reader may load.
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

/// What a frame begins with.
struct PredictedEnvelope {
  /// `{"type":"FEED_DATA","channel":` at 0, 8, 16 and 22.
  private let words: InlineArray<4, UInt64>
  /// `,"data":`, which a bracket follows.
  private let data: UInt64
  static let leastBytes = 48
  private static let openingBytes = 30
  private static let channelDigits = 9

  init() {
    let text = Array("{\"type\":\"FEED_DATA\",\"channel\":".utf8)
    words = [Self.word(text, 0), Self.word(text, 8), Self.word(text, 16), Self.word(text, 22)]
    data = Self.word(Array(",\"data\":".utf8), 0)
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
    guard different == 0 else { return nil }
    var p = unsafe at + Self.openingBytes
    var channel = 0
    var digits = 0
    while unsafe p.pointee &- 0x30 < 10 {
      channel = unsafe channel &* 10 &+ Int(p.pointee &- 0x30)
      unsafe p += 1
      digits &+= 1
      if digits > Self.channelDigits { return nil }
    }
    // A first zero stands alone.
    let leading = unsafe at[Self.openingBytes]
    guard digits == 1 || (digits > 1 && leading != 0x30) else { return nil }
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
    guard let channel = unsafe envelope.read(&walk.at), let view = unsafe sections(of: channel) else { return nil }
    var count = 0
    while true {
      guard let index = unsafe Self.sectionIndex(&walk.at, view),
        let read = unsafe readRows(view.sections + index, &walk, &texts)
      else {
        unsafe takeBack(room.base, walk.event)
        return nil
      }
      counters.byType[index] &+= read
      count &+= read
      let separator = unsafe walk.at.pointee
      unsafe walk.at += 1
      if separator == 0x2C { continue }
      if separator == 0x5D, unsafe walk.at.pointee == 0x7D, unsafe walk.at + 1 == walk.end { break }
      unsafe takeBack(room.base, walk.event)
      return nil
    }
    unsafe batch.commit(upTo: walk.event, events: count)
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

  /// The type whose section opens here, with `at` behind its bracket.
  @inline(__always)
  private static func sectionIndex(_ at: inout UnsafePointer<UInt8>, _ view: SectionView) -> Int? {
    let start = unsafe UnsafeRawPointer(at)
    let word = unsafe start.loadUnaligned(as: UInt64.self)
    let index = unsafe Int(view.index[SectionView.slot(word, view.multiplier)])
    guard index < EventType.count else { return nil }
    let section = unsafe view.sections + index
    guard unsafe opens(start, section, section.pointee.openingMasks) else { return nil }
    let count = unsafe section.pointee.openingCount
    unsafe at += count
    return count > 0 ? index : nil
  }

  @inline(__always)
  private static func opens(
    _ start: UnsafeRawPointer, _ section: UnsafePointer<Section>, _ masks: InlineArray<3, UInt64>
  ) -> Bool {
    let opening = unsafe section.pointee.opening
    let first = unsafe (start.loadUnaligned(as: UInt64.self) ^ opening[0]) & masks[0]
    let second = unsafe (start.loadUnaligned(fromByteOffset: 8, as: UInt64.self) ^ opening[1]) & masks[1]
    let third = unsafe (start.loadUnaligned(fromByteOffset: 16, as: UInt64.self) ^ opening[2]) & masks[2]
    return first | second | third == 0
  }

  /// Reads rows up to the section's bracket and gives their number; nil when one is not as predicted.
  private func readRows(
    _ section: UnsafePointer<Section>, _ walk: inout PredictedWalk, _ texts: inout TextTable
  ) -> Int? {
    var at = unsafe walk.at
    var event = unsafe walk.event
    let end = unsafe walk.end
    let limit = unsafe walk.limit
    let eventBytes = unsafe section.pointee.eventBytes
    let columns = unsafe UnsafeRawPointer(section).assumingMemoryBound(to: qw_columns.self)
    let receivedNanos = unsafe walk.receivedNanos
    let readColumns = unsafe section.pointee.read
    var slots = texts.slots
    var rows = 0
    while true {
      if unsafe section.pointee.nameCount > 0 {
        guard unsafe Self.isNamed(at, section) else { return nil }
        unsafe at += section.pointee.nameCount
      }
      // The symbol: its end, and its id. A text that is found was checked when it was added.
      guard unsafe at.pointee == 0x22 else { return nil }
      let quotes = unsafe qw_quotes32(at + 1)
      let count = quotes.trailingZeroBitCount
      guard quotes != 0, count > 0, unsafe at[count &+ 2] == 0x2C, unsafe event + eventBytes <= limit
      else { return nil }
      var id = unsafe Self.find(at + 1, count, slots)
      if id == 0 {
        guard let added = unsafe Self.add(at + 1, count, end, &texts) else { return nil }
        id = added
        slots = texts.slots
      }
      let first = unsafe at + count + 3
      let length = unsafe readColumns(first, end, columns, event.assumingMemoryBound(to: UInt8.self))
      guard length > 0 else { return nil }
      if unsafe columns.pointee.state.pointee.long_text_count > 0 {
        guard unsafe Self.store(columns.pointee.state, event, &texts) else { return nil }
        slots = texts.slots
      }
      unsafe event.storeBytes(of: id, as: UInt32.self)
      unsafe event.storeBytes(of: receivedNanos, toByteOffset: EventHead.receivedOffset, as: Int64.self)
      unsafe event += eventBytes
      rows &+= 1
      let terminator = unsafe first[length]
      unsafe at = first + length + 1
      if terminator == 0x5D { break }
    }
    unsafe walk.at = at
    unsafe walk.event = event
    return rows
  }

  /// Whether the type's name and a comma stand here.
  @inline(never)
  private static func isNamed(_ at: UnsafePointer<UInt8>, _ section: UnsafePointer<Section>) -> Bool {
    // The opening without its bracket.
    let count = unsafe section.pointee.nameCount
    var masks = unsafe section.pointee.openingMasks
    masks[count / 8] &= ~(0xFF << UInt64(count % 8 * 8))
    return unsafe opens(UnsafeRawPointer(at), section, masks)
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
