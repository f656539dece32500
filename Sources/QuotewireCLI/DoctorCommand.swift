import DXLink
import Diagnosis
import IO
import Ingest
import Market

enum DoctorCommand {
  /// The options of `ingest` that say how to reach the feed.
  private static let shared = [
    "url", "symbols", "symbols-file", "token-env", "token-file", "auth", "account-url", "account-file", "token-life",
    "ca-file", "insecure-plaintext", "connect-to",
    "answer-timeout",
  ]

  static let command = Command(
    name: "doctor", summary: "check this machine and each step on the way to a feed, and say what to do", operands: "",
    operandCount: 0...0,
    options: IngestCommand.command.options.filter { shared.contains($0.name) } + [
      OptionSpec("dir", "DIR", "try the disk of this folder (default: .)"),
      OptionSpec("json", "write one JSON object instead of lines"),
    ],
    notes: """
      A line for each check: ok, warn or FAIL, what it is, how long it took, what was found and what to do.
      limits, memory and disk are this machine's (1 MiB is written to the folder and flushed); token (where one
      is configured, an account's login too), dns, tcp, tls, websocket, setup, login, channel and quote are the
      steps to the first quote, each within --answer-timeout; what is behind a step that fails is not
      reached. clock compares this machine's time with the server's Date header, else with the newest quote.
      Exit code 0 when nothing FAILs, 3 when the feed refused us (token, TLS, protocol), 1 otherwise.
      Examples:
        quotewire doctor
        quotewire doctor --url wss://feed.example/dxlink --token-env DXLINK_TOKEN --dir /var/lib/quotewire
        quotewire doctor --json --answer-timeout 3
      """,
    run: run)

  @Sendable static func run(_ arguments: Arguments) throws(CommandFailure) -> ExitCode {
    var settings = try IngestCommand.settings(arguments).lane
    settings.subscriptions = settings.subscriptions.filter { $0.type == .quote }
    let signals: Signals
    do { signals = try Signals() } catch { throw CommandFailure("\(error)") }
    let showsLines = !arguments.has("json")
    var doctor = Doctor(settings, stop: signals.wakeup, isStopping: { signals.request != .none }) { check in
      if showsLines { _ = try? StandardStream.output.write(CheckReport.line(check)) }
    }
    doctor.run(folder: arguments.string("dir") ?? ".")
    let report = doctor.report
    let end = showsLines ? report.summary : report.json(url: "\(doctor.url)")
    do { try StandardStream.output.write(end) } catch { throw CommandFailure("\(error)") }
    if signals.request != .none { return .interrupted }
    if report.isRefused { return .refused }
    return report.hasFailed ? .failed : .done
  }
}
