import Glibc
import TestSupport
import Testing

/// What bad situations need: files of all kinds and servers, made when first asked for.
final class Scene {
  let folder = TemporaryFolder()
  private var servers: [String: FeedServer] = [:]
  private var others: [Program] = []

  func path(_ name: String) -> String { folder.file(name) }

  func file(_ name: String, _ bytes: [UInt8]) throws -> String {
    try write(bytes, to: folder.file(name))
    return folder.file(name)
  }

  func file(_ name: String, _ text: String) throws -> String { try file(name, Array(text.utf8)) }

  /// A small good recording.
  func recording() throws -> String {
    let path = folder.file("good.qwr")
    if Places.read(path) == nil {
      let made = try quotewire("generate", "seed=1,symbols=5,rate=500,duration=1s", path)
      guard made.exitCode == 0 else { throw Trouble("generate: \(made)") }
    }
    return path
  }

  /// The good recording, changed.
  func recording(_ name: String, _ change: (inout [UInt8]) -> Void) throws -> String {
    var bytes = Places.read(try recording()) ?? []
    change(&bytes)
    return try file(name, bytes)
  }

  func server(_ name: String = "plain", _ more: [String] = []) throws -> FeedServer {
    if let known = servers[name] { return known }
    let made = try FeedServer(["--generate", "seed=1,symbols=5,rate=500"] + more)
    servers[name] = made
    return made
  }

  func url() throws -> String { try server().url }

  func secureURL() throws -> String {
    try makeCertificates(in: folder)
    return try server("tls", ["--tls-cert", path("server.pem"), "--tls-key", path("server.key")]).url
  }

  /// A web server that knows nothing of WebSockets; its folder is empty.
  func webURL() throws -> String {
    let script = """
      import http.server, sys
      class Quiet(http.server.BaseHTTPRequestHandler):
          def do_GET(self): self.send_error(404)
          def log_message(self, *a): pass
      s = http.server.HTTPServer(("127.0.0.1", 0), Quiet)
      open(sys.argv[1] + ".new", "w").write(str(s.server_port))
      import os; os.rename(sys.argv[1] + ".new", sys.argv[1])
      s.serve_forever()
      """
    let file = path("web-port")
    let web = try Program("/usr/bin/env", ["python3", "-c", script, file])
    others.append(web)
    try waitUntil("a web server: \(web.errorsSoFar)") { Places.read(file) != nil }
    return "ws://127.0.0.1:\(String(decoding: Places.read(file) ?? [], as: UTF8.self))/feed"
  }

  /// An address where nobody listens: that of a server which has gone.
  func deadURL() throws -> String {
    let server = try FeedServer(["--generate", "seed=1"])
    try server.kill()
    return server.url
  }

  /// A recording that another ingest writes just now.
  func busyRecording() throws -> String {
    let file = path("busy.qwr")
    others.append(try start(["ingest", "--url", try url(), "--symbols", "*", "--record", file]))
    try waitUntil("a recording under way") { (Places.read(file)?.count ?? 0) > 5_000 }
    return file
  }
}

/// Something that goes wrong, and what is said about it.
struct Situation: Sendable, CustomStringConvertible {
  let description: String
  let exitCode: Int32
  /// Each must stand in the sentence: what, where, what to do.
  let says: [String]
  let arguments: @Sendable (Scene) throws -> [String]

  init(
    _ description: String, _ exitCode: Int32, _ says: [String],
    _ arguments: @escaping @Sendable (Scene) throws -> [String]
  ) {
    self.description = description
    self.exitCode = exitCode
    self.says = says
    self.arguments = arguments
  }

