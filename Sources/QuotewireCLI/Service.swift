import Bytes
import Glibc
import IO
import Ingest

/// The supervisor that started us, if one did and wants to be told.
enum Service {
  /// Has it told about a run, and the lanes turn often enough; nothing where there is none.
  static func attach(
    _ hooks: inout RunHooks, _ settings: inout IngestSettings
  ) throws(CommandFailure) -> ServiceNotice? {
    guard let name = Environment.value("NOTIFY_SOCKET"), !name.isEmpty else { return nil }
    let socket: ServiceSocket
    do { socket = try ServiceSocket(name) } catch { throw CommandFailure("NOTIFY_SOCKET: \(error)") }
    let notice = ServiceNotice(watchdogMicros: watchdogMicros) { message in
      do throws(IOError) {
        try socket.send(message)
        return true
      } catch { return false }
    }
    settings.lane.longestWaitNanos = notice.longestLaneWaitNanos
    let (tick, request) = (hooks.tick, hooks.request)
    hooks.tick = {
      tick($0)
      notice.tick($0, now: .now())
    }
    hooks.request = {
      let wanted = request()
      if wanted != .none { notice.stopping() }
      return wanted
    }
    return notice
  }

  /// The watchdog is for us where no process, or ours, is named.
  private static var watchdogMicros: Int64? {
    if let pid = Environment.value("WATCHDOG_PID"), pid != "\(getpid())" { return nil }
    return Environment.value("WATCHDOG_USEC").flatMap { Int64($0) }.flatMap { $0 > 0 ? $0 : nil }
  }
}
