package import Bytes

/// Messages as compact JSON text, `type` and `channel` first: some readers insist on that order.
///
///     {"type":"AUTH_STATE","channel":0,"state":"AUTHORIZED","userId":"u1"}
package enum MessageWriter {
  /// Appends the whole text of a message.
  package static func append(_ message: SessionMessage, to out: inout ByteWriter) {
    switch message {
    case .setup(let setup): append(setup, to: &out)
    case .auth(let token):
      begin("AUTH", 0, &out)
      string("token", token, &out)
    case .authState(let state):
      begin("AUTH_STATE", 0, &out)
      string("state", state.state.name, &out)
      if let userId = state.userId { string("userId", userId, &out) }
    case .keepalive: begin("KEEPALIVE", 0, &out)
    case .error(let channel, let notice):
      begin("ERROR", channel, &out)
      string("error", notice.code, &out)
      string("message", notice.message, &out)
    case .channelRequest(let channel, let service):
      begin("CHANNEL_REQUEST", channel, &out)
      append(service, to: &out)
    case .channelOpened(let channel, let service):
      begin("CHANNEL_OPENED", channel, &out)
      append(service, to: &out)
    case .channelCancel(let channel): begin("CHANNEL_CANCEL", channel, &out)
    case .channelClosed(let channel): begin("CHANNEL_CLOSED", channel, &out)
    case .feedSetup(let channel, let setup):
      begin("FEED_SETUP", channel, &out)
      append(setup, to: &out)
    case .feedConfig(let channel, let config):
      begin("FEED_CONFIG", channel, &out)
      append(config, to: &out)
    case .feedSubscription(let channel, let subscription):
      begin("FEED_SUBSCRIPTION", channel, &out)
      append(subscription, to: &out)
    case .feedData(let channel):
      begin("FEED_DATA", channel, &out)
      out.append(",\"data\":[]")
    case .domSetup(let channel, let setup):
      begin("DOM_SETUP", channel, &out)
      append(setup, to: &out)
    case .domConfig(let channel, let config):
      begin("DOM_CONFIG", channel, &out)
      append(config, to: &out)
    case .domSnapshot(let channel, let snapshot):
      begin("DOM_SNAPSHOT", channel, &out)
      append(snapshot, to: &out)
    case .unknown(let channel, let name): begin(named: name, channel, &out)
    }
    out.append(UInt8(ascii: "}"))
  }

  /// Appends `{"type":…,"channel":…` and leaves the object open.
  package static func begin(_ type: StaticString, _ channel: Int, _ out: inout ByteWriter) {
    out.append("{\"type\":\"")
    out.append(type)
    out.append("\",\"channel\":")
    out.append(decimal: Int64(channel))
  }

  private static func begin(named name: String, _ channel: Int, _ out: inout ByteWriter) {
    out.append("{\"type\":")
    JSONText.append(name, to: &out)
    out.append(",\"channel\":")
    out.append(decimal: Int64(channel))
  }

  /// Appends one subscription item.
  package static func append(
    item typeName: String, symbol: String, source: String?, fromTime: Int64?, to out: inout ByteWriter
  ) {
    out.append("{\"type\":")
    JSONText.append(typeName, to: &out)
    out.append(",\"symbol\":")
    JSONText.append(symbol, to: &out)
    if let source { string("source", source, &out) }
    if let fromTime {
      out.append(",\"fromTime\":")
      out.append(decimal: fromTime)
    }
    out.append(UInt8(ascii: "}"))
  }

  static func key(_ name: StaticString, _ out: inout ByteWriter) {
    out.append(",\"")
    out.append(name)
    out.append("\":")
  }

  static func string(_ name: StaticString, _ value: String, _ out: inout ByteWriter) {
    key(name, &out)
    JSONText.append(value, to: &out)
  }

  static func number(_ name: StaticString, _ value: Double, _ out: inout ByteWriter) {
    key(name, &out)
    JSONText.append(rare: value, to: &out)
  }

  private static func append(_ setup: Setup, to out: inout ByteWriter) {
    begin("SETUP", 0, &out)
    string("version", setup.version, &out)
    if let seconds = setup.keepaliveTimeout { number("keepaliveTimeout", seconds, &out) }
    if let seconds = setup.acceptKeepaliveTimeout { number("acceptKeepaliveTimeout", seconds, &out) }
  }

  private static func append(_ service: ChannelService, to out: inout ByteWriter) {
    string("service", service.service, &out)
    key("parameters", &out)
    out.append(UInt8(ascii: "{"))
    if let contract = service.contractName {
      out.append("\"contract\":")
      JSONText.append(contract, to: &out)
    }
    if let subFormat = service.subFormat {
      out.append(service.contractName == nil ? "\"subFormat\":" : ",\"subFormat\":")
      JSONText.append(subFormat, to: &out)
    }
    if let dom = service.dom {
      out.append(service.contractName == nil && service.subFormat == nil ? "\"symbol\":" : ",\"symbol\":")
      JSONText.append(dom.symbol, to: &out)
      strings("sources", dom.sources, &out)
    }
    out.append(UInt8(ascii: "}"))
  }

  private static func append(_ setup: FeedSetup, to out: inout ByteWriter) {
    if let seconds = setup.acceptAggregationPeriod { number("acceptAggregationPeriod", seconds, &out) }
    if let format = setup.acceptDataFormat { string("acceptDataFormat", format.rawValue, &out) }
    if !setup.acceptEventFields.isEmpty {
      key("acceptEventFields", &out)
      append(setup.acceptEventFields, to: &out)
    }
  }

  private static func append(_ config: FeedConfig, to out: inout ByteWriter) {
    if let format = config.dataFormat { string("dataFormat", format.rawValue, &out) }
    if let seconds = config.aggregationPeriod {
      // Servers write this as a Java double: clients have been seen to depend on the point.
      key("aggregationPeriod", &out)
      JSONText.append(rare: seconds, to: &out)
      if seconds == seconds.rounded(), abs(seconds) < 1e15 { out.append(".0") }
    }
    if !config.eventFields.isEmpty {
      key("eventFields", &out)
      append(config.eventFields, to: &out)
    }
  }

  private static func append(_ lists: [TypeFields], to out: inout ByteWriter) {
    var separator = UInt8(ascii: "{")
    for list in lists {
      out.append(separator)
      separator = UInt8(ascii: ",")
      JSONText.append(list.typeName, to: &out)
      out.append(":[")
      for (i, name) in list.names.enumerated() {
        if i > 0 { out.append(UInt8(ascii: ",")) }
        JSONText.append(name, to: &out)
      }
      out.append(UInt8(ascii: "]"))
    }
    out.append(UInt8(ascii: "}"))
  }

  private static func append(_ subscription: FeedSubscription, to out: inout ByteWriter) {
    if subscription.reset { out.append(",\"reset\":true") }
    if !subscription.remove.isEmpty {
      key("remove", &out)
      append(subscription.remove, to: &out)
    }
    if !subscription.add.isEmpty {
      key("add", &out)
      append(subscription.add, to: &out)
    }
  }

  private static func append(_ items: [SubscriptionItem], to out: inout ByteWriter) {
    var separator = UInt8(ascii: "[")
    for item in items {
      out.append(separator)
      separator = UInt8(ascii: ",")
      append(item: item.typeName, symbol: item.symbol, source: item.source, fromTime: item.fromTime, to: &out)
    }
    out.append(UInt8(ascii: "]"))
  }
}
