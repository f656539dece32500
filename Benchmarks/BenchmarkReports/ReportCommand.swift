package import BenchmarkKit
import IO

extension BenchCommands {
  /// Writes `report.md`, `highlights.txt` and `report.html` into a folder.
  package func report(_ words: [String]) throws -> BenchExit {
    let options = try BenchOptions(words, known: ["baseline", "out", "flamegraph"])
    guard options.operands.count == 1 else {
      throw BenchUsage("report takes one result: report NOW [--baseline BASE] [--out DIR] [--flamegraph FILE.svg]")
    }
    let folder = options.text("out") ?? "out/report"
    var flamegraph: String?
    if let path = options.text("flamegraph") {
      let svg = try File.contents(of: path, limitBytes: 64 << 20)
      try RunFile.write(svg, to: folder + "/flamegraph.svg")
      flamegraph = "flamegraph.svg"
    }
    let report = Report(
      now: try result(options.operands[0]), base: try options.text("baseline").map { try result($0) },
      history: try kept(), flamegraph: flamegraph)
    let texts = [
      ("report.md", MarkdownReport.text(report)), ("highlights.txt", Highlights.text(report)),
      ("report.html", HTMLReport.text(report)),
    ]
    for (name, text) in texts {
      try RunFile.write(Array(text.utf8), to: "\(folder)/\(name)")
      try StandardStream.output.write("\(folder)/\(name)\n")
    }
    for caution in report.cautions { _ = try? StandardStream.error.write("caution: \(caution)\n") }
    return .done
  }
}
