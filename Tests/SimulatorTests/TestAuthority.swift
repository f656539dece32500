import Glibc
import TestSupport

/// A self-signed certificate for localhost, made by the openssl command.
enum TestAuthority {
  /// False, with a message, where the command is not there.
  static func make(in folder: TemporaryFolder) throws -> Bool {
    let arguments = [
      "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
      "-subj",
      "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", folder.file("server.key"),
      "-out",
      folder.file("server.pem"),
    ]
    var pointers: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) } + [nil]
    defer { unsafe pointers.forEach { unsafe free($0) } }
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    var child = pid_t()
    guard unsafe posix_spawnp(&child, "openssl", &actions, nil, &pointers, environ) == 0 else {
      print("skipped: there is no openssl command")
      return false
    }
    var status: Int32 = 0
    unsafe waitpid(child, &status, 0)
    return status == 0
  }
}
