import Bytes
import Logs
import Metrics
import Simulator
import Watch

/// The page and the metrics of `quotewire serve --metrics`: what the server counted.
enum ServePage {
  /// Nil where nobody asked for it.
  static func start(
    _ arguments: Arguments, _ console: Console, _ stats: ServerStats, url: String
  ) throws(CommandFailure) -> StatusServer? {
    guard let address = try WatchOptions.address(arguments) else { return nil }
    let registry = Registry()
    do {
      try RunMetrics.addProcess(registry, version: Version.text, started: .now())
      try add(stats, to: registry)
      let server = try StatusServer(on: address, registry: registry) { report(stats, url) }
      console.say("status page at http://\(server.address)/", .info, .metrics)
      return server
    } catch { throw CommandFailure("--metrics: \(error)") }
  }

  /// What is counted, with its name for Prometheus, its help and its words for people.
  private static let counted: [(number: ServerStats.Name, name: String, help: String, label: String)] = [
    (.clientsAccepted, "accepted_clients", "Clients that were taken.", "clients so far"),
    (.clientsRefused, "refused_clients", "Clients that were turned away.", "refused"),
    (.handshakesFailed, "failed_handshakes", "Handshakes that failed.", "failed handshakes"),
    (.messagesReceived, "received_messages", "Messages of clients.", "messages received"),
    (.messagesSent, "sent_messages", "Messages to clients.", "messages sent"),
    (.events, "sent_events", "Events to clients.", "events sent"),
    (.errorsSent, "sent_errors", "ERROR messages to clients.", "errors sent"),
    (.slowClients, "slow_clients", "Clients that read too slowly.", "slow clients"),
    (.eventsSkipped, "skipped_events", "Events that slow clients did not get.", "events skipped"),
  ]

  private static func add(_ stats: ServerStats, to registry: Registry) throws(MetricsError) {
    try registry.gauge("quotewire_server_clients", help: "Clients that are connected.") { stats[.clientsOpen] }
    for one in counted {
      try registry.counter("quotewire_server_" + one.name, help: one.help) { stats[one.number] }
    }
    try registry.counter("quotewire_server_sent", help: "Bytes to clients.", unit: .bytes) { stats[.bytesSent] }
  }

  private static func report(_ stats: ServerStats, _ url: String) -> StatusReport {
    var figures = [("clients", Count.short(stats[.clientsOpen]))]
    figures += counted.map { ($0.label, Count.short(stats[$0.number])) }
    figures.append(("sent", Count.bytes(stats[.bytesSent])))
    return StatusReport(title: url, state: "serving", at: .now(), figures: figures)
  }
}
