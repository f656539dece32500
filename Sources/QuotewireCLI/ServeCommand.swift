import Bytes
import IO
import Ingest
import Logs
import Recording
import Simulator
import Sinks

enum ServeCommand {
  static let command = Command(
    name: "serve", summary: "be a dxLink server: from a recording, or with a generated market",
    operands: "[FILE.qwr]", operandCount: 0...1,
    options: [
      OptionSpec("generate", "SPEC", "serve a generated market instead of a recording, see below"),
      OptionSpec(
        "answers", "SPEC", "answer any symbol with one event of each type asked for, see below"),
      OptionSpec(
        "history", "SPEC", "serve candles and TimeAndSale of any symbol with their history, see below"),
      OptionSpec(
        "answer-delay", "MILLIS",
        "milliseconds from a subscription to the symbol's first event (default: 0)"),
      OptionSpec("port", "P", "port to listen on; 0 lets the system choose (default: 0)"),
      OptionSpec("address", "IP", "address to listen on (default: 127.0.0.1, this machine only)"),
      OptionSpec("tls-cert", "FILE", "certificate chain in PEM: serve wss:// instead of ws://"),
      OptionSpec("tls-key", "FILE", "the certificate's private key in PEM"),
      OptionSpec(
        "speed", "SPEED", values: .wordOr(["max"]),
        "a recording: max, or a factor (default: max);\na generated market: a factor (default: 1)"),
      OptionSpec("loop", "begin the recording again at its end, for ever"),
      OptionSpec("token-env", "VAR", "ask clients for the token in this environment variable"),
      OptionSpec("token", "T", "ask clients for this token (visible to others in the list of processes)"),
      OptionSpec(
        "token-file", "FILE",
        "ask clients for one of the tokens in this file, a line each, perhaps with the\n"
          + "seconds since 1970 until which it serves; read again for each that comes"),
      OptionSpec("keepalive", "SECONDS", "the time-out that the server announces (default: 60)"),
      OptionSpec(
        "slow-clients", "WHAT", values: .oneOf(["disconnect", "conflate"]),
        "who reads a generated market too slowly is\ndisconnected (disconnect, default) or conflated (conflate)"),
      OptionSpec("compress", "compress messages for clients that offer it (permessage-deflate; needs zlib)"),
      OptionSpec("limits", "SPEC", "refuse what real servers refuse, see below"),
      OptionSpec("max-clients", "N", "clients at a time (default: 256)"),
      OptionSpec(
        "client-timeout", "SECONDS",
        "how long a client may take for TLS, the upgrade and SETUP, and to answer\n"
          + "a Close (default: 10, for a Close 5)"),
      OptionSpec(
        "fault", "FAULT", repeats: true, values: .wordOr(Fault.table.map(\.kind.rawValue)),
        "do something wrong on purpose, see below"),
      OptionSpec("url-file", "FILE", "write the address to this file once clients may come"),
      OptionSpec("for", "SECONDS", "end after this time"),
    ] + WatchOptions.page,
    notes: notes, run: run)

  private static var notes: String {
    var text = """
      A recording is played to each client from its beginning, once its subscription has been quiet
      for a moment; at the end the connection is closed with code 1000 and the reason "end of recording".

      SPEC of --generate is KEY=VALUE,KEY=VALUE…:

      """
    for row in GenerateSpec.table { text += line(row.key, row.values + ": " + row.meaning) }
    text += "\nSPEC of --answers:\n"
    for row in AnswerSpec.table { text += line(row.key, row.values + ": " + row.meaning) }
    text += "\nSPEC of --limits; what is refused gets an ERROR and no data (default: no such limits):\n"
    for row in LimitsSpec.table { text += line(row.key, row.values + ": " + row.meaning) }
    text += "\nSPEC of --history:\n"
    for row in HistorySpec.table { text += line(row.key, row.values + ": " + row.meaning) }
    text += "\nFAULT is NAME or NAME=ARGUMENTS; with ,once only the first connection has it:\n"
    for row in Fault.table {
      text += line(row.kind.rawValue, (row.arguments.isEmpty ? "" : row.arguments + ": ") + row.meaning)
    }
    return text + "\nExample: quotewire serve --generate seed=1,symbols=500,rate=20000 --port 7000"
  }

