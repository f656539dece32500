import Glibc
import TestSupport
import Testing

/// What `tools/install` puts where shells and man(1) look, used by them as people do.
@Suite("Installed completions and man pages", .tags(.system))
struct InstalledHelpTests {
  /// One installation for all tests.
  private static let place: Result<TemporaryFolder, Trouble> = {
    let folder = TemporaryFolder()
    do {
      let words = ["--prefix", folder.file("usr"), "--program", try Built.quotewire()]
      let ended = try Program(Places.packageRoot + "/tools/install", words).wait(limitSeconds: 120)
      return ended.exitCode == 0 ? .success(folder) : .failure(Trouble("\(ended)"))
    } catch { return .failure(Trouble("\(error)")) }
  }()

  private var prefix: String { get throws { try Self.place.get().file("usr") } }

  /// The options of each command as the installed program's help tells them.
  private func options() throws -> [String: [String]] {
    var options: [String: [String]] = [:]
    let program = try prefix + "/bin/quotewire"
    for line in try Program(program, ["help"]).wait().lines where line.hasPrefix("  ") && !line.hasPrefix("   ") {
      guard let name = line.split(separator: " ").first, CommandReference.isCommandName(name) else { continue }
      let help = try Program(program, ["help", String(name)]).wait()
      guard help.exitCode == 0 else { continue }
      options[String(name)] = help.lines.filter { $0.hasPrefix("  --") }.map { String($0.split(separator: " ")[0]) }
    }
    #expect(options.count > 15 && (options["ingest"]?.count ?? 0) > 40)
    return options
  }

  @Test("bash loads the installed file by the program's name and offers every option of every command")
  func bash() throws {
    guard let bash = Installed.program("bash") else { return }
    let options = try options()
    let names = options.keys.sorted()
    // As bash-completion does it: the file has the program's name, and 'complete' has told the function.
    let script = """
      source '\(try prefix)/share/bash-completion/completions/quotewire'
      function=$(complete -p quotewire | sed 's/.*-F \\([^ ]*\\) .*/\\1/')
      for name in \(names.joined(separator: " ")); do
        COMP_WORDS=(quotewire $name --); COMP_CWORD=2
        $function
        echo "$name ${COMPREPLY[*]}"
      done
      """
    let ended = try Program(bash, ["--norc", "-c", script]).wait()
    #expect(ended.errors.isEmpty && ended.lines.count == names.count, "\(ended)")
    for line in ended.lines {
      let words = line.split(separator: " ").map { String($0) }
      #expect(Set(words.dropFirst()) == Set((options[words[0]] ?? []) + ["--help"]), "\(words[0])")
    }
  }

  @Test("man finds every installed page, and shows every option of its command")
  func man() throws {
    let folder = try prefix + "/share/man"
    guard let man = Installed.program("man") else { return try source() }
    let environment = ["MANPATH": folder, "MANWIDTH": "200", "MANPAGER": "cat", "LC_ALL": "C", "MANROFFOPT": "-c"]
    for (name, options) in try options() {
      let ended = try Program(man, ["quotewire-" + name], environment: environment).wait()
      // Words that are struck over for bold, as terminals of paper did it.
      let text = ended.text.replacing(#/.\x08/#, with: "")
      #expect(ended.exitCode == 0, "\(ended)")
      for option in options { #expect(text.contains(option), "quotewire-\(name)(1) lacks \(option)") }
    }
    for page in ["quotewire", "quotewire.conf"] {
      let ended = try Program(man, [page], environment: environment).wait()
      #expect(ended.exitCode == 0 && ended.text.count > 2000, "\(page): \(ended)")
    }
  }

  /// Where man is not installed: the source has a title, sections, and each option.
  private func source() throws {
    let folder = try prefix + "/share/man/man1/"
    for (name, options) in try options() {
      let text = String(decoding: Places.read(folder + "quotewire-\(name).1") ?? [], as: UTF8.self)
      #expect(text.hasPrefix(".TH ") && text.contains("\n.SH NAME\n"), "\(name)")
      for option in options { #expect(text.contains(option.replacing("-", with: "\\-")), "\(name) \(option)") }
    }
  }

  @Test("fish finds the installed file in its folder of completions")
  func fish() throws {
    guard let fish = Installed.program("fish") else { return }
    let folder = try prefix + "/share/fish/vendor_completions.d"
    // It loads the file of a command only where that is found.
    let places = "set -p PATH '\(try prefix)/bin'; set -p fish_complete_path '\(folder)'"
    for (name, options) in try options() {
      let script = "\(places); complete -C 'quotewire \(name) --'"
      let ended = try Program(fish, ["--no-config", "-c", script], environment: ["HOME": try prefix]).wait()
      let offered = Set(ended.lines.map { String($0.split(separator: "\t")[0]) })
      #expect(offered.isSuperset(of: options), "\(name): \(ended)")
    }
  }

  @Test("zsh finds the installed function in its folder of functions")
  func zsh() throws {
    guard let zsh = Installed.program("zsh") else { return }
    let folder = try prefix + "/share/zsh/site-functions"
    let script = "fpath=('\(folder)' $fpath); autoload -Uz compinit; compinit -u -D; echo $_comps[quotewire]"
    let ended = try Program(zsh, ["-f", "-c", script]).wait()
    #expect(ended.text.trimmed == "_quotewire", "\(ended)")
  }
}
