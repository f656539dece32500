/// One hue a module: the same in every picture, so that pictures can be laid beside each other.
enum FlameColours {
  struct Colour: Equatable {
    /// Degrees; nil for grey.
    var hue: Int?
    /// What the module is, for the legend.
    var meaning: String
  }

  /// Neighbours in a stack have hues far apart.
  static let known: [(module: String, colour: Colour)] = [
    ("JSON", Colour(hue: 213, meaning: "scanner and numbers")),
    ("CShims", Colour(hue: 188, meaning: "C of our own: masks, checksums")),
    ("DXLink", Colour(hue: 160, meaning: "messages and rows")),
    ("Market", Colour(hue: 68, meaning: "events, texts, digest")),
    ("Rings", Colour(hue: 275, meaning: "rings")),
    ("Sinks", Colour(hue: 310, meaning: "sinks")),
    ("Formats", Colour(hue: 330, meaning: "CSV and NDJSON")),
    ("Recording", Colour(hue: 240, meaning: "recordings")),
    ("WebSocket", Colour(hue: 175, meaning: "frames")),
    ("IO", Colour(hue: 260, meaning: "files, sockets, TLS")),
    ("Ingest", Colour(hue: 112, meaning: "lanes and replay")),
    ("Simulator", Colour(hue: 85, meaning: "the server")),
    ("Bytes", Colour(hue: 200, meaning: "buffers, number text")),
    ("Metrics", Colour(hue: 295, meaning: "counters")),
    ("Swift", Colour(hue: 22, meaning: "Swift's library and runtime")),
    ("libc", Colour(hue: 48, meaning: "C library")),
    ("libssl", Colour(hue: 345, meaning: "OpenSSL")),
    ("kernel", Colour(hue: 2, meaning: "kernel")),
    ("Suites", Colour(hue: nil, meaning: "the benchmark")),
    ("BenchmarkKit", Colour(hue: nil, meaning: "the benchmark")),
    ("quotewire_bench", Colour(hue: nil, meaning: "the benchmark")),
    ("QuotewireCLI", Colour(hue: nil, meaning: "the command line")),
    ("", Colour(hue: nil, meaning: "threads, start code, unknown")),
  ]

  static func colour(_ module: String) -> Colour {
    known.first { $0.module == module }?.colour ?? Colour(hue: nil, meaning: "other libraries")
  }

  /// A class name of its own for each module of a picture, and the rules that colour it in light and dark.
  static func styles(_ modules: [String]) -> (classes: [String: String], light: String, dark: String) {
    var classes: [String: String] = [:]
    var light = ""
    var dark = ""
    for (i, module) in modules.sorted().enumerated() {
      let name = "m\(i)"
      classes[module] = name
      let hue = colour(module).hue
      light += ".\(name){fill:\(hue.map { "hsl(\($0),62%,78%)" } ?? "hsl(220,8%,85%)")}"
      dark += ".\(name){fill:\(hue.map { "hsl(\($0),40%,33%)" } ?? "hsl(220,8%,27%)")}"
    }
    return (classes, light, dark)
  }
}
