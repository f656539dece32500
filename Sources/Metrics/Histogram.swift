import Glibc
import Synchronization

/// Counts of values, each kept to three significant digits, in memory of fixed size (264 KiB, of which only the pages
/// that were counted in are ever touched).
///
/// Log-linear after HdrHistogram (Gil Tene): values below 2048 have a bucket each; above, every power of two is cut
/// into 1024 buckets of equal width, so a bucket is at most 1/1024 of its values wide.
///
///     value             bucket width   buckets
///     0 ..< 2048        1              0 ..< 2048
///     2048 ..< 4096     2              2048 ..< 3072
///     4096 ..< 8192     4              3072 ..< 4096     and so on to 2^42
///
/// Worked example: 5000 lies in 4096 ..< 8192 (width 4), bucket 3072 + (5000 - 4096) / 4 = 3298, that is 5000 ... 5003.
///
/// One thread writes, any thread reads. A reader sees each bucket whole; what is written meanwhile may be missing.
@safe
package final class Histogram: Sendable {
  /// 2^42 - 1: 73 minutes in nanoseconds. Higher values count as this one.
  package static let highestValue: Int64 = 1 << 42 - 1
  package static let bucketCount = 2048 + 31 * 1024

  // Zeroed by the system page by page; an array of as many atomics is made and ended one by one.
  nonisolated(unsafe) private let buckets: UnsafeMutablePointer<Atomic<Int>>
  /// Bits of a Double, which cannot overflow.
  private let sumBits = Atomic<UInt64>(0)
  private let highest = Atomic<Int64>(0)
  private let clamped = Atomic<Int>(0)

  package init() {
    // All bits zero is an atomic 0. Without memory there is nothing that could go on.
    let memory = unsafe calloc(Self.bucketCount, MemoryLayout<Atomic<Int>>.stride)
    guard let memory = unsafe memory else { preconditionFailure("no memory for a histogram") }
    unsafe buckets = memory.bindMemory(to: Atomic<Int>.self, capacity: Self.bucketCount)
  }

  // Atomics of integers own nothing.
  deinit { unsafe free(buckets) }

  /// Counts one value. Negative ones count as 0, those above `highestValue` as `highestValue`; both are also counted in
  /// `clampedCount`.
  package func record(_ value: Int64) { record(value, times: 1) }

  /// Counts one value `times` times.
  package func record(_ value: Int64, times: Int) {
    guard times > 0 else { return }
    let kept = min(max(value, 0), Self.highestValue)
    if kept != value { add(times, to: clamped) }
    // Within `bucketCount` for every value up to the highest.
    unsafe add(times, to: buckets[Self.bucket(of: kept)])
    let sum = Double(bitPattern: sumBits.load(ordering: .relaxed)) + Double(kept) * Double(times)
    sumBits.store(sum.bitPattern, ordering: .relaxed)
    if kept > highest.load(ordering: .relaxed) { highest.store(kept, ordering: .relaxed) }
  }

  /// Adds everything that another histogram held when `other` was taken. A writer's call, like `record`.
  package func merge(_ other: HistogramSnapshot) {
    for (bucket, count) in other.buckets.enumerated() where count > 0 {
      unsafe add(count, to: buckets[bucket])
    }
    add(other.clampedCount, to: clamped)
    let sum = Double(bitPattern: sumBits.load(ordering: .relaxed)) + other.sum
    sumBits.store(sum.bitPattern, ordering: .relaxed)
    if other.max > highest.load(ordering: .relaxed) { highest.store(other.max, ordering: .relaxed) }
  }

  /// The single writer's addition: a load and a store, no locked instruction.
  private func add(_ amount: Int, to cell: borrowing Atomic<Int>) {
    cell.store(cell.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
  }

  /// A copy of the counts, for any thread.
  package func snapshot() -> HistogramSnapshot {
    var copy: [Int] = []
    var last = 0
    for i in 0..<Self.bucketCount where unsafe buckets[i].load(ordering: .relaxed) != 0 { last = i + 1 }
    copy.reserveCapacity(last)
    for i in 0..<last { unsafe copy.append(buckets[i].load(ordering: .relaxed)) }
    return HistogramSnapshot(
      buckets: copy, sum: Double(bitPattern: sumBits.load(ordering: .relaxed)),
      max: highest.load(ordering: .relaxed), clampedCount: clamped.load(ordering: .relaxed))
  }

  /// The bucket of a value in `0 ... highestValue`.
  static func bucket(of value: Int64) -> Int {
    // 0 for values below 2048, then one more for each power of two.
    let shift = 53 &- (value | 2047).leadingZeroBitCount
    return shift &* 1024 &+ Int(truncatingIfNeeded: value &>> Int64(shift))
  }

  /// The highest value that the bucket counts.
  static func highestValue(of bucket: Int) -> Int64 {
    if bucket < 2048 { return Int64(bucket) }
    let shift = bucket / 1024 - 1
    return (Int64(bucket - shift * 1024 + 1) << Int64(shift)) - 1
  }
}
