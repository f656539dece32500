import Glibc
import TestSupport

/// Runs the commands of a page, in their order and in one shell, in a folder of its own that holds the project's
/// recordings and tools, with the built programs on PATH and HOME in that folder.
///
/// - A `quotewire serve` without `&` is one for a terminal of its own: it goes on until the page ends, or until another
///   one wants its port, and the next command waits until it serves.
/// - Ports are replaced, so that pages can run side by side: those after `--port` and after a loopback host.
/// - `wss://HOST/PATH` and the public feed are the server of the last `feed:` mark. Where a page has none, nobody
///   listens there: no command leaves this machine.
/// - What needs root, or a daemon, meets the stand-ins of `Tests/StandIns`. `tools/install` gets the built program.
struct PageRun {
  /// A command that did not end as it should.
  struct Failure: CustomStringConvertible {
    let page: String
    let line: Int
    let command: String
    let what: String
    let output: String
    var description: String { "\(page):\(line): \(what)\n  \(command)\noutput:\n\(output)" }
  }

  private struct Step {
    let command: ShellText.Command
    var exitCode = 0
    var staysRunning = false
    var port: String?
    /// What `interrupt` of the prelude gets: seconds until Ctrl-C, and the port that counts them from its connection.
    var interrupt = ""
  }

  static let limitSeconds = 240

  private let page: Page
  private let folder = TemporaryFolder()
  private var steps: [Step] = []
  private var ports: [String: String] = [:]

  init(_ page: Page) throws {
    self.page = page
    try prepare()
    for part in page.parts {
      switch part {
      case .span: break
      case .hidden(let line, let lines): add(ShellText.commands(lines, firstLine: line), nil)
      case .block(let block):
        if let file = block.file {
          try write(mapped(block.lines.joined(separator: "\n")) + "\n", to: folder.file("page/" + file))
        } else if block.kind == "sh" && block.runner == .page {
          if let words = block.feed { addFeed(words, line: block.line) }
          add(ShellText.commands(block.lines, firstLine: block.line + 1), block)
        }
      }
    }
  }

  private func prepare() throws {
    for name in ["page", "bin", "run"] { unsafe mkdir(folder.file(name), 0o700) }
    for name in Self.linked { _ = unsafe symlink(Places.packageRoot + "/" + name, folder.file("page/" + name)) }
    for name in ["quotewire-bench", "quotewire-conformance"] {
      let built = try Built.program(name)
      _ = unsafe symlink(built, folder.file("bin/" + name))
    }
    let built = try Built.quotewire()
    _ = unsafe symlink(built, folder.file("bin/quotewire"))
    unsafe mkdir(folder.file("page/.build"), 0o700)
    let products = String(built[..<(built.lastIndex(of: "/") ?? built.startIndex)])
    for name in ["debug", "release"] { _ = unsafe symlink(products, folder.file("page/.build/" + name)) }
    for name in Places.names(in: Self.standIns) {
      // These are programs that anybody may use where they are installed.
      if name == "man" && Installed.program(name) != nil { continue }
      _ = unsafe symlink(Self.standIns + "/" + name, folder.file("bin/" + name))
    }
  }

  private static let linked = [
    "recordings", "tools", "docs", "Benchmarks", "Examples", "Sources", "Package.swift", "LICENSE", ".dockerignore",
  ]
  private static let standIns = Places.packageRoot + "/Tests/StandIns"

  /// The server that stands for the public feed, and its address where commands look for one.
  private mutating func addFeed(_ words: String, line: Int) {
    let serve = "quotewire serve \(words) --port \(Self.feedPort)"
    add(ShellText.commands([serve, "export QUOTEWIRE_URL=ws://127.0.0.1:\(Self.feedPort)/"], firstLine: line), nil)
  }

  /// As pages might name it; it is replaced by a free one.
  private static let feedPort = 7999

