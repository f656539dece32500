import Bytes
import Control
import IO
import Ingest

/// `--ctl`, for the run that is controlled and for who controls it.
enum ControlOptions {
  static let ctl = OptionSpec(
    "ctl", "PATH|auto",
    "a Unix socket (mode 0600) for 'quotewire ctl': add and remove symbols, list,\n"
      + "stats, rotate, reload, stop; auto is $XDG_RUNTIME_DIR/quotewire.sock")

  static let automatic = "auto"

  /// The socket's path; nil where none is wanted.
  static func path(
    _ arguments: Arguments, else standard: String? = nil, variable: (String) -> String? = Environment.value
  ) throws(CommandFailure) -> String? {
    guard let text = arguments.string("ctl") ?? standard else { return nil }
    if text.isEmpty { throw .usage("--ctl takes a path, or auto") }
    guard text == automatic else { return text }
    guard let folder = variable("XDG_RUNTIME_DIR"), !folder.isEmpty else {
      throw .usage("--ctl auto needs the variable XDG_RUNTIME_DIR, which is not set; give the path of a socket")
    }
    return folder + "/quotewire.sock"
  }

  /// Has a run be controlled by `--ctl` and SIGHUP. To be held while the run goes on; nil where there is neither.
  static func control(
    _ arguments: Arguments, _ settings: inout IngestSettings, _ hooks: inout RunHooks, _ hangUp: HangUpSignal?,
    _ service: ServiceNotice?
  ) throws(CommandFailure) -> ControlServer? {
    let path = try path(arguments)
    guard path != nil || hangUp != nil else { return nil }
    let stop: StopFlag
    do { stop = try settings.run.stop ?? StopFlag(limit: settings.run.limit) } catch {
      throw CommandFailure("\(error)")
    }
    settings.run.stop = stop
    let control = RunControl(arguments, settings, stop: stop, say: hooks.say)
    let (started, tick) = (hooks.started, hooks.tick)
    hooks.started = { router in
      started(router)
      control.started(router)
    }
    hooks.tick = { status in
      control.tick(status)
      if let hangUp, hangUp.take() {
        service?.reloading(now: .now())
        let sentence = control.hangUp()
        service?.reloaded(sentence)
      }
      tick(status)
    }
    guard let path else { return nil }
    do {
      return try ControlServer(path, answer: { control.answer($0) }, refusal: { ControlReply.refusal($0) })
    } catch { throw CommandFailure("--ctl: \(error)") }
  }
}
