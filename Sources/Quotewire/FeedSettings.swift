import DXLink
import IO
import Ingest

extension Client.Configuration {
  /// Topics of one connection that we keep account of.
  static let maximumTopics = 2_000_000
  private static let answerRange = 0.1...3600.0

  /// The settings of a run as far as they are the same for every loop.
  func settings() throws(QuotewireError) -> IngestSettings {
    func refuse(_ sentence: String) -> QuotewireError { QuotewireError(.configuration, sentence) }
    guard (1...LanePlan.maximumLanes).contains(lanes) else {
      throw refuse("lanes: 1 to \(LanePlan.maximumLanes), not \(lanes)")
    }
    guard keepaliveSeconds >= 1, keepaliveSeconds.isFinite else { throw refuse("keepaliveSeconds: at least 1") }
    guard Self.answerRange.contains(answerSeconds) else { throw refuse("answerSeconds: 0.1 to 3600") }
    guard LaneSettings.batchRange.contains(batchMicros) else {
      throw refuse("batchMicros: 0 to \(LaneSettings.batchRange.upperBound)")
    }
    if case .attempts(let count) = reconnect, count < 0 { throw refuse("reconnect: attempts cannot be \(count)") }
    var lane: LaneSettings
    do throws(IOError) { lane = try self.lane() } catch { throw refuse("\(error)") }
    guard lane.url.isSecure || lane.url.endpoint.isLoopback || allowsPlaintext else {
      throw refuse("\(lane.url): ws:// sends everything in the clear; use wss://, or allowsPlaintext if you mean it")
    }
    lane.session.contract = contract.inSession
    lane.session.fieldLists = FieldLists(fields == .lean ? .essential : .all)
    lane.session.aggregationPeriodSeconds = aggregationSeconds
    lane.session.keepaliveSeconds = keepaliveSeconds
    lane.session.maximumTopics = Self.maximumTopics
    lane.session.answerSeconds = answerSeconds
    lane.connector.limitPhases(millis: Int(answerSeconds * 1000))
    lane.upgradeLimitMillis = Int(answerSeconds * 1000)
    lane.batchMicros = batchMicros
    lane.reconnect = reconnect.limit
    var settings = IngestSettings(lane: lane)
    settings.lanes = lanes
    settings.run.wantsDigest = false
    return settings
  }

  private func lane() throws(IOError) -> LaneSettings {
    var lane = LaneSettings(url: try FeedURL(parsing: url))
    if lane.url.isSecure { lane.tls = try TLSContext.client(trust: authorityFile.map { .file($0) } ?? .system) }
    if compresses { lane.deflate = try .zlib(asClient: true) }
    return lane
  }
}

extension Client.Contract {
  fileprivate var inSession: DXLink.Contract {
    switch self {
    case .auto: .auto
    case .ticker: .ticker
    case .stream: .stream
    case .history: .history
    }
  }
}

extension Client.Reconnect {
  fileprivate var limit: ReconnectLimit? {
    switch self {
    case .standard: nil
    case .never: .attempts(0)
    case .attempts(let count): .attempts(count)
    case .forever: .forever
    }
  }
}
