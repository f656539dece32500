import Foundation
import Glibc
import Synchronization

/// A throw-away certificate authority with one certificate of each kind, made once a run by the openssl command.
package final class TestAuthority: Sendable {
  package enum Leaf: String, CaseIterable, Sendable {
    /// For localhost, 127.0.0.1, ::1, *.wild.example and partial*.odd.example.
    case good
    case expired, notYetValid, selfSigned
    /// Issued by an intermediate authority and sent with it.
    case chained
    /// The same without it.
    case unchained
    /// For clients, not for servers.
    case wrongPurpose
    /// With a key that is too short.
    case weak
  }

  package let folder = TemporaryFolder()

  /// Nil, with a message, where the command is absent.
  package static let shared: TestAuthority? = {
    guard TestAuthority.run(["version"], in: "/tmp") else {
      print("skipped: TLS tests need the openssl command; install it, on Debian: apt install openssl")
      return nil
    }
    // A static value has no deinit.
    atexit { _ = try? FileManager.default.removeItem(atPath: TestAuthority.shared?.folder.path ?? "") }
    return TestAuthority()
  }()

  package var rootFile: String { folder.file("root.pem") }
  package func certificateFile(_ leaf: Leaf) -> String { folder.file("\(leaf.rawValue).pem") }
  package func keyFile(_ leaf: Leaf) -> String { folder.file("\(leaf.rawValue).key") }

  private init() {
    write(
      "ca.cnf",
      """
      [ca]
      default_ca=one
      [one]
      database=index.txt
      new_certs_dir=.
      default_md=sha256
      policy=any
      unique_subject=no
      rand_serial=yes
      [any]
      commonName=supplied
      """)
    write("index.txt", "")
    write(
      "leaf.cnf",
      """
      basicConstraints=critical,CA:FALSE
      subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1,DNS:*.wild.example,DNS:partial*.odd.example
      """)
    write("middle.cnf", "basicConstraints=critical,CA:TRUE\n")
    selfSign("root", "/CN=Quotewire Test Root")
    selfSign("other", "/CN=Another Root")
    selfSign("selfSigned", "/CN=localhost")
    issue("good", "/CN=localhost", by: "root", "leaf.cnf")
    issue("expired", "/CN=localhost", by: "root", "leaf.cnf", from: "20200101000000Z", to: "20200201000000Z")
    issue("notYetValid", "/CN=localhost", by: "root", "leaf.cnf", from: "20980704000000Z", to: "20990101000000Z")
    issue("middle", "/CN=Quotewire Test Middle", by: "root", "middle.cnf")
    issue("unchained", "/CN=localhost", by: "middle", "leaf.cnf")
    write(
      "client.cnf",
      """
      basicConstraints=critical,CA:FALSE
      subjectAltName=DNS:localhost
      extendedKeyUsage=clientAuth
      """)
    issue("wrongPurpose", "/CN=localhost", by: "root", "client.cnf")
    issue("weak", "/CN=localhost", by: "root", "leaf.cnf", key: ["-newkey", "rsa:1024", "-nodes"])
    write("chained.pem", read("unchained.pem") + read("middle.pem"))
    write("chained.key", read("unchained.key"))
    write("rubbish.pem", "no certificate\n")
    openssl(["genpkey", "-algorithm", "RSA", "-aes128", "-pass", "pass:secret", "-out", "locked.key"])
  }

  private static let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]

  private func selfSign(_ name: String, _ subject: String) {
    openssl(
      ["req", "-x509"] + Self.newKey + [
        "-keyout", "\(name).key", "-out", "\(name).pem", "-days", "5", "-subj", subject,
      ])
  }

  private func issue(
    _ name: String, _ subject: String, by issuer: String, _ extensions: String, from: String? = nil, to: String? = nil,
    key: [String] = newKey
  ) {
    openssl(["req"] + key + ["-keyout", "\(name).key", "-out", "\(name).csr", "-subj", subject])
    var arguments = ["ca", "-batch", "-config", "ca.cnf", "-cert", "\(issuer).pem", "-keyfile", "\(issuer).key"]
    arguments += ["-in", "\(name).csr", "-out", "\(name).pem", "-notext", "-extfile", extensions]
    if let from, let to { arguments += ["-startdate", from, "-enddate", to] } else { arguments += ["-days", "5"] }
    openssl(arguments)
  }

  private func write(_ name: String, _ contents: String) {
    try! contents.write(toFile: folder.file(name), atomically: false, encoding: .utf8)
  }

  private func read(_ name: String) -> String { try! String(contentsOfFile: folder.file(name), encoding: .utf8) }

  private func openssl(_ arguments: [String]) {
    precondition(Self.run(arguments, in: folder.path), "openssl \(arguments.joined(separator: " ")) failed")
  }

  private static func run(_ arguments: [String], in folder: String) -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["openssl"] + arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }
}
