package import Bytes
package import Market

/// One wish: events of a type for a symbol. Identity is type, symbol and source; `fromTime` belongs to it but is no
/// part of its identity.
package struct Subscription: Hashable, Sendable {
  package var type: EventType
  package var symbol: String
  /// The order source, for books.
  package var source: String?
  /// Milliseconds since 1970 UTC, for time series.
  package var fromTime: Int64?

  package init(_ type: EventType, _ symbol: String, source: String? = nil, fromTime: Int64? = nil) {
    self.type = type
    self.symbol = symbol
    self.source = source
    self.fromTime = fromTime
  }

  /// All symbols, where the contract allows it.
  package static let wildcard = "*"
}

/// Why a subscription was not taken into the book.
package enum SubscriptionRefusal: Error, Equatable, Sendable, CustomStringConvertible {
  case bookFull(limit: Int)
  case emptySymbol
  case tooLong(bytes: Int, limit: Int)
  case wildcard(Contract)
  case sourceAndTime

  package var description: String {
    switch self {
    case .bookFull(let limit): "the connection has \(limit) subscriptions already; use more lanes or fewer symbols"
    case .emptySymbol: "a subscription needs a symbol"
    case .tooLong(let bytes, let limit): "a symbol or source of \(bytes) bytes is longer than \(limit)"
    case .wildcard(let contract): "\(contract.rawValue) takes no \"*\"; use the contract stream or auto"
    case .sourceAndTime: "a subscription has either a source or a start time"
    }
  }
}

