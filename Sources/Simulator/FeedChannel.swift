import DXLink
import Market

/// One open feed channel of a client: what it asked for and what it was told.
struct FeedChannel {
  let number: Int
  let contract: Contract
  var format = DataFormat.full
  /// Seconds.
  var period: Double
  /// Fields that the client asked for, by type.
  var asked: [EventType: [String]] = [:]
  /// Types whose fields the client was told, with the way to write them.
  var plans: [EventType: RowPlan] = [:]
  var hadSubscription = false

  static let defaultPeriodSeconds = 0.1

  init(number: Int, contract: Contract) {
    self.number = number
    self.contract = contract
    period = Self.defaultPeriodSeconds
  }

  /// Takes a FEED_SETUP. Types that it does not name keep their fields. Returns types whose fields have to be told
  /// again.
  mutating func take(_ setup: FeedSetup, maximumFields: Int) -> [EventType] {
    if let wish = setup.acceptAggregationPeriod {
      // NaN asks for the default.
      period = wish.isFinite && wish >= 0 ? min(wish, 3600) : Self.defaultPeriodSeconds
    }
    if let wish = setup.acceptDataFormat { format = wish }
    var changed: [EventType] = []
    for list in setup.acceptEventFields {
      guard let type = EventType(name: list.typeName) else { continue }
      asked[type] = FieldLists.accepted(Array(list.names.prefix(maximumFields)), for: type)
      if plans[type] != nil { changed.append(type) }
    }
    return changed
  }
}
