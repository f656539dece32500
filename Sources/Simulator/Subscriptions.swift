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
  struct Match: Equatable {
    let channel: Int
    let type: EventType
    let source: String?

    init(_ topic: Topic) {
      channel = topic.channel
      type = topic.type
      source = topic.source
    }
  }

  private var bySymbol: [String: [Match]] = [:]
  private var countByChannel: [Int: Int] = [:]
  private(set) var count = 0
  /// What the topics take of what all clients may have together; nil where there is no such limit.
  private let share: SubscriptionBudget.Share?
  /// By text id: position in `lists` plus one, 0 where nobody has asked yet.
  private var known: [Int32] = []
  private var lists: [[Match]] = []

  static let wildcard = "*"
  /// Topics of one symbol: types, sources and channels.
  static let maximumMatches = 256

  init(_ budget: SubscriptionBudget? = nil) { share = budget.map { SubscriptionBudget.Share($0) } }

  var isEmpty: Bool { count == 0 }
  /// All of them, in no order. Walks over everything.
  var topics: Set<Topic> {
    var all: Set<Topic> = []
    for (symbol, matches) in bySymbol {
      for match in matches {
        all.insert(Topic(channel: match.channel, type: match.type, symbol: symbol, source: match.source))
      }
    }
    return all
  }

  func contains(_ topic: Topic) -> Bool { bySymbol[topic.symbol]?.contains(Match(topic)) ?? false }

  /// False where there is no room for it.
  mutating func add(_ topic: Topic) -> Bool {
    let match = Match(topic)
    let others = bySymbol[topic.symbol]
    if others?.contains(match) == true { return true }
    guard others?.count ?? 0 < Self.maximumMatches, share?.take(Self.cost(topic.symbol)) ?? true else { return false }
    bySymbol[topic.symbol, default: []].append(match)
    countByChannel[topic.channel, default: 0] += 1
    count += 1
    forget()
    return true
  }

  /// Without a source every source of the symbol goes.
  mutating func remove(_ topic: Topic) {
    remove(topic.symbol) { match in
      match.channel == topic.channel && match.type == topic.type
        && (topic.source == nil || match.source == topic.source)
    }
  }

  mutating func removeAll(channel: Int) {
    guard countByChannel[channel] != nil else { return }
    for symbol in Array(bySymbol.keys) { remove(symbol) { $0.channel == channel } }
  }

  private mutating func remove(_ symbol: String, where isGone: (Match) -> Bool) {
    guard let matches = bySymbol[symbol] else { return }
    let kept = matches.filter { !isGone($0) }
    guard kept.count < matches.count else { return }
    for match in matches where isGone(match) {
      let left = (countByChannel[match.channel] ?? 1) - 1
      countByChannel[match.channel] = left > 0 ? left : nil
    }
    count -= matches.count - kept.count
    share?.give(Self.cost(symbol) * (matches.count - kept.count))
    bySymbol[symbol] = kept.isEmpty ? nil : kept
    forget()
  }

  /// Memory of a topic, in bytes, about: an entry of the table, a list of its own, and the symbol's text.
  private static func cost(_ symbol: String) -> Int { 144 + symbol.utf8.count }

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
