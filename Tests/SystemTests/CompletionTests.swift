import Glibc
import TestSupport
import Testing

/// Shells and typesetters that may be installed.
enum Installed {
  /// The path of a program; nil, with a sentence, where it is not installed.
  static func program(_ name: String) -> String? {
    for folder in ["/usr/bin/", "/bin/", "/usr/local/bin/"] where unsafe access(folder + name, X_OK) == 0 {
      return folder + name
    }
    print("skipped: \(name) is not installed")
    return nil
  }
}

/// A line as it stands before the cursor, and the candidates that belong there.
struct Completion: Sendable, CustomTestStringConvertible {
  let words: [String]
  let includes: [String]
  let excludes: [String]
  var testDescription: String { words.joined(separator: " ") }

  init(_ line: String, _ includes: [String], not excludes: [String] = []) {
    words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    self.includes = includes
    self.excludes = excludes
  }

  static let all = [
    Completion("quotewire in", ["ingest", "inspect"], not: ["replay"]),
    Completion("quotewire ingest --symb", ["--symbols", "--symbols-file"], not: ["--types"]),
    Completion("quotewire ingest --types Tr", ["Trade", "TradeETH"], not: ["Quote"]),
    Completion("quotewire ingest --types Quote,Can", ["Quote,Candle"], not: ["Candle"]),
    Completion("quotewire ingest --contract t", ["ticker"], not: ["stream"]),
    Completion("quotewire ingest --to par", ["parquet:"], not: ["csv:"]),
    Completion("quotewire completions z", ["zsh"], not: ["bash"]),
    Completion("quotewire help exit", ["exit-codes"], not: ["sinks"]),
    Completion("quotewire collect sp", ["sp500"], not: ["dow30"]),
    Completion("quotewire replay --speed m", ["max"]),
    Completion("quotewire replay /etc/passw", ["/etc/passwd"]),
    Completion("quotewire ingest --record /etc/passw", ["/etc/passwd"]),
  ]
}

@Suite("Completions in real shells", .tags(.system))
struct CompletionTests {
  private let folder = TemporaryFolder()

  private func script(_ shell: String) throws -> String {
    let ended = try quotewire("completions", shell)
    #expect(ended.exitCode == 0 && ended.errors.isEmpty, "\(ended)")
    let file = folder.file("completions")
    try write(ended.text, file)
    return file
  }

  private func write(_ text: String, _ path: String) throws {
    guard let file = unsafe fopen(path, "w") else { throw Trouble("cannot write \(path)") }
    let bytes = Array(text.utf8)
    unsafe fwrite(bytes, 1, bytes.count, file)
    unsafe fclose(file)
  }

