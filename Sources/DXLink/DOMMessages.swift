import Bytes
import JSON

// The messages of the DOM service: the depth of the market of one symbol on a channel of its own.
//
//     C {"type":"CHANNEL_REQUEST","channel":3,"service":"DOM","parameters":{"symbol":"AAPL","sources":["ntv"]}}
//     C {"type":"DOM_SETUP","channel":3,"acceptAggregationPeriod":1,"acceptDepthLimit":5,"acceptDataFormat":"FULL",
//        "acceptOrderFields":["price","size"]}
//     S {"type":"DOM_CONFIG","channel":3,"aggregationPeriod":1.0,"depthLimit":5,"dataFormat":"FULL",
//        "orderFields":["price","size"]}
//     S {"type":"DOM_SNAPSHOT","channel":3,"time":1757595600123,"bids":[{"price":231.52,"size":300}],"asks":[]}

/// What a DOM channel shows.
package struct DOMTopic: Hashable, Sendable {
  package var symbol: String
  package var sources: [String]

  package init(symbol: String, sources: [String] = []) {
    self.symbol = symbol
    self.sources = sources
  }
}

/// DOM_SETUP: wishes, all optional.
package struct DOMSetup: Equatable, Sendable {
  /// Seconds.
  package var acceptAggregationPeriod: Double?
  /// Levels a side; 0 asks for all.
  package var acceptDepthLimit: Int?
  package var acceptOrderFields: [String]

  package init(acceptAggregationPeriod: Double? = nil, acceptDepthLimit: Int? = nil, acceptOrderFields: [String] = []) {
    self.acceptAggregationPeriod = acceptAggregationPeriod
    self.acceptDepthLimit = acceptDepthLimit
    self.acceptOrderFields = acceptOrderFields
  }

  /// The fields that levels have.
  package static let orderFields = ["price", "size"]
}

/// DOM_CONFIG. What it leaves out stays as it was.
package struct DOMConfig: Equatable, Sendable {
  /// Seconds.
  package var aggregationPeriod: Double?
  package var depthLimit: Int?
  package var orderFields: [String]

  package init(aggregationPeriod: Double? = nil, depthLimit: Int? = nil, orderFields: [String] = []) {
    self.aggregationPeriod = aggregationPeriod
    self.depthLimit = depthLimit
    self.orderFields = orderFields
  }

  mutating func merge(_ later: DOMConfig) {
    aggregationPeriod = later.aggregationPeriod ?? aggregationPeriod
    depthLimit = later.depthLimit ?? depthLimit
    if !later.orderFields.isEmpty { orderFields = later.orderFields }
  }
}

/// One level of a DOM_SNAPSHOT; NaN for what it leaves out.
package struct DOMLevel: Equatable, Sendable {
  package var price: Double
  package var size: Double

  package init(price: Double, size: Double) {
    self.price = price
    self.size = size
  }
}

/// DOM_SNAPSHOT: replaces the one before. Levels stand as the server sent them, the best first.
package struct DOMSnapshot: Equatable, Sendable {
  /// Milliseconds since 1970 UTC; 0 where it was left out.
  package var time: Int64
  package var bids: [DOMLevel]
  package var asks: [DOMLevel]

  package init(time: Int64 = 0, bids: [DOMLevel] = [], asks: [DOMLevel] = []) {
    self.time = time
    self.bids = bids
    self.asks = asks
  }
}

extension MessageReader {
  static func domSetup(_ body: inout ObjectReader) throws(FeedError) -> DOMSetup {
    var setup = DOMSetup()
    try body.enter()
    while let key = try body.nextKey() {
      if key.equals("acceptAggregationPeriod") {
        setup.acceptAggregationPeriod = try body.optionalDouble("acceptAggregationPeriod")
      } else if key.equals("acceptDepthLimit") {
        setup.acceptDepthLimit = try body.optionalInt64("acceptDepthLimit").map { Int($0) }
      } else if key.equals("acceptOrderFields") {
        setup.acceptOrderFields = try strings(&body, "acceptOrderFields")
      } else {
        try body.skip()
      }
    }
    return setup
  }