  static let usage: [Situation] = [
    Situation("an unknown command", 2, ["'ingets'", "did you mean 'ingest'?"]) { _ in ["ingets"] },
    Situation("help on an unknown command", 2, ["'nothing'", "--help"]) { _ in ["help", "nothing"] },
    Situation("an unknown option", 2, ["--symbol", "did you mean --symbols?"]) { _ in ["ingest", "--symbol", "A"] },
    Situation("a short option", 2, ["-x", "ingest --help"]) { _ in ["ingest", "-x"] },
    Situation("an option without its value", 2, ["--url needs a value"]) { _ in ["ingest", "--url"] },
    Situation("a switch with a value", 2, ["--strict takes no value"]) { _ in ["ingest", "--strict=yes"] },
    Situation("an option twice", 2, ["--url was given twice"]) { _ in ["ingest", "--url", "a", "--url", "b"] },
    Situation("an operand too many", 2, ["no operands", "not 1"]) { _ in ["ingest", "file"] },
    Situation("no operand", 2, ["at least 1", "FILE.qwr"]) { _ in ["replay"] },
    Situation("an unknown type", 2, ["'Qoute'", "did you mean Quote?"]) { _ in ["ingest", "--types", "Qoute"] },
    Situation("no symbol", 2, ["--symbols"]) { _ in ["ingest", "--symbols", ","] },
    Situation("a bad time", 2, ["--from-time", "'yesterday'"]) { _ in ["ingest", "--from-time", "yesterday"] },
    Situation("a bad duration", 2, ["--for", "'soon'"]) { _ in ["ingest", "--for", "soon"] },
    Situation("a bad number", 2, ["--lanes", "1 to 64", "'0'"]) { _ in ["ingest", "--lanes", "0"] },
    Situation("a bad limit", 2, ["--limit", "'-1'"]) { _ in ["ingest", "--limit", "-1"] },
    Situation("a bad contract", 2, ["--contract", "'fast'"]) { _ in ["ingest", "--contract", "fast"] },
    Situation("a bad --fields", 2, ["--fields", "'most'"]) { _ in ["ingest", "--fields", "most"] },
    Situation("a bad --reconnect", 2, ["--reconnect", "'-3'"]) { _ in ["ingest", "--reconnect", "-3"] },
    Situation("a bad --record-policy", 2, ["--record-policy", "'skip'"]) { _ in ["ingest", "--record-policy", "skip"] },
    Situation("a short keepalive", 2, ["--keepalive", "1 second"]) { _ in ["ingest", "--keepalive", "0.1"] },
    Situation("two tokens", 2, ["--token-env or --token-file"]) { _ in
      ["ingest", "--token-env", "A", "--token-file", "b"]
    },
    Situation("no such variable", 2, ["--token-env", "NO_SUCH_TOKEN"]) { _ in
      ["ingest", "--token-env", "NO_SUCH_TOKEN"]
    },
    Situation("no URL", 2, ["\"demo\"", "wss://"]) { _ in ["ingest", "--url", "demo"] },
    Situation("another scheme", 2, ["\"http\"", "wss://"]) { _ in ["ingest", "--url", "http://localhost/"] },
    Situation("plain text to another machine", 2, ["in the clear", "--insecure-plaintext"]) { _ in
      ["ingest", "--url", "ws://feed.invalid/"]
    },
    Situation("an unknown sink", 2, ["'parket:'", "csv:DIR"]) { _ in ["ingest", "--to", "parket:x"] },
    Situation("a sink without a scheme", 2, ["--to out", "no scheme"]) { _ in ["ingest", "--to", "out"] },
    Situation("an unknown sink option", 2, ["'size'", "policy"]) { _ in ["ingest", "--to", "null:?size=1"] },
    Situation("an unknown policy", 2, ["policy", "'maybe'"]) { _ in ["ingest", "--to", "null:?policy=maybe"] },
    Situation("a sink twice", 2, ["--to null: was given twice"]) { _ in ["ingest", "--to", "null:", "--to", "null:"] },
    Situation("all symbols on many lanes", 2, ["the symbol *", "one lane and no shard"]) { _ in
      ["ingest", "--url", "ws://127.0.0.1:1/", "--symbols", "*", "--lanes", "2"]
    },
    Situation("a bad speed", 2, ["--speed", "'fast'"]) { ["replay", try $0.recording(), "--speed", "fast"] },
    Situation("a bad start", 2, ["--start", "'now'"]) { ["replay", try $0.recording(), "--start", "now"] },
    Situation("a universe that is none", 2, ["'sp5000'", "sp500, nasdaq100", "did you mean sp500?"]) { _ in
      ["collect", "sp5000"]
    },
    Situation("a pattern that ends too soon", 2, ["'A{B'", "character 2", "not closed"]) { _ in ["collect", "A{B"] },
    Situation("a pattern of too many symbols", 2, ["100000 symbols"]) { _ in ["collect", "{1..1000}{1..1000}"] },
    Situation("a snapshot of a book", 2, ["Order", "ingest"]) { _ in ["collect", "dow30", "--types", "Quote,Order"] },
    Situation("old and new at once", 2, ["--refresh", "--offline"]) { _ in
      ["collect", "dow30", "--refresh", "--offline"]
    },
    Situation("one after the other in parallel", 2, ["--sequential", "--parallel"]) { _ in
      ["collect", "dow30", "--sequential", "--parallel", "3"]
    },
    Situation("three things to serve", 2, ["--generate and --answers"]) { _ in
      ["serve", "--generate", "seed=1", "--answers", "seed=1"]
    },
    Situation("a bad answer", 2, ["--answers", "loud", "silent"]) { _ in ["serve", "--answers", "loud=A"] },
    Situation("nothing to serve", 2, ["--generate"]) { _ in ["serve"] },
    Situation("two things to serve", 2, ["not both"]) { ["serve", try $0.recording(), "--generate", "seed=1"] },
    Situation("an unknown key", 2, ["symbol", "symbols"]) { _ in ["serve", "--generate", "symbol=3"] },
    Situation("a bad value", 2, ["rate", "fast"]) { _ in ["serve", "--generate", "rate=fast"] },
    Situation("a hostile market live", 2, ["preset=hostile", "--fault"]) { _ in
      ["serve", "--generate", "preset=hostile"]
    },
    Situation("an unknown fault", 2, ["--fault", "explode", "drop-tcp"]) { _ in
      ["serve", "--generate", "seed=1", "--fault", "explode"]
    },
    Situation("a certificate without its key", 2, ["--tls-key"]) { _ in
      ["serve", "--generate", "seed=1", "--tls-cert", "x"]
    },
    Situation("a name as address", 2, ["--address", "'here'"]) { _ in
      ["serve", "--generate", "seed=1", "--address", "here"]
    },
    Situation("no recording on either side", 2, [".qwr", "a.txt"]) { _ in ["convert", "a.txt", "b.txt"] },
    Situation("Parquet that is to be read", 2, ["a.parquet", "not read"]) { _ in ["convert", "a.parquet", "b.csv"] },
    Situation("rows that are to be frames", 2, ["b.qwr", "frames"]) {
      ["convert", try $0.file("Quote.csv", ""), "b.qwr"]
    },
    Situation("CSV of no type", 2, ["quotes.csv", "--type"]) {
      ["convert", try $0.file("quotes.csv", "a\n"), $0.path("o.arrow")]
    },
    Situation("an unknown event type", 2, ["'Quotes'", "did you mean Quote?"]) {
      ["convert", try $0.recording(), $0.path("o.arrow"), "--types", "Quotes"]
    },
    Situation("inputs of two formats", 2, ["one format"]) { _ in ["convert", "a.csv", "b.ndjson", "c.arrow"] },
    Situation("an unknown format", 2, ["--to", "'xml'", "parquet"]) { _ in ["convert", "a.csv", "b", "--to", "xml"] },
    Situation("an unknown split", 2, ["--split-by", "'hour'"]) {
      ["convert", try $0.recording(), "b.csv", "--split-by", "hour"]
    },
    Situation("a codec without Parquet", 2, ["--codec", "Parquet"]) {
      ["convert", try $0.recording(), "b.csv", "--codec", "zstd"]
    },
    Situation("a selection of frames", 2, ["--symbols", "frames"]) {
      ["convert", try $0.recording(), $0.path("b.tsv"), "--symbols", "A"]
    },
  ]

