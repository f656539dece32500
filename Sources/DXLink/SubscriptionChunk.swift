package import Bytes
import Market

/// The lists of a FEED_SUBSCRIPTION under way.
struct SubscriptionChunk: ~Copyable {
  var removeList = ByteWriter()
  var addList = ByteWriter()
  var item = ByteWriter()
  /// Topics that the last chunk added.
  var added: [Int] = []

  mutating func begin() {
    removeList.removeAll()
    addList.removeAll()
    added.removeAll(keepingCapacity: true)
  }

  mutating func takeItem(isAdd: Bool) {
    if isAdd { Self.append(&item, to: &addList) } else { Self.append(&item, to: &removeList) }
  }

  mutating func close(_ out: inout ByteWriter) {
    Self.close(",\"remove\":[", &removeList, &out)
    Self.close(",\"add\":[", &addList, &out)
    out.append(UInt8(ascii: "}"))
  }

  /// Bytes of the message with the item.
  func grown(head: Int, isAdd: Bool) -> Int {
    Self.size(
      head, remove: removeList.count, add: addList.count, isAdd ? 0 : item.count, isAdd ? item.count : 0)
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

extension SubscriptionBook {
  /// Appends one FEED_SUBSCRIPTION of at most `maximumBytes` and `maximumItems`, but of one item at least, and regards
  /// the server as told. Gives the number of changes in it; 0 when nothing can be said now and nothing was appended.
  /// - Parameter now: when snapshots that it asks for begin.
  package mutating func writeChunk(
    channel: Int, maximumBytes: Int, maximumItems: Int, now: MonotonicNanos, to out: inout ByteWriter
  ) -> Int {
    chunk.begin()
    let begin = out.count
    MessageWriter.begin("FEED_SUBSCRIPTION", channel, &out)
    if needsReset { out.append(",\"reset\":true") }
    let head = out.count - begin
    var items = 0
    while items < maximumItems, let number = queue.first {
      let isAdd = writeItem(number)
      if chunk.item.isEmpty {
        settle(nil)
        continue
      }
      if items > 0, chunk.grown(head: head, isAdd: isAdd) > maximumBytes { break }
      if isAdd, !admitsSnapshot(number, now) { continue }
      chunk.takeItem(isAdd: isAdd)
      settle(isAdd)
      if isAdd { chunk.added.append(number) }
      items += 1
    }
    if items == 0 {
      out.truncate(to: begin)
      return 0
    }
    chunk.close(&out)
    needsReset = false
    return items
  }

  /// Writes what the server must be told of a topic into the chunk's item; nothing where it knows already.
  private mutating func writeItem(_ number: Int) -> Bool {
    chunk.item.removeAll()
    let marks = table.marks(number)
    let times = table.times(number)
    let isAdd = marks.contains(.wanted) && (!marks.contains(.told) || times.told != times.wanted)
    if isAdd || (marks.contains(.told) && !marks.contains(.wanted)) {
      // The specification wants the start time of a time series in its removal too, and ignores the value.
      MessageWriter.append(
        item: table.type(number).name, symbol: table.symbol(number), source: table.source(number),
        fromTime: isAdd ? times.wanted : times.told, to: &chunk.item)
    }
    return isAdd
  }
}
