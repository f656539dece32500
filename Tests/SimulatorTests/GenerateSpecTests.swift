import Market
import Simulator
import TestSupport
import Testing

@Suite("Generate specs")
struct GenerateSpecTests {
  @Test(
    "a spec's canonical text names every key and reads back equal",
    arguments: [
      "", "seed=7,symbols=3", "mix=Quote:1/Trade:2/Candle:3,candles=2x9", "duration=forever,burst=8,zipf=0.05",
      "nan=0.006,universe=options,fields=full", "duration=1500ms,period=0s,preset=hostile", "mix=all,zipf=3",
      "mix=Order:1,orders=400,sources=memx/ntv",
    ])
  func roundTrip(_ text: String) throws {
    let spec = try GenerateSpec(text)
    #expect(try GenerateSpec(spec.text) == spec)
    let named = spec.text.split(separator: ",").map { String($0.prefix { $0 != "=" }) }
    // Keys that came later stand only where they say something.
    let later = ["orders", "sources"].filter { text.contains($0 + "=") }
    #expect(Set(named) == Set(GenerateSpec.table.map(\.key)).subtracting(["orders", "sources"]).union(later))
  }

  @Test("values arrive where they belong")
  func values() throws {
    let spec = try GenerateSpec(
      "seed=18446744073709551615,symbols=12,rate=50,mix=Order:3/Message:1,duration=2m,burst=9,zipf=0.9,nan=0.006,"
        + "candles=5x100,period=20ms")
    #expect(spec.seed == .max)
    #expect(spec.symbols == 12 && spec.rate == 50 && spec.burst == 9)
    #expect(spec.mix == [.init(type: .order, weight: 3), .init(type: .message, weight: 1)])
    #expect(spec.durationMillis == 120_000 && spec.periodMillis == 20)
    #expect(spec.zipfHundredths == 90 && spec.nanPerMillion == 6000)
    #expect(spec.candleSymbols == 5 && spec.candleRows == 100)
  }

  @Test(
    "a wrong spec is refused with its key and what is allowed",
    arguments: [
      ("speed=9", "speed"), ("symbols=0", "1 to 200000"), ("symbols=x", "symbols"), ("mix=Quote", "TYPE:WEIGHT"),
      ("mix=Qoute:1", "TimeAndSale"), ("mix=Quote:1/Quote:2", "at most once"), ("duration=10", "10s"),
      ("zipf=1.234", "0.01"), ("nan=2", "0 to 1"), ("nan=-1", "nan"), ("fields=some", "lean, full"),
      ("universe=stocks,mix=Greeks:1", "options or mixed"), ("candles=4", "SYMBOLSxROWS"),
      ("orders=0", "1 to 10000"), ("sources=ntv/ntv", "each once"), ("sources=", "memx"),
      ("seed=1,seed=2", "once"),
      ("seed", "key=value"), ("generator=2", "no other generator"), ("zipf=1.1.1", "zipf"), ("nan=", "nan"),
    ])
  func refusals(_ text: String, _ expected: String) {
    let error = #expect(throws: SimulatorError.self) { try GenerateSpec(text) }
    #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
  }
}
