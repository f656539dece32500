import Glibc
import TestSupport

/// A program that was started: its output goes to files, and it is killed with its owner.
final class Program {
  /// How a program ended, with everything that it wrote.
  struct Ended: CustomStringConvertible {
    /// Nil when a signal ended it.
    var exitCode: Int32?
    var signal: Int32?
    var output: [UInt8]
    var errors: String

    var text: String { String(decoding: output, as: UTF8.self) }
    var lines: [Substring] { text.split(separator: "\n") }
    var description: String {
      "\(exitCode.map { "exit code \($0)" } ?? "signal \(signal ?? 0)"), standard error: \(errors.prefix(2000))"
    }
  }

  let pid: pid_t
  private let words: String
  private let folder: TemporaryFolder
  /// What waitpid gave; nil while it runs.
  private var status: Int32?

  private static let inherited = ["PATH", "HOME", "LD_LIBRARY_PATH", "TMPDIR", "ASAN_OPTIONS", "TSAN_OPTIONS"]
  /// Descriptors of ours that might be open without close-on-exec; closing one that is not open does no harm.
  private static let strangers: ClosedRange<Int32> = 3...255

  /// Starts a program. It sees a few variables of ours and those in `environment`, and no descriptor of ours.
  /// - Parameter outputFile: where its standard output goes; nil for a file of our own.
  init(
    _ path: String, _ arguments: [String], environment: [String: String] = [:], outputFile: String? = nil
  ) throws {
    folder = TemporaryFolder()
    words = ([path.split(separator: "/").last.map { String($0) } ?? path] + arguments).joined(separator: " ")
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    let flags = O_WRONLY | O_CREAT | O_TRUNC
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_addopen(&actions, 1, outputFile ?? folder.file("output"), flags, 0o600)
    unsafe posix_spawn_file_actions_addopen(&actions, 2, folder.file("errors"), flags, 0o600)
    for descriptor in Self.strangers { unsafe posix_spawn_file_actions_addclose(&actions, descriptor) }
    // Threads of a test process block signals, and a program would inherit that.
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe posix_spawnattr_setsigmask(&attributes, &signals)
    unsafe sigfillset(&signals)
    unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    var variables = environment
    for name in Self.inherited where variables[name] == nil {
      if let value = unsafe getenv(name) { variables[name] = unsafe String(cString: value) }
    }
    var argv = unsafe ([path] + arguments).map { unsafe strdup($0) } + [nil]
    var envp = unsafe variables.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
    defer { unsafe (argv + envp).forEach { unsafe free($0) } }
    var started: pid_t = 0
    let failed = unsafe posix_spawn(&started, path, &actions, &attributes, &argv, &envp)
    pid = started
    if failed != 0 { throw Trouble("cannot start \(words): errno \(failed)") }
  }

  deinit {
    if !hasEnded {
      Glibc.kill(pid, SIGKILL)
      var status: Int32 = 0
      unsafe waitpid(pid, &status, 0)
    }
  }

  func send(_ signal: Int32) { if !hasEnded { Glibc.kill(pid, signal) } }

  /// What it has written to standard error so far.
  var errorsSoFar: String { String(decoding: Places.read(folder.file("errors")) ?? [], as: UTF8.self) }

  /// Whether it ended by itself.
  var hasEnded: Bool {
    var now: Int32 = 0
    if status == nil, unsafe waitpid(pid, &now, WNOHANG) == pid { status = now }
    return status != nil
  }

  /// Waits for its end; a program that takes longer is killed, and that is an error.
  @discardableResult
  func wait(limitSeconds: Double = 60) throws -> Ended {
    do {
      try waitUntil("the end of '\(words)'; standard error: \(errorsSoFar)", limitSeconds: limitSeconds) { hasEnded }
    } catch {
      Glibc.kill(pid, SIGKILL)
      throw error
    }
    return ended
  }

  /// Waits for its end without holding a thread; a program that takes longer is killed, and that is an error.
  func end(limitSeconds: Double) async throws -> Ended {
    var looks = Int(limitSeconds * Double(Sanitizer.patience) * 1000) / Self.lookMillis
    while !hasEnded {
      guard looks > 0 else {
        Glibc.kill(pid, SIGKILL)
        throw Trouble("'\(words)' did not end in \(limitSeconds) s; standard error: \(errorsSoFar)")
      }
      looks -= 1
      try await Task.sleep(for: .milliseconds(Self.lookMillis))
    }
    return ended
  }

  private static let lookMillis = 10

  /// Once it has ended.
  private var ended: Ended {
    let status = status ?? 0
    let signal = status & 0x7F
    return Ended(
      exitCode: signal == 0 ? status >> 8 & 0xFF : nil, signal: signal == 0 ? nil : signal,
      output: Places.read(folder.file("output")) ?? [], errors: errorsSoFar)
  }

  /// The most memory that it had at a time, in bytes, while it runs; 0 afterwards.
  var peakResidentBytes: Int {
    let text = String(decoding: Places.read("/proc/\(pid)/status") ?? [], as: UTF8.self)
    let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) << 10
  }

  /// Ends it at once.
  @discardableResult
  func kill() throws -> Ended {
    send(SIGKILL)
    return try wait()
  }
}

/// Runs `quotewire` to its end.
func quotewire(
  _ arguments: String..., environment: [String: String] = [:], limitSeconds: Double = 60
) throws -> Program.Ended {
  try Program(try Built.quotewire(), arguments, environment: environment).wait(limitSeconds: limitSeconds)
}

/// Starts `quotewire` and lets it run.
func start(
  _ arguments: [String], environment: [String: String] = [:], outputFile: String? = nil
) throws -> Program {
  try Program(try Built.quotewire(), arguments, environment: environment, outputFile: outputFile)
}

/// A `quotewire serve` that clients can come to.
final class FeedServer {
  let program: Program
  let url: String
  private let folder = TemporaryFolder()

  init(_ arguments: [String], environment: [String: String] = [:]) throws {
    let file = folder.file("url")
    let started = try start(["serve", "--url-file", file] + arguments, environment: environment)
    program = started
    var text: [UInt8] = []
    try waitUntil("no address from serve \(arguments): \(started.errorsSoFar)") {
      if started.hasEnded { throw Trouble("serve \(arguments) ended: \(try started.wait())") }
      text = Places.read(file) ?? []
      return !text.isEmpty
    }
    url = String(decoding: text.dropLast(), as: UTF8.self)
  }

  /// The port as text, for a server that takes its place.
  var port: String { String(url.dropLast().split(separator: ":").last ?? "") }

  func kill() throws { try program.kill() }
}
