import DXLink
import Ingest
import Synchronization

// Settings that are read again while a run goes on: symbols take effect, the others are told.

extension RunControl {
  /// Options whose change takes effect by subscriptions.
  static let reloaded: Set<String> = ["symbols", "symbols-file", "types", "sources", "from-time"]

  struct Reloaded {
    var reply: String
    var sentence: String
  }

  /// Reads the sources of the settings again. Where something is wrong with them nothing is changed.
  func reload() throws(CommandFailure) -> Reloaded {
    let result = state.withLock { state -> Result<Reloaded, CommandFailure> in
      do throws(CommandFailure) { return .success(try Self.reload(&state)) } catch { return .failure(error) }
    }
    return try result.get()
  }

  private static func reload(_ state: inout State) throws(CommandFailure) -> Reloaded {
    guard let router = state.router, let readAgain = state.running.readAgain else {
      throw CommandFailure("the run has not begun; try again in a moment")
    }
    let newer = try readAgain()
    let topics: [Subscription]
    do throws(CommandFailure) { topics = try IngestCommand.settings(newer).lane.subscriptions } catch {
      throw newer.located(error)
    }
    let change = state.wanted.difference(to: topics)
    let receipt = router.change(change)
    state.wanted.adopt(topics)
    state.wanted.note(change, refused: receipt.refused.map(\.subscription))
    state.newest = newer
    let restart = differences(state.running, newer)
    var reply = ControlReply(isDone: receipt.refused.isEmpty, to: "reload")
    if let first = receipt.refused.first {
      reply.add("error", "\(receipt.refused.count) topics are refused: \(first.reason)")
    }
    reply.add("added", change.add.count)
    reply.add("removed", change.remove.count)
    reply.add("elsewhere", receipt.elsewhere)
    reply.add("refused", receipt.refused.count)
    reply.add("refusals", receipt.refused.prefix(maximumListed).map { "\($0.subscription.text): \($0.reason)" })
    reply.add(
      "restart",
      restart.map { name in
        var row = ControlReply()
        row.add("setting", name)
        row.add("running", state.running.shown(name))
        row.add("new", newer.shown(name))
        return row
      })
    var sentence = "reloaded: \(change.add.count) topics added, \(change.remove.count) removed"
    if !receipt.refused.isEmpty { sentence += ", \(receipt.refused.count) refused: \(receipt.refused[0].reason)" }
    if !restart.isEmpty { sentence += "; only a restart applies what changed of \(restart.joined(separator: ", "))" }
    return Reloaded(reply: reply.line, sentence: sentence)
  }

  /// Options that differ and that a running ingest cannot take.
  static func differences(_ running: Arguments, _ newer: Arguments) -> [String] {
    IngestCommand.command.options.map(\.name).filter { name in
      !reloaded.contains(name) && name != Command.config.name
        && (running.has(name) != newer.has(name) || running.all(name) != newer.all(name))
    }
  }
}
