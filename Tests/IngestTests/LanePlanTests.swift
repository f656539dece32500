import DXLink
import Market
import TestSupport
import Testing

@testable import Ingest

@Suite("Lane plan", .tags(.unit))
struct LanePlanTests {
  private func topics(_ symbols: Int, _ types: [EventType] = [.quote, .trade]) -> [Subscription] {
    types.flatMap { type in (0..<symbols).map { Subscription(type, "SYM\($0)") } }
  }

  private func lanes(_ shares: [[Subscription]]) -> [String: Set<Int>] {
    var lanes: [String: Set<Int>] = [:]
    for (lane, share) in shares.enumerated() { for topic in share { lanes[topic.symbol, default: []].insert(lane) } }
    return lanes
  }

  @Test("every topic belongs to one lane, all topics of a symbol to the same", arguments: [1, 2, 3, 7, 64])
  func shares(count: Int) {
    let all = topics(500)
    var plan = LanePlan(lanes: count)
    let (shares, unplaced) = plan.place(all)
    #expect(unplaced.isEmpty && shares.count == count)
    #expect(shares.map(\.count).reduce(0, +) == all.count && Set(shares.flatMap { $0 }) == Set(all))
    #expect(lanes(shares).values.allSatisfy { $0.count == 1 })
    for (lane, share) in shares.enumerated() {
      #expect(share.allSatisfy { LanePlan.home(of: $0.symbol, lanes: count) == lane })
      #expect(share == all.filter(Set(share).contains), "in the order given")
      #expect(count > 7 || share.count > all.count / count / 2 && share.count < 2 * all.count / count + 1)
    }
  }

  @Test("lanes and shards are the same in every run and on every machine")
  func stable() {
    let names = ["AAPL", "SPY", "IBM", "", "AAPL{=5m,tho=true}"]
    #expect(names.map { LanePlan.home(of: $0, lanes: 8) } == [2, 1, 4, 6, 4], "as another program computes it")
    #expect(names.map { SymbolHash.hash($0, for: .shard) % 8 } == [4, 5, 0, 1, 7], "as another program computes it")
    #expect(SymbolHash.hash("AAPL", for: .shard) == 0xA1F997A630A8FFA4)
  }

  @Test("budgets that are exactly as large as the wishes hold every topic, and few symbols leave their home")
  func exact() {
    let all = topics(50_000)
    var plan = LanePlan(lanes: 4, capacity: LaneCapacity(topics: 25_000))
    let (shares, unplaced) = plan.place(all)
    #expect(unplaced.isEmpty && shares.map(\.count) == [25_000, 25_000, 25_000, 25_000])
    let places = lanes(shares)
    #expect(places.values.allSatisfy { $0.count == 1 } && places.count == 50_000)
    let moved = places.count { symbol, lane in !lane.contains(LanePlan.home(of: symbol, lanes: 4)) }
    #expect(moved < 500)
    // Another order gives the same places.
    var other = LanePlan(lanes: 4, capacity: LaneCapacity(topics: 25_000))
    #expect(lanes(other.place(all.reversed()).shares) == places)
  }