  static func line(_ name: String, _ text: String) -> String {
    "  " + name + String(repeating: " ", count: max(1, 20 - name.count)) + text + "\n"
  }

  @Sendable
  static func run(_ arguments: Arguments) throws(CommandFailure) -> ExitCode {
    try WatchOptions.applyLog(arguments)
    let configuration = try configuration(arguments)
    let console = Console()
    do {
      let signals = try Signals()
      let stats = ServerStats()
      var server = try Server(configuration, stop: signals.wakeup, stats: stats)
      let scheme = configuration.certificateFile == nil ? "ws" : "wss"
      let host = configuration.certificateFile != nil && server.address.isLoopback ? "localhost" : nil
      let url = "\(scheme)://\(host.map { "\($0):\(server.address.port)" } ?? "\(server.address)")/"
      let page = try ServePage.start(arguments, console, stats, url: url)
      defer { withExtendedLifetime(page) {} }
      console.say("serving at \(url); Ctrl-C ends", .info, .serve)
      if let path = arguments.string("url-file") { try write(url + "\n", path) }
      let alarm = try Alarm(seconds: try arguments.seconds("for"), signals.wakeup)
      try server.run()
      alarm?.cancel()
      console.say(
        "served \(stats[.clientsAccepted]) clients, \(Count.short(stats[.events])) events in "
          + "\(Count.short(stats[.dataMessages])) messages, \(Count.bytes(stats[.bytesSent]))", .info, .serve)
      console.close()
      return signals.request == .none ? .done : .interrupted
    } catch let error as CommandFailure {
      throw error
    } catch let error as SimulatorError {
      throw CommandFailure("\(error)")
    } catch { throw CommandFailure("\(error)") }
  }

  private static func write(_ text: String, _ path: String) throws(IOError) {
    var file = try PendingFile(path, force: true)
    let bytes = Array(text.utf8)
    try unsafe file.file.write(bytes.span.bytes)
    try file.commit()
  }

  static func configuration(_ arguments: Arguments) throws(CommandFailure) -> ServerConfiguration {
    var configuration = ServerConfiguration(feed: try feed(arguments))
    let port = UInt16(try arguments.int("port", in: 0...65_535) ?? 0)
    let ip = arguments.string("address") ?? "127.0.0.1"
    guard let address = SocketAddress(numeric: ip, port: port) else {
      throw .usage("--address takes an IP address such as 127.0.0.1 or ::1, not '\(ip)'")
    }
    configuration.address = address
    configuration.certificateFile = arguments.string("tls-cert")
    configuration.keyFile = arguments.string("tls-key")
    if arguments.has("tls-cert") != arguments.has("tls-key") { throw .usage("give --tls-cert and --tls-key together") }
    configuration.session.token = try token(arguments)
    if let path = arguments.string("token-file") {
      if configuration.session.token != nil { throw .usage("give one of --token, --token-env and --token-file") }
      let file = TokenFile(path)
      configuration.session.tokenLife = { file.lifeNanos(of: $0, now: .now()) }
    }
    if let seconds = try arguments.seconds("keepalive") {
      guard seconds >= 1 else { throw .usage("--keepalive takes at least 1 second") }
      configuration.session.keepaliveSeconds = seconds
    }
    if let text = arguments.string("slow-clients") {
      guard let what = ServerConfiguration.SlowClients(rawValue: text) else {
        throw .usage("--slow-clients is disconnect or conflate, not '\(text)'")
      }
      configuration.slowClients = what
    }
    if let millis = try arguments.int("answer-delay", in: 0...3_600_000) {
      configuration.session.answerDelayMillis = Int64(millis)
    }
    if let text = arguments.string("limits") {
      do { configuration.limits.take(try LimitsSpec(text)) } catch { throw .usage("--limits: \(error)") }
    }
    if let most = try arguments.int("max-clients", in: 1...65_536) { configuration.limits.maximumClients = most }
    if let seconds = try arguments.seconds("client-timeout") {
      guard IngestCommand.answerRange.contains(seconds) else {
        throw .usage("--client-timeout takes \(IngestCommand.answerRange.lowerBound) to 3600 seconds")
      }
      configuration.limits.setupTimeoutMillis = Int64(seconds * 1000)
      configuration.limits.closeTimeoutMillis = Int64(seconds * 1000)
    }
    for text in arguments.all("fault") {
      do { configuration.faults.append(try Fault(text)) } catch { throw .usage("--fault: \(error)") }
    }
    if arguments.has("compress") {
      do { configuration.deflate = try .zlib(asClient: false) } catch { throw CommandFailure("--compress: \(error)") }
    }
    let isZstdThere = (try? ZstdCompression()) != nil
    if isZstdThere {
      configuration.compression = {
        guard let zstd = try? ZstdCompression() else { return NoCompression() }
        return zstd
      }
    }
    return configuration
  }

