import Bytes
import DXLink
package import IO
package import Ingest
import WebSocket

/// Goes the way to a feed step by step, as `ingest` does, and says of each step what was found.
package struct Doctor {
  private var settings: LaneSettings
  private let stop: Wakeup?
  private let isStopping: () -> Bool
  private let tell: (Check) -> Void
  package private(set) var report = CheckReport()

  /// A step failed, and its check says why: what comes behind it is not reached.
  private struct Halt: Error {}

  /// - Parameters:
  ///   - settings: also hold the limit of each step.
  ///   - stop: ends a step early where `isStopping` says so.
  ///   - tell: gets each check as it is done.
  package init(
    _ settings: LaneSettings, stop: Wakeup?, isStopping: @escaping () -> Bool, tell: @escaping (Check) -> Void
  ) {
    self.settings = settings
    self.stop = stop
    self.isStopping = isStopping
    self.tell = tell
  }

  /// The feed that was looked at: an account may name another one than the settings.
  package var url: FeedURL { settings.url }

  /// Makes every check.
  /// - Parameter folder: where the disk is tried.
  package mutating func run(folder: String) {
    for check in MachineChecks.all(folder: folder) { add(check) }
    try? checkFeed()
    for check in report.close() { tell(check) }
  }

  private static func millis(since start: MonotonicNanos) -> Double {
    MonotonicNanos.now().seconds(since: start) * 1000
  }

  private mutating func add(_ check: Check) { tell(report.add(check)) }

  /// From the name to the first quote, as far as it goes.
  private mutating func checkFeed() throws(Halt) {
    let token = try checkToken()
    let connection = try connect(try resolve())
    let stream = try secure(connection)
    let link = try upgrade(stream)
    try converse(link, token)
  }

  private mutating func halt(_ name: String, _ error: LinkError, since start: MonotonicNanos) -> Halt {
    let isRefusal = !(error.helpsToReconnect || error.isPassing)
    add(Check(name, .fail, "\(error)", millis: Self.millis(since: start), isRefusal: isRefusal))
    return Halt()
  }

  // MARK: the steps

  private mutating func resolve() throws(Halt) -> [SocketAddress] {
    let host = settings.url.endpoint.host
    if let address = settings.connector.address {
      add(Check("dns", .ok, "\(address) as given by --connect-to"))
      return [address]
    }
    let start = MonotonicNanos.now()
    do throws(IOError) {
      let found = try Resolver.resolve(
        settings.url.endpoint, limitMillis: settings.connector.resolveTimeoutMillis, stop: stop)
      let list = found.map(\.hostText).joined(separator: ", ")
      add(
        Check(
          "dns", .ok, list == host ? "\(host) is an address" : "\(host) is \(list)", millis: Self.millis(since: start)))
      return found
    } catch { throw halt("dns", .io(error), since: start) }
  }

  private mutating func connect(_ addresses: [SocketAddress]) throws(Halt) -> TCPConnection {
    let start = MonotonicNanos.now()
    var limits = TCPConnection.Limits()
    limits.perAddressMillis = settings.connector.addressTimeoutMillis
    limits.totalMillis = settings.connector.connectTimeoutMillis
    do throws(IOError) {
      let connection = try TCPConnection.connect(
        to: addresses, subject: "\(settings.url.endpoint)", limits: limits, options: settings.connector.options,
        stop: stop)
      add(Check("tcp", .ok, "connected to \(connection.peer)", millis: Self.millis(since: start)))
      return connection
    } catch { throw halt("tcp", .io(error), since: start) }
  }

  private mutating func secure(_ connection: consuming TCPConnection) throws(Halt) -> ByteStream {
    let host = settings.url.endpoint.host
    guard settings.url.isSecure, let tls = settings.tls else {
      let isOpen = !settings.url.endpoint.isLoopback
      add(
        Check(
          "tls", isOpen ? .warn : .ok,
          isOpen
            ? "none: everything, tokens too, is readable on the way; use wss://" : "none: ws:// within this machine"))
      return ByteStream(plain: connection)
    }
    let start = MonotonicNanos.now()
    do throws(IOError) {
      var stream = try ByteStream(connection, tls: tls, host: host)
      try stream.completeHandshake(limitMillis: settings.connector.tlsTimeoutMillis, wakeup: stop)
      let words = "\(stream.tlsVersion ?? "TLS"), the certificate is for \(host) and trusted"
      add(Check("tls", .ok, words, millis: Self.millis(since: start)))
      return stream
    } catch { throw halt("tls", .io(error), since: start) }
  }

  private mutating func upgrade(_ stream: consuming ByteStream) throws(Halt) -> WebSocketLink {
    let start = MonotonicNanos.now()
    let asked = WallNanos.now()
    do throws(LinkError) {
      let link = try WebSocketLink(
        over: stream, to: settings.url, limitMillis: settings.upgradeLimitMillis, limits: settings.conversationLimits,
        checksText: false, userAgent: settings.userAgent, stop: stop)
      let answered = WallNanos.now()
      add(Check("websocket", .ok, "the server takes WebSockets at \(settings.url)", millis: Self.millis(since: start)))
      if let date = link.answerDate, let check = ClockCheck.judge(httpDate: date, asked: asked, answered: answered) {
        add(check)
      }
      return link
    } catch { throw halt("websocket", error, since: start) }
  }

  /// Whether the token that is configured can be had; an account logs in for it, and may name the feed's address.
  /// Without one there is nothing to check.
  private mutating func checkToken() throws(Halt) -> String? {
    let start = MonotonicNanos.now()
    do throws(FeedToken.Trouble) {
      let got = try FeedToken(
        settings.token, limitSeconds: settings.session.answerSeconds, stop: stop, isStopping: isStopping)
      guard let token = got.token else { return nil }
      report.hide(token)
      settings.url = got.url ?? settings.url
      let place = got.url.map { ", for \($0)" } ?? ""
      add(Check("token", .ok, "there is one to send\(place)", millis: Self.millis(since: start)))
      return token
    } catch {
      add(Check("token", .fail, "\(error)", millis: Self.millis(since: start), isRefusal: error.isRefusal))
      throw Halt()
    }
  }

  // MARK: the session

  private mutating func converse(_ link: consuming WebSocketLink, _ token: String?) throws(Halt) {
    let steps = SessionSteps()
    var talk = FeedTalk(link, settings, token: token)
    let limit = settings.session.answerSeconds
    // The session itself limits each answer; this is for one that never comes to an end of its answers.
    var end = talk.run(
      until: MonotonicNanos.now().advanced(bySeconds: 3 * limit + 1), wakeup: stop, isStopping: isStopping, steps)
    if steps.channelAt != nil {
      steps.wantsQuote = true
      end = talk.run(
        until: MonotonicNanos.now().advanced(bySeconds: limit), wakeup: stop, isStopping: isStopping, steps)
    }
    talk.end(steps)
    for check in steps.checks(end, hasToken: token != nil, limitSeconds: limit, settings.subscriptions) { add(check) }
    if !report.checks.contains(where: { $0.name == "clock" }), let event = steps.newestEvent {
      add(ClockCheck.judge(newestEventMillis: event.millis, received: event.received))
    }
  }
}
