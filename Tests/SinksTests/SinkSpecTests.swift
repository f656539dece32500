import TestSupport
import Testing

@testable import Sinks

@Suite("Sink URIs", .tags(.unit))
struct SinkSpecTests {
  private static func spec(_ name: String, _ target: SinkSpec.Target, _ change: (inout SinkSpec) -> Void = { _ in })
    -> SinkSpec
  {
    guard var spec = try? SinkSpec(parsing: "null:") else { preconditionFailure("null: is a sink") }
    spec.name = name
    spec.target = target
    change(&spec)
    return spec
  }

  static let good: [(String, SinkSpec)] = [
    ("null:", spec("null:", .null)),
    ("csv:out", spec("csv:out", .csv(directory: "out"))),
    ("csv:/a/b c", spec("csv:/a/b c", .csv(directory: "/a/b c"))),
    ("csv:a:b", spec("csv:a:b", .csv(directory: "a:b"))),
    ("ndjson:-", spec("ndjson:-", .ndjson(file: nil))),
    ("ndjson:./-", spec("ndjson:./-", .ndjson(file: "./-"))),
    ("ndjson:x.ndjson", spec("ndjson:x.ndjson", .ndjson(file: "x.ndjson"))),
    ("csv:out?", spec("csv:out", .csv(directory: "out"))),
    ("csv:out?policy=wait", spec("csv:out", .csv(directory: "out"))),
    ("csv:out?policy=drop", spec("csv:out", .csv(directory: "out")) { $0.policy = .drop }),
    ("null:?policy=conflate", spec("null:", .null) { $0.policy = .conflate }),
    ("null:?ring=4", spec("null:", .null) { $0.ringRecords = 4 }),
    ("null:?ring=4194304", spec("null:", .null) { $0.ringRecords = 4_194_304 }),
    ("csv:out?rotate-bytes=1", spec("csv:out", .csv(directory: "out")) { $0.rotation.bytes = 1 }),
    ("csv:out?rotate-bytes=64K", spec("csv:out", .csv(directory: "out")) { $0.rotation.bytes = 65_536 }),
    ("csv:out?rotate-bytes=100M", spec("csv:out", .csv(directory: "out")) { $0.rotation.bytes = 104_857_600 }),
    ("csv:out?rotate-bytes=2G", spec("csv:out", .csv(directory: "out")) { $0.rotation.bytes = 2_147_483_648 }),
    ("csv:out?rotate-seconds=1", spec("csv:out", .csv(directory: "out")) { $0.rotation.seconds = 1 }),
    ("csv:out?rotate-seconds=1.5", spec("csv:out", .csv(directory: "out")) { $0.rotation.seconds = 1.5 }),
    ("arrow:out", spec("arrow:out", .arrow(directory: "out"))),
    ("parquet:out", spec("parquet:out", .parquet(directory: "out")) { $0.columns.groupRows = 1 << 20 }),
    (
      "arrow:out?rows=64&age=0.5&codec=none",
      spec("arrow:out", .arrow(directory: "out")) {
        $0.columns.groupRows = 64
        $0.columns.ageSeconds = 0.5
        $0.columns.codec = "none"
      }
    ),
    (
      "parquet:out?rows=5000&group-bytes=1M&age=60&codec=zstd&rotate-bytes=1G",
      spec("parquet:out", .parquet(directory: "out")) {
        $0.columns.groupRows = 5000
        $0.columns.groupBytes = 1 << 20
        $0.columns.ageSeconds = 60
        $0.columns.codec = "zstd"
        $0.rotation.bytes = 1 << 30
      }
    ),
    ("csv:out?nan=text", spec("csv:out", .csv(directory: "out")) { $0.writesNaN = true }),
    ("csv:out?nan=empty", spec("csv:out", .csv(directory: "out"))),
    (
      "csv:out?nan=text&policy=drop&ring=16&rotate-bytes=9&rotate-seconds=60",
      spec("csv:out", .csv(directory: "out")) {
        $0.policy = .drop
        $0.ringRecords = 16
        $0.rotation.bytes = 9
        $0.rotation.seconds = 60
        $0.writesNaN = true
      }
    ),
  ]

  @Test("a sink URI says target and options", arguments: good)
  func parses(text: String, expected: SinkSpec) throws {
    #expect(try SinkSpec(parsing: text) == expected)
  }