  private func hold(_ completion: Completion, _ lines: [String], _ ended: Program.Ended) {
    for word in completion.includes { #expect(lines.contains(word), "\(lines) \(ended)") }
    for word in completion.excludes { #expect(!lines.contains(word), "\(lines)") }
    #expect(ended.errors.isEmpty, "\(ended)")
  }

  @Test("bash offers what can stand at the cursor", arguments: Completion.all)
  func bash(completion: Completion) throws {
    guard let bash = Installed.program("bash") else { return }
    let words = completion.words.map { "'\($0)'" }.joined(separator: " ")
    let ended = try Program(
      bash,
      [
        "--norc", "-c",
        """
        source '\(try script("bash"))'
        COMP_WORDS=(\(words)); COMP_CWORD=\(completion.words.count - 1)
        _quotewire
        printf '%s\\n' "${COMPREPLY[@]}"
        """,
      ]
    ).wait()
    hold(completion, ended.lines.map(String.init), ended)
  }

  @Test("bash offers values behind an equals sign, and files behind the colon of a sink, which it cuts words at")
  func cutWords() throws {
    guard let bash = Installed.program("bash") else { return }
    let ended = try Program(
      bash,
      [
        "--norc", "-c",
        """
        source '\(try script("bash"))'
        try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _quotewire; echo "${COMPREPLY[*]}"; }
        try quotewire ingest --contract = st
        try quotewire ingest --contract =
        try quotewire ingest --to csv : /etc/passw
        """,
      ]
    ).wait()
    #expect(ended.lines.prefix(2) == ["stream", "auto ticker stream history"], "\(ended)")
    #expect(ended.lines.last?.split(separator: " ").contains("/etc/passwd") == true, "\(ended)")
  }

  @Test("fish offers what can stand at the cursor", arguments: Completion.all)
  func fish(completion: Completion) throws {
    guard let fish = Installed.program("fish") else { return }
    let ended = try Program(
      fish,
      [
        "--no-config", "-c",
        "source '\(try script("fish"))'; complete -C '\(completion.words.joined(separator: " "))'",
      ], environment: ["HOME": folder.path]
    ).wait()
    let lines = ended.lines.map { String($0.split(separator: "\t")[0]) }
    hold(completion, lines, ended)
  }

  @Test("zsh reads the script, and offers commands, options and values")
  func zsh() throws {
    guard let zsh = Installed.program("zsh") else { return }
    let completions = try script("zsh")
    // The completion system needs a terminal: zpty gives one. The widget prints the line as it was completed.
    try write(
      """
      autoload -Uz compinit; compinit -u -d \(folder.file("dump"))
      source \(completions)
      probe() { zle complete-word; print -r -- "<<$BUFFER>>"; BUFFER=''; }
      zle -N probe; bindkey '^I' probe
      print REA''DY
      """, folder.file("rc"))
    let ended = try Program(
      zsh,
      [
        "-f", "-c",
        """
        zmodload zsh/zpty
        zpty z zsh -f -i
        zpty -w z "source \(folder.file("rc"))"
        zpty -r -m z line '*READY*'
        ask() { zpty -n -w z "$1"$'\\t'; zpty -r -m z line '*<<*>>*'; line=${line##*<<}; print -r -- ${line%%>>*} }
        ask 'quotewire inges'
        ask 'quotewire ingest --symbols-f'
        ask 'quotewire ingest --contract=tic'
        ask 'quotewire ingest --types Cand'
        ask 'quotewire completions fi'
        zpty -d z
        """,
      ], environment: ["HOME": folder.path, "TERM": "dumb"]
    ).wait()
    let lines = [
      "quotewire ingest ", "quotewire ingest --symbols-file=", "quotewire ingest --contract=ticker ",
      "quotewire ingest --types Candle,", "quotewire completions fish ",
    ]
    #expect(ended.lines.map(String.init) == lines, "\(ended)")
  }
}

@Suite("Man pages", .tags(.system))
struct ManPageTests {
  private let folder = TemporaryFolder()

  private func pages() throws -> [String] {
    let ended = try quotewire("man", "--to", folder.file("man"))
    #expect(ended.exitCode == 0, "\(ended)")
    let names = Places.names(in: folder.file("man"))
    #expect(names.contains("quotewire.1") && names.contains("quotewire.conf.5") && names.contains("quotewire-ingest.1"))
    return names.map { folder.file("man/" + $0) }
  }

  @Test("groff typesets every page without a warning")
  func groff() throws {
    guard let groff = Installed.program("groff") else { return }
    for page in try pages() {
      let ended = try Program(groff, ["-man", "-ww", "-rCHECKSTYLE=1", "-Tutf8", "-z", page]).wait()
      #expect(ended.exitCode == 0 && ended.errors.isEmpty, "\(page): \(ended)")
    }
  }

  @Test("mandoc finds nothing to say about any page")
  func mandoc() throws {
    guard let mandoc = Installed.program("mandoc") else { return }
    for page in try pages() {
      let ended = try Program(mandoc, ["-T", "lint", "-W", "style", page]).wait()
      #expect(ended.exitCode == 0 && ended.output.isEmpty, "\(ended.text) \(ended)")
    }
  }

  @Test("a page shows every option of its command as text")
  func text() throws {
    guard let groff = Installed.program("groff") else { return }
    _ = try pages()
    let help = try quotewire("ingest", "--help").text
    let options = help.split(separator: "\n").filter { $0.hasPrefix("  --") }.map { $0.split(separator: " ")[0] }
    #expect(options.count > 20)
    let page = try Program(groff, ["-man", "-P-c", "-P-b", "-P-u", "-Tascii", folder.file("man/quotewire-ingest.1")])
      .wait().text
    for option in options { #expect(page.contains(option), "\(option)") }
  }
}
