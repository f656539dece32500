import Bytes
import Control
import DXLink
import IO
import Ingest
import Market
import Sinks
import Synchronization

/// What a running ingest does when it is told to, by its control socket and by SIGHUP.
final class RunControl: Sendable {
  /// Seconds that a sink may take to complete its files for `rotate`.
  static let rotateSeconds = 10.0
  /// Refusals that an answer lists; all are counted.
  static let maximumListed = 20
  static let waitNanos: Int64 = 10_000_000

  struct State {
    /// As the run has them.
    let running: Arguments
    /// As they were read last.
    var newest: Arguments
    var wanted: WantedTopics
    var router: SubscriptionRouter?
    var status: RunStatus?
  }

  let state: Mutex<State>
  private let stop: StopFlag
  private let say: @Sendable (String) -> Void

  init(
    _ arguments: Arguments, _ settings: IngestSettings, stop: StopFlag, say: @escaping @Sendable (String) -> Void
  ) {
    let wanted = WantedTopics(settings.lane.subscriptions, shard: settings.shard)
    state = Mutex(State(running: arguments, newest: arguments, wanted: wanted))
    self.stop = stop
    self.say = say
  }

  func started(_ router: SubscriptionRouter) { state.withLock { $0.router = router } }

  /// To be called now and then, with what the figures are read from.
  func tick(_ status: RunStatus) { state.withLock { if $0.status == nil { $0.status = status } } }

  /// The line that answers a line.
  func answer(_ line: ControlLines.Line) -> String {
    switch line {
    case .tooLong: return ControlReply.refusal("a line has at most \(ControlLimits().lineBytes) bytes; send several")
    case .notUTF8: return ControlReply.refusal("the line is no UTF-8 text")
    case .text(let text):
      do throws(CommandFailure) { return try answer(try ControlRequest(parsing: text)) } catch {
        return ControlReply.refusal(error.description)
      }
    }
  }

  func answer(_ request: ControlRequest) throws(CommandFailure) -> String {
    switch request {
    case .add(let symbols, let types): return try change("add", symbols, types)
    case .remove(let symbols, let types): return try change("remove", symbols, types)
    case .list(let types): return list(types)
    case .stats: return ControlFigures.reply(try status())
    case .rotate(let sink): return try rotate(sink)
    case .reload: return try reload().reply
    case .stop:
      say("told to stop by the control socket")
      stop.drain()
      return ControlReply(isDone: true, to: "stop").line
    case .help:
      var reply = ControlReply(isDone: true, to: "help")
      reply.add("commands", zip(ControlRequest.forms, ControlRequest.commands).map { "\($0): \($1.summary)" })
      return reply.line
    }
  }

  /// SIGHUP: as `reload`, with a sentence for people.
  func hangUp() -> String {
    let sentence: String
    do throws(CommandFailure) { sentence = try reload().sentence } catch { sentence = "nothing is reloaded: \(error)" }
    say(sentence)
    return sentence
  }

  private func status() throws(CommandFailure) -> RunStatus {
    guard let status = state.withLock({ $0.status }) else { throw Self.early }
    return status
  }

  private static let early = CommandFailure("the run has not begun; try again in a moment")

  // MARK: Symbols

  private func change(_ name: String, _ symbols: [String], _ types: [EventType]?) throws(CommandFailure) -> String {
    let result = state.withLock { state -> Result<(SubscriptionRouter.Receipt, Int), CommandFailure> in
      do throws(CommandFailure) {
        guard let router = state.router else { throw Self.early }
        var change = SubscriptionChange()
        var already = 0
        if name == "add" {
          let arguments = state.newest
          let ours: [EventType]
          if let types { ours = types } else { ours = try IngestCommand.types(arguments) }
          let all = IngestCommand.topics(
            ours, symbols, sources: try DepthOptions.sources(arguments),
            fromTime: try IngestCommand.fromTime(arguments))
          let wanted = state.wanted.all()
          change.add = all.filter { !wanted.contains($0) }
          already = all.count - change.add.count
        } else {
          change.remove = state.wanted.topics(of: symbols, types: types)
          let known = Set(change.remove.map(\.symbol))
          already = symbols.count { !known.contains($0) }
        }
        let receipt = router.change(change)
        state.wanted.note(change, refused: receipt.refused.map(\.subscription))
        return .success((receipt, already))
      } catch { return .failure(error) }
    }
    let (receipt, already) = try result.get()
    var reply = ControlReply(isDone: receipt.refused.isEmpty, to: name)
    if let first = receipt.refused.first {
      reply.add("error", "\(receipt.refused.count) topics are refused: \(first.reason)")
    }
    reply.add("topics", receipt.routed)
    reply.add(name == "add" ? "already" : "unknown", already)
    reply.add("elsewhere", receipt.elsewhere)
    reply.add("refused", receipt.refused.count)
    reply.add("refusals", receipt.refused.prefix(Self.maximumListed).map { "\($0.subscription.text): \($0.reason)" })
    return reply.line
  }

  private func list(_ types: [EventType]?) -> String {
    let topics = state.withLock { $0.wanted.all() }.filter { types?.contains($0.type) ?? true }
    var symbols: [EventType: [String]] = [:]
    for topic in topics {
      symbols[topic.type, default: []].append(topic.symbol + (topic.source.map { "#" + $0 } ?? ""))
    }
    var byType = ControlReply()
    for type in EventType.allCases { if let names = symbols[type] { byType.add(type.name, names.sorted()) } }
    var reply = ControlReply(isDone: true, to: "list")
    reply.add("topics", topics.count)
    reply.add("symbols", byType)
    return reply.line
  }

  // MARK: Rotation

  private func rotate(_ wanted: String?) throws(CommandFailure) -> String {
    let status = try status()
    let names = status.rotations.map(\.name)
    if let wanted, !names.contains(wanted) {
      let hint = Suggestion.hint(wanted, names)
      let known = names.joined(separator: ", ")
      throw .usage("there is no sink '\(Console.oneLine(wanted))';\(hint) the sinks are \(known)")
    }
    var isDone = true
    var sinks: [ControlReply] = []
    for sink in status.rotations where wanted == nil || sink.name == wanted {
      var row = ControlReply()
      row.add("sink", sink.name)
      guard let rotation = sink.rotation else {
        row.add("rotated", false)
        row.add("reason", "it has no files")
        if wanted != nil { isDone = false }
        sinks.append(row)
        continue
      }
      let outcome = wait(for: rotation)
      row.add("rotated", outcome.failure == nil)
      if let failure = outcome.failure {
        isDone = false
        row.add("reason", failure)
      }
      row.add("files", outcome.files)
      sinks.append(row)
    }
    if status.recording != nil && wanted == nil {
      var row = ControlReply()
      row.add("sink", "recording")
      row.add("rotated", false)
      row.add("reason", "a second file would begin within the session, and could not be read without the first")
      sinks.append(row)
    }
    var reply = ControlReply(isDone: isDone, to: "rotate")
    if !isDone { reply.add("error", "not every sink goes on in new files; see the reasons") }
    reply.add("sinks", sinks)
    return reply.line
  }

  private func wait(for rotation: SinkRotation) -> SinkRotation.Outcome {
    let request = rotation.ask()
    let deadline = MonotonicNanos.now().advanced(bySeconds: Self.rotateSeconds)
    while MonotonicNanos.now() < deadline {
      if let outcome = rotation.outcome(of: request) { return outcome }
      Pause.sleep(nanos: Self.waitNanos)
    }
    var late = SinkRotation.Outcome()
    late.failure = "not done within \(Int(Self.rotateSeconds)) s; it will be when the sink can write"
    return late
  }
}
