import Bytes
package import IO

/// A file with a login, for its owner alone:
///
///     # Written by quotewire login.
///     account-url=https://api.tastyworks.com
///     client-secret=…
///     refresh-token=…
package enum CredentialFile {
  /// Longest file, in bytes.
  static let maximumBytes = 64 << 10

  package static func read(_ path: String, checksMode: Bool = true) throws(AccountError) -> Credentials {
    func refuse(_ reason: String) -> AccountError { .credentials(place: path, reason: reason) }
    guard let status = FileStatus(of: path) else { throw refuse("it cannot be looked at; check the owner and mode") }
    if checksMode && status.permissions & 0o077 != 0 {
      throw refuse(
        "others may read it (mode \(String(status.permissions, radix: 8))); run 'chmod 600' on it, and get new secrets "
          + "if others could have read these")
    }
    let bytes: [UInt8]
    do { bytes = try File.contents(of: path, limitBytes: maximumBytes) } catch { throw refuse("\(error)") }
    return try parse(String(decoding: bytes, as: UTF8.self), place: path)
  }

  /// A sentence about the text never repeats any of it but known keys: what stands there may be a secret.
  static func parse(_ text: String, place: String) throws(AccountError) -> Credentials {
    var values: [String: String] = [:]
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let line = trimmed(line)
      if line.isEmpty || line.first == "#" { continue }
      let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let key = parts.count == 2 ? trimmed(parts[0]) : ""
      guard ["account-url", "client-secret", "refresh-token"].contains(key) else {
        throw .credentials(
          place: place,
          reason: "line \(number + 1) has to be client-secret=…, refresh-token=… or account-url=…; "
            + "'quotewire login' writes the file anew")
      }
      guard values[key] == nil else { throw .credentials(place: place, reason: "it has \(key) twice") }
      values[key] = trimmed(parts[1])
    }
    func secret(_ key: String) throws(AccountError) -> Secret {
      guard let value = values[key] else {
        throw .credentials(place: place, reason: "it has no \(key); 'quotewire login' writes the file anew")
      }
      let made = Secret(value)
      if let flaw = made.flaw { throw .credentials(place: place, reason: "its \(key) \(flaw)") }
      return made
    }
    var url: AccountURL?
    if let text = values["account-url"] {
      do throws(AccountError) { url = try AccountURL(parsing: text) } catch {
        throw .credentials(place: place, reason: "\(error)")
      }
    }
    return Credentials(
      clientSecret: try secret("client-secret"), refreshToken: try secret("refresh-token"), url: url, place: place)
  }

  private static func trimmed(_ text: Substring) -> String {
    var text = text.drop { $0.isWhitespace }
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return String(text)
  }

  /// Writes the file, mode 0600, in one step with its name, and the folders above it that are missing.
  package static func write(_ credentials: Credentials, to path: String) throws(IOError) {
    try Directory.create(Directory.parent(of: path))
    var text = ByteWriter(capacity: 1024)
    text.append("# Written by quotewire login.\n")
    if let url = credentials.url { text.append("account-url=\(url)\n" as String) }
    text.append("client-secret=\(credentials.clientSecret.text)\n" as String)
    text.append("refresh-token=\(credentials.refreshToken.text)\n" as String)
    var file = try PendingFile(path, force: true, permissions: File.ownerOnly)
    try unsafe text.withBytes { bytes throws(IOError) in try unsafe file.file.write(bytes) }
    try file.commit()
  }
}
