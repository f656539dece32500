import TestSupport
import Testing

/// What `tools/install` leaves behind, with the built program in place of a release build.
@Suite("Installation", .tags(.system))
struct InstallTests {
  private static func install(_ words: String...) throws -> Program.Ended {
    try Program(Places.packageRoot + "/tools/install", words).wait(limitSeconds: 120)
  }

  @Test("what is installed runs, its unit names it, and uninstalling leaves what others put there")
  func install() throws {
    let folder = TemporaryFolder()
    let prefix = folder.file("usr")
    let ended = try Self.install("--prefix", prefix, "--program", try Built.quotewire())
    #expect(ended.exitCode == 0, "\(ended)")
    let version = try Program(prefix + "/bin/quotewire", ["--version"]).wait()
    #expect(version.text.hasPrefix("quotewire ") && version.text.contains("(commit "))
    let unit = String(decoding: Places.read(prefix + "/lib/systemd/system/quotewire@.service") ?? [], as: UTF8.self)
    #expect(unit.contains("ExecStart=\(prefix)/bin/quotewire ingest"))
    #expect(Places.names(in: prefix + "/share/doc/quotewire").contains("serve.md"))
    #expect(Places.names(in: prefix + "/share/man/man1").contains("quotewire-ingest.1"))
    #expect(Places.names(in: prefix + "/share/man/man5") == ["quotewire.conf.5"])
    #expect(Places.names(in: prefix + "/share/bash-completion/completions") == ["quotewire"])
    #expect(Places.names(in: prefix + "/share/zsh/site-functions") == ["_quotewire"])
    #expect(Places.names(in: prefix + "/share/fish/vendor_completions.d") == ["quotewire.fish"])
    try write("other", to: prefix + "/bin/other")
    let gone = try Self.install("--uninstall", "--prefix", prefix)
    #expect(gone.exitCode == 0, "\(gone)")
    #expect(Places.names(in: prefix + "/bin") == ["other"])
    #expect(Places.names(in: prefix + "/share/doc").isEmpty)
    #expect(try Self.install("--uninstall", "--prefix", prefix).exitCode == 2)
    #expect(try Self.install("--frobnicate").exitCode == 2)
  }

  @Test("with --destdir the unit names the place that the program will have")
  func destination() throws {
    let folder = TemporaryFolder()
    let ended = try Self.install(
      "--prefix", "/usr", "--destdir", folder.path, "--program", try Built.quotewire())
    #expect(ended.exitCode == 0, "\(ended)")
    let unit = Places.read(folder.file("usr/lib/systemd/system/quotewire@.service")) ?? []
    #expect(String(decoding: unit, as: UTF8.self).contains("ExecStart=/usr/bin/quotewire ingest"))
  }

  @Test("systemd understands the unit and finds little exposed")
  func unit() throws {
    let present = try Program("/usr/bin/env", ["systemd-analyze", "--version"]).wait()
    guard present.exitCode == 0 else {
      print("skipped: there is no systemd-analyze")
      return
    }
    let folder = TemporaryFolder()
    let source = Places.read(Places.packageRoot + "/tools/systemd/quotewire@.service") ?? []
    let text = String(decoding: source, as: UTF8.self)
    let bin = folder.file("prefix/bin")
    _ = try Program("/bin/mkdir", ["-p", bin]).wait()
    _ = try Program("/bin/cp", [try Built.quotewire(), bin + "/quotewire"]).wait()
    let unit = folder.file("quotewire@test.service")
    try write(text.replacing("@PREFIX@", with: folder.file("prefix")), to: unit)
    let verified = try Program("/usr/bin/env", ["systemd-analyze", "verify", "--man=no", unit]).wait()
    #expect(!(verified.errors + verified.text).contains("quotewire@test.service"), "\(verified.errors)\(verified.text)")
    // The threshold is in tenths of what it prints.
    let judged = try Program(
      "/usr/bin/env", ["systemd-analyze", "security", "--offline=yes", "--threshold=20", "--no-pager", unit]
    ).wait()
    #expect(judged.exitCode == 0, "\(judged.text.suffix(300))")
  }
}