  static let files: [Situation] = ["replay", "inspect", "serve", "convert"].flatMap { command -> [Situation] in
    let tail: @Sendable (Scene) -> [String] = { scene in command == "convert" ? [scene.path("out.tsv")] : [] }
    return [
      Situation("\(command): a missing file", 1, ["none.qwr", "no such file"]) {
        [command, $0.path("none.qwr")] + tail($0)
      },
      Situation("\(command): an empty file", 1, ["empty.qwr", "empty"]) {
        [command, try $0.file("empty.qwr", "")] + tail($0)
      },
      Situation("\(command): less than a header", 1, ["short.qwr", "30 of the 64 header bytes"]) {
        [command, try $0.recording("short.qwr") { $0.removeSubrange(30...) }] + tail($0)
      },
      Situation("\(command): a picture", 1, ["picture.qwr", "PNG"]) {
        let start: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        return [command, try $0.file("picture.qwr", start + [UInt8](repeating: 7, count: 500))] + tail($0)
      },
      Situation("\(command): a folder", 1, ["folder.qwr", "no regular file"]) {
        guard unsafe mkdir($0.path("folder.qwr"), 0o700) == 0 else { throw Trouble("no folder: errno \(errno)") }
        return [command, $0.path("folder.qwr")] + tail($0)
      },
      Situation("\(command): a newer version", 1, ["newer.qwr", "version"]) {
        [command, try $0.recording("newer.qwr") { $0[8] = 9 }] + tail($0)
      },
      Situation("\(command): a damaged header", 1, ["harmed.qwr", "header"]) {
        [command, try $0.recording("harmed.qwr") { $0[20] ^= 0x55 }] + tail($0)
      },
    ]
  }