  static func domConfig(_ body: inout ObjectReader) throws(FeedError) -> DOMConfig {
    var config = DOMConfig()
    try body.enter()
    while let key = try body.nextKey() {
      if key.equals("aggregationPeriod") {
        config.aggregationPeriod = try body.optionalDouble("aggregationPeriod")
      } else if key.equals("depthLimit") {
        config.depthLimit = try body.optionalInt64("depthLimit").map { Int($0) }
      } else if key.equals("orderFields") {
        config.orderFields = try strings(&body, "orderFields")
      } else {
        try body.skip()
      }
    }
    return config
  }

  static func domSnapshot(_ body: inout ObjectReader) throws(FeedError) -> DOMSnapshot {
    var snapshot = DOMSnapshot()
    try body.enter()
    while let key = try body.nextKey() {
      if key.equals("time") {
        snapshot.time = try body.optionalInt64("time") ?? 0
      } else if key.equals("bids") {
        snapshot.bids = try levels(&body, "bids")
      } else if key.equals("asks") {
        snapshot.asks = try levels(&body, "asks")
      } else {
        try body.skip()
      }
    }
    return snapshot
  }

  /// Strings of an array; more than `ProtocolLimits.fieldsPerType` are refused.
  static func strings(_ body: inout ObjectReader, _ key: StaticString) throws(FeedError) -> [String] {
    if try body.null() { return [] }
    let start = body.offset
    var strings: [String] = []
    try body.enterArray(key: key)
    while try body.nextElement() {
      if strings.count == ProtocolLimits.fieldsPerType { throw .tooManyFields(type: "\(key)", offset: start) }
      strings.append(try body.string(key))
    }
    return strings
  }

  private static func levels(_ body: inout ObjectReader, _ side: StaticString) throws(FeedError) -> [DOMLevel] {
    if try body.null() { return [] }
    let start = body.offset
    var levels: [DOMLevel] = []
    try body.enterArray(key: side)
    while try body.nextElement() {
      if levels.count == ProtocolLimits.domLevels { throw .tooManyLevels(offset: start) }
      var level = DOMLevel(price: .nan, size: .nan)
      try body.enter(key: side)
      while let key = try body.nextKey() {
        if key.equals("price") {
          level.price = try body.optionalDouble("price") ?? .nan
        } else if key.equals("size") {
          level.size = try body.optionalDouble("size") ?? .nan
        } else {
          try body.skip()
        }
      }
      levels.append(level)
    }
    return levels
  }
}

extension MessageWriter {
  static func append(_ setup: DOMSetup, to out: inout ByteWriter) {
    if let seconds = setup.acceptAggregationPeriod { number("acceptAggregationPeriod", seconds, &out) }
    if let depth = setup.acceptDepthLimit { number("acceptDepthLimit", Double(depth), &out) }
    string("acceptDataFormat", DataFormat.full.rawValue, &out)
    if !setup.acceptOrderFields.isEmpty { strings("acceptOrderFields", setup.acceptOrderFields, &out) }
  }

  static func append(_ config: DOMConfig, to out: inout ByteWriter) {
    if let seconds = config.aggregationPeriod { number("aggregationPeriod", seconds, &out) }
    if let depth = config.depthLimit { number("depthLimit", Double(depth), &out) }
    string("dataFormat", DataFormat.full.rawValue, &out)
    if !config.orderFields.isEmpty { strings("orderFields", config.orderFields, &out) }
  }

  static func append(_ snapshot: DOMSnapshot, to out: inout ByteWriter) {
    key("time", &out)
    out.append(decimal: snapshot.time)
    key("bids", &out)
    append(snapshot.bids, to: &out)
    key("asks", &out)
    append(snapshot.asks, to: &out)
  }

  private static func append(_ levels: [DOMLevel], to out: inout ByteWriter) {
    out.append(UInt8(ascii: "["))
    for (i, level) in levels.enumerated() {
      out.append(i == 0 ? "{\"price\":" : ",{\"price\":")
      JSONText.append(rare: level.price, to: &out)
      out.append(",\"size\":")
      JSONText.append(rare: level.size, to: &out)
      out.append(UInt8(ascii: "}"))
    }
    out.append(UInt8(ascii: "]"))
  }

  static func strings(_ name: StaticString, _ values: [String], _ out: inout ByteWriter) {
    key(name, &out)
    var separator = UInt8(ascii: "[")
    for value in values {
      out.append(separator)
      separator = UInt8(ascii: ",")
      JSONText.append(value, to: &out)
    }
    if values.isEmpty { out.append(separator) }
    out.append(UInt8(ascii: "]"))
  }
}
