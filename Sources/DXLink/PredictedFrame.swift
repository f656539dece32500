import CShims
import JSON
import Market

// FEED_DATA in the layout that servers write, in one pass: no white space, keys in one order, COMPACT rows with the
// columns that FEED_CONFIG promised. It is read by comparing it with what must stand there.
//
//     {"type":"FEED_DATA","channel":1,"data":["Quote",["AAPL",231.52,231.53,3.0,1.0,"IBM",…],"Trade",[…]]}
//     └ four words ───────────────┘ └ digits  └ sections: read in C, see qw_rows.h
//
// FULL objects are read so too, once the order of a type's keys was seen twice, and each key with its colon is a column
// of its own. The type may stand behind the data.
//
// Invariant: a frame that is taken here would be taken by the scanner, with equal events; every byte of it was compared
// or checked. Any other frame leaves nothing behind but texts that were added, and is the scanner's.

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
    var at = unsafe base.assumingMemoryBound(to: UInt8.self)
    let end = unsafe at + payload.count
    var comesType = false
    var opening = unsafe envelope.read(&at)
    if opening == nil {
      opening = unsafe envelope.readWithoutType(&at)
      comesType = true
    }
    guard let channel = opening, let view = unsafe sections(of: channel) else { return nil }
    let room = unsafe batch.room
    let slots = texts.slots
    var walk = unsafe qw_walk(
      at: at, end: end, event: room.base.assumingMemoryBound(to: UInt8.self),
      limit: room.end.assumingMemoryBound(to: UInt8.self), received_nanos: receivedNanos, slots: slots.base,
      slot_mask: UInt64(slots.mask), sections: view.sections, index: view.index, multiplier: view.multiplier,
      columns: nil, rows: 0)
    guard unsafe readData(&walk, &texts) else { return nil }
    if comesType, unsafe !envelope.readType(&walk.at) { return nil }
    guard unsafe walk.at.pointee == 0x7D, unsafe walk.at + 1 == end else { return nil }
    let count = unsafe walk.rows
    unsafe batch.commit(upTo: walk.event, events: count)
    counters.rows &+= count
    counters.rowsDecoded &+= count
    counters.frames &+= 1
    counters.feedDataFrames &+= 1
    counters.framesPredicted &+= 1
    return FrameCounts(channel: channel, rowsDecoded: count, rowsMalformed: 0)
  }

  /// Reads sections and objects up to the bracket of the data; false when one is not as predicted.
  @inline(__always)
  private mutating func readData(_ walk: inout qw_walk, _ texts: inout TextTable) -> Bool {
    if unsafe walk.at.pointee != 0x7B {
      let stop = unsafe qw_read_sections(level.rawValue, &walk)
      if stop == Int32(QW_STOP_END) { return true }
      if stop == Int32(QW_STOP_OTHER) { return false }
      guard let next = unsafe goOn(stop, &walk, &texts, nil) else { return false }
      if next == Int32(QW_STOP_END) { return true }
    }
    return unsafe readObjects(&walk, &texts)
  }

  /// Adds the texts at which a walk stopped, and goes on; nil for something in another form. `columns` are an object's.
  @inline(never)
  private func goOn(
    _ stopped: Int32, _ walk: inout qw_walk, _ texts: inout TextTable, _ columns: UnsafePointer<qw_columns>?
  ) -> Int32? {
    var stop = stopped
    while stop == Int32(QW_STOP_NEW_SYMBOL) || stop == Int32(QW_STOP_LONG_TEXTS) {
      guard let reader = unsafe columns ?? walk.columns else { return nil }
      if stop == Int32(QW_STOP_NEW_SYMBOL) {
        guard unsafe Self.add(walk.at + reader.pointee.name_bytes + 1, walk.end, &texts) else { return nil }
      } else {
        let event = unsafe walk.event - reader.pointee.blank_bytes
        guard unsafe Self.store(reader.pointee.state, event, &texts) else { return nil }
      }
      // The table may have moved.
      let slots = texts.slots
      unsafe walk.slots = UnsafePointer(slots.base)
      unsafe walk.slot_mask = UInt64(slots.mask)
      stop = unsafe columns.map { unsafe qw_read_object(level.rawValue, &walk, $0) }
        ?? qw_read_sections(level.rawValue, &walk)
    }
    return stop == Int32(QW_STOP_OTHER) ? nil : stop
  }

  // MARK: FULL

  /// Reads objects, and sections among them, up to the bracket of the data.
  @inline(never)
  private mutating func readObjects(_ walk: inout qw_walk, _ texts: inout TextTable) -> Bool {
    while true {
      if unsafe walk.at.pointee == 0x7B {
        guard unsafe readObject(&walk, &texts) else { return false }
        let separator = unsafe walk.at.pointee
        unsafe walk.at += 1
        if separator == 0x5D { return true }
        guard separator == 0x2C else { return false }
      } else {
        let stop = unsafe qw_read_sections(level.rawValue, &walk)
        guard let next = unsafe goOn(stop, &walk, &texts, nil) else { return false }
        if next == Int32(QW_STOP_END) { return true }
      }
    }
  }

  /// Reads one object, with the keys in the order of the last ones of its type.
  private mutating func readObject(_ walk: inout qw_walk, _ texts: inout TextTable) -> Bool {
    if unsafe !objects.layouts[lastObject].opening.stands(at: walk.at) {
      guard let index = unsafe objectIndex(walk.at) else { return false }
      lastObject = index
    }
    let layout = unsafe objects.layouts + lastObject
    guard let columns = unsafe layout.pointee.columns else { return false }
    unsafe walk.at += layout.pointee.opening.byteCount
    guard unsafe walk.at <= walk.end else { return false }
    let stop = unsafe qw_read_object(level.rawValue, &walk, columns)
    return unsafe stop == Int32(QW_STOP_OBJECT) || goOn(stop, &walk, &texts, columns) == Int32(QW_STOP_OBJECT)
  }

  @inline(never)
  private func objectIndex(_ at: UnsafePointer<UInt8>) -> Int? {
    for i in 0..<EventType.count where unsafe objects.layouts[i].opening.stands(at: at) { return i }
    return nil
  }

  // MARK: Texts

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

  /// A symbol that is new, up to its quote. False where it has bytes that only the scanner judges, or the table has no
  /// room.
  @inline(never)
  private static func add(
    _ symbol: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ texts: inout TextTable
  ) -> Bool {
    var count = 0
    while unsafe symbol[count] != 0x22 {
      let byte = unsafe symbol[count]
      guard unsafe symbol + count < end, byte >= 0x20, byte <= 0x7E, byte != 0x5C else { return false }
      count &+= 1
    }
    return unsafe texts.intern(UnsafeRawBufferPointer(start: symbol, count: count)) != nil
  }
}