  static let targets: [Situation] = [
    Situation("a file that exists", 1, ["rows.ndjson", "--force"]) {
      ["replay", try $0.recording(), "--to", "ndjson:" + (try $0.file("rows.ndjson", "x"))]
    },
    Situation("a folder with files", 1, ["Quote.csv", "--force"]) {
      _ = try $0.file("Quote.csv", "x")
      return ["replay", try $0.recording(), "--to", "csv:" + $0.folder.path]
    },
    Situation("a recording that exists", 1, ["good.qwr", "--force"]) {
      ["ingest", "--url", try $0.url(), "--record", try $0.recording()]
    },
    Situation("the second sink's file exists", 1, ["rows.ndjson", "--force"]) {
      ["ingest", "--url", try $0.url(), "--to", "null:", "--to", "ndjson:" + (try $0.file("rows.ndjson", "x"))]
    },
    Situation("a converted file that exists", 1, ["out.tsv", "--force"]) {
      ["convert", try $0.recording(), try $0.file("out.tsv", "x")]
    },
    Situation("a generated file that exists", 1, ["good.qwr", "--force"]) {
      ["generate", "seed=1", try $0.recording()]
    },
    Situation("an NDJSON file where none can be", 1, ["cannot open /proc/rows.ndjson"]) {
      ["ingest", "--url", try $0.url(), "--to", "ndjson:/proc/rows.ndjson"]
    },
    Situation("a folder of CSV where none can be", 1, ["cannot create the directory /proc/rows"]) {
      ["ingest", "--url", try $0.url(), "--to", "csv:/proc/rows"]
    },
    Situation("a recording where none can be", 1, ["cannot open /proc/day.qwr"]) {
      ["ingest", "--url", try $0.url(), "--record", "/proc/day.qwr"]
    },
    Situation("a file as a folder", 1, ["rows", "directory"]) {
      ["replay", try $0.recording(), "--to", "csv:" + (try $0.file("rows", "x"))]
    },
    Situation("a recording that another ingest writes", 1, ["busy.qwr", "another process"]) {
      ["ingest", "--url", try $0.url(), "--record", try $0.busyRecording(), "--force"]
    },
    Situation("repairing a recording that is being written", 1, ["busy.qwr", "another process"]) {
      ["inspect", "--repair", try $0.busyRecording()]
    },
    Situation("no symbols file", 1, ["none.txt", "no such file"]) { ["ingest", "--symbols-file", $0.path("none.txt")] },
    Situation("a taken port", 1, ["another program listens", "0 for any"]) {
      ["serve", "--generate", "seed=1", "--port", try $0.server().port]
    },
    Situation("no certificate", 1, ["none.pem", "no such file"]) {
      ["serve", "--generate", "seed=1", "--tls-cert", $0.path("none.pem"), "--tls-key", $0.path("none.key")]
    },
  ]

