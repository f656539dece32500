import Bytes
import JSON
import Market

/// The frame's way from a cursor to events: envelope, sections, rows. Lives in a `FeedDecoder`, which owns the scanner.
@safe
struct FrameReader: ~Copyable {
  var counters = FeedCounters()
  var lastTrouble: RowTrouble?
  var channels: [FeedChannel] = []
  let keys: [FieldKeys]
  private let requestedPlans: [ColumnPlan]
  private let requestedSections: SectionTable
  let envelope = PredictedEnvelope()
  let level: SIMDLevel
  let objects: ObjectTable
  /// The type of the FULL object read last: the next one probably is the same.
  var lastObject = 0
  /// The keys of the object that the scanner reads, by position in its `FieldKeys`.
  var objectOrder: [Int] = []
  /// The sections of the channel that was asked for last; nil whenever channels change.
  private var lastChannel: Int?
  private var lastSections: SectionView?
  /// Content of strings with escapes.
  var scratch = ByteWriter()

  // Of the frame that is being read.
  var payload = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
  var receivedNanos: Int64 = 0
  /// Where the frame's events that were not handed on begin.
  private(set) var frameMark: EventBatch.Mark
  /// Where the last claimed event begins.
  private(set) var rowMark: EventBatch.Mark
  var channelNumber = 0
  var channelSlot = 0
  /// The frame's JSON is known to be good to its end, and no key of the envelope comes again.
  var isValidated = false
  /// A key of the envelope stands twice: the frame must be read again, its envelope first.
  var keyRepeats = false
  /// The type found last: the next one probably is the same.
  var lastTypeIndex = 0

  init(requested: FieldLists, level: SIMDLevel) {
    let keys = Schema.all.map { FieldKeys($0) }
    self.keys = keys
    requestedPlans = keys.map { ColumnPlan(requested[$0.type], $0) }
    requestedSections = SectionTable(requestedPlans, keys, level)
    self.level = level
    objects = ObjectTable(keys)
    unsafe lastSections = nil
    frameMark = EventBatch(capacity: 2).mark
    rowMark = frameMark
  }

  mutating func begin(_ payload: UnsafeRawBufferPointer, _ receivedNanos: Int64, _ mark: EventBatch.Mark) {
    unsafe self.payload = payload
    self.receivedNanos = receivedNanos
    frameMark = mark
    isValidated = false
    keyRepeats = false
  }

  /// The payload is the caller's again.
  mutating func end() { unsafe payload = UnsafeRawBufferPointer(start: nil, count: 0) }

  mutating func readFrame(
    _ cursor: inout Cursor, _ batch: inout EventBatch, _ texts: inout TextTable, _ flush: (inout EventBatch) -> Void
  ) -> Result<Received, FeedError> {
    let root = cursor
    let before = counters
    do throws(FeedError) {
      let first: Received?
      do throws(JSONError) {
        first = try readInOrder(&cursor, before, &batch, &texts, flush)
      } catch {
        throw .json(error)
      }
      if let first { return .success(first) }
      // Another message, keys in another order, or keys that stand twice.
      batch.rollBack(to: frameMark)
      counters = before
      cursor = root
      return .success(try readAnyOrder(&cursor, before, &batch, &texts, flush))
    } catch {
      return .failure(error)
    }
  }

  /// FEED_DATA with `type`, `channel` and `data` in this order: one pass. Nil when the frame is something else.
  private mutating func readInOrder(
    _ cursor: inout Cursor, _ before: FeedCounters, _ batch: inout EventBatch, _ texts: inout TextTable,
    _ flush: (inout EventBatch) -> Void
  ) throws(JSONError) -> Received? {
    guard cursor.kind == .object else { return nil }
    try cursor.enterObject()
    guard let first = try cursor.nextKey(), first.equals("type"), cursor.kind == .string else { return nil }
    guard try cursor.readString().equals("FEED_DATA") else { return nil }
    guard let second = try cursor.nextKey(), second.equals("channel"), cursor.kind == .number,
      let channel = try Values.channel(&cursor)
    else { return nil }
    guard let third = try cursor.nextKey(), third.equals("data"), cursor.kind == .array else { return nil }
    switch open(channel) {
    case .tooMany: return nil
    case .closed: try cursor.skipValue()
    case .open: try readData(&cursor, &batch, &texts, flush)
    }
    if keyRepeats { return nil }
    while let key = try cursor.nextKey() {
      if Self.isEnvelope(key) { return nil }
      try cursor.skipValue()
    }
    try cursor.finishDocument()
    return .data(finished(before))
  }

  /// Any message: envelope first, to the end of the text, then the data where they stand.
  private mutating func readAnyOrder(
    _ cursor: inout Cursor, _ before: FeedCounters, _ batch: inout EventBatch, _ texts: inout TextTable,
    _ flush: (inout EventBatch) -> Void
  ) throws(FeedError) -> Received {
    let root = cursor
    let message = try MessageReader.read(&cursor)
    guard case .feedData(let channel) = message else {
      try take(message)
      return .message(message)
    }
    var object = ObjectReader(root)
    var data: Cursor?
    try object.enter()
    while let key = try object.nextKey() {
      if key.equals("data") { data = object.cursor }
      try object.skip()
    }
    guard var data else { throw .missingKey("data", offset: root.offset) }
    guard data.kind == .array else { throw .wrongKind(key: "data", wanted: "an array", offset: data.offset) }
    isValidated = true
    keyRepeats = false
    switch open(channel) {
    case .tooMany: throw .tooManyChannels(channel: channel)
    case .closed: break
    case .open:
      do throws(JSONError) { try readData(&data, &batch, &texts, flush) } catch { throw .json(error) }
    }
    return .data(finished(before))
  }