  private static func token(_ arguments: Arguments) throws(CommandFailure) -> String? {
    if arguments.has("token") && arguments.has("token-env") { throw .usage("give --token or --token-env, not both") }
    guard let name = arguments.string("token-env") else { return arguments.string("token") }
    guard let value = Environment.value(name) else {
      throw .usage("--token-env: the environment has no variable \(name)")
    }
    return value
  }

  private static func feed(_ arguments: Arguments) throws(CommandFailure) -> ServerConfiguration.Feed {
    if let text = arguments.string("history") {
      if !arguments.operands.isEmpty || arguments.has("generate") || arguments.has("answers") {
        throw .usage("give one of a recording, --generate, --answers and --history")
      }
      if arguments.has("loop") || arguments.has("speed") {
        throw .usage("--loop and --speed do not go with --history, whose SPEC has a speed of its own")
      }
      do { return .history(try HistorySpec(text)) } catch { throw .usage("--history: \(error)") }
    }
    if let text = arguments.string("answers") {
      if !arguments.operands.isEmpty || arguments.has("generate") {
        throw .usage("give one of a recording, --generate and --answers")
      }
      if arguments.has("loop") || arguments.has("speed") {
        throw .usage("--loop and --speed do not go with --answers, which answers each subscription once")
      }
      do { return .answers(try AnswerSpec(text)) } catch { throw .usage("--answers: \(error)") }
    }
    if let text = arguments.string("generate") {
      if !arguments.operands.isEmpty { throw .usage("give a recording or --generate, not both") }
      if arguments.has("loop") {
        throw .usage("--loop is for recordings; a generated market goes on for ever by itself")
      }
      do {
        let spec = try GenerateSpec(text, endless: true)
        if spec.preset == .hostile {
          throw CommandFailure.usage(
            "--generate: preset=hostile is for 'quotewire generate'; serve has --fault instead")
        }
        let speed = arguments.has("speed") ? try ReplayCommand.speed(arguments) : .factor(1)
        return .generator(spec, speed: speed)
      } catch let error as CommandFailure {
        throw error
      } catch { throw .usage("--generate: \(error)") }
    }
    guard let path = arguments.operands.first else {
      throw .usage(
        "give a recording (quotewire serve FILE.qwr), --generate SPEC, --answers SPEC or --history SPEC; "
          + "see 'quotewire serve --help'")
    }
    return .recording(path: path, speed: try ReplayCommand.speed(arguments), isLooped: arguments.has("loop"))
  }
}

/// Stands in where libzstd went away while we ran: every compressed segment is then unreadable, and said to be.
private struct NoCompression: SegmentCompression {
  func compress(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int? { nil }
  func decompress(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int? { nil }
}
