import DXLink
import TestSupport
import Testing

@Suite("Candle symbols", .tags(.unit))
struct CandleSymbolTests {
  static let forms: [(String, String)] = [
    ("AAPL{=1d}", "AAPL{=d}"),
    ("AAPL{=d}", "AAPL{=d}"),
    ("SPX{=1h}", "SPX{=h}"),
    ("AAPL{tho=TRUE,=1H}", "AAPL{=h,tho=true}"),
    ("AAPL{=60m}", "AAPL{=60m}"),
    ("AAPL{=24h}", "AAPL{=24h}"),
    ("AAPL{=05m}", "AAPL{=5m}"),
    ("AAPL{=5.0m}", "AAPL{=5m}"),
    ("AAPL{=0.5m}", "AAPL{=0.5m}"),
    ("AAPL{=minute}", "AAPL{=m}"),
    ("AAPL{=5minutes}", "AAPL{=5m}"),
    ("AAPL{=3months}", "AAPL{=3mo}"),
    ("AAPL{=MO}", "AAPL{=mo}"),
    ("AAPL{=10pm}", "AAPL{=10pm}"),
    ("AAPL{=price_renko}", "AAPL{=pr}"),
    ("AAPL&Q{=h}", "AAPL&Q{=h}"),
    ("EUR/USD{=m,price=BID}", "EUR/USD{=m,price=bid}"),
    ("AAPL{=h,price=last,a=m,tho=false}", "AAPL{=h}"),
    ("AAPL{=h,price=settlement}", "AAPL{=h,price=s}"),
    ("AAPL{=h,tho=true,a=s}", "AAPL{=h,a=s,tho=true}"),
    ("AAPL{=h,a=session}", "AAPL{=h,a=s}"),
    ("AAPL{=d,pl=0.10}", "AAPL{=d,pl=0.1}"),
    ("=(AAPL+GOOG)/2{=1d}", "=(AAPL+GOOG)/2{=d}"),
    ("AAPL{zz=Q,=1m}", "AAPL{=m,zz=Q}"),
    ("AAPL{price=last}", "AAPL"),
    // Not understood, so left as they are.
    ("AAPL", "AAPL"), ("", ""), ("{=d}", "{=d}"), ("AAPL{}", "AAPL{}"), ("AAPL{d}", "AAPL{d}"),
    ("AAPL{=5}", "AAPL{=5}"), ("AAPL{=-5m}", "AAPL{=-5m}"), ("AAPL{=0m}", "AAPL{=0m}"), ("AAPL{=5x}", "AAPL{=5x}"),
    ("AAPL{=d,tho=maybe}", "AAPL{=d,tho=maybe}"), ("AAPL{=d", "AAPL{=d"),
    // Without the second group's default, the first would be left, which is another candle symbol.
    ("AAPL{a=m}{a=m}", "AAPL{a=m}{a=m}"), ("AAPL{=d}{=m}", "AAPL{=d}{=m}"), ("AAPL}{=d}", "AAPL}{=d}"),
  ]

  @Test("the canonical form", arguments: forms)
  func canonical(symbol: String, expected: String) {
    #expect(CandleSymbol.canonical(symbol) == expected)
    #expect(CandleSymbol.canonical(expected) == expected)
  }

  @Test("two spellings of one candle are equal, two candles are not")
  func equality() {
    #expect(CandleSymbol("A{tho=true,=1h}") == CandleSymbol("A{=h,tho=TRUE}"))
    #expect(CandleSymbol("A{=60m}") != CandleSymbol("A{=h}"))
    #expect(CandleSymbol("A{=5m}")?.base == "A")
    #expect(CandleSymbol("A{=5m}")?.period == "5m")
  }
}
