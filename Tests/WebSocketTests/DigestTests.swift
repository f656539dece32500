import Testing
import WebSocket

@Suite("SHA-1, base64 and the accept key")
struct DigestTests {
  static func text(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  @Test(
    "SHA-1 gives the digests of RFC 3174 and FIPS 180",
    arguments: [
      ("", 1, "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
      ("abc", 1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1, "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
      ),
      ("a", 1_000_000, "34aa973cd4c4daa4f61eeb2bdbad27316534016f"),
      (
        "0123456701234567012345670123456701234567012345670123456701234567", 10,
        "dea356a2cddd90c7a7ecedc5ebb563934f460452"
      ),
    ])
  func sha1(_ part: String, _ times: Int, _ digest: String) {
    let message = Array(String(repeating: part, count: times).utf8)
    #expect(Self.text(SHA1.digest(message)) == digest)
  }

  static let vectors = [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
    ("foobar", "Zm9vYmFy"),
  ]

  @Test("base64 keeps the vectors of RFC 4648 both ways", arguments: vectors)
  func base64(_ plain: String, _ coded: String) {
    #expect(Base64.encode(Array(plain.utf8)) == coded)
    #expect(Base64.decode(coded) == Array(plain.utf8))
  }

  @Test("base64 round trips every byte value at every length up to 100")
  func base64RoundTrip() {
    for count in 0...100 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + count) }
      #expect(Base64.decode(Base64.encode(bytes)) == bytes)
    }
    #expect(Base64.encode([0xFB, 0xFF, 0xBF]) == "+/+/")
  }

  @Test(
    "base64 refuses everything but the canonical form",
    arguments: [
      "Z", "Zg", "Zg=", "Zg===", "=Zg=", "Z===", "====", "Zh==", "Zm9=", "Zg==Zg==", "Zm9\n", "Zm 9", "Zm-_", "Zmé",
    ])
  func base64Refusals(_ text: String) {
    #expect(Base64.decode(text) == nil)
  }

  @Test("the accept key is that of RFC 6455")
  func accept() throws {
    let key = try #require(HandshakeKey(received: "dGhlIHNhbXBsZSBub25jZQ=="))
    #expect(key.accept == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    #expect(HandshakeKey(nonce: Array("the sample nonce".utf8)).text == "dGhlIHNhbXBsZSBub25jZQ==")
  }

  @Test(
    "a key of another length is no key", arguments: ["", "AAAA", "dGhlIHNhbXBsZSBub25j", "dGhlIHNhbXBsZSBub25jZSE="])
  func wrongKeys(_ text: String) {
    #expect(HandshakeKey(received: text) == nil)
  }

  @Test("keys are 16 bytes and not twice the same")
  func freshKeys() {
    let keys = (0..<100).map { _ in HandshakeKey().text }
    #expect(Set(keys).count == 100)
    #expect(keys.allSatisfy { Base64.decode($0)?.count == 16 })
  }
}
