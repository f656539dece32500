import BenchmarkKit
import BenchmarkReports
import CAllocations
import Glibc
import IO
import Profiles
import Suites

/// Measures the product: see docs/benchmarks.md.
@main
struct Program {
  static let usage = """
    usage: quotewire-bench list [--filter TEXT,TEXT]
           quotewire-bench run [--filter TEXT,TEXT] [--smoke] [--warm-up S] [--time S] [--samples N]
                               [--save NAME] [--save-baseline NAME] [--baseline NAME] [--json FILE|-] [--quiet]
           quotewire-bench compare BASE NOW
           quotewire-bench gate BASE NOW BASE NOW BASE NOW...     results or folders of them, a pair a round
           quotewire-bench allocations [--filter TEXT,TEXT]       every allowance of the hot path
           quotewire-bench iterate NAME [--iterations N]          for tools that count instructions
           quotewire-bench instructions RUNS.tsv --key KEY [--baseline FILE] [--update]
           quotewire-bench history [--filter TEXT]
           quotewire-bench report NOW [--baseline BASE] [--out DIR] [--flamegraph FILE.svg]
           quotewire-bench throughput STAGE FILE.qwr [--json -] [--repeat N] [--simd LEVEL]
               BASE and NOW are files, or names of kept results and baselines; STAGE is \(Throughput.stageNames);
               LEVEL is an instruction set for stages that decode: sse2, avx2, avx512, neon or portable
               frames are the received messages of the recording and bytes those of their payloads, without the heads
               of WebSocket frames and entries, whatever the stage; outputBytes are those that encoders and record
               wrote. Seconds are those of the stage alone (of replay: the whole run), of N repetitions the median.
           quotewire-bench import FILE.csv [--type TYPE] [--check yes]
               a CSV file to columns in memory; rows and seconds as JSON, with --check what each column adds up to
           quotewire-bench latency URL
               from the send time in TimeAndSale.index to the ring; tools/bench-peers has the feed for it
           quotewire-bench profile STAGE FILE.qwr [--folded OUT] [--seconds S] [--hertz N]    also STAGE live
           quotewire-bench fold PERF.txt --out FOLDED [--program NAME]
           quotewire-bench flamegraph FOLDED --out FILE.svg [--title T] [--without THREAD] [--unit U]
           quotewire-bench sites PEAK CALLS [--out FOLDED]
           quotewire-bench syscalls TRACE [--frames N]
               what tools/flamegraph, tools/profile-memory and tools/profile-syscalls call: see docs/profiling.md
    exit code: 0 done, or no change; 1 failed; 2 usage; 10 a gate found a regression; 11 a gate found improvements only

    """

  static func main() {
    Signals.ignoreBrokenPipes()
    exit(run(Array(CommandLine.arguments.dropFirst())).rawValue)
  }

  private static func run(_ words: [String]) -> BenchExit {
    let suites = Suites.all { Self.counts(qw_thread_allocations()) }
    let commands = BenchCommands(suites) { Self.counts(qw_allocations()) }
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
      case "report": return try commands.report(rest)
      case "throughput": return try Throughput.run(rest)
      case "import": return try ImportStage.run(rest)
      case "latency": return try LatencyClient.run(rest)
      case "profile": return try StageProfile.run(rest)
      case "fold": return try ProfileCommands.fold(rest)
      case "flamegraph": return try ProfileCommands.flamegraph(rest)
      case "sites": return try ProfileCommands.sites(rest)
      case "syscalls": return try ProfileCommands.syscalls(rest)
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

  private static func counts(_ counts: qw_allocation_counts) -> AllocationCounts {
    AllocationCounts(count: Int(counts.count), bytes: Int(counts.bytes))
  }

  private static func complain(_ text: String) { _ = try? StandardStream.error.write(text) }
}
