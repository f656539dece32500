// SinksTests
