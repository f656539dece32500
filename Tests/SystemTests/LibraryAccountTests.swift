import Quotewire
import TestSupport
import Testing

@Suite("The library with a tastytrade account", .tags(.system))
struct LibraryAccountTests {
  @Test("loops get the feed's address and their token from the account, which is asked once for all of them")
  func loops() async throws {
    let account = try LoginServer()
    var configuration = Client.Configuration()
    configuration.token = .account(file: account.login)
    configuration.authorityFile = account.authority
    let client = try Client(configuration)
    #expect(account.log.isEmpty || account.logins == 0, "nothing is asked before the first loop")
    for _ in 0..<2 {
      var count = 0
      for try await sale in client.events(TimeAndSale.self, symbols: ["*"]) {
        #expect(sale.price > 0 && sale.receivedNanos > 0)
        count += 1
        if count == 50 { break }
      }
      #expect(count == 50)
    }
    await client.close()
    #expect(account.logins == 1 && account.quoteTokens == 1, "\(account.log)")
  }

  @Test("a login that is refused ends the loop, one that is not there is told before anything is tried")
  func refused() async throws {
    let account = try LoginServer()
    var configuration = Client.Configuration()
    configuration.authorityFile = account.authority
    configuration.token = .account(file: account.folder.file("nothing"))
    #expect(throws: QuotewireError.self) { try Client(configuration) }
    try account.fail("401")
    configuration.token = .account(file: account.login)
    let client = try Client(configuration)
    do throws(QuotewireError) {
      for try await _ in client.events(TimeAndSale.self, symbols: ["*"]) { Issue.record("an event") }
      Issue.record("the loop ended without an error")
    } catch {
      #expect(error.kind == .refused, "\(error)")
      #expect(!error.description.contains(LoginServer.secret), "\(error)")
    }
    await client.close()
  }
}
