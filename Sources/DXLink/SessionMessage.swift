package import Market

/// One dxLink message of either direction. Rows of FEED_DATA are not in it: they become events without passing here.
package enum SessionMessage: Equatable, Sendable {
  case setup(Setup)
  case auth(token: String)
  case authState(AuthState)
  case keepalive
  case error(channel: Int, ErrorNotice)
  case channelRequest(channel: Int, ChannelService)
  case channelOpened(channel: Int, ChannelService)
  case channelCancel(channel: Int)
  case channelClosed(channel: Int)
  case feedSetup(channel: Int, FeedSetup)
  case feedConfig(channel: Int, FeedConfig)
  case feedSubscription(channel: Int, FeedSubscription)
  /// A FEED_DATA whose rows were not asked for.
  case feedData(channel: Int)
  case domSetup(channel: Int, DOMSetup)
  case domConfig(channel: Int, DOMConfig)
  case domSnapshot(channel: Int, DOMSnapshot)
  /// A type that this client does not know; to be ignored.
  case unknown(channel: Int, name: String)
}

/// SETUP. Times are seconds, fractions allowed.
package struct Setup: Equatable, Sendable {
  package var version: String
  package var keepaliveTimeout: Double?
  package var acceptKeepaliveTimeout: Double?

  package init(version: String, keepaliveTimeout: Double? = nil, acceptKeepaliveTimeout: Double? = nil) {
    self.version = version
    self.keepaliveTimeout = keepaliveTimeout
    self.acceptKeepaliveTimeout = acceptKeepaliveTimeout
  }
}

/// AUTH_STATE.
package struct AuthState: Equatable, Sendable {
  package enum State: Equatable, Sendable {
    case authorized
    case unauthorized
    case other(String)

    package var name: String {
      switch self {
      case .authorized: "AUTHORIZED"
      case .unauthorized: "UNAUTHORIZED"
      case .other(let name): name
      }
    }

    package init(name: String) {
      switch name {
      case "AUTHORIZED": self = .authorized
      case "UNAUTHORIZED": self = .unauthorized
      default: self = .other(name)
      }
    }
  }

  package var state: State
  /// Sent by real servers, in no specification.
  package var userId: String?

  package init(_ state: State, userId: String? = nil) {
    self.state = state
    self.userId = userId
  }
}

/// ERROR.
package struct ErrorNotice: Equatable, Sendable {
  /// The code on the wire, such as `BAD_ACTION`; servers may invent further ones.
  package var code: String
  package var message: String

  package init(code: String, message: String) {
    self.code = code
    self.message = message
  }

  package static let unsupportedProtocol = "UNSUPPORTED_PROTOCOL"
  package static let timeout = "TIMEOUT"
  package static let unauthorized = "UNAUTHORIZED"
  package static let invalidMessage = "INVALID_MESSAGE"
  package static let badAction = "BAD_ACTION"
}

/// How a feed channel delivers.
package enum Contract: String, Sendable, CaseIterable {
  case auto = "AUTO"
  case ticker = "TICKER"
  case stream = "STREAM"
  case history = "HISTORY"

  /// Whether subscription items may carry `source` or `fromTime`.
  package var takesHistory: Bool { self == .auto || self == .history }
  /// Whether `*` may stand for all symbols.
  package var takesWildcard: Bool { self == .auto || self == .stream }
}

/// `service` and `parameters` of CHANNEL_REQUEST and CHANNEL_OPENED.
package struct ChannelService: Equatable, Sendable {
  package var service: String
  /// The contract as written; nil where it was left out.
  package var contractName: String?
  /// Added by real servers to their echo.
  package var subFormat: String?
  /// Of the service DOM, where the message names a symbol.
  package var dom: DOMTopic?

  package init(dom topic: DOMTopic) {
    self.init(service: Self.domName, contractName: nil)
    dom = topic
  }

  package static let domName = "DOM"

  package init(service: String = "FEED", contractName: String?, subFormat: String? = nil) {
    self.service = service
    self.contractName = contractName
    self.subFormat = subFormat
  }

  package init(_ contract: Contract, subFormat: String? = nil) {
    self.init(contractName: contract.rawValue, subFormat: subFormat)
  }

  package var contract: Contract? { contractName.flatMap { Contract(rawValue: $0) } }
}

/// The two forms of FEED_DATA.
package enum DataFormat: String, Sendable {
  case full = "FULL"
  case compact = "COMPACT"
}

/// The field names of one type, by the type's name on the wire.
package struct TypeFields: Equatable, Sendable {
  package var typeName: String
  package var names: [String]

  package init(_ typeName: String, _ names: [String]) {
    self.typeName = typeName
    self.names = names
  }
}

/// FEED_SETUP. All keys are wishes and optional.
package struct FeedSetup: Equatable, Sendable {
  /// Seconds; NaN asks for the server's default.
  package var acceptAggregationPeriod: Double?
  package var acceptDataFormat: DataFormat?
  package var acceptEventFields: [TypeFields]

  package init(
    acceptAggregationPeriod: Double? = nil, acceptDataFormat: DataFormat? = nil, acceptEventFields: [TypeFields] = []
  ) {
    self.acceptAggregationPeriod = acceptAggregationPeriod
    self.acceptDataFormat = acceptDataFormat
    self.acceptEventFields = acceptEventFields
  }
}

/// FEED_CONFIG. What it leaves out stays as it was.
package struct FeedConfig: Equatable, Sendable {
  /// Seconds.
  package var aggregationPeriod: Double?
  package var dataFormat: DataFormat?
  package var eventFields: [TypeFields]

  package init(aggregationPeriod: Double? = nil, dataFormat: DataFormat? = nil, eventFields: [TypeFields] = []) {
    self.aggregationPeriod = aggregationPeriod
    self.dataFormat = dataFormat
    self.eventFields = eventFields
  }
}

/// FEED_SUBSCRIPTION. Effect in this order: reset, remove, add.
package struct FeedSubscription: Equatable, Sendable {
  package var reset: Bool
  package var remove: [SubscriptionItem]
  package var add: [SubscriptionItem]

  package init(reset: Bool = false, remove: [SubscriptionItem] = [], add: [SubscriptionItem] = []) {
    self.reset = reset
    self.remove = remove
    self.add = add
  }
}

/// One item of a FEED_SUBSCRIPTION as it stood on the wire.
package struct SubscriptionItem: Equatable, Hashable, Sendable {
  package var typeName: String
  package var symbol: String
  package var source: String?
  /// Milliseconds since 1970 UTC.
  package var fromTime: Int64?

  package init(typeName: String, symbol: String, source: String? = nil, fromTime: Int64? = nil) {
    self.typeName = typeName
    self.symbol = symbol
    self.source = source
    self.fromTime = fromTime
  }

  package var type: EventType? { EventType(name: typeName) }
}
