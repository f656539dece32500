import Bytes
import JSON

/// A payload with its padding, at a chosen alignment, surrounded by chosen bytes.
@safe
final class Padded {
  private let memory: UnsafeMutableRawBufferPointer
  private let range: Range<Int>

  init(_ bytes: [UInt8], alignment: Int = 0, poison: UInt8 = 0) {
    let front = Padding.front + alignment
    range = front..<front + bytes.count
    unsafe memory = .allocate(byteCount: range.upperBound + Padding.back, alignment: 64)
    unsafe memory.initializeMemory(as: UInt8.self, repeating: poison)
    unsafe UnsafeMutableRawBufferPointer(rebasing: memory[range]).copyBytes(from: bytes)
  }

  deinit { unsafe memory.deallocate() }

  var payload: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(rebasing: memory[range]) }
}

/// The levels that this CPU can do, all to be tested.
let levels = SIMDLevel.supported

/// Why a text is refused; nil if it is accepted.
func refusal(_ text: [UInt8], _ level: SIMDLevel = .preferred) -> JSONError? {
  var scanner = Scanner(level: level)
  do throws(JSONError) {
    try unsafe scanner.validateCopy(text.span.bytes)
    return nil
  } catch {
    return error
  }
}

/// Lends a cursor over a text.
func scan<R>(
  _ text: String, level: SIMDLevel = .preferred, _ body: (inout Cursor) throws(JSONError) -> R
) throws(JSONError) -> R {
  var scanner = Scanner(level: level)
  let bytes = Array(text.utf8)
  return try unsafe scanner.scanCopy(bytes.span.bytes, body)
}
