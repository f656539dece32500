import DXLink
import Market
import Rings

/// What one client has subscribed to, on all its channels, and which of it an event meets.
///
/// The answer for a symbol is found once and kept by the symbol's id until a subscription changes.
struct Subscriptions {
  struct Topic: Hashable {
    let channel: Int
    let type: EventType
    /// Canonical for candles; `*` for all.
    let symbol: String
    let source: String?
  }

  /// One way in which an event can reach the client.
  struct Match {
    let channel: Int
    let type: EventType
    let source: String?
  }

  private(set) var topics: Set<Topic> = []
  private var bySymbol: [String: [Match]] = [:]
  /// By text id: position in `lists` plus one, 0 where nobody has asked yet.
  private var known: [Int32] = []
  private var lists: [[Match]] = []

  static let wildcard = "*"

  var count: Int { topics.count }
  var isEmpty: Bool { topics.isEmpty }

  mutating func add(_ topic: Topic) {
    guard topics.insert(topic).inserted else { return }
    bySymbol[topic.symbol, default: []].append(Match(channel: topic.channel, type: topic.type, source: topic.source))
    forget()
  }

  /// Without a source every source of the symbol goes.
  mutating func remove(_ topic: Topic) {
    let gone = topic.source == nil ? topics.filter { $0.isSameButSource(as: topic) } : topics.intersection([topic])
    guard !gone.isEmpty else { return }
    topics.subtract(gone)
    bySymbol[topic.symbol]?.removeAll { match in
      match.channel == topic.channel && match.type == topic.type
        && (topic.source == nil || match.source == topic.source)
    }
    if bySymbol[topic.symbol]?.isEmpty == true { bySymbol[topic.symbol] = nil }
    forget()
  }

  mutating func removeAll(channel: Int) {
    guard topics.contains(where: { $0.channel == channel }) else { return }
    topics = topics.filter { $0.channel != channel }
    for symbol in Array(bySymbol.keys) {
      bySymbol[symbol]?.removeAll { $0.channel == channel }
      if bySymbol[symbol]?.isEmpty == true { bySymbol[symbol] = nil }
    }
    forget()
  }

  private mutating func forget() {
    guard !lists.isEmpty else { return }
    known.removeAll(keepingCapacity: true)
    lists.removeAll(keepingCapacity: true)
  }

  /// All matches of a symbol, of whatever type.
  mutating func matches(_ symbol: TextID, _ texts: TextStore) -> [Match] {
    let id = Int(symbol.rawValue)
    if id < known.count, known[id] > 0 { return lists[Int(known[id]) - 1] }
    let name = unsafe texts.withText(symbol.rawValue) { unsafe String(decoding: $0, as: UTF8.self) }
    var found = bySymbol[name] ?? []
    if found.isEmpty, name.hasSuffix("}") { found = bySymbol[CandleSymbol.canonical(name)] ?? [] }
    found += bySymbol[Self.wildcard] ?? []
    if id >= known.count { known.append(contentsOf: repeatElement(0, count: id + 1 - known.count)) }
    lists.append(found)
    known[id] = Int32(lists.count)
    return found
  }
}

extension Subscriptions.Topic {
  /// Whether taking `other` back takes this one back: without a source it stands for every source.
  func isCovered(by other: Self) -> Bool {
    self == other || other.source == nil && isSameButSource(as: other)
  }

  fileprivate func isSameButSource(as other: Self) -> Bool {
    channel == other.channel && type == other.type && symbol == other.symbol
  }
}
