// swift-tools-version: 6.2
import Foundation
import PackageDescription

let rules: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("ExistentialAny"),
]

/// Where the targets of the benchmarks lie.
let benchmarks = "Benchmarks"

func module(_ name: String, _ dependencies: [Target.Dependency] = [], in folder: String = "Sources") -> Target {
  .target(name: name, dependencies: dependencies, path: folder + "/" + name, swiftSettings: rules)
}

func program(_ name: String, _ dependencies: [Target.Dependency] = [], in folder: String = "Sources") -> Target {
  .executableTarget(name: name, dependencies: dependencies, path: folder + "/" + name, swiftSettings: rules)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .testTarget(name: name, dependencies: dependencies + ["TestSupport"], swiftSettings: rules)
}

/// The commit for `quotewire --version`, told by whoever builds something that lasts (tools/install): a manifest is
/// evaluated anew when its variables change, and not when git's HEAD does, so one that asked git would tell old news.
let told = ProcessInfo.processInfo.environment["QUOTEWIRE_COMMIT"] ?? ""
let commit = told.filter { $0.isLetter || $0.isNumber || $0 == "-" }
let commitSettings: [CSetting] = [.define("QW_COMMIT", to: "\"\(commit)\"")]

/// The layers, lowest first. Arrows point downward only; a tidy test holds every `import` against this list.
let package = Package(
  name: "quotewire",
  products: [
    .library(name: "Quotewire", targets: ["Quotewire"]),
    .executable(name: "quotewire", targets: ["quotewire-cli"]),
    .executable(name: "quotewire-conformance", targets: ["quotewire-conformance"]),
    .executable(name: "quotewire-bench", targets: ["quotewire-bench"]),
    // What system tests load into the program to make its system calls fail; not installed.
    .library(name: "quotewire-faults", type: .dynamic, targets: ["CFaults"]),
  ],
  targets: [
    // 0
    .target(name: "CShims"),
    .target(name: "CVersion", cSettings: commitSettings),
    module("Bytes", ["CShims"]),
    module("Rings", ["CShims"]),
    module("Metrics"),
    module("Screen"),
    module("Configuration"),
    // 1
    module("Logs", ["Bytes"]),
    module("Market", ["CShims", "Rings"]),
    // 2
    module("JSON", ["Bytes", "CShims"]),
    module("WebSocket", ["Bytes", "CShims"]),
    module("HTTP", ["Bytes", "WebSocket"]),
    module("Recording", ["Bytes"]),
    module("Columns", ["Rings", "Market"]),
    module("Snapshots", ["Market"]),
    module("Formats", ["Bytes", "CShims", "Rings", "Market", "JSON", "Columns"]),
    module("Arrow", ["Bytes", "Market", "Columns"]),
    module("Parquet", ["Bytes", "Market", "Columns"]),
    module("Books", ["Market", "Snapshots"]),
    // 3
    .systemLibrary(name: "COpenSSL", providers: [.apt(["libssl-dev"])]),
    module("IO", ["Bytes", "CShims", "COpenSSL"]),
    module("DXLink", ["Bytes", "CShims", "Rings", "Market", "JSON"]),
    module("HTTPServer", ["Bytes", "Rings", "IO"]),
    // 4
    module(
      "Sinks", ["Bytes", "Rings", "Metrics", "Market", "Formats", "Columns", "Arrow", "Parquet", "Recording", "IO"]),
    // 5
    module(
      "Ingest",
      [
        "Bytes", "Rings", "Metrics", "Logs", "Market", "JSON", "WebSocket", "Snapshots", "DXLink", "IO", "Recording",
        "Sinks",
      ]),
    module("Simulator", ["Bytes", "Rings", "Market", "Books", "Snapshots", "WebSocket", "DXLink", "IO", "Recording"]),
    // 6
    module("Account", ["Bytes", "Rings", "JSON", "WebSocket", "HTTP", "IO", "Ingest"]),
    module("Collect", ["Bytes", "Rings", "Market", "Formats", "DXLink", "IO", "Sinks", "Ingest"]),
    module(
      "EndOfDay",
      [
        "Bytes", "Rings", "Market", "JSON", "Formats", "Columns", "Parquet", "DXLink", "IO", "Recording", "Sinks",
        "Ingest",
      ]),
    module(
      "Depth",
      ["Bytes", "Rings", "Market", "Snapshots", "Books", "DXLink", "IO", "Sinks", "Ingest"]),
    module(
      "Conversion",
      ["Bytes", "Rings", "Market", "Formats", "Columns", "Arrow", "Parquet", "IO", "Sinks"]),
    module(
      "Watch",
      ["Bytes", "Rings", "Metrics", "Logs", "Screen", "Market", "IO", "HTTPServer", "Sinks", "Ingest"]),
    module("History", ["Market", "Rings", "Snapshots", "DXLink", "Sinks"]),
    module("Diagnosis", ["Bytes", "Rings", "Market", "WebSocket", "DXLink", "IO", "Ingest"]),
    module("Control", ["Bytes", "Rings", "IO"]),
    module(
      "Quotewire",
      ["Bytes", "CShims", "Rings", "Market", "DXLink", "IO", "Recording", "Sinks", "Ingest", "Account"]),
    // 7
    module(
      "QuotewireCLI",
      [
        "Bytes", "CVersion", "Rings", "Metrics", "Logs", "Screen", "HTTPServer", "Watch", "Market", "Snapshots",
        "Formats", "IO", "Recording", "DXLink", "Sinks", "Ingest", "Simulator", "Account", "Collect", "Conversion",
        "EndOfDay", "Books", "Depth", "History", "Configuration", "Diagnosis", "Control",
      ]),
    program("quotewire-cli", ["QuotewireCLI"]),
    program("quotewire-conformance", ["Bytes", "Rings", "JSON", "WebSocket", "IO", "Ingest"]),
    // benchmarks
    module("BenchmarkKit", ["Bytes", "Metrics", "JSON", "IO"], in: benchmarks),
    module("BenchmarkReports", ["BenchmarkKit", "IO"], in: benchmarks),
    .target(name: "CSampler", path: "Benchmarks/CSampler"),
    module("Profiles", ["BenchmarkKit", "Bytes", "CSampler", "IO"], in: benchmarks),
    module(
      "Suites",
      [
        "BenchmarkKit", "Profiles", "Bytes", "CShims", "Rings", "Market", "JSON", "WebSocket", "Recording", "Formats",
        "Columns", "Arrow", "Parquet", "IO", "DXLink", "Sinks", "Ingest", "Simulator", "Conversion", "EndOfDay",
        "Quotewire", "Books",
      ], in: benchmarks),
    .target(name: "CAllocations", path: "Benchmarks/CAllocations"),
    program(
      "quotewire-bench", ["BenchmarkKit", "BenchmarkReports", "Profiles", "Suites", "CAllocations", "IO"],
      in: benchmarks),
    // tests
    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: rules),
    .target(name: "CFaults", path: "Tests/Faults"),
    tests("BytesTests", ["Bytes"]),
    tests("RingsTests", ["Rings"]),
    tests("MetricsTests", ["Metrics"]),
    tests("ScreenTests", ["Screen"]),
    tests("LogsTests", ["Logs"]),
    tests("HTTPServerTests", ["HTTPServer", "IO", "Bytes"]),
    tests(
      "WatchTests", ["Watch", "Ingest", "Sinks", "HTTPServer", "Screen", "Metrics", "Market", "Rings", "Bytes"]),
    tests("ConfigurationTests", ["Configuration"]),
    tests("MarketTests", ["Market"]),
    tests("JSONTests", ["JSON", "Bytes"]),
    tests("WebSocketTests", ["WebSocket", "Bytes"]),
    tests("HTTPTests", ["HTTP", "WebSocket", "Bytes"]),
    tests("RecordingTests", ["Recording", "Bytes"]),
    .target(
      name: "EventSupport", dependencies: ["TestSupport", "Market", "Rings"], path: "Tests/EventSupport",
      swiftSettings: rules),
    tests("FormatsTests", ["Formats", "EventSupport", "Columns", "Market", "Rings", "Bytes", "JSON"]),
    tests("SnapshotsTests", ["Snapshots", "Market", "Rings"]),
    tests("ColumnsTests", ["Columns", "EventSupport", "Market", "Rings"]),
    tests("ArrowTests", ["Arrow", "Columns", "EventSupport", "Market", "Rings", "Bytes"]),
    tests("ParquetTests", ["Parquet", "Columns", "EventSupport", "Market", "Rings", "Bytes"]),
    tests("BooksTests", ["Books", "Snapshots", "Market"]),
    tests("IOTests", ["IO", "Bytes"]),
    tests("DXLinkTests", ["DXLink", "Market", "Rings", "JSON", "Bytes"]),
    tests(
      "SinksTests",
      ["Sinks", "Market", "Rings", "Bytes", "IO", "Formats", "Columns", "Arrow", "Recording", "Metrics"]),
    tests(
      "IngestTests",
      ["Ingest", "Simulator", "Sinks", "Market", "DXLink", "Recording", "WebSocket", "IO", "Bytes", "Rings", "JSON"]),
    tests(
      "SimulatorTests",
      ["Simulator", "DXLink", "WebSocket", "IO", "Recording", "Market", "Rings", "Bytes", "JSON"]),
    tests("AccountTests", ["Account", "Bytes"]),
    tests(
      "CollectTests",
      ["Collect", "Simulator", "Ingest", "Sinks", "Market", "DXLink", "IO", "Bytes", "Rings"]),
    tests(
      "EndOfDayTests",
      ["EndOfDay", "Simulator", "Ingest", "Market", "Rings", "Recording", "IO", "Bytes", "Parquet"]),
    tests(
      "ConversionTests",
      ["Conversion", "Formats", "Columns", "EventSupport", "IO", "Market", "Rings", "Bytes"]),
    tests("HistoryTests", ["History", "Snapshots", "Market"]),
    tests(
      "QuotewireTests",
      ["Quotewire", "Simulator", "Ingest", "Sinks", "Recording", "Market", "IO", "Bytes", "Rings"]),
    tests(
      "CLITests",
      ["QuotewireCLI", "Ingest", "Sinks", "Market", "DXLink", "Recording", "WebSocket", "IO", "Bytes", "JSON"]),
    tests("DiagnosisTests", ["Diagnosis", "Bytes"]),
    tests("ControlTests", ["Control", "IO", "Bytes"]),
    tests("BenchmarkKitTests", ["BenchmarkKit"]),
    tests("BenchmarkReportsTests", ["BenchmarkReports", "BenchmarkKit"]),
    tests("SuitesTests", ["Suites", "BenchmarkKit", "Market"]),
    tests("ProfilesTests", ["Profiles", "BenchmarkKit", "Rings"]),
    tests("SystemTests", ["COpenSSL", "Quotewire"]),
    tests("TidyTests", []),
  ],
  cLanguageStandard: .c11
)

/// What the fuzz targets read. Built by `tools/fuzz` they are a program, with the instrumentation of its flags; else
/// tests, which give each target its corpus.
let fuzzed: [Target.Dependency] = [
  "Bytes", "CShims", "Rings", "Market", "JSON", "WebSocket", "Recording", "Formats", "Columns", "Arrow", "IO", "DXLink",
  "Simulator", "Sinks", "QuotewireCLI", "Configuration",
]
if ProcessInfo.processInfo.environment["QUOTEWIRE_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "quotewire-fuzz", dependencies: fuzzed, path: "Tests/Fuzz", exclude: ["corpora", "CorpusTests.swift"],
      swiftSettings: rules))
  package.products.append(.executable(name: "quotewire-fuzz", targets: ["quotewire-fuzz"]))
} else {
  package.targets.append(
    .testTarget(
      name: "FuzzTests", dependencies: fuzzed + ["TestSupport"], path: "Tests/Fuzz",
      exclude: ["corpora", "Program.swift"], swiftSettings: rules))
}
