import Glibc
import QuotewireCLI

@main
struct Program {
  static func main() { exit(CommandTable.run(Array(CommandLine.arguments.dropFirst())).rawValue) }
}
