// MarketTests
