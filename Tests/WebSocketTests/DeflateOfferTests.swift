import Bytes
import TestSupport
import Testing
import WebSocket

/// The negotiation of RFC 7692 section 7.1, as a table.
@Suite("permessage-deflate is negotiated", .tags(.unit))
struct DeflateOfferTests {
  private static let support = DeflateSupport { _ in InvertedEngine() }

  @Test(
    "a server grants the first offer that it can",
    arguments: [
      (["permessage-deflate"], "permessage-deflate"),
      (["Permessage-Deflate"], "permessage-deflate"),
      (["permessage-deflate; client_max_window_bits"], "permessage-deflate"),
      (["permessage-deflate;client_max_window_bits=10"], "permessage-deflate; client_max_window_bits=10"),
      (["permessage-deflate; client_max_window_bits=\"9\""], "permessage-deflate; client_max_window_bits=9"),
      (["permessage-deflate ; server_max_window_bits = 8"], "permessage-deflate; server_max_window_bits=8"),
      (["permessage-deflate; server_max_window_bits=15"], "permessage-deflate; server_max_window_bits=15"),
      (["permessage-deflate; server_no_context_takeover"], "permessage-deflate; server_no_context_takeover"),
      (["permessage-deflate; client_no_context_takeover"], "permessage-deflate; client_no_context_takeover"),
      (["x-other", "permessage-deflate"], "permessage-deflate"),
      (
        ["permessage-deflate; server_max_window_bits=7", "permessage-deflate; server_no_context_takeover"],
        "permessage-deflate; server_no_context_takeover"
      ),
      (
        ["permessage-deflate; server_max_window_bits=9; server_no_context_takeover; client_max_window_bits=11"],
        "permessage-deflate; server_no_context_takeover; server_max_window_bits=9; client_max_window_bits=11"
      ),
    ] as [([String], String)])
  func granted(_ offers: [String], _ answer: String) throws {
    #expect(Self.support.grant(offers)?.words == answer)
  }

  @Test(
    "a server declines an offer that breaks the rules, and goes on without compression",
    arguments: [
      "", "deflate", "x-webkit-deflate-frame", "permessage-deflate;", "permessage-deflate; ;",
      "permessage-deflate; surprise", "permessage-deflate; surprise=1", "permessage-deflate=1",
      "permessage-deflate; server_no_context_takeover=true", "permessage-deflate; client_no_context_takeover=1",
      "permessage-deflate; server_max_window_bits", "permessage-deflate; server_max_window_bits=",
      "permessage-deflate; server_max_window_bits=7", "permessage-deflate; server_max_window_bits=16",
      "permessage-deflate; server_max_window_bits=08", "permessage-deflate; server_max_window_bits=+9",
      "permessage-deflate; server_max_window_bits=-9", "permessage-deflate; server_max_window_bits=9.0",
      "permessage-deflate; server_max_window_bits=99999999999999999999",
      "permessage-deflate; client_max_window_bits=0", "permessage-deflate; client_max_window_bits=\"",
      "permessage-deflate; client_max_window_bits=\"1 0\"", "permessage-deflate; client_max_window_bits=\u{661}0",
      "permessage-deflate; client_max_window_bits; client_max_window_bits=10",
      "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
      "permessage-deflate; Server_No_Context_Takeover; server_no_context_takeover",
      "permessage-deflate" + String(repeating: "; a", count: 5_000),
    ])
  func declined(_ offer: String) {
    #expect(Self.support.grant([offer]) == nil)
    #expect(Self.support.grant([offer, "permessage-deflate"])?.words == "permessage-deflate")
  }

  @Test("a client offers what it wishes, and its offer is read back as it was")
  func words() {
    #expect(DeflateOffer().words == "permessage-deflate; client_max_window_bits")
    for bits in [.unsupported, .any, .atMost(8), .atMost(15)] as [DeflateOffer.ClientBits] {
      for serverBits in [nil, 8, 12, 15] as [Int?] {
        for forgets in [false, true] {
          var offer = DeflateOffer()
          (offer.clientBits, offer.serverBits) = (bits, serverBits)
          (offer.serverForgets, offer.clientForgets) = (forgets, !forgets)
          #expect(DeflateOffer(offer.words) == offer, "\(offer.words)")
        }
      }
    }
  }

