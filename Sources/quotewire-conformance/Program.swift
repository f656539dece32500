import IO

/// A developer's tool on the product's own targets, so that suites which nobody here wrote can be run against them.
@main
struct Program {
  static let usage = """
    usage: quotewire-conformance ws-echo URL            echo client for an Autobahn-style test server
           quotewire-conformance ws-echo-server PORT    echo server on 127.0.0.1
           quotewire-conformance json FILE              exit code 0 when FILE is valid JSON, 1 when it is not
           quotewire-conformance json-many FILE         1 or 0 a line for each text of FILE, each behind its length
           quotewire-conformance json-numbers           one number a line in, its double's 16 hex digits out

    """

  static func main() {
    Signals.ignoreBrokenPipes()
    let words = Array(CommandLine.arguments.dropFirst())
    exit(run(words))
  }

  private static func run(_ words: [String]) -> Int32 {
    do {
      switch (words.first, words.count) {
      case ("ws-echo", 2): return try EchoClient.run(words[1])
      case ("ws-echo-server", 2):
        guard let port = UInt16(words[1]) else { return complain("the port is a number from 0 to 65535", 2) }
        return try EchoServer.run(port: port)
      case ("json", 2): return try JSONCheck.file(words[1])
      case ("json-many", 2): return try JSONCheck.many(words[1])
      case ("json-numbers", 1): return try JSONCheck.numbers()
      default: return complain(usage, 2)
      }
    } catch {
      return complain("quotewire-conformance: \(error)\n", 1)
    }
  }

  private static func complain(_ text: String, _ code: Int32) -> Int32 {
    _ = try? StandardStream.error.write(text)
    return code
  }
}
