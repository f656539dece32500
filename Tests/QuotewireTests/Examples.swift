import Quotewire

// What README, docs/library.md and the comments of the library show, compiled. A test holds what stands between
// `// example` and `// end` against theirs.

/// Of the README and the library's comments.
private func quotes() async throws {
  // example
  let client = try Client()
  for try await quote in client.events(Quote.self, symbols: ["AAPL", "SPY"]) {
    print(quote.eventSymbol, quote.bidPrice, quote.askPrice)
  }
  // end
}

private func conflated(client: Client) async throws {
  // example
  let buffer = EventBuffer(size: 1_000, policy: .conflate)
  for try await trade in client.events(Trade.self, symbols: ["AAPL", "SPY"], buffer: buffer) {
    print(trade.eventSymbol, trade.price, trade.size)
  }
  // end
}

private func types(client: Client) async throws {
  // example
  for try await event in client.events(types: [.quote, .trade], symbols: ["AAPL", "SPY"]) {
    switch event {
    case .quote(let quote): print(quote.eventSymbol, quote.bidPrice, quote.askPrice)
    case .trade(let trade): print(trade.eventSymbol, trade.price)
    default: break
    }
  }
  // end
}

private func status(client: Client) async {
  // example
  for await status in client.statuses(every: .seconds(1)) {
    for lane in status.lanes { print(lane.number, lane.state, lane.events, lane.gaps, lane.reconnects) }
  }
  // end
}

private func replay() async throws {
  // example
  let recording = Recording("day.qwr")
  for try await quote in recording.events(Quote.self, speed: .max) {
    print(quote.eventSymbol, quote.bidPrice, quote.askPrice)
  }
  // end
}

private func configured() throws {
  // example
  var configuration = Client.Configuration(url: "wss://feed.example.com/dxlink")
  configuration.token = .provider { try await freshToken() }
  configuration.lanes = 4
  configuration.reconnect = .forever
  configuration.log = { sentence in print("feed:", sentence) }
  let client = try Client(configuration)
  // end
  _ = client
}

private func freshToken() async throws -> String { "" }

private func losses(client: Client) async throws {
  // example
  for try await item in client.events(Quote.self, symbols: ["AAPL"]).markingLosses() {
    switch item {
    case .event(let quote): print(quote.bidPrice, quote.askPrice)
    case .gap(let gap): print("nothing came for \((gap.toNanos - gap.fromNanos) / 1_000_000) ms: \(gap.reason)")
    case .dropped(let count): print("\(count) quotes came faster than we took them")
    }
  }
  // end
}

private func candles(client: Client) async throws {
  // example
  for try await candle in client.events(Candle.self, symbols: ["AAPL{=5m}"], fromTime: 1_767_312_000_000) {
    if candle.eventFlags.contains(.removeEvent) { continue }
    print(candle.time, candle.open, candle.high, candle.low, candle.close, candle.volume)
    if candle.eventFlags.contains(.snapshotEnd) { break }
  }
  // end
}

private func errors(client: Client) async {
  // example
  do {
    for try await quote in client.events(Quote.self, symbols: ["AAPL"]) { print(quote.bidPrice) }
  } catch {
    switch error.kind {
    case .refused, .token: print("log in again:", error)
    case .unreachable: print("try later:", error)
    default: print(error)
    }
  }
  // end
}

private func cancelled(client: Client) async throws {
  // example
  let task = Task {
    for try await quote in client.events(Quote.self, symbols: ["AAPL"]) { print(quote.bidPrice) }
  }
  try await Task.sleep(for: .seconds(10))
  task.cancel()
  try await task.value
  await client.close()
  // end
}
