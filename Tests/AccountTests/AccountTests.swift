import Account
import Glibc
import TestSupport
import Testing

@Suite("The login of an account", .tags(.unit))
struct AccountTests {
  let folder = TemporaryFolder()

  private func source(_ variables: [String: String], file: String? = nil) -> CredentialSource {
    CredentialSource(file: file, environment: { variables[$0] })
  }

  private func stored(_ mode: mode_t = 0o600) throws -> String {
    let path = folder.file("config/quotewire/tastytrade")
    let url = try AccountURL(parsing: AccountURL.sandbox)
    let login = Credentials(clientSecret: Secret("stored-cs"), refreshToken: Secret("stored-rt"), url: url, place: "")
    try CredentialFile.write(login, to: path)
    #expect(unsafe chmod(path, mode) == 0)
    return path
  }

  @Test("comes from the file that was named, then the environment, then the stored file")
  func order() throws {
    let path = try stored()
    let variables = [
      "XDG_CONFIG_HOME": folder.file("config"), CredentialSource.secretVariable: "env-cs",
      CredentialSource.refreshVariable: "env-rt",
    ]
    #expect(try source(variables).read().refreshToken.text == "env-rt")
    #expect(try source(variables, file: path).read().refreshToken.text == "stored-rt")
    let found = try source(["XDG_CONFIG_HOME": folder.file("config")]).read()
    #expect(found.clientSecret.text == "stored-cs" && found.place == path && "\(found.url!)" == AccountURL.sandbox)
  }

  @Test("that others may read is refused, as is one of two variables alone")
  func refused() throws {
    let path = try stored(0o640)
    #expect(throws: AccountError.self) { try source([:], file: path).read() }
    #expect(throws: AccountError.self) { try source([CredentialSource.secretVariable: "x"]).read() }
    #expect(throws: AccountError.noCredentials(places: ["the environment"])) { try source([:]).read() }
  }

  @Test("never shows a secret in a description or a dump")
  func hidden() {
    let login = Credentials(clientSecret: Secret("hush-1"), refreshToken: Secret("hush-2"), place: "here")
    var text = "\(login) \(String(reflecting: login))"
    dump(login, to: &text)
    #expect(!text.contains("hush"))
  }

  @Test("goes to https alone", arguments: ["http://a.b", "a.b", "https://", "https://u:p@a.b", "https://a.b?x=1"])
  func addresses(text: String) {
    #expect(throws: AccountError.self) { try AccountURL(parsing: text) }
  }
}