  @Test("a client takes an answer that its offer allows")
  func accepted() throws {
    func agreed(_ offer: String, _ answer: String) throws -> DeflateParameters? {
      let wishes = try #require(DeflateOffer(offer))
      let support = DeflateSupport(wishes: wishes) { _ in InvertedEngine() }
      return try support.agreement(answer: [answer])?.parameters
    }
    var expected = DeflateParameters()
    #expect(try agreed("permessage-deflate", "permessage-deflate") == expected)
    expected.serverBits = 9
    #expect(try agreed("permessage-deflate", "permessage-deflate; server_max_window_bits=9") == expected)
    #expect(
      try agreed("permessage-deflate; server_max_window_bits=10", "permessage-deflate; server_max_window_bits=9")
        == expected)
    expected.clientBits = 8
    expected.serverForgets = true
    expected.clientForgets = true
    let all = "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9"
    #expect(
      try agreed(
        "permessage-deflate; client_max_window_bits", "permessage-deflate; client_max_window_bits=8" + all) == expected)
    expected = DeflateParameters()
    expected.clientBits = 10
    #expect(try agreed("permessage-deflate; client_max_window_bits=10", "permessage-deflate") == expected)
    #expect(try Self.support.agreement(answer: []) == nil, "the server does not compress")
    #expect(try Self.support.agreement(answer: ["x-other"]) == nil)
  }

  @Test(
    "a client fails the connection over an answer that its offer does not allow",
    arguments: [
      ("permessage-deflate", "permessage-deflate; client_max_window_bits=10"),
      ("permessage-deflate; client_max_window_bits", "permessage-deflate; client_max_window_bits"),
      ("permessage-deflate; client_max_window_bits=10", "permessage-deflate; client_max_window_bits=11"),
      ("permessage-deflate; server_max_window_bits=10", "permessage-deflate; server_max_window_bits=11"),
      ("permessage-deflate; server_max_window_bits=10", "permessage-deflate"),
      ("permessage-deflate; server_no_context_takeover", "permessage-deflate"),
      ("permessage-deflate", "permessage-deflate; server_max_window_bits"),
      ("permessage-deflate", "permessage-deflate; server_max_window_bits=16"),
      ("permessage-deflate", "permessage-deflate; server_no_context_takeover=1"),
      ("permessage-deflate", "permessage-deflate; surprise"),
      ("permessage-deflate", "permessage-deflate; server_max_window_bits=9; server_max_window_bits=9"),
    ])
  func refused(_ offer: String, _ answer: String) throws {
    let support = DeflateSupport(wishes: try #require(DeflateOffer(offer))) { _ in InvertedEngine() }
    #expect(throws: WebSocketError.extensionAnswerInvalid(answer)) { try support.agreement(answer: [answer]) }
    #expect(!WebSocketError.extensionAnswerInvalid(answer).reconnectingMayHelp)
  }

  @Test("an answer that chooses the extension twice is refused")
  func twice() {
    #expect(throws: WebSocketError.extensionAnswerInvalid("permessage-deflate")) {
      try Self.support.agreement(answer: ["permessage-deflate", "permessage-deflate"])
    }
  }

  @Test("without memory for an engine a server does not compress, and a client says so")
  func noMemory() {
    let support = DeflateSupport { _ in nil }
    #expect(support.grant(["permessage-deflate"]) == nil)
    #expect(throws: WebSocketError.noMemoryToInflate) { try support.agreement(answer: ["permessage-deflate"]) }
  }

  @Test("engines get the windows that were agreed, each side its own")
  func windows() throws {
    nonisolated(unsafe) var seen: [DeflateWindows] = []
    let support = DeflateSupport { windows in
      unsafe seen.append(windows)
      return InvertedEngine()
    }
    let words = "permessage-deflate; server_max_window_bits=9; client_max_window_bits=11"
    _ = support.grant([words])
    _ = try support.agreement(answer: [words])
    #expect(unsafe seen.map(\.sentBits) == [9, 11])
    #expect(unsafe seen.map(\.receivedBits) == [11, 9])
  }
}
