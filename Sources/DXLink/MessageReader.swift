import JSON

/// Reads messages of both directions, in any legal layout: white space, order of keys, unknown keys, empty arrays. Of a
/// key that stands twice the last one counts. Makes Strings: for session messages, which are rare.
package struct MessageReader: ~Copyable {
  private var scanner: Scanner

  package init(maximumBytes: Int = 16 << 20) { scanner = Scanner(maximumBytes: maximumBytes) }

  /// `payload` has `Padding` around it.
  package mutating func read(_ payload: UnsafeRawBufferPointer) throws(FeedError) -> SessionMessage {
    let result: Result<SessionMessage, FeedError>
    do throws(JSONError) {
      result = try unsafe scanner.scan(payload) { cursor throws(JSONError) in Self.readAll(&cursor) }
    } catch {
      throw .json(error)
    }
    return try result.get()
  }

  /// Like `read` for bytes without padding, which are copied.
  package mutating func readCopy(_ bytes: RawSpan) throws(FeedError) -> SessionMessage {
    let result: Result<SessionMessage, FeedError>
    do throws(JSONError) {
      result = try scanner.scanCopy(bytes) { cursor throws(JSONError) in Self.readAll(&cursor) }
    } catch {
      throw .json(error)
    }
    return try result.get()
  }

  private static func readAll(_ cursor: inout Cursor) -> Result<SessionMessage, FeedError> {
    do throws(FeedError) { return .success(try read(&cursor)) } catch { return .failure(error) }
  }

  /// Reads the message at a fresh cursor; the document is checked to its end.
  static func read(_ cursor: inout Cursor) throws(FeedError) -> SessionMessage {
    let root = cursor
    let (type, channel) = try envelope(&cursor)
    var body = ObjectReader(root)
    return try message(type, channel, &body)
  }

  /// The envelope's keys, wherever they stand.
  private static func envelope(_ cursor: inout Cursor) throws(FeedError) -> (type: String, channel: Int) {
    let start = cursor.offset
    var object = ObjectReader(cursor)
    var type: String?
    var channel: Int?
    try object.enter()
    while let key = try object.nextKey() {
      if key.equals("type") {
        type = try object.string("type")
      } else if key.equals("channel") {
        channel = try object.channel()
      } else {
        try object.skip()
      }
    }
    do throws(JSONError) { try object.cursor.finishDocument() } catch { throw .json(error) }
    cursor = object.cursor
    guard let type else { throw .missingKey("type", offset: start) }
    guard let channel else { throw .missingKey("channel", offset: start) }
    return (type, channel)
  }

  private static func message(
    _ type: String, _ channel: Int, _ body: inout ObjectReader
  ) throws(FeedError) -> SessionMessage {
    switch type {
    case "SETUP": .setup(try setup(&body))
    case "AUTH": .auth(token: try auth(&body))
    case "AUTH_STATE": .authState(try authState(&body))
    case "KEEPALIVE": .keepalive
    case "ERROR": .error(channel: channel, try error(&body))
    case "CHANNEL_REQUEST": .channelRequest(channel: channel, try service(&body))
    case "CHANNEL_OPENED": .channelOpened(channel: channel, try service(&body))
    case "CHANNEL_CANCEL": .channelCancel(channel: channel)
    case "CHANNEL_CLOSED": .channelClosed(channel: channel)
    case "FEED_SETUP": .feedSetup(channel: channel, try feedSetup(&body))
    case "FEED_CONFIG": .feedConfig(channel: channel, try feedConfig(&body))
    case "FEED_SUBSCRIPTION": .feedSubscription(channel: channel, try subscription(&body))
    case "FEED_DATA": .feedData(channel: channel)
    case "DOM_SETUP": .domSetup(channel: channel, try domSetup(&body))
    case "DOM_CONFIG": .domConfig(channel: channel, try domConfig(&body))
    case "DOM_SNAPSHOT": .domSnapshot(channel: channel, try domSnapshot(&body))
    default: .unknown(channel: channel, name: type)
    }
  }

  private static func setup(_ body: inout ObjectReader) throws(FeedError) -> Setup {
    let start = body.offset
    var version: String?
    var setup = Setup(version: "")
    try body.enter()
    while let key = try body.nextKey() {
      if key.equals("version") {
        version = try body.string("version")
      } else if key.equals("keepaliveTimeout") {
        setup.keepaliveTimeout = try body.optionalDouble("keepaliveTimeout")
      } else if key.equals("acceptKeepaliveTimeout") {
        setup.acceptKeepaliveTimeout = try body.optionalDouble("acceptKeepaliveTimeout")
      } else {
        try body.skip()
      }
    }
    guard let version else { throw .missingKey("version", offset: start) }
    setup.version = version
    return setup
  }

  private static func auth(_ body: inout ObjectReader) throws(FeedError) -> String {
    let start = body.offset
    var token: String?
    try body.enter()
    while let key = try body.nextKey() {
      if key.equals("token") { token = try body.string("token") } else { try body.skip() }
    }
    guard let token else { throw .missingKey("token", offset: start) }
    return token
  }

  private static func authState(_ body: inout ObjectReader) throws(FeedError) -> AuthState {
    let start = body.offset
    var state: String?
    var userId: String?
    try body.enter()
    while let key = try body.nextKey() {
      if key.equals("state") {
        state = try body.string("state")
      } else if key.equals("userId") {
        userId = try body.optionalString("userId")
      } else {
        try body.skip()
      }
    }
    guard let state else { throw .missingKey("state", offset: start) }
    return AuthState(AuthState.State(name: state), userId: userId)
  }

  private static func error(_ body: inout ObjectReader) throws(FeedError) -> ErrorNotice {
    let start = body.offset
    var code: String?
    var text: String?
    try body.enter()
    while let key = try body.nextKey() {
      if key.equals("error") {
        code = try body.string("error")
      } else if key.equals("message") {
        text = try body.optionalString("message")
      } else {
        try body.skip()
      }
    }
    guard let code else { throw .missingKey("error", offset: start) }
    return ErrorNotice(code: code, message: text ?? "")
  }

  private static func service(_ body: inout ObjectReader) throws(FeedError) -> ChannelService {
    let start = body.offset
    var name: String?
    var service = ChannelService(contractName: nil)
    try body.enter()
    while let key = try body.nextKey() {
      if key.equals("service") {
        name = try body.string("service")
      } else if key.equals("parameters") {
        try parameters(&body, &service)
      } else {
        try body.skip()
      }
    }
    guard let name else { throw .missingKey("service", offset: start) }
    service.service = name
    return service
  }

  private static func parameters(
    _ body: inout ObjectReader, _ service: inout ChannelService
  ) throws(FeedError) {
    (service.contractName, service.subFormat, service.dom) = (nil, nil, nil)
    var sources: [String] = []
    if try body.null() { return }
    try body.enter(key: "parameters")
    while let key = try body.nextKey() {
      if key.equals("contract") {
        service.contractName = try body.optionalString("contract")
      } else if key.equals("subFormat") {
        service.subFormat = try body.optionalString("subFormat")
      } else if key.equals("symbol") {
        service.dom = try body.optionalString("symbol").map { DOMTopic(symbol: $0) }
      } else if key.equals("sources") {
        sources = try strings(&body, "sources")
      } else {
        try body.skip()
      }
    }
    service.dom?.sources = sources
  }
}
