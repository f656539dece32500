import Account
import Glibc
import IO
import Ingest

extension Client.Configuration {
  /// The account that gives lanes their tokens, where there is one. It asks nobody before the first loop.
  func account(_ lane: inout LaneSettings) throws(QuotewireError) -> Account? {
    guard case .account(let file) = token else { return nil }
    do {
      // The feed's address is not known yet, and neither is whether it needs TLS.
      let tls = try TLSContext.client(trust: authorityFile.map { .file($0) } ?? .system)
      lane.tls = tls
      var settings = AccountSettings(
        source: CredentialSource(file: file, environment: Self.variable), tls: tls, userAgent: Self.agent)
      if url != Self.demoURL { settings.feed = lane.url }
      settings.allowsPlaintext = allowsPlaintext
      _ = try settings.source.read()
      return try Account(settings)
    } catch { throw QuotewireError(.configuration, "\(error)") }
  }

  /// The interface insists on product and version: that of the library's API.
  private static let agent = "quotewire/0.1"

  @Sendable private static func variable(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }
}