/// What is wanted of a feed channel against what the server was told, and the messages that make the two equal.
///
/// Every change of a wish marks its entry; a chunk takes marked entries in the order of the marks and compares. So a
/// wish that was added and removed again costs nothing, and each entry stands at most once in a message.
///
/// Invariant: an entry that is neither wanted, told nor marked is free; `slots` finds exactly the others.
package struct SubscriptionBook: ~Copyable {
  /// Bytes of a symbol or a source. Even with every byte escaped an item fits into a message of 8 KiB.
  package static let textLimit = 512

  private struct Topic: Hashable {
    var type: EventType
    var symbol: String
    var source: String?
  }

  private struct Entry {
    var topic: Topic
    var isWanted = false
    var wantedFrom: Int64?
    var isTold = false
    var toldFrom: Int64?
    var isMarked = false
  }

  package let contract: Contract
  package let maximumTopics: Int
  private var entries: [Entry] = []
  private var free: [Int] = []
  private var slots: [Topic: Int] = [:]
  private var marked: [Int] = []
  private var markedHead = 0
  private var needsReset = false
  private var wantedByType = [Int](repeating: 0, count: EventType.count)
  private var removeList = ByteWriter()
  private var addList = ByteWriter()
  private var item = ByteWriter()

  package init(contract: Contract = .auto, maximumTopics: Int = 100_000) {
    self.contract = contract
    self.maximumTopics = maximumTopics
  }

  package var wantedCount: Int { wantedByType.reduce(0, +) }
  /// Entries to look at: an upper bound of the changes still to tell.
  package var pendingCount: Int { marked.count - markedHead }

  /// Types with at least one wish.
  package var wantedTypes: [EventType] {
    (0..<EventType.count).compactMap { wantedByType[$0] > 0 ? EventType(index: $0) : nil }
  }

  /// Adds a wish, or gives a known one another start time. Candle symbols are taken in canonical form.
  package mutating func add(_ subscription: Subscription) throws(SubscriptionRefusal) {
    let topic = try checked(subscription)
    let fromTime = contract.takesHistory ? subscription.fromTime : nil
    guard let slot = slots[topic] ?? newSlot(topic) else { throw .bookFull(limit: maximumTopics) }
    if !entries[slot].isWanted { wantedByType[topic.type.index] += 1 }
    entries[slot].isWanted = true
    entries[slot].wantedFrom = fromTime
    if !entries[slot].isTold || entries[slot].toldFrom != fromTime { mark(slot) }
  }

  /// Takes a wish back, whatever its start time; one that is not there is no error.
  package mutating func remove(_ subscription: Subscription) {
    guard let slot = slots[topic(subscription)], entries[slot].isWanted else { return }
    entries[slot].isWanted = false
    wantedByType[subscription.type.index] -= 1
    mark(slot)
  }

  /// A new channel or connection, which knows of nothing.
  package mutating func forgetTold() {
    needsReset = true
    marked.removeAll(keepingCapacity: true)
    markedHead = 0
    for slot in entries.indices where slots[entries[slot].topic] == slot {
      entries[slot].isTold = false
      entries[slot].isMarked = false
      if entries[slot].isWanted { mark(slot) } else { release(slot) }
    }
  }

  private func topic(_ s: Subscription) -> Topic {
    Topic(
      type: s.type, symbol: s.type == .candle ? CandleSymbol.canonical(s.symbol) : s.symbol,
      source: contract.takesHistory ? s.source : nil)
  }

  private func checked(_ s: Subscription) throws(SubscriptionRefusal) -> Topic {
    if s.symbol.isEmpty { throw .emptySymbol }
    let bytes = max(s.symbol.utf8.count, s.source?.utf8.count ?? 0)
    if bytes > Self.textLimit { throw .tooLong(bytes: bytes, limit: Self.textLimit) }
    if s.symbol == Subscription.wildcard, !contract.takesWildcard { throw .wildcard(contract) }
    if s.source != nil, s.fromTime != nil { throw .sourceAndTime }
    return topic(s)
  }

  private mutating func newSlot(_ topic: Topic) -> Int? {
    guard slots.count < maximumTopics else { return nil }
    let slot: Int
    if let reused = free.popLast() {
      slot = reused
      entries[slot] = Entry(topic: topic)
    } else {
      slot = entries.count
      entries.append(Entry(topic: topic))
    }
    slots[topic] = slot
    return slot
  }

  private mutating func release(_ slot: Int) {
    slots[entries[slot].topic] = nil
    free.append(slot)
  }

  private mutating func mark(_ slot: Int) {
    if entries[slot].isMarked { return }
    entries[slot].isMarked = true
    marked.append(slot)
  }

  private mutating func takeMark() {
    entries[marked[markedHead]].isMarked = false
    markedHead += 1
    if markedHead == marked.count {
      marked.removeAll(keepingCapacity: true)
      markedHead = 0
    } else if markedHead > 4096, markedHead * 2 > marked.count {
      marked.removeFirst(markedHead)
      markedHead = 0
    }
  }

  /// Appends one FEED_SUBSCRIPTION of at most `maximumBytes` and `maximumItems`, but of one item at least, and regards
  /// the server as told. Gives the number of changes in it; 0 when nothing is left to say and nothing was appended.
  package mutating func writeChunk(
    channel: Int, maximumBytes: Int, maximumItems: Int, to out: inout ByteWriter
  ) -> Int {
    removeList.removeAll()
    addList.removeAll()
    let begin = out.count
    MessageWriter.begin("FEED_SUBSCRIPTION", channel, &out)
    if needsReset { out.append(",\"reset\":true") }
    let head = out.count - begin
    var items = 0
    while items < maximumItems, markedHead < marked.count {
      let slot = marked[markedHead]
      let isAdd = writeItem(slot)
      if item.isEmpty {
        settle(slot, nil)
        continue
      }
      let grown = Self.size(
        head, remove: removeList.count, add: addList.count, isAdd ? 0 : item.count, isAdd ? item.count : 0)
      if items > 0, grown > maximumBytes { break }
      if isAdd { Self.append(&item, to: &addList) } else { Self.append(&item, to: &removeList) }
      settle(slot, isAdd)
      items += 1
    }
    if items == 0 {
      out.truncate(to: begin)
      return 0
    }
    Self.close(",\"remove\":[", &removeList, &out)
    Self.close(",\"add\":[", &addList, &out)
    out.append(UInt8(ascii: "}"))
    needsReset = false
    return items
  }

  /// Writes what the server must be told of an entry into `item`; nothing where it knows already.
  private mutating func writeItem(_ slot: Int) -> Bool {
    item.removeAll()
    let entry = entries[slot]
    let isAdd = entry.isWanted && (!entry.isTold || entry.toldFrom != entry.wantedFrom)
    if isAdd || (entry.isTold && !entry.isWanted) {
      // The specification wants the start time of a time series in its removal too, and ignores the value.
      MessageWriter.append(
        item: entry.topic.type.name, symbol: entry.topic.symbol, source: entry.topic.source,
        fromTime: isAdd ? entry.wantedFrom : entry.toldFrom, to: &item)
    }
    return isAdd
  }

  private mutating func settle(_ slot: Int, _ isAdd: Bool?) {
    takeMark()
    if let isAdd {
      entries[slot].isTold = isAdd
      entries[slot].toldFrom = isAdd ? entries[slot].wantedFrom : nil
    }
    if !entries[slot].isWanted, !entries[slot].isTold { release(slot) }
  }

  /// Bytes of a message whose lists get one item more each, where that has any bytes.
  private static func size(_ head: Int, remove: Int, add: Int, _ moreRemove: Int, _ moreAdd: Int) -> Int {
    func list(_ key: Int, _ held: Int, _ more: Int) -> Int {
      let comma = held > 0 && more > 0 ? 1 : 0
      return held + more == 0 ? 0 : key + held + comma + more + 1
    }
    return head + list(",\"remove\":[".utf8.count, remove, moreRemove) + list(",\"add\":[".utf8.count, add, moreAdd) + 1
  }

  private static func append(_ item: inout ByteWriter, to list: inout ByteWriter) {
    if !list.isEmpty { list.append(UInt8(ascii: ",")) }
    unsafe item.withBytes { b in unsafe list.append(contentsOf: b) }
  }

  private static func close(_ key: StaticString, _ list: inout ByteWriter, _ out: inout ByteWriter) {
    if list.isEmpty { return }
    out.append(key)
    unsafe list.withBytes { b in unsafe out.append(contentsOf: b) }
    out.append(UInt8(ascii: "]"))
  }
}
