import TestSupport
import Testing

/// Every command in the README and the documents. How a page says what a test needs to know stands in docs/testing.md.
@Suite("What the documents tell", .tags(.system))
struct DocumentTests {
  @Test("the commands of each page run as they stand there", arguments: Page.all)
  func run(page: Page) async throws {
    for failure in try await PageRun(page).failures() { Issue.record(Comment(rawValue: "\(failure)")) }
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
        case .before(let line, let lines): look(line, lines.joined(separator: "\n"))
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

  @Test("what a test cannot run is marked with its reason, and is the lesser part")
  func notRun() {
    var (run, notRun, notRunOfOurs) = (0, 0, 0)
    for page in Page.all {
      for block in page.blocks where block.kind == "sh" {
        let commands = ShellText.commands(block.lines, firstLine: block.line + 1)
        let count = commands.count
        guard let reason = block.notRun else {
          run += count
          continue
        }
        notRun += count
        notRunOfOurs += commands.count { $0.text.hasPrefix("quotewire ") }
        print("not run: \(page.path):\(block.line): \(count) commands: \(reason)")
        #expect(reason.split(separator: " ").count >= 3, "\(page.path):\(block.line): the reason says too little")
      }
    }
    print("documents: \(run) commands are run, \(notRun) are not, of which \(notRunOfOurs) are of quotewire itself")
    #expect(run > 30)
    #expect(notRun < 110)
    #expect(notRunOfOurs * 2 < run)
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
      <!-- not run: needs an account -->

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
      case .before(let line, let lines): told.append("\(line) before \(lines.map(\.trimmed))")
      case .block(let b):
        let marks = "\(b.notRun ?? "") \(b.exitCode ?? 0) \(b.staysRunning) \(b.file ?? "")"
        told.append("\(b.line) \(b.kind) \(b.lines) \(marks)")
      }
    }
    #expect(
      told == [
        "1 span quotewire help", "1 span x", "2 before [\"one\", \"two\"]",
        "6 sh [\"three\"] needs an account 0 false ",
        "11 sh [\"four\"]  4 true ", "15 toml [\"five\"]  0 false a.toml",
      ])
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
    #expect(try await PageRun(page).failures().isEmpty)
  }
}