  private mutating func add(_ commands: [ShellText.Command], _ block: Page.Block?) {
    for (i, command) in commands.enumerated() {
      let text = mapped(command.text)
      var step = Step(command: ShellText.Command(line: command.line, text: text))
      if i == commands.count - 1 { step.exitCode = block?.exitCode ?? 0 }
      let words = ShellText.simpleCommands(text)
      let isServer = words.count == 1 && words[0].starts(with: ["quotewire", "serve"]) && !Self.isAsynchronous(text)
      step.staysRunning = isServer || block?.staysRunning == true
      if let seconds = block?.interruptAfter, !Self.endsByItself(words) {
        let isOfFeed = !words.contains { Self.readsRecording($0) }
        step.interrupt = "\(seconds) \(isOfFeed ? steps.last { $0.port != nil }?.port ?? "" : "")"
      }
      if isServer { step.port = Self.ports(in: text).first.map { String(text[$0]) } }
      steps.append(step)
    }
  }

  /// Whether Ctrl-C would only hit a command that is slow today.
  private static func endsByItself(_ commands: [[String]]) -> Bool {
    let brief: Set<String> = ["login", "build", "replay", "inspect"]
    return commands.allSatisfy { $0[0].hasPrefix("tools/") || $0.count > 1 && brief.contains($0[1]) }
  }

  private static func readsRecording(_ words: [String]) -> Bool {
    zip(words, words.dropFirst()).contains { $0 != "--record" && $1.hasSuffix(".qwr") }
  }

  private static func isAsynchronous(_ text: String) -> Bool { ShellText.withoutComments(text).trimmed.hasSuffix("&") }

  // MARK: ports

  /// Where ports stand in a text.
  private static func ports(in text: String) -> [Range<String.Index>] {
    var found: [Range<String.Index>] = []
    for head in ["--port ", "--port=", "127.0.0.1:", "localhost:", "[::1]:"] {
      for range in text.ranges(of: head) {
        let digits = text[range.upperBound...].prefix { $0.isNumber }
        if (4...5).contains(digits.count) { found.append(digits.startIndex..<digits.endIndex) }
      }
    }
    return found.sorted { $0.lowerBound < $1.lowerBound }
  }

  private mutating func mapped(_ page: String) -> String {
    let text = page.replacing("wss://HOST/PATH", with: "$QUOTEWIRE_URL").replacing(
      "tools/install --prefix", with: "tools/install --program \"$BUILT\" --prefix")
    var out = ""
    var from = text.startIndex
    for range in Self.ports(in: text) {
      let port = String(text[range])
      if ports[port] == nil { ports[port] = Self.freePort() ?? port }
      out += text[from..<range.lowerBound] + (ports[port] ?? port)
      from = range.upperBound
    }
    return out + text[from...]
  }

