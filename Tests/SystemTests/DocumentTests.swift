import TestSupport
import Testing

/// Every command in the README and the documents. How a page says what a test needs to know stands in docs/testing.md.
@Suite("What the documents tell", .tags(.system))
struct DocumentTests {
  @Test("the commands of each page run as they stand there", arguments: Page.all)
  func run(page: Page) async throws {
    let run = try PageRun(page)
    for failure in try await run.failures() { Issue.record(Comment(rawValue: "\(failure)")) }
    if let seconds = run.seconds { print("documents: \(page.path) took \(seconds) s") }
  }

  @Test("every command, option and tool that a page names exists")
  func names() throws {
    let reference = try CommandReference()
    for page in Page.all {
      func look(_ line: Int, _ text: String) {
        for words in ShellText.simpleCommands(text) {
          if let fault = reference.fault(words) { Issue.record("\(page.path):\(line): \(fault)") }
        }
      }
      for part in page.parts {
        switch part {
        case .hidden(let line, let lines): look(line, lines.joined(separator: "\n"))
        case .span(let line, let text): if !text.contains("|") { look(line, text) }
        case .block(let block):
          guard block.kind == "sh" else { continue }
          for command in ShellText.commands(block.lines, firstLine: block.line + 1) { look(command.line, command.text) }
        }
      }
    }
  }

  @Test("a block says what it is, and commands stand in blocks that are run")
  func kinds() {
    for page in Page.all {
      for block in page.blocks where block.kind != "sh" {
        for (i, line) in block.lines.enumerated() {
          let words = line.split(separator: " ")
          let first = words.first == "$" ? words.dropFirst().first : words.first
          let program = first.flatMap { $0.split(separator: "/").last } ?? ""
          let isCommand = program.hasPrefix("quotewire") && words.count > 1 || first?.hasPrefix("tools/") == true
          if block.file == nil && isCommand {
            Issue.record("\(page.path):\(block.line + 1 + i): a command in a block that is not ```sh: \(line)")
          }
        }
      }
    }
  }

  @Test("every block is run: by its page, by continuous integration, or by tools/documents, as a look at each shows")
  func runners() throws {
    var counts: [Page.Runner: (blocks: Int, commands: Int)] = [:]
    var slow: Set<SlowCommand> = []
    let integration = try Self.integration()
    for page in Page.all {
      for (line, text) in page.unknown { Issue.record("\(page.path):\(line): a comment that is no mark: \(text)") }
      for block in page.blocks where block.kind == "sh" {
        let commands = ShellText.commands(block.lines, firstLine: block.line + 1)
        let before = counts[block.runner] ?? (0, 0)
        counts[block.runner] = (before.blocks + 1, before.commands + commands.count)
        for command in commands {
          switch block.runner {
          case .page: break
          case .integration:
            for words in ShellText.simpleCommands(command.text) where !integration.contains(words) {
              Issue.record("\(page.path):\(command.line): not in .ci/run: \(words.joined(separator: " "))")
            }
          case .slow: slow.insert(SlowCommand(page: page.path, text: ShellText.withoutComments(command.text).trimmed))
          }
        }
      }
    }
    for (who, count) in counts { print("documents: \(count.commands) commands in \(count.blocks) blocks by \(who)") }
    let table = try SlowCommand.table()
    for command in slow.subtracting(table) { Issue.record("not in the table of tools/documents: \(command)") }
    for command in table.subtracting(slow) { Issue.record("tools/documents has what no page has: \(command)") }
    let (here, later) = (counts[.page]?.commands ?? 0, counts[.slow]?.commands ?? 0)
    #expect(here > 110 && later < 50, "most commands are run with their pages: \(here), and \(later) later")
  }

  /// The simple commands of continuous integration's script.
  private static func integration() throws -> Set<[String]> {
    guard let script = Places.read(Places.packageRoot + "/.ci/run") else { throw Trouble("cannot read .ci/run") }
    return Set(ShellText.simpleCommands(String(decoding: script, as: UTF8.self)))
  }

