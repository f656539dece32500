import JSON

// Messages of the FEED service.

extension MessageReader {
  static func feedSetup(_ body: inout ObjectReader) throws(FeedError) -> FeedSetup {
    var setup = FeedSetup()
    try body.enter()
    while let key = try body.nextKey() {
      if key.equals("acceptAggregationPeriod") {
        setup.acceptAggregationPeriod = try body.optionalDouble("acceptAggregationPeriod")
      } else if key.equals("acceptDataFormat") {
        setup.acceptDataFormat = try body.optionalString("acceptDataFormat").flatMap { DataFormat(rawValue: $0) }
      } else if key.equals("acceptEventFields") {
        setup.acceptEventFields = try fieldLists(&body, "acceptEventFields")
      } else {
        try body.skip()
      }
    }
    return setup
  }

  static func feedConfig(_ body: inout ObjectReader) throws(FeedError) -> FeedConfig {
    var config = FeedConfig()
    try body.enter()
    while let key = try body.nextKey() {
      if key.equals("aggregationPeriod") {
        config.aggregationPeriod = try body.optionalDouble("aggregationPeriod")
      } else if key.equals("dataFormat") {
        config.dataFormat = try body.optionalString("dataFormat").flatMap { DataFormat(rawValue: $0) }
      } else if key.equals("eventFields") {
        config.eventFields = try fieldLists(&body, "eventFields")
      } else {
        try body.skip()
      }
    }
    return config
  }

  private static func fieldLists(
    _ body: inout ObjectReader, _ key: StaticString
  ) throws(FeedError) -> [TypeFields] {
    if try body.null() { return [] }
    var lists: [TypeFields?] = []
    // A message may name a hundred thousand types.
    var places: [String: Int] = [:]
    try body.enter(key: key)
    while let typeName = try body.nextKey() {
      let start = body.offset
      var list = TypeFields(typeName.string, [])
      try body.enterArray(key: key)
      while try body.nextElement() {
        if list.names.count == ProtocolLimits.fieldsPerType { throw .tooManyFields(type: list.typeName, offset: start) }
        list.names.append(try body.string(key))
      }
      if let place = places.updateValue(lists.count, forKey: list.typeName) { lists[place] = nil }
      lists.append(list)
    }
    return lists.compactMap { $0 }
  }

  static func subscription(_ body: inout ObjectReader) throws(FeedError) -> FeedSubscription {
    var subscription = FeedSubscription()
    try body.enter()
    while let key = try body.nextKey() {
      if key.equals("reset") {
        subscription.reset = try body.optionalBool("reset") ?? false
      } else if key.equals("add") {
        subscription.add = try items(&body, "add")
      } else if key.equals("remove") {
        subscription.remove = try items(&body, "remove")
      } else {
        try body.skip()
      }
    }
    return subscription
  }

  private static func items(_ body: inout ObjectReader, _ key: StaticString) throws(FeedError) -> [SubscriptionItem] {
    if try body.null() { return [] }
    var items: [SubscriptionItem] = []
    try body.enterArray(key: key)
    while try body.nextElement() { items.append(try item(&body, key)) }
    return items
  }

  private static func item(_ body: inout ObjectReader, _ list: StaticString) throws(FeedError) -> SubscriptionItem {
    let start = body.offset
    var typeName: String?
    var symbol: String?
    var item = SubscriptionItem(typeName: "", symbol: "")
    try body.enter(key: list)
    while let key = try body.nextKey() {
      if key.equals("type") {
        typeName = try body.string("type")
      } else if key.equals("symbol") {
        symbol = try body.string("symbol")
      } else if key.equals("source") {
        item.source = try body.optionalString("source")
      } else if key.equals("fromTime") {
        item.fromTime = try body.optionalInt64("fromTime")
      } else {
        try body.skip()
      }
    }
    guard let typeName else { throw .missingKey("type", offset: start) }
    guard let symbol else { throw .missingKey("symbol", offset: start) }
    item.typeName = typeName
    item.symbol = symbol
    return item
  }
}
