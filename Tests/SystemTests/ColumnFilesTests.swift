import Foundation
import TestSupport
import Testing

/// Arrow and Parquet files read by libraries that we did not write, through the script in tools.
@Suite("pyarrow, polars and duckdb read our columns", .tags(.system, .slow))
struct ColumnFilesTests {
  /// What the script says when the packages cannot be installed here.
  private static let cannotInstall: Int32 = 75
  /// Parquet of others is at most so much smaller.
  private static let sizeLimit = 1.10

  @Test("every value of every row equals the NDJSON, statistics are right, and no file is much larger than pyarrow's")
  func equal() throws {
    let folder = TemporaryFolder()
    let ended = try Program(
      "/usr/bin/env", ["bash", Places.packageRoot + "/tools/interop/columns", try Built.quotewire(), folder.path]
    ).wait(limitSeconds: 900)
    if ended.exitCode == Self.cannotInstall {
      print("skipped: \(ended.errors)")
      return
    }
    #expect(ended.exitCode == 0, "\(ended)")
    let equal = ended.lines.filter { $0.hasSuffix("rows, equal") }
    #expect(equal.count == 10, "\(ended.text)")
    #expect(equal.prefix(5).allSatisfy { $0.contains("18 files") })
    let ratios = ended.lines.compactMap { line -> Double? in
      guard let at = line.range(of: " ratio ") else { return nil }
      return line.hasPrefix("worst") ? nil : Double(line[at.upperBound...])
    }
    #expect(ratios.count == 2 * (18 + 4))
    #expect(ratios.allSatisfy { $0 <= Self.sizeLimit }, "\(ratios)")
  }
}
