import DXLink
import Ingest
import Market

/// What a run is to subscribe: what its settings say, with what was added and removed since.
struct WantedTopics {
  /// Of the settings as they were read last.
  private var settings: [Subscription]
  /// Made when it is needed first: a run that nobody controls needs none.
  private var topics: Set<Subscription>?
  private let shard: Shard?

  init(_ settings: [Subscription], shard: Shard?) {
    self.settings = settings
    self.shard = shard
  }

  private func isOurs(_ topic: Subscription) -> Bool { shard?.contains(topic) ?? true }

  mutating func all() -> Set<Subscription> {
    if let topics { return topics }
    let made = Set(settings.filter(isOurs))
    topics = made
    return made
  }

  /// The topics of some symbols, of these types or of any.
  mutating func topics(of symbols: [String], types: [EventType]?) -> [Subscription] {
    let symbols = Set(symbols)
    return all().filter { symbols.contains($0.symbol) && types?.contains($0.type) ?? true }
  }

  /// What new settings change. Topics that were added or removed otherwise stay as they are.
  mutating func difference(to newer: [Subscription]) -> SubscriptionChange {
    let (old, new) = (Set(settings), Set(newer))
    let wanted = all()
    var change = SubscriptionChange()
    change.remove = settings.filter { !new.contains($0) && wanted.contains($0) }
    change.add = newer.filter { !old.contains($0) && !wanted.contains($0) }
    return change
  }

  /// New settings are in force.
  mutating func adopt(_ newer: [Subscription]) {
    _ = all()
    settings = newer
  }

  /// Keeps account of a change of which some topics were refused.
  mutating func note(_ change: SubscriptionChange, refused: [Subscription]) {
    var now = all()
    let refused = Set(refused)
    for topic in change.remove where !refused.contains(topic) { now.remove(topic) }
    for topic in change.add where !refused.contains(topic) && isOurs(topic) { now.insert(topic) }
    topics = now
  }
}