  static func isEnvelope(_ key: StringToken) -> Bool {
    key.equals("type") || key.equals("channel") || key.equals("data")
  }

  private mutating func finished(_ before: FeedCounters) -> FrameCounts {
    counters.feedDataFrames += 1
    return FrameCounts(
      channel: channelNumber, rowsDecoded: counters.rowsDecoded - before.rowsDecoded,
      rowsMalformed: counters.rowsMalformed - before.rowsMalformed)
  }

  // MARK: Channels

  /// The predicted sections of an open channel; nil for one that is closed or new.
  @inline(__always)
  mutating func sections(of channel: Int) -> SectionView? {
    channel == lastChannel ? unsafe lastSections : unsafe findSections(channel)
  }

  @inline(never)
  private mutating func findSections(_ channel: Int) -> SectionView? {
    guard let known = channels.firstIndex(where: { $0.number == channel && !$0.isClosed }) else { return nil }
    lastChannel = channel
    unsafe lastSections = channels[known].sections.view
    return unsafe lastSections
  }

  /// To be called when a channel's state has changed.
  mutating func forgetSections() {
    lastChannel = nil
    unsafe lastSections = nil
  }

  private enum Opening { case open, closed, tooMany }

  /// Makes the channel the current one.
  private mutating func open(_ number: Int) -> Opening {
    channelNumber = number
    guard let slot = slot(number) else { return .tooMany }
    channelSlot = slot
    if channels[slot].isClosed {
      counters.framesIgnored += 1
      return .closed
    }
    return .open
  }

  /// Where the channel's state stands; a new one replaces a closed one when there are too many.
  private mutating func slot(_ number: Int) -> Int? {
    if let known = channels.firstIndex(where: { $0.number == number }) { return known }
    if channels.count == ProtocolLimits.channels {
      guard let closed = channels.firstIndex(where: { $0.isClosed }) else { return nil }
      channels.remove(at: closed)
    }
    channels.append(FeedChannel(number, requested: requestedPlans, requestedSections))
    return channels.count - 1
  }

  /// What a message changes for the rows to come.
  private mutating func take(_ message: SessionMessage) throws(FeedError) {
    forgetSections()
    switch message {
    case .feedConfig(let number, let config):
      guard let slot = slot(number) else { throw .tooManyChannels(channel: number) }
      channels[slot].merge(config, keys, level)
    // A DOM channel has no rows.
    case .channelOpened(_, let service) where service.service == ChannelService.domName: return
    case .channelOpened(let number, _):
      guard let slot = slot(number) else { throw .tooManyChannels(channel: number) }
      channels[slot] = FeedChannel(number, requested: requestedPlans, requestedSections)
    case .channelClosed(let number):
      guard let slot = channels.firstIndex(where: { $0.number == number }) else { return }
      channels[slot].isClosed = true
    default: break
    }
  }

  /// A FEED_SETUP that the client sent on a channel.
  mutating func request(_ setup: FeedSetup, channel: Int) {
    guard let slot = slot(channel) else { return }
    forgetSections()
    channels[slot].request(setup, keys, level)
  }

  // MARK: Room

  /// Room for an event whose first value, or object, stands at the cursor. `width` is the section's; 0 for objects. Nil
  /// when `keyRepeats` is set, else because the number of the section's values is no multiple of its width.
  mutating func claim(
    _ type: EventType, _ cursor: Cursor, width: Int, _ batch: inout EventBatch, _ flush: (inout EventBatch) -> Void
  ) throws(JSONError) -> UnsafeMutableRawPointer? {
    rowMark = batch.mark
    if let event = unsafe batch.append(type) { return unsafe event }
    guard try isRestGood(cursor, width: width) else { return nil }
    flush(&batch)
    frameMark = batch.mark
    rowMark = batch.mark
    guard let event = unsafe batch.append(type) else { preconditionFailure("flush made no room") }
    return unsafe event
  }

  /// Validates what is left of the section, and of the frame where that was not done yet.
  private mutating func isRestGood(_ cursor: Cursor, width: Int) throws(JSONError) -> Bool {
    var rest = cursor
    try rest.skipValue()
    if width > 0 {
      var values = 1
      while try rest.nextElement() {
        try rest.skipValue()
        values += 1
      }
      if values % width != 0 { return false }
    }
    if isValidated { return true }
    while try rest.nextElement() { try rest.skipValue() }
    while let key = try rest.nextKey() {
      if Self.isEnvelope(key) {
        keyRepeats = true
        return false
      }
      try rest.skipValue()
    }
    try rest.finishDocument()
    isValidated = true
    return true
  }

  mutating func trouble(_ reason: RowTrouble.Reason, _ type: EventType?, _ offset: Int) {
    lastTrouble = RowTrouble(reason: reason, type: type, channel: channelNumber, offset: offset)
  }
}
