// IOTests
