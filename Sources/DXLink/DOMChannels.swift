import Bytes

/// The DOM channels of a session: one a topic, requested once the feed channel is open, requested again when the server
/// closes them, given up after `Session.Options.channelAttempts`.
struct DOMChannels {
  struct Channel {
    let topic: DOMTopic
    /// Odd, of this connection; 0 before the first request.
    var number = 0
    var state = Session.ChannelState.none
    var attempt = 0
    var openedAt = MonotonicNanos(rawValue: 0)
    var lastError: ErrorNotice?
    var isGivenUp = false
    /// What the server told of this number, merged.
    var config = DOMConfig()
  }

  private(set) var all: [Channel]
  private var places: [Int: Int] = [:]
  /// When the first of them has something to do.
  private(set) var deadline = MonotonicNanos.distantFuture

  init(_ topics: [DOMTopic]) { all = topics.map { Channel(topic: $0) } }

  func place(_ number: Int) -> Int? { places[number] }

  mutating func change(_ place: Int, _ body: (inout Channel) -> Void) {
    let before = all[place].number
    body(&all[place])
    if all[place].number != before {
      places[before] = nil
      places[all[place].number] = place
    }
    deadline = .distantFuture
    for channel in all {
      switch channel.state {
      case .requested(let until), .waiting(let until): deadline = min(deadline, until)
      case .none, .open: break
      }
    }
  }

  /// A new connection, or none.
  mutating func forget() {
    all = all.map { Channel(topic: $0.topic) }
    places.removeAll(keepingCapacity: true)
    deadline = .distantFuture
  }
}

extension Session {
  /// What the DOM channel of that number shows; nil for other channels, also for those that were open before.
  package func domTopic(channel: Int) -> DOMTopic? { dom.place(channel).map { dom.all[$0].topic } }

  /// What the server told of that DOM channel, its DOM_CONFIGs merged; nil for other channels.
  package func domConfig(channel: Int) -> DOMConfig? { dom.place(channel).map { dom.all[$0].config } }

  mutating func domConfigured(_ place: Int, _ config: DOMConfig) {
    let before = dom.all[place].config.depthLimit
    dom.change(place) { $0.config.merge(config) }
    guard let granted = dom.all[place].config.depthLimit, granted != before, granted > 0,
      let wanted = options.domDepth, granted < wanted || wanted == 0
    else { return }
    actions.append(.domLimited(dom.all[place].topic, depth: granted))
  }

  /// DOM channels that are open now.
  package var openDOMCount: Int { dom.all.count { $0.state == .open } }

  mutating func requestDOMChannels(_ now: MonotonicNanos) {
    for place in dom.all.indices where dom.all[place].state == .none && !dom.all[place].isGivenUp {
      requestDOM(place, now)
    }
  }

  private mutating func requestDOM(_ place: Int, _ now: MonotonicNanos) {
    let number = takeChannelNumber()
    let deadline = now.advanced(bySeconds: options.answerSeconds)
    dom.change(place) {
      $0.number = number
      $0.state = .requested(deadline: deadline)
      $0.lastError = nil
      $0.config = DOMConfig()
    }
    send(.channelRequest(channel: number, ChannelService(dom: dom.all[place].topic)), now)
  }

  mutating func domOpened(_ place: Int, _ now: MonotonicNanos) {
    guard case .requested = dom.all[place].state else { return }
    dom.change(place) {
      $0.state = .open
      $0.openedAt = now
    }
    send(
      .domSetup(
        channel: dom.all[place].number,
        DOMSetup(
          acceptAggregationPeriod: options.domPeriodSeconds, acceptDepthLimit: options.domDepth,
          acceptOrderFields: DOMSetup.orderFields)), now)
  }

  /// The server closed it, or never opened it.
  mutating func domClosed(_ place: Int, _ now: MonotonicNanos) {
    let channel = dom.all[place]
    switch channel.state {
    case .open, .requested: break
    case .none, .waiting: return
    }
    var attempt = channel.attempt + 1
    if channel.state == .open, now.seconds(since: channel.openedAt) >= Self.channelForgivenSeconds { attempt = 1 }
    let isGivenUp = attempt > options.channelAttempts
    let until = now.advanced(bySeconds: options.channelBackOffSeconds * Double(attempt))
    dom.change(place) {
      $0.attempt = attempt
      $0.isGivenUp = isGivenUp
      $0.state = isGivenUp ? .none : .waiting(until: until)
    }
    actions.append(.domClosed(channel.topic, isGivenUp: isGivenUp, channel.lastError))
  }

  mutating func domRefused(_ place: Int, _ notice: ErrorNotice) { dom.change(place) { $0.lastError = notice } }

  /// Does what is due.
  mutating func advanceDOM(_ now: MonotonicNanos) {
    guard now >= dom.deadline else { return }
    for place in dom.all.indices {
      switch dom.all[place].state {
      case .requested(let deadline) where now >= deadline:
        // An answer that comes after all finds no channel.
        send(.channelCancel(channel: dom.all[place].number), now)
        domClosed(place, now)
      case .waiting(let until) where now >= until: requestDOM(place, now)
      default: break
      }
    }
  }

  mutating func cancelDOM(_ now: MonotonicNanos) {
    for channel in dom.all {
      switch channel.state {
      case .open, .requested: send(.channelCancel(channel: channel.number), now)
      case .none, .waiting: break
      }
    }
    dom.forget()
  }
}
