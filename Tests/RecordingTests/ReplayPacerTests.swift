import Bytes
import Testing

@testable import Recording

@Suite("Pacing a replay")
struct ReplayPacerTests {
  static let start = MonotonicNanos(rawValue: 1_000)

  static func due(
    _ pacer: inout ReplayPacer, wall: Int64, monotonic: Int64, kind: EntryKind = .received, lane: UInt16 = 0,
    source: Int = 0
  ) -> Int64 {
    pacer.due(kind: kind, source: source, lane: lane, arrival: arrival(wall, monotonic)).rawValue - start.rawValue
  }

  @Test(
    "recorded time is divided by the speed",
    arguments: [(1.0, 1000), (2.0, 500), (10.0, 100), (0.5, 2000)] as [(Double, Int64)])
  func factor(speed: Double, expected: Int64) throws {
    var pacer = try ReplayPacer(speed: .factor(speed), start: Self.start)
    #expect(Self.due(&pacer, wall: 70, monotonic: 500) == 0)
    #expect(Self.due(&pacer, wall: 1070, monotonic: 1500) == expected)
  }

  @Test("at full speed everything is due at the start")
  func fullSpeed() throws {
    var pacer = try ReplayPacer(speed: .max, start: Self.start)
    #expect(Self.due(&pacer, wall: 0, monotonic: 0) == 0)
    #expect(Self.due(&pacer, wall: 1 << 50, monotonic: 1 << 50) == 0)
  }

  @Test("a speed that is not a positive number is refused", arguments: [0, -1, Double.nan, .infinity])
  func badSpeed(speed: Double) {
    #expect(throws: RecordingError.speedNotPositive) { try ReplayPacer(speed: .factor(speed), start: Self.start) }
  }

  @Test("a jump of the wall clock within a session changes nothing")
  func wallJump() throws {
    var pacer = try ReplayPacer(speed: .factor(1), start: Self.start)
    #expect(Self.due(&pacer, wall: 100, monotonic: 100) == 0)
    #expect(Self.due(&pacer, wall: 3_600_000, monotonic: 200) == 100)
    #expect(Self.due(&pacer, wall: -3_600_000, monotonic: 300) == 200)
  }

  @Test("a new session is placed by wall time, whatever its monotonic clock says")
  func acrossSessions() throws {
    var pacer = try ReplayPacer(speed: .factor(1), start: Self.start)
    #expect(Self.due(&pacer, wall: 1000, monotonic: 900_000, kind: .sessionStart) == 0)
    #expect(Self.due(&pacer, wall: 1500, monotonic: 900_500) == 500)
    #expect(Self.due(&pacer, wall: 5000, monotonic: 7, kind: .sessionStart) == 4000)
    #expect(Self.due(&pacer, wall: 9999, monotonic: 57) == 4050)
    // A session whose wall clock lies before: not before what was due already.
    #expect(Self.due(&pacer, wall: 200, monotonic: 1, kind: .sessionStart) == 4050)
    #expect(Self.due(&pacer, wall: 200, monotonic: 11) == 4060)
  }

  @Test("lanes and recordings that interleave keep their own clocks")
  func interleaved() throws {
    var pacer = try ReplayPacer(speed: .factor(1), start: Self.start)
    #expect(Self.due(&pacer, wall: 1000, monotonic: 5) == 0)
    #expect(Self.due(&pacer, wall: 1100, monotonic: 77_000, source: 1) == 100)
    #expect(Self.due(&pacer, wall: 1150, monotonic: 9_000, lane: 1) == 150)
    #expect(Self.due(&pacer, wall: 0, monotonic: 205) == 200)
    #expect(Self.due(&pacer, wall: 0, monotonic: 77_150, source: 1) == 250)
    #expect(Self.due(&pacer, wall: 0, monotonic: 9_010, lane: 1) == 250, "late within its lane: at once, never earlier")
  }

  @Test("long silences are shortened when asked, and only those")
  func silence() throws {
    var pacer = try ReplayPacer(speed: .factor(2), start: Self.start, longestSilenceNanos: 100)
    #expect(Self.due(&pacer, wall: 0, monotonic: 0) == 0)
    #expect(Self.due(&pacer, wall: 0, monotonic: 100) == 50)
    #expect(Self.due(&pacer, wall: 0, monotonic: 1100) == 100)
    #expect(pacer.silenceCutNanos == 900)
    #expect(Self.due(&pacer, wall: 0, monotonic: 1150) == 125)
    #expect(Self.due(&pacer, wall: 1_000_000, monotonic: 3, kind: .sessionStart) == 175)
    #expect(Self.due(&pacer, wall: 0, monotonic: 13) == 180)
  }

  @Test("hostile times neither trap nor go backwards", arguments: [1, 2, 3] as [UInt64])
  func hostile(seed: UInt64) throws {
    var random = SplitMix64(state: seed)
    let edges: [Int64] = [.min, .max, 0, -1, 1, .min + 1, .max - 1]
    for longest in [nil, 5, Int64.max] as [Int64?] {
      var pacer = try ReplayPacer(speed: .factor(0.001), start: Self.start, longestSilenceNanos: longest)
      var last = Int64.min
      for _ in 0..<2000 {
        let now = pacer.due(
          kind: EntryKind(rawValue: UInt8(1 + random.below(4))), source: random.below(2), lane: UInt16(random.below(2)),
          arrival: arrival(edges[random.below(7)], edges[random.below(7)])
        ).rawValue
        #expect(now >= last, "seed \(seed)")
        last = now
      }
    }
  }
}
