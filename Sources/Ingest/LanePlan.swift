package import DXLink
import Market

/// What one lane may hold; nil for no limit.
package struct LaneCapacity: Sendable, Equatable {
  package var topics: Int?
  package var symbols: Int?

  package init(topics: Int? = nil, symbols: Int? = nil) {
    self.topics = topics
    self.symbols = symbols
  }

  package var isUnlimited: Bool { topics == nil && symbols == nil }

  /// Lanes without which so much finds no room.
  package func lanesNeeded(topics wantedTopics: Int, symbols wantedSymbols: Int) -> Int {
    func parts(_ count: Int, _ size: Int?) -> Int { size.map { (count + $0 - 1) / $0 } ?? 1 }
    return max(1, parts(wantedTopics, topics), parts(wantedSymbols, symbols))
  }
}

/// Which lane a symbol belongs to. All topics of a symbol are of one lane, so that they keep their order.
///
/// A symbol's home is its hash modulo the number of lanes. Where that lane is full the symbol goes to the next one that
/// has room, cyclically. At the start symbols take their places in this order: first all that their home has room for,
/// by hash, then the others. Where some find no place so, all begin again, those with most topics first. So the places
/// depend on the set of symbols alone, not on their order, and every topic has a place when the lanes together have
/// room, but for symbols with more topics than any one lane has left. A symbol that comes later never moves another.
package struct LanePlan: Sendable {
  package static let maximumLanes = 64
  package static let wildcardRefusal =
    "the symbol * cannot be shared among lanes or shards; use one lane and no shard, or name the symbols"

  private struct Place {
    var lane: UInt8
    var topics: UInt16
  }

  private struct Use {
    var topics = 0
    var symbols = 0
  }

  package let lanes: Int
  package let capacity: LaneCapacity
  // By hash: two topics that share all 64 bits would be counted as one, which is all that they would suffer.
  private var topics: Set<UInt64> = []
  private var places: [UInt64: Place] = [:]
  private var used: [Use]

  package init(lanes: Int, capacity: LaneCapacity = LaneCapacity()) {
    precondition((1...Self.maximumLanes).contains(lanes))
    self.lanes = lanes
    self.capacity = capacity
    used = Array(repeating: Use(), count: lanes)
  }

  /// Topics and symbols that a lane has; zeros where there is no capacity to keep.
  package func usage(_ lane: Int) -> (topics: Int, symbols: Int) { (used[lane].topics, used[lane].symbols) }

  /// The lane of a symbol where every lane has room.
  package static func home(of symbol: String, lanes: Int) -> Int {
    lanes == 1 ? 0 : Int(SymbolHash.hash(symbol, for: .lane) % UInt64(lanes))
  }

  private func home(_ hash: UInt64) -> Int { Int(hash % UInt64(lanes)) }

  private func hasRoom(_ lane: Int, topics: Int, symbols: Int) -> Bool {
    used[lane].topics + topics <= capacity.topics ?? .max && used[lane].symbols + symbols <= capacity.symbols ?? .max
  }

  private func lane(for hash: UInt64, topics: Int) -> Int? {
    (0..<lanes).lazy.map { (home(hash) + $0) % lanes }.first { hasRoom($0, topics: topics, symbols: 1) }
  }

  private static func topicHash(_ topic: Subscription, _ symbol: UInt64) -> UInt64 {
    var hash = SymbolHash.mixed(symbol ^ UInt64(topic.type.rawValue) << 32 ^ SymbolHash.Purpose.topic.rawValue)
    if let source = topic.source { hash = SymbolHash.mixed(hash ^ SymbolHash.hash(source, for: .topic)) }
    return hash
  }

  // MARK: The start

  private struct Group {
    var hash: UInt64
    var topics = 0
  }

  /// Shares out what is wanted at the start. What finds no room is given back.
  package mutating func place(_ all: [Subscription]) -> (shares: [[Subscription]], unplaced: [Subscription]) {
    if lanes == 1 && capacity.isUnlimited { return ([all], []) }
    var shares = [[Subscription]](repeating: [], count: lanes)
    let hashes = all.map { SymbolHash.hash($0, for: .lane) }
    if capacity.isUnlimited {
      for (topic, hash) in zip(all, hashes) { shares[home(hash)].append(topic) }
      return (shares, [])
    }
    placeGroups(all, hashes)
    var unplaced: [Subscription] = []
    for (topic, hash) in zip(all, hashes) {
      if let place = places[hash] { shares[Int(place.lane)].append(topic) } else { unplaced.append(topic) }
    }
    return (shares, unplaced)
  }

  private mutating func placeGroups(_ all: [Subscription], _ hashes: [UInt64]) {
    var positions: [UInt64: Int] = [:]
    var groups: [Group] = []
    for (topic, hash) in zip(all, hashes) where topics.insert(Self.topicHash(topic, hash)).inserted {
      let position = positions[hash] ?? groups.count
      if position == groups.count {
        positions[hash] = position
        groups.append(Group(hash: hash))
      }
      groups[position].topics += 1
    }
    groups.sort { $0.hash < $1.hash }
    var homeless: [Group] = []
    for group in groups {
      if hasRoom(home(group.hash), topics: group.topics, symbols: 1) {
        take(group, home(group.hash))
      } else {
        homeless.append(group)
      }
    }
    takeAll(homeless)
    if places.count < groups.count, groups.contains(where: { $0.topics != groups[0].topics }) {
      places = [:]
      used = Array(repeating: Use(), count: lanes)
      groups.sort { ($1.topics, $0.hash) < ($0.topics, $1.hash) }
      takeAll(groups)
    }
    if places.count < groups.count {
      for (topic, hash) in zip(all, hashes) where places[hash] == nil { topics.remove(Self.topicHash(topic, hash)) }
    }
  }

  private mutating func takeAll(_ groups: [Group]) {
    for group in groups { if let lane = lane(for: group.hash, topics: group.topics) { take(group, lane) } }
  }

  private mutating func take(_ group: Group, _ lane: Int) {
    places[group.hash] = Place(lane: UInt8(lane), topics: UInt16(clamping: group.topics))
    used[lane].topics += group.topics
    used[lane].symbols += 1
  }

  // MARK: Changes

  /// The lane of a topic that is wanted from now on; nil where no lane has room for it. A topic of a known symbol goes
  /// to the symbol's lane.
  package mutating func add(_ topic: Subscription) -> Int? {
    let hash = SymbolHash.hash(topic, for: .lane)
    if capacity.isUnlimited { return home(hash) }
    let known = places[hash]
    let topicHash = Self.topicHash(topic, hash)
    if let known, topics.contains(topicHash) { return Int(known.lane) }
    let lane: Int
    if let known {
      lane = Int(known.lane)
      guard hasRoom(lane, topics: 1, symbols: 0) else { return nil }
    } else {
      guard let found = self.lane(for: hash, topics: 1) else { return nil }
      lane = found
      used[lane].symbols += 1
    }
    topics.insert(topicHash)
    used[lane].topics += 1
    places[hash] = Place(lane: UInt8(lane), topics: (known?.topics ?? 0) + 1)
    return lane
  }

  /// The lane of a topic that is wanted no longer; nil where no lane has it.
  package mutating func remove(_ topic: Subscription) -> Int? {
    let hash = SymbolHash.hash(topic, for: .lane)
    if capacity.isUnlimited { return home(hash) }
    guard var place = places[hash], topics.remove(Self.topicHash(topic, hash)) != nil else { return nil }
    let lane = Int(place.lane)
    used[lane].topics -= 1
    place.topics -= 1
    places[hash] = place.topics == 0 ? nil : place
    if place.topics == 0 { used[lane].symbols -= 1 }
    return lane
  }

  /// Why topics found no room, and what helps.
  package func fullRefusal(beyond unplaced: [Subscription]) -> String {
    let wantedTopics = used.reduce(unplaced.count) { $0 + $1.topics }
    let wantedSymbols = used.reduce(Set(unplaced.map(\.symbol)).count) { $0 + $1.symbols }
    var limits: [String] = []
    if let topics = capacity.topics { limits.append("\(topics) topics") }
    if let symbols = capacity.symbols { limits.append("\(symbols) symbols") }
    let needed = capacity.lanesNeeded(topics: wantedTopics, symbols: wantedSymbols)
    let words = "\(lanes) lane\(lanes == 1 ? "" : "s") of \(limits.joined(separator: " and "))"
    return "there is no room in \(words); \(max(needed, lanes + 1)) lanes are needed (--lanes)"
  }
}