  static let known = "csv:DIR, arrow:DIR, parquet:DIR, ndjson:FILE, ndjson:- (standard output) and null:"
  static let options =
    "known are policy, ring, rotate-bytes, rotate-seconds, spill-bytes, spill-dir, nan, rows, group-bytes, "
    + "age and codec"
  static let bad: [(String, String)] = [
    ("", "it has no scheme; known are \(known)"),
    ("out", "it has no scheme; known are \(known)"),
    ("?policy=drop", "it has no scheme; known are \(known)"),
    (":", "there is no sink ':'; known are \(known)"),
    ("CSV:out", "there is no sink 'CSV:'; known are \(known)"),
    ("kafka:x", "there is no sink 'kafka:'; known are \(known)"),
    ("csv:", "csv: needs a folder, as in csv:out"),
    ("csv:?policy=drop", "csv: needs a folder, as in csv:out"),
    ("ndjson:", "ndjson: needs a file, or - for standard output"),
    ("null:x", "null: takes no target"),
    ("null:?policy", "policy is wait, drop, conflate or spill, not ''"),
    ("null:?policy=", "policy is wait, drop, conflate or spill, not ''"),
    ("null:?policy=Drop", "policy is wait, drop, conflate or spill, not 'Drop'"),
    ("csv:o?policy=spill&spill-bytes=255K", "spill-bytes takes 256K or more, such as 100M or 2G, not '255K'"),
    ("csv:o?policy=spill&spill-dir=", "spill-dir takes a folder"),
    ("csv:o?spill-bytes=1M", "spill-bytes and spill-dir are for policy=spill"),
    ("csv:o?policy=drop&spill-dir=x", "spill-bytes and spill-dir are for policy=spill"),
    ("null:?ring=3", "ring takes 4 to 4194304 records"),
    ("null:?ring=4194305", "ring takes 4 to 4194304 records"),
    ("null:?ring=many", "ring takes 4 to 4194304 records"),
    ("null:?ring=99999999999999999999", "ring takes 4 to 4194304 records"),
    ("csv:o?rotate-bytes=0", "rotate-bytes takes bytes such as 1000000, 64K, 100M or 2G, not '0'"),
    ("csv:o?rotate-bytes=-1", "rotate-bytes takes bytes such as 1000000, 64K, 100M or 2G, not '-1'"),
    ("csv:o?rotate-bytes=K", "rotate-bytes takes bytes such as 1000000, 64K, 100M or 2G, not 'K'"),
    ("csv:o?rotate-bytes=1.5M", "rotate-bytes takes bytes such as 1000000, 64K, 100M or 2G, not '1.5M'"),
    ("csv:o?rotate-bytes=9999999999G", "rotate-bytes takes bytes such as 1000000, 64K, 100M or 2G, not '9999999999G'"),
    ("csv:o?rotate-seconds=0.5", "rotate-seconds takes a number from 1 on, not '0.5'"),
    ("csv:o?rotate-seconds=inf", "rotate-seconds takes a number from 1 on, not 'inf'"),
    ("csv:o?rotate-seconds=nan", "rotate-seconds takes a number from 1 on, not 'nan'"),
    ("csv:o?rotate-seconds", "rotate-seconds takes a number from 1 on, not ''"),
    ("csv:o?nan=NaN", "nan is empty or text, not 'NaN'"),
    ("arrow:", "arrow: needs a folder, as in arrow:out"),
    ("parquet:?rows=64", "parquet: needs a folder, as in parquet:out"),
    ("arrow:o?rows=63", "rows takes 64 to 4194304, not '63'"),
    ("arrow:o?group-bytes=1M", "it has no option 'group-bytes'"),
    ("arrow:o?codec=zstd", "codec is lz4, none, not 'zstd'"),
    ("parquet:o?codec=gzip", "codec is zstd, snappy, none, not 'gzip'"),
    ("parquet:o?group-bytes=1", "group-bytes takes 64K to 1G, not '1'"),
    ("parquet:o?age=0", "age takes seconds from 0.1 on, not '0'"),
    ("csv:o?codec=none", "it has no option 'codec'"),
    ("csv:o?force=1", "no option 'force'; \(options)"),
    ("csv:o?=1", "no option ''; \(options)"),
    ("ndjson:-?rotate-bytes=1M", "standard output cannot be rotated"),
    ("ndjson:-?rotate-seconds=60", "standard output cannot be rotated"),
  ]

  @Test("a wrong sink URI is refused with its reason", arguments: bad)
  func refuses(text: String, reason: String) {
    let error = #expect(throws: SinkSpecError.self) { _ = try SinkSpec(parsing: text) }
    #expect(error?.reason == reason)
    #expect(error?.description == "--to \(text): \(reason)")
  }
}
