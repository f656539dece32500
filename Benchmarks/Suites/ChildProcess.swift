import BenchmarkKit
import Glibc
import IO

/// A program under measurement in a process of its own. Its output goes nowhere; it is killed when its owner lets go.
final class ChildProcess {
  let id: pid_t
  private var exitCode: Int32?

  /// - Parameters:
  ///   - path: of the program; not looked for.
  ///   - environment: variables beside this process's own, or instead of them.
  init(_ path: String, _ arguments: [String], environment: [String: String] = [:]) throws {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
    unsafe posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
    var id: pid_t = 0
    // The C strings live until the call has returned.
    var words = unsafe CStrings([path] + arguments)
    var variables = unsafe CStrings(try Self.environment(environment))
    let code = unsafe posix_spawn(&id, path, &actions, nil, &words.pointers, &variables.pointers)
    unsafe words.free()
    unsafe variables.free()
    guard code == 0 else { throw IOError.system(action: "start", subject: path, errno: code) }
    self.id = id
  }

  /// This process's own, as it was started with, and others.
  private static func environment(_ others: [String: String]) throws(IOError) -> [String] {
    let bytes = try File.contents(of: "/proc/self/environ", limitBytes: 1 << 20)
    let own = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    let kept = own.filter { variable in !others.keys.contains { variable.hasPrefix($0 + "=") } }
    return kept + others.map { "\($0.key)=\($0.value)" }
  }

  /// Waits for the end; the exit code, or 128 and the number of the signal that ended it.
  func wait() -> Int32 {
    if let exitCode { return exitCode }
    var status: Int32 = 0
    while unsafe waitpid(id, &status, 0) < 0, errno == EINTR {}
    let signal = status & 0x7F
    let code = signal == 0 ? status >> 8 & 0xFF : 128 + signal
    exitCode = code
    return code
  }

  /// Whether it has not ended yet.
  var isRunning: Bool {
    if exitCode != nil { return false }
    var status: Int32 = 0
    guard unsafe waitpid(id, &status, WNOHANG) == id else { return true }
    let signal = status & 0x7F
    exitCode = signal == 0 ? status >> 8 & 0xFF : 128 + signal
    return false
  }

  deinit {
    if isRunning {
      kill(id, SIGKILL)
      _ = wait()
    }
  }
}

/// Texts as C wants them, ended by a null pointer.
@unsafe
private struct CStrings {
  var pointers: [UnsafeMutablePointer<CChar>?]

  init(_ texts: [String]) { unsafe pointers = texts.map { unsafe strdup($0) } + [nil] }

  func free() { unsafe pointers.forEach { unsafe Glibc.free($0) } }
}
