import TestSupport
import Testing

/// Our client and our server judged by the cases of the Autobahn test suite, through the script in tools.
@Suite("The Autobahn test suite", .tags(.system, .slow), .serialized)
struct AutobahnTests {
  /// What the script says when its package cannot be installed here.
  private static let cannotInstall: Int32 = 75
  private static let script = Places.packageRoot + "/tools/interop/autobahn"

  /// Everything but the cases that are too much for a debug build: messages up to 16 MiB (section 9), and a thousand
  /// large compressed ones each (sections 12 and 13).
  private static let cases = [
    "1", "2", "3", "4", "5", "6", "7", "10", "12.*.[1-4]", "12.*.11", "13.*.[1-3]", "13.*.11",
  ]

  @Test("finds no fault with our client and our server in the cases that a debug build can run in time")
  func noFault() throws {
    let program = try Built.program("quotewire-conformance")
    let run = try Program("/bin/bash", [Self.script, program] + Self.cases).wait(limitSeconds: 600)
    if Self.isSkipped(run) { return }
    #expect(run.exitCode == 0, "\(run.text)\(run.errors)")
    // Three cases of section 7 judge nothing, whatever is done.
    let sums = run.lines.filter { $0.hasPrefix("  sum ") }.map { $0.split(separator: " ").compactMap { Int($0) } }
    #expect(sums == [[297, 0, 3, 0, 0], [297, 0, 3, 0, 0]], "\(run.text)")
  }

  @Test("tells when a program does something wrong")
  func tellsFaults() throws {
    let folder = TemporaryFolder()
    let faulty = folder.file("faulty-conformance")
    // A client that runs no case, and a server that answers nothing of the protocol.
    try write(
      """
      #!/bin/sh
      [ "$1" = ws-echo ] && exec '\(try Built.program("quotewire-conformance"))' ws-echo "$2/no-such-place"
      exec '\(try Built.program("quotewire-conformance"))' ws-echo-server not-a-port
      """, to: faulty)
    let made = try Program("/bin/chmod", ["+x", faulty]).wait()
    #expect(made.exitCode == 0)
    let run = try Program("/bin/bash", [Self.script, faulty, "1"]).wait(limitSeconds: 120)
    if Self.isSkipped(run) { return }
    #expect(run.exitCode == 1, "\(run.text)")
    #expect(!run.text.contains("all as it should be"))
  }

  private static func isSkipped(_ run: Program.Ended) -> Bool {
    if run.exitCode == cannotInstall { print("skipped: \(run.errors)") }
    return run.exitCode == cannotInstall
  }
}
