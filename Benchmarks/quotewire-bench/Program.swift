import BenchmarkKit
import CAllocations
import Glibc
import IO
import Suites

/// Measures the product: see docs/benchmarks.md.
@main
struct Program {
  static let usage = """
    usage: quotewire-bench list [--filter TEXT,TEXT]
           quotewire-bench run [--filter TEXT,TEXT] [--smoke] [--warm-up S] [--time S] [--samples N]
                               [--save NAME] [--save-baseline NAME] [--baseline NAME] [--json FILE|-] [--quiet]
           quotewire-bench compare BASE.json NOW.json
           quotewire-bench gate BASE NOW BASE NOW BASE NOW...     results or folders of them, a pair a round
           quotewire-bench allocations [--filter TEXT,TEXT]       every allowance of the hot path
           quotewire-bench iterate NAME [--iterations N]          for tools that count instructions
           quotewire-bench instructions RUNS.tsv --key KEY [--baseline FILE] [--update]
           quotewire-bench history [--filter TEXT]
           quotewire-bench throughput STAGE FILE.qwr [--json -] [--repeat N]
               STAGE is \(Throughput.stageNames)
    exit code: 0 done, or no change; 1 failed; 2 usage; 10 a gate found a regression; 11 a gate found improvements only

    """

  static func main() {
    Signals.ignoreBrokenPipes()
    exit(run(Array(CommandLine.arguments.dropFirst())).rawValue)
  }

  private static func run(_ words: [String]) -> BenchExit {
    let commands = BenchCommands(Suites.all) {
      let counts = qw_allocations()
      return AllocationCounts(count: Int(counts.count), bytes: Int(counts.bytes))
    }
    let rest = Array(words.dropFirst())
    do {
      switch words.first {
      case "list": return try commands.list(rest)
      case "run": return try commands.run(rest)
      case "gate": return try commands.gate(rest)
      case "allocations": return try commands.checkAllocations(rest)
      case "iterate": return try commands.iterate(rest)
      case "instructions": return try commands.instructions(rest)
      case "compare": return try commands.compare(rest)
      case "history": return try commands.history(rest)
      case "throughput": return try Throughput.run(rest)
      case "help", "--help":
        try StandardStream.output.write(usage)
        return .done
      default:
        complain(usage)
        return .usage
      }
    } catch let error as BenchUsage {
      complain("quotewire-bench: \(error)\n")
      return .usage
    } catch {
      complain("quotewire-bench: \(error)\n")
      return .failed
    }
  }

  private static func complain(_ text: String) { _ = try? StandardStream.error.write(text) }
}
