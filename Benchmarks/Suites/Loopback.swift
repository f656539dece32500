import BenchmarkKit
import Bytes
import DXLink
import Glibc
import IO
import Ingest
import Market
import Rings
import Simulator
import Sinks

/// Our server on a thread of its own and our client, in one process, over the loopback interface.
enum Loopback {
  /// A configuration that does not wait long for more subscriptions.
  static func configuration(_ feed: ServerConfiguration.Feed) -> ServerConfiguration {
    var configuration = ServerConfiguration(feed: feed)
    configuration.limits.settleMillis = 1
    return configuration
  }

  /// Starts the server, lets a client read to the end of the feed, and stops the server. The client asks for everything
  /// and has one sink, `null:`, unless `change` says otherwise.
  static func ingest(
    _ configuration: ServerConfiguration, tls: TLSContext? = nil,
    _ change: (inout IngestSettings) throws -> Void = { _ in }
  ) throws -> RunOutcome {
    let server = try ServerThread(configuration)
    defer { server.stop() }
    let scheme = tls == nil ? "ws://127.0.0.1" : "wss://localhost"
    var lane = LaneSettings(url: try FeedURL(parsing: "\(scheme):\(server.address.port)/"))
    lane.tls = tls
    lane.reconnect = .attempts(0)
    lane.session.contract = .auto
    lane.session.fieldLists = FieldLists(.essential)
    lane.subscriptions = EventType.allCases.map { Subscription($0, Subscription.wildcard) }
    var settings = IngestSettings(lane: lane)
    settings.run.sinks = [try SinkSpec(parsing: "null:")]
    try change(&settings)
    let outcome = try IngestRun.run(settings, RunHooks(attention: try Wakeup()))
    if let failure = outcome.failure { throw failure }
    guard outcome.report.isBalanced else {
      throw BenchmarkError.failed(benchmark: "loopback", reason: "a sink's figures do not add up")
    }
    return outcome
  }

  /// Writes `ca.pem`, `server.pem` and `server.key`.
  static func makeCertificates(_ folder: String) throws {
    let tool = Place.root + "/tools/make-certificates"
    guard File.exists(tool), unsafe system("'\(tool)' '\(folder)' >/dev/null 2>&1") == 0 else {
      throw BenchmarkError.skipped("tools/make-certificates failed; it needs the openssl command")
    }
  }
}

/// Where things lie.
enum Place {
  /// The package's folder, by this file's place in it.
  static var root: String {
    var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    parts.removeLast(3)
    return parts.joined(separator: "/")
  }

  /// A program that was built beside this one.
  static func program(_ name: String) throws -> String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = unsafe buffer.withUnsafeMutableBytes { b in
      guard let base = b.baseAddress else { return 0 }
      return unsafe readlink("/proc/self/exe", base.assumingMemoryBound(to: CChar.self), b.count)
    }
    let own = String(decoding: buffer[..<max(0, count)], as: UTF8.self)
    let path = Directory.parent(of: own) + "/" + name
    guard File.exists(path) else {
      throw BenchmarkError.skipped("\(path) was not built; build everything first (swift build -c release)")
    }
    return path
  }
}
