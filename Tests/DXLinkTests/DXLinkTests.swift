// DXLinkTests