  static let refusals: [Situation] = [
    Situation("nobody listens", 1, ["cannot connect to 127.0.0.1", "nobody listens"]) {
      ["ingest", "--url", try $0.deadURL()]
    },
    Situation("no token", 3, ["wants a token", "--token-file"]) {
      ["ingest", "--url", try $0.server("token", ["--token", "sesame"]).url]
    },
    Situation("a wrong token", 3, ["refused the token", "--token-file"]) {
      let url = try $0.server("token", ["--token", "sesame"]).url
      return ["ingest", "--url", url, "--token-file", try $0.file("token", "wrong\n")]
    },
    Situation("an empty token file", 1, ["--token-file", "holds no token"]) {
      ["ingest", "--url", try $0.url(), "--token-file", try $0.file("token", " \n")]
    },
    Situation("a missing token file", 1, ["--token-file", "none.txt", "no such file"]) {
      ["ingest", "--url", try $0.url(), "--token-file", $0.path("none.txt")]
    },
    Situation("an untrusted certificate", 3, ["localhost", "not trusted", "--ca-file"]) {
      ["ingest", "--url", try $0.secureURL()]
    },
    Situation("a certificate for another host", 3, ["not for", "check the host"]) {
      // Every address 127.x.x.x is this machine; the certificate names 127.0.0.1 only.
      try makeCertificates(in: $0.folder)
      let files = ["--tls-cert", $0.path("server.pem"), "--tls-key", $0.path("server.key")]
      let port = try $0.server("other", ["--address", "127.0.0.2"] + files).port
      return ["ingest", "--url", "wss://127.0.0.2:\(port)/", "--ca-file", $0.path("ca.pem")]
    },
    Situation("a CA file without certificates", 1, ["good.qwr", "certificate"]) {
      ["ingest", "--url", "wss://localhost:1/", "--ca-file", try $0.recording()]
    },
    Situation("TLS asked of a plain server", 3, ["does not speak TLS", "ws://"]) {
      ["ingest", "--url", "wss://127.0.0.1:\(try $0.server().port)/"]
    },
    Situation("a plain WebSocket asked of a TLS server", 1, ["during the WebSocket handshake", "wss://"]) {
      let url = try $0.secureURL()
      return ["ingest", "--url", "ws" + url.dropFirst(3)]
    },
    Situation("a web page", 3, ["no WebSocket at ws://127.0.0.1", "404", "--url"]) {
      ["ingest", "--url", try $0.webURL()]
    },
  ]
}

@Suite("A bad situation", .tags(.system))
struct SentenceTests {
  @Test("in the arguments is told in one sentence, with exit code 2", arguments: Situation.usage)
  func usage(_ situation: Situation) throws { try judge(situation) }

  @Test("with a file that is no good recording is told in one sentence", arguments: Situation.files)
  func files(_ situation: Situation) throws { try judge(situation) }

  @Test("with what is to be written is told in one sentence, at once", arguments: Situation.targets)
  func targets(_ situation: Situation) throws { try judge(situation) }

  @Test("with the feed is told in one sentence", arguments: Situation.refusals)
  func refusals(_ situation: Situation) throws { try judge(situation) }

  private func judge(_ situation: Situation) throws {
    let scene = Scene()
    let arguments = try situation.arguments(scene)
    let ended = try start(arguments).wait(limitSeconds: 30)
    #expect(ended.exitCode == situation.exitCode, "\(ended)")
    // Only inspect shows what it found before it says what it cannot do.
    #expect(ended.output.isEmpty || arguments.first == "inspect", "standard output: \(ended.text)")
    let lines = ended.errors.split(separator: "\n").filter { !$0.hasPrefix("quotewire: serving at ") }
    #expect(lines.count == 1 && lines.first?.hasPrefix("quotewire: ") == true, "\(ended)")
    for words in situation.says { #expect(ended.errors.contains(words), "nothing of \(words): \(ended)") }
    // The folder's name is random and may hold anything.
    let words = ended.errors.split(separator: scene.folder.path).joined(separator: "FOLDER")
    for dump in ["Fatal", "Optional(", "Error.", "(code:", "errno", "0x", "IOError", "nil"] {
      #expect(!words.contains(dump), "a dump: \(ended)")
    }
    #expect(ended.errors.utf8.count < 1000, "\(ended)")
  }

  @Test("no arguments at all give the overview and exit code 2; help goes to standard output")
  func help() throws {
    let nothing = try quotewire()
    #expect(nothing.exitCode == 2 && nothing.output.isEmpty && nothing.errors.contains("usage: quotewire"))
    for words in [["--help"], ["help"], ["ingest", "--help"], ["help", "serve"], ["--version"]] {
      let asked = try start(words).wait()
      #expect(asked.exitCode == 0 && asked.errors.isEmpty && asked.text.contains("quotewire"), "\(words): \(asked)")
    }
  }
}
