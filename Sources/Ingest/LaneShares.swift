package import DXLink

/// How a live run shares its symbols out: shard, number of lanes, each lane's part.
package struct LaneShares {
  private(set) var plan: LanePlan
  private var shares: [[Subscription]]
  /// Topics that no lane has room for.
  let unplaced: [Subscription]

  package var lanes: Int { plan.lanes }

  package init(_ settings: IngestSettings) throws(RunFailure) {
    let all = settings.lane.subscriptions
    let capacity = settings.laneCapacity
    if let lanes = settings.lanes, !(1...LanePlan.maximumLanes).contains(lanes) {
      throw RunFailure(.usage, "--lanes takes 1 to \(LanePlan.maximumLanes)")
    }
    let sharesSymbols = settings.lanes != 1 || settings.shard != nil
    if sharesSymbols, all.contains(where: { $0.symbol == Subscription.wildcard }) {
      throw RunFailure(.usage, LanePlan.wildcardRefusal)
    }
    let mine = settings.shard.map { shard in all.filter { shard.contains($0) } } ?? all
    if mine.isEmpty, !all.isEmpty, let shard = settings.shard {
      throw RunFailure(
        .usage, "none of the symbols is of shard \(shard); with so few symbols use fewer shards (--shard)")
    }
    let needed = capacity.lanesNeeded(topics: mine.count, symbols: capacity.symbols == nil ? 0 : Self.symbols(mine))
    let lanes = settings.lanes ?? needed
    guard lanes <= LanePlan.maximumLanes else {
      throw RunFailure(
        .usage,
        "\(needed) lanes are needed and one process has \(LanePlan.maximumLanes) at most; "
          + "raise --symbols-per-lane, or use more processes (--shard K/N)")
    }
    plan = LanePlan(lanes: lanes, capacity: capacity)
    (shares, unplaced) = plan.place(mine)
  }

  private static func symbols(_ all: [Subscription]) -> Int { Set(all.map { SymbolHash.hash($0, for: .lane) }).count }

  /// The part of a lane.
  package func share(of lane: Int) -> [Subscription] { shares[lane] }

  /// The part of a lane, which is no longer kept here.
  mutating func take(_ lane: Int) -> [Subscription] {
    defer { shares[lane] = [] }
    return shares[lane]
  }

  /// A sentence about what no lane has room for; nil where all have.
  package var refusal: String? {
    if unplaced.isEmpty { return nil }
    let names = unplaced.prefix(5).map(\.text).joined(separator: ", ")
    return "\(unplaced.count) topics are not subscribed: \(plan.fullRefusal(beyond: unplaced)): \(names)"
      + (unplaced.count > 5 ? ", …" : "")
  }
}
