package import Market

/// An ERROR by which a server refuses subscriptions. It names no topic: what it refused has no data, in silence.
package enum RefusalNotice: Equatable, Sendable {
  /// More topics than a connection may have.
  case size
  /// More topics of one type, or snapshots under way, than a connection may have.
  case sizeOfType(EventType)
  /// More changes than a connection may make in a time.
  case rate

  /// Reads the texts that real servers send with BAD_ACTION: “Your subscription size is too big”, “Your subscription
  /// rate is too high”, “… subscription size for event type 'Candle' is too big”. Nil for every other ERROR.
  package init?(_ notice: ErrorNotice) {
    guard notice.code == ErrorNotice.badAction else { return nil }
    let text = notice.message.lowercased()
    if text.contains("subscription rate") {
      self = .rate
      return
    }
    guard text.contains("subscription size") else { return nil }
    let words = notice.message.split(separator: "'", omittingEmptySubsequences: false)
    if text.contains("event type"), words.count >= 3, let type = EventType(name: String(words[1])) {
      self = .sizeOfType(type)
    } else {
      self = .size
    }
  }
}
