import TestSupport
import Testing

@Suite("Raw messages", .tags(.system))
struct RawTests {
  let folder = TemporaryFolder()

  private static let token = "qz-4711-SECRET"

  private func server() throws -> FeedServer {
    try FeedServer(
      ["--generate", "seed=4,symbols=5,rate=500", "--token-env", "T"], environment: ["T": Self.token])
  }

  private func raw(_ arguments: [String]) throws -> Program.Ended {
    try start(["raw"] + arguments, environment: ["T": Self.token, "W": "wrong-" + Self.token]).wait()
  }

  @Test("of a live feed are shown both ways with times, up to the limit, without the token")
  func live() throws {
    let server = try server()
    let ended = try raw(["--url", server.url, "--symbols", "*", "--token-env", "T", "--limit", "12"])
    #expect(ended.exitCode == 0 && ended.errors.isEmpty, "\(ended)")
    #expect(!ended.text.contains("SECRET"))
    #expect(ended.lines.count == 12, "\(ended.text)")
    for line in ended.lines {
      let words = line.split(separator: " ", maxSplits: 2)
      #expect(words[0].count == 27 && words[0].hasSuffix("Z") && words[0].contains("T"), "\(line)")
      #expect([">", "<"].contains(words[1]) && words[2].hasPrefix(#"{"type":""#), "\(line)")
    }
    func count(_ words: String) -> Int { ended.lines.count { $0.contains(words) } }
    #expect(count(#" > {"type":"SETUP""#) == 1 && count(#" < {"type":"SETUP""#) == 1)
    #expect(count(#" > {"type":"AUTH","channel":0,"token":"***"}"#) == 1)
    #expect(count(#" > {"type":"FEED_SUBSCRIPTION""#) == 1 && count(#" < {"type":"FEED_CONFIG""#) >= 1)
  }

  @Test("are laid out with --pretty, and end after --for with the channel's cancellation")
  func pretty() throws {
    let server = try server()
    let ended = try raw(["--url", server.url, "--symbols", "*", "--token-env", "T", "--for", "1", "--pretty"])
    #expect(ended.exitCode == 0, "\(ended)")
    #expect(ended.lines.contains { $0 == #"    "token": "***""# } && !ended.text.contains("SECRET"))
    #expect(ended.text.contains("\"type\": \"FEED_DATA\"") && ended.text.contains("\"type\": \"CHANNEL_CANCEL\""))
  }

  @Test("a refused token, a wrong address and a lost connection end with their codes, without the token")
  func failures() throws {
    let server = try server()
    let refused = try raw(["--url", server.url, "--symbols", "*", "--token-env", "W"])
    #expect(refused.exitCode == 3 && refused.errors.contains("refused the token"), "\(refused)")
    #expect(refused.text.contains(#""token":"***""#) && !(refused.text + refused.errors).contains("SECRET"))
    let nobody = try raw(["--url", "ws://127.0.0.1:1/"])
    #expect(nobody.exitCode == 1 && nobody.errors.contains("nobody listens there"), "\(nobody)")
    let lost = try FeedServer(["--generate", "seed=4,symbols=5,rate=500", "--fault", "bye=after:2"])
    let cut = try raw(["--url", lost.url, "--symbols", "*"])
    #expect(cut.exitCode == 1 && cut.errors.contains("closed the connection"), "\(cut)")
    #expect(cut.lines.count { $0.contains("FEED_DATA") } == 2)
  }

  @Test("of a recording are those that were recorded, with the marks between them")
  func recorded() throws {
    let server = try server()
    let file = folder.file("session.qwr")
    let made = try start(
      ["ingest", "--url", server.url, "--symbols", "*", "--token-env", "T", "--for", "1", "--record", file],
      environment: ["T": Self.token]
    ).wait()
    try #require(made.exitCode == 0, "\(made)")
    let ended = try raw([file])
    #expect(ended.exitCode == 0 && !ended.text.contains("SECRET") && !ended.text.contains(#""AUTH""#), "\(ended)")
    #expect(ended.lines.first?.contains(" - session 1 with ws://127.0.0.1") == true)
    #expect(ended.lines.last?.hasSuffix(" - session 1 ends: ended by us") == true, "\(ended.lines.last ?? "")")
    let text = folder.file("frames.tsv")
    #expect(try quotewire("convert", file, text).exitCode == 0)
    let frames = (Places.read(text) ?? []).split(separator: 10).compactMap { $0.split(separator: 9).last }
    let received = ended.lines.filter { $0.contains(" < ") }.compactMap { $0.split(separator: " ", maxSplits: 2).last }
    #expect(received.map(String.init) == frames.map { String(decoding: $0, as: UTF8.self) } && received.count > 5)
    #expect(try raw([file, "--limit", "3"]).lines.count { !$0.contains(" - ") } == 3)
    let wrong = try raw([file, "--url", server.url])
    #expect(wrong.exitCode == 2 && wrong.errors.contains("--url is for a live feed"), "\(wrong)")
  }

  @Test("of a hostile recording hold no secret, no control character and no broken text")
  func hostile() throws {
    let text = folder.file("hostile.tsv")
    let frames: [[UInt8]] = [
      Array(#"{"type":"AUTH","channel":0,"token":"qz-4711-SECRET"}"#.utf8),
      Array("{\"type\":\"X\",\"a\":\"\u{1B}]0;owned\u{07}\u{1B}[2J\",\"b\":\"wss://me:qz-4711-SECRET@h/\"}".utf8),
      Array("{\"type\":\"Y\",\"a\":\"".utf8) + [0xFF, 0xC3, 0x28] + Array("\u{202E}\"}".utf8),
    ]
    try write(frames.flatMap { $0 + [10] }, to: text)
    let file = folder.file("hostile.qwr")
    let made = try quotewire("convert", text, file)
    try #require(made.exitCode == 0, "\(made)")
    for more in [[], ["--pretty"]] {
      let ended = try raw([file] + more)
      #expect(ended.exitCode == 0 && !ended.text.contains("SECRET"), "\(ended)")
      #expect(ended.output.allSatisfy { $0 == 10 || ($0 >= 0x20 && $0 != 0x7F) })
      #expect(ended.text.contains("\\u001B]0;owned\\u0007\\u001B[2J") && ended.text.contains("wss://***@h/"))
      #expect(ended.text.contains("\\xFF\\xC3(\\u202E"), "\(ended.text)")
    }
  }
}
