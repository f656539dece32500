// The fuzz targets: one function of bytes each.

/// A target takes any bytes. It must come back; what it finds wrong it tells by `wrong`.
struct FuzzTarget: Sendable {
  let name: String
  let run: @Sendable ([UInt8]) -> Void

  static let all: [FuzzTarget] =
    FeedTargets.all + JSONTargets.all + WebSocketTargets.all + FileTargets.all + TextTargets.all
}

/// Ends the process: libFuzzer keeps the input, an exit test fails.
func wrong(_ message: String) -> Never { fatalError(message) }
