import IO

/// What a login needs, and where it was found.
package struct Credentials: Sendable, Equatable {
  package var clientSecret: Secret
  package var refreshToken: Secret
  /// The base address that was stored with them.
  package var url: AccountURL?
  /// For people: a file, or the environment.
  package var place: String

  package init(clientSecret: Secret, refreshToken: Secret, url: AccountURL? = nil, place: String) {
    self.clientSecret = clientSecret
    self.refreshToken = refreshToken
    self.url = url
    self.place = place
  }
}

/// The places where a login may lie, looked at anew for each one, so that new secrets need no restart.
///
/// In this order: the file that was named; the environment; the credential `tastytrade` of a systemd service; the file
/// of `quotewire login`.
package struct CredentialSource: Sendable {
  package static let secretVariable = "TASTYTRADE_CLIENT_SECRET"
  package static let refreshVariable = "TASTYTRADE_REFRESH_TOKEN"
  /// The name of the systemd credential, and of the file beneath the configuration.
  package static let name = "tastytrade"

  /// The file that was named; nil for the standard places.
  package var file: String?
  package var environment: @Sendable (String) -> String?

  package init(file: String? = nil, environment: @escaping @Sendable (String) -> String?) {
    self.file = file
    self.environment = environment
  }

  /// Where `quotewire login` stores; nil without a home.
  package var standardFile: String? {
    let home = environment("HOME").flatMap { $0.isEmpty ? nil : $0 }
    let configuration = environment("XDG_CONFIG_HOME").flatMap { $0.hasPrefix("/") ? $0 : nil }
    return (configuration ?? home.map { $0 + "/.config" }).map { "\($0)/quotewire/\(Self.name)" }
  }

  /// The credential that systemd hands to a service; nil elsewhere.
  private var systemdFile: String? {
    environment("CREDENTIALS_DIRECTORY").flatMap { $0.isEmpty ? nil : "\($0)/\(Self.name)" }
  }

  package func read() throws(AccountError) -> Credentials {
    if let file {
      guard File.exists(file) else { throw .credentials(place: file, reason: "there is no such file") }
      return try CredentialFile.read(file)
    }
    if let found = try fromEnvironment() { return found }
    // systemd keeps the folder from others, and gives its files modes of its own.
    if let systemdFile, File.exists(systemdFile) { return try CredentialFile.read(systemdFile, checksMode: false) }
    if let standardFile, File.exists(standardFile) { return try CredentialFile.read(standardFile) }
    throw .noCredentials(places: ["the environment", systemdFile, standardFile].compactMap { $0 })
  }

  private func fromEnvironment() throws(AccountError) -> Credentials? {
    let secret = environment(Self.secretVariable) ?? ""
    let refresh = environment(Self.refreshVariable) ?? ""
    if secret.isEmpty && refresh.isEmpty { return nil }
    func check(_ value: String, _ name: String) throws(AccountError) -> Secret {
      if value.isEmpty {
        throw .credentials(
          place: "the environment", reason: "\(name) is not set; set both it and the other, or neither")
      }
      let made = Secret(value)
      if let flaw = made.flaw { throw .credentials(place: "the environment", reason: "\(name) \(flaw)") }
      return made
    }
    return Credentials(
      clientSecret: try check(secret, Self.secretVariable), refreshToken: try check(refresh, Self.refreshVariable),
      place: "the environment")
  }
}