  @Test("the suites that pages name exist")
  func suites() {
    let root = Places.packageRoot + "/Tests"
    var known: Set<String> = []
    for target in Places.names(in: root) {
      known.insert(target)
      for file in Places.names(in: root + "/" + target) where file.hasSuffix(".swift") {
        known.insert(target + "/" + file.dropLast(6))
        let text = String(decoding: Places.read(root + "/" + target + "/" + file) ?? [], as: UTF8.self)
        for name in text.split(separator: "struct ").dropFirst() {
          known.insert(target + "/" + name.prefix { $0.isLetter || $0.isNumber })
        }
      }
    }
    for page in Page.all where page.path.hasPrefix("docs/") {
      for case .span(let line, let text) in page.parts where text.hasSuffix("Tests") {
        guard text.allSatisfy({ $0.isLetter || $0 == "/" }), text != "Tests" else { continue }
        let suite = text.hasPrefix("Tests/") ? String(text.dropFirst(6)) : text
        let isThere = known.contains(suite) || known.contains { $0.hasSuffix("/" + suite) }
        #expect(isThere, "\(page.path):\(line): there is no suite \(text)")
      }
    }
  }
}

/// A command that `tools/documents` runs, by its page.
private struct SlowCommand: Hashable, CustomStringConvertible {
  let page: String
  let text: String
  var description: String { "\(page): \(text)" }

  /// What the program's own table says. What it runs instead of a command is the same program, with smaller numbers.
  static func table() throws -> Set<SlowCommand> {
    let ended = try Program(Places.packageRoot + "/tools/documents", ["--list"]).wait()
    guard ended.exitCode == 0 else { throw Trouble("tools/documents --list: \(ended)") }
    var table: Set<SlowCommand> = []
    for line in ended.lines {
      let parts = line.split(separator: "|", maxSplits: 2, omittingEmptySubsequences: false).map { String($0) }
      guard parts.count == 3 else { throw Trouble("tools/documents: not three parts: \(line)") }
      table.insert(SlowCommand(page: parts[0], text: parts[1]))
      let programs = parts[1...2].map { text in
        ShellText.simpleCommands(text).map { $0.prefix($0[0] == "quotewire-bench" ? 2 : 1) }
      }
      #expect(parts[2].isEmpty || programs[0] == programs[1], "not the same program: \(line)")
    }
    return table
  }
}