  @Test("what is beyond the budgets is given back, whole symbols of it, with the lanes that are needed")
  func beyond() {
    let all = topics(100)
    var plan = LanePlan(lanes: 3, capacity: LaneCapacity(topics: 50))
    let (shares, unplaced) = plan.place(all)
    #expect(shares.map(\.count) == [50, 50, 50] && unplaced.count == 50)
    #expect(Set(unplaced.map(\.symbol)).isDisjoint(with: shares.flatMap { $0 }.map(\.symbol)))
    #expect(
      plan.fullRefusal(beyond: unplaced)
        == "there is no room in 3 lanes of 50 topics; 4 lanes are needed (--lanes)")
  }

  @Test("symbols with more topics are placed first, so that all fit that can")
  func uneven() {
    var all = topics(10, [.quote])
    all += [EventType.quote, .trade, .summary, .profile].map { Subscription($0, "WIDE") }
    var plan = LanePlan(lanes: 2, capacity: LaneCapacity(topics: 7))
    let (shares, unplaced) = plan.place(all)
    #expect(unplaced.isEmpty && shares.map(\.count) == [7, 7])
    #expect(lanes(shares)["WIDE"]?.count == 1)
  }

  @Test("random changes keep to the budgets, and each topic to its lane", .tags(.property), arguments: 1...10)
  func changes(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let capacity = LaneCapacity(topics: 40, symbols: 25)
    var plan = LanePlan(lanes: 3, capacity: capacity)
    var model: [Subscription: Int] = [:]
    for topic in plan.place(topics(20)).shares.enumerated().flatMap({ lane, share in share.map { ($0, lane) } }) {
      model[topic.0] = topic.1
    }
    for _ in 0..<3000 {
      let type = [EventType.quote, .trade, .summary].randomElement(using: &random) ?? .quote
      let topic = Subscription(type, "SYM\(random.next() % 90)")
      let symbolLane = model.first { $0.key.symbol == topic.symbol }?.value
      if random.next() % 3 == 0 {
        #expect(plan.remove(topic) == model[topic], "seed \(seed)")
        model[topic] = nil
      } else if let lane = plan.add(topic) {
        #expect(symbolLane == nil || symbolLane == lane, "seed \(seed)")
        model[topic] = lane
      } else {
        #expect(model[topic] == nil, "seed \(seed)")
        let full = { (lane: Int) in
          plan.usage(lane).topics == 40 || symbolLane == nil && plan.usage(lane).symbols == 25
        }
        #expect(symbolLane.map(full) ?? (0..<3).allSatisfy(full), "seed \(seed): there was room")
      }
      for lane in 0..<3 {
        let mine = model.filter { $0.value == lane }.keys
        #expect(plan.usage(lane).topics == mine.count && plan.usage(lane).symbols == Set(mine.map(\.symbol)).count)
        #expect(mine.count <= 40 && Set(mine.map(\.symbol)).count <= 25, "seed \(seed)")
      }
    }
  }

  @Test("shards are disjoint, together the universe, and even", arguments: [1, 2, 3, 5, 16])
  func shards(count: Int) throws {
    let all = topics(20_000, [.quote])
    let shards = try (1...count).map { try #require(Shard($0, of: count)) }
    let sizes = shards.map { shard in all.count { shard.contains($0) } }
    #expect(sizes.reduce(0, +) == all.count)
    #expect(all.allSatisfy { topic in shards.count { $0.contains(topic) } == 1 })
    // Five standard deviations of a fair draw.
    let even = Double(all.count) / Double(count)
    #expect(sizes.allSatisfy { abs(Double($0) - even) <= 5 * even.squareRoot() })
  }

  @Test("the symbols of a shard are spread over lanes as evenly as all symbols", arguments: [2, 4, 8])
  func independent(count: Int) throws {
    let all = topics(40_000, [.quote])
    for number in 1...count {
      let shard = try #require(Shard(number, of: count))
      var plan = LanePlan(lanes: count)
      let sizes = plan.place(all.filter { shard.contains($0) }).shares.map(\.count)
      let even = Double(all.count) / Double(count * count)
      #expect(sizes.allSatisfy { abs(Double($0) - even) <= 5 * even.squareRoot() })
    }
  }

  @Test("candles are hashed in canonical form")
  func candles() {
    let topic = Subscription(.candle, "AAPL{tho=TRUE,=1h}")
    #expect(SymbolHash.hash(topic, for: .shard) == SymbolHash.hash("AAPL{=h,tho=true}", for: .shard))
  }

  @Test("a shard is written K/N", arguments: ["0/3", "4/3", "1", "1/", "/2", "a/b", "1/2/3", "1/5000", "-1/2"])
  func badShards(text: String) {
    #expect(Shard(parsing: text) == nil)
    #expect(Shard(parsing: "2/3") == Shard(2, of: 3) && Shard(2, of: 3)?.description == "2/3")
  }

  @Test("as many lanes as symbols and topics need")
  func needed() {
    let capacity = LaneCapacity(topics: 25_000, symbols: 10_000)
    #expect(capacity.lanesNeeded(topics: 100_000, symbols: 50_000) == 5)
    #expect(capacity.lanesNeeded(topics: 200_001, symbols: 50_000) == 9)
    #expect(LaneCapacity().lanesNeeded(topics: 1_000_000, symbols: 1_000_000) == 1)
  }
}
