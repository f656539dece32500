import Quotewire

@main
struct PrintQuotes {
  /// Prints ten quotes: print-quotes URL SYMBOL...
  static func main() async throws {
    let arguments = CommandLine.arguments.dropFirst()
    let client = try Client(Client.Configuration(url: arguments.first ?? Client.Configuration.demoURL))
    let symbols = arguments.count > 1 ? Array(arguments.dropFirst()) : ["AAPL", "SPY"]
    var left = 10
    for try await quote in client.events(Quote.self, symbols: symbols) {
      print(quote.eventSymbol, quote.bidPrice, quote.askPrice)
      left -= 1
      if left == 0 { break }
    }
    await client.close()
  }
}