@Suite("How pages are read", .tags(.unit))
struct PageTests {
  @Test("a page falls into blocks with their marks, hidden commands and spans")
  func parts() {
    let page = Page(
      "a.md",
      """
      Say `quotewire help` and `x`.
      <!-- before: one
      two -->
      <!-- run by tools/documents -->
      <!-- a note -->

      ```sh
      three
      ```
      <!-- exit code: 4 -->
      <!-- in the background -->
      ```sh
      four
      ```
      <!-- file: a.toml -->
      ```toml
      five
      ```
      """)
    var told: [String] = []
    for part in page.parts {
      switch part {
      case .span(let line, let text): told.append("\(line) span \(text)")
      case .hidden(let line, let lines): told.append("\(line) before \(lines.map(\.trimmed))")
      case .block(let b):
        let marks = "\(b.runner.rawValue) \(b.exitCode ?? 0) \(b.staysRunning) \(b.file ?? "")"
        told.append("\(b.line) \(b.kind) \(b.lines) \(marks)")
      }
    }
    #expect(
      told == [
        "1 span quotewire help", "1 span x", "2 before [\"one\", \"two\"]",
        "7 sh [\"three\"] tools/documents 0 false ",
        "12 sh [\"four\"] page 4 true ", "16 toml [\"five\"] page 0 false a.toml",
      ])
    #expect(page.unknown.map(\.text) == ["a note"])
  }

  @Test(
    "commands end where the shell would end them",
    arguments: [
      (["a", "b"], [1, 2]), (["# x", "", "a"], [3]), (["a \\", "  b", "c"], [1, 3]), (["a 'x", "y' b", "c"], [1, 3]),
      (["cat <<END >x", "quotewire", "END", "b"], [1, 4]), (["a |", "b", "c"], [1, 3]), (["a # it's", "b"], [1, 2]),
      (["for i in 1 2; do", "  a", "done", "b"], [1, 4]), (["a '#' # c", "b"], [1, 2]), (["a $(b", "c)", "d"], [1, 3]),
    ] as [([String], [Int])])
  func commands(lines: [String], starts: [Int]) {
    #expect(ShellText.commands(lines, firstLine: 1).map(\.line) == starts)
  }

  @Test("a line's simple commands have their words, without assignments, redirections and comments")
  func words() {
    let text = "A=1 quotewire x --b 'c d' >out 2>&1 | head -3 && (tools/y --z=1) # quotewire --none"
    #expect(
      ShellText.simpleCommands(text) == [["quotewire", "x", "--b", "c d"], ["head", "-3"], ["tools/y", "--z=1"]])
    #expect(ShellText.withoutComments("a 'b # c' # d") == "a 'b # c' ")
  }

  @Test("a page whose command fails tells page, line, command, exit code and output")
  func failure() async throws {
    let page = Page("b.md", "Text\n\n```sh\ntrue\necho told; (exit 7)\nfalse\n```")
    let failures = try await PageRun(page).failures()
    #expect(
      failures.map(\.description) == ["b.md:5: exit code 7, not 0\n  echo told; (exit 7)\noutput:\ntold\n"])
  }

  @Test("a server of a page goes on, its port is another, and a later one takes its place")
  func server() async throws {
    let page = Page(
      "c.md",
      """
      ```sh
      quotewire serve --answers seed=1 --port 7000
      quotewire serve --generate seed=1,symbols=5,rate=100 --port 7000
      quotewire ingest --url ws://127.0.0.1:7000/ --symbols '*' --types Quote --limit 3 --to ndjson:- >rows
      test $(wc -l <rows) -ge 3
      ```
      <!-- exit code: 2 -->
      ```sh
      quotewire ingest --frobnicate
      ```
      """)
    #expect(try await PageRun(page).failures().map(\.description) == [])
  }

  @Test("stand-ins refuse what the real programs would not do, or do to no good end")
  func standIns() async throws {
    let page = Page(
      "g.md",
      """
      <!-- file: Dockerfile -->
      ```
      FROM debian
      COPY nowhere /
      ```
      <!-- exit code: 1 -->
      ```sh
      docker build -f Dockerfile -t x .
      ```
      <!-- file: Dockerfile -->
      ```
      FROM debian
      COPY --from=build /x /
      ```
      <!-- exit code: 1 -->
      ```sh
      docker build -f Dockerfile -t x .
      ```
      <!-- exit code: 1 -->
      ```sh
      sudo true
      ```
      <!-- exit code: 1 -->
      ```sh
      sudo systemctl enable --now quotewire@day
      ```
      <!-- exit code: 1 -->
      ```sh
      sudo tools/install --prefix /usr
      sudo systemctl enable --now quotewire@day
      ```
      <!-- exit code: 1 -->
      ```sh
      sudo install -d /etc/quotewire
      sudo install -m 644 /usr/share/quotewire/example.env /etc/quotewire/day.env
      sudo systemctl enable --now quotewire@day
      ```
      <!-- exit code: 2 -->
      ```sh
      sudo install -m 600 /usr/share/quotewire/example.env /etc/quotewire/day.env
      sed -i 's/--types/--typos/' "$ROOT/etc/quotewire/day.env"
      sudo systemctl enable --now quotewire@day
      ```
      <!-- exit code: 3 -->
      ```sh
      systemctl status quotewire@day
      ```
      """)
    #expect(try await PageRun(page).failures().map(\.description) == [])
  }

  @Test("a feed of a page stands for the public one, and Ctrl-C ends what goes on, in good order")
  func feed() async throws {
    let page = Page(
      "d.md",
      """
      <!-- feed: --generate seed=1,symbols=50,rate=200,mix=Quote:80/Trade:20,universe=stocks --token secret -->
      <!-- before: export TOKEN=secret -->
      <!-- Ctrl-C after: 1 -->
      ```sh
      quotewire ingest --url wss://HOST/PATH --token-env TOKEN --symbols AAPL --stats stats.json
      grep -q '"gaps":0' stats.json
      ```
      """)
    #expect(try await PageRun(page).failures().map(\.description) == [])
    let unserved = Page("e.md", "```sh\nquotewire ingest --symbols AAPL --reconnect 0\n```")
    let failures = try await PageRun(unserved).failures().map(\.description)
    #expect(failures.first?.contains("exit code 1") == true && failures.first?.contains("127.0.0.1:1") == true)
    let deaf = Page("f.md", "<!-- Ctrl-C after: 1 -->\n```sh\nbash -c 'trap \"exit 9\" INT; sleep 60 & wait'\n```")
    #expect(try await PageRun(deaf).failures().map(\.what) == ["exit code 9, not 0"])
  }
}