  /// A port that nobody has just now.
  private static func freePort() -> String? {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(socket) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        unsafe bind(socket, address, size) == 0 && getsockname(socket, address, &size) == 0
      }
    }
    return isBound ? "\(UInt16(bigEndian: address.sin_port))" : nil
  }

  // MARK: run

  /// What went wrong; a page ends at its first failure.
  func failures() async throws -> [Failure] {
    guard !steps.isEmpty else { return [] }
    var script = Self.prelude
    for (i, step) in steps.enumerated() {
      try write(step.command.text + "\n", to: folder.file("run/\(i).sh"))
      if let port = step.port {
        for (j, earlier) in steps[..<i].enumerated() where earlier.port == port { script += "stop \(j)\n" }
      }
      if step.staysRunning {
        try write(ShellText.withoutComments(step.command.text).trimmed + " &\n", to: folder.file("run/\(i).sh"))
        script += "start \(i) '\(step.port == nil ? "." : "serving at")'\n"
      } else {
        script += "step \(i) \(step.exitCode) \(step.interrupt)\n"
      }
    }
    try write(script + "finish\n", to: folder.file("run/all"))
    let path = unsafe getenv("PATH").map { unsafe String(cString: $0) } ?? "/usr/bin:/bin"
    let bash = try Program(
      "/usr/bin/env", ["timeout", "-s", "KILL", "\(Self.limitSeconds)", "bash", folder.file("run/all")],
      environment: [
        "PATH": folder.file("bin") + ":" + path, "HOME": folder.file("page"), "LC_ALL": "C", "RUN": folder.file("run"),
        "BUILT": try Built.quotewire(), "ROOT": folder.file("root"), "QUOTEWIRE_URL": "ws://127.0.0.1:1/",
      ])
    let ended = try await bash.end(limitSeconds: Double(Self.limitSeconds + 30))
    return found(ended)
  }

  /// How long the commands took; nil where there are none.
  var seconds: Int? {
    Places.read(folder.file("run/seconds")).flatMap { Int(String(decoding: $0, as: UTF8.self).trimmed) }
  }

  private func found(_ ended: Program.Ended) -> [Failure] {
    func text(_ name: String) -> String {
      String(decoding: Places.read(folder.file("run/" + name)) ?? [], as: UTF8.self)
    }
    var failures: [Failure] = []
    func add(_ i: Int, _ what: String) {
      let step = steps[i]
      let output = text("\(i).output")
      failures.append(
        Failure(
          page: page.path, line: step.command.line, command: step.command.text, what: what,
          output: output.count > 4000 ? output.prefix(2000) + "\n...\n" + output.suffix(2000) : output))
    }
    for (i, step) in steps.enumerated() {
      if let code = Int(text("\(i).code").trimmed) {
        if step.staysRunning {
          if ![0, 130, 143].contains(code) { add(i, "went on until exit code \(code)") }
        } else if code != step.exitCode {
          add(i, "exit code \(code), not \(step.exitCode)")
          break
        }
      } else if i == (Int(text("at").trimmed) ?? 0) {
        add(i, "did not end within \(Self.limitSeconds) s for the page, or ended the shell (\(ended))")
        break
      }
    }
    if failures.isEmpty && ended.exitCode != 0 { add(0, "the page's shell failed: \(ended)") }
    return failures
  }

  /// A pipeline fails with any of its commands, but a writer whose reader left (141) has not failed.
  private static let prelude = """
    set -o pipefail
    cd "$HOME"
    declare -A __running
    step() {
      echo $1 >"$RUN/at"
      __watch=
      if [ -n "$3" ]; then interrupt " $(echo $(jobs -p)) " $3 $4 & __watch=$!; fi
      . "$RUN/$1.sh" >"$RUN/$1.output" 2>&1 </dev/null
      __code=$?
      if [ -n "$__watch" ]; then
        kill -KILL $__watch 2>"$RUN/none"
        wait $__watch 2>"$RUN/none"
        if [ $__code = 130 ]; then __code=0; fi
      fi
      if [ $__code = 141 ]; then __code=0; fi
      echo $__code >"$RUN/$1.code"
      if [ $__code != $2 ]; then finish; fi
    }
    # As Ctrl-C does: to what runs in the foreground, not to servers. The seconds count from a connection on.
    interrupt() {
      # In /proc/net/tcp: local address, remote address, 01 for an established connection.
      __line=$(printf '^ *[0-9]*: [0-9A-F]*:[0-9A-F]* [0-9A-F]*:%04X 01' ${3:-0})
      for ((__look = 0; __look < 200; __look++)); do
        if [ -z "$3" ] || grep -q "$__line" /proc/net/tcp; then break; fi
        sleep 0.05
      done
      sleep $2
      for __child in $(cat /proc/$$/task/$$/children); do
        case "$1 $BASHPID " in
          *" $__child "*) ;;
          *) kill -INT $__child ;;
        esac
      done
    } >"$RUN/none" 2>&1 </dev/null
    start() {
      echo $1 >"$RUN/at"
      . "$RUN/$1.sh" >"$RUN/$1.output" 2>&1 </dev/null
      __running[$1]=$!
      # What says nothing at its start is not waited for as long as a server.
      __looks=200
      if [ "$2" = . ]; then __looks=20; fi
      for ((__look = 0; __look < __looks; __look++)); do
        if grep -q "$2" "$RUN/$1.output" || ! kill -0 ${__running[$1]} 2>"$RUN/none"; then break; fi
        sleep 0.05
      done
    }
    stop() {
      [ -n "${__running[$1]}" ] || return
      kill -TERM ${__running[$1]} 2>"$RUN/none"
      wait ${__running[$1]}
      echo $? >"$RUN/$1.code"
      unset "__running[$1]"
    }
    finish() {
      for __each in "${!__running[@]}"; do stop $__each; done
      kill -TERM $(jobs -p) 2>"$RUN/none"
      wait
      echo $SECONDS >"$RUN/seconds"
      exit 0
    }

    """
}
