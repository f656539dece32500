/// A configuration with an attachment.
public struct Configuration: MarketEvent {
  public static let eventType = EventType.configuration

  public var head = EventHead(Self.eventType)
  var padding: UInt16 = 0
  public var receivedNanos: Int64 = 0
  public var eventTime: Int64 = 0
  public var attachment: Text = .null
  public var version: Int32 = 0

  public init() {}
}

extension Configuration {
  package static let schema = Schema(
    Configuration.self,
    [
      Field("version", .int32, MemoryLayout<Configuration>.offset(of: \.version)),
      Field("attachment", .json, MemoryLayout<Configuration>.offset(of: \.attachment)),
    ])
}

/// A message with an attachment.
public struct Message: MarketEvent {
  public static let eventType = EventType.message

  public var head = EventHead(Self.eventType)
  var padding: UInt16 = 0
  public var receivedNanos: Int64 = 0
  public var eventTime: Int64 = 0
  public var attachment: Text = .null

  public init() {}
}

extension Message {
  package static let schema = Schema(
    Message.self,
    [
      Field("attachment", .json, MemoryLayout<Message>.offset(of: \.attachment)),
    ])
}
