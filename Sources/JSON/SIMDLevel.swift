import CShims

/// The instruction set that a scanner's index is made with. All give the same index.
package enum SIMDLevel: Int32, CaseIterable, Sendable {
  case portable, sse2, avx2, avx512, neon

  /// What this CPU can do.
  package static var supported: [SIMDLevel] { allCases.filter { qw_json_level_supported($0.rawValue) != 0 } }

  /// The best of this CPU, or the best up to the one that the environment's QUOTEWIRE_SIMD names.
  package static var preferred: SIMDLevel { SIMDLevel(rawValue: qw_json_level_default()) ?? .portable }
}
