import CShims
import Glibc

/// Unpredictable bytes from the kernel, for masking keys and handshake nonces.
package enum RandomBytes {
  /// Never fails on a kernel that has getrandom(2); without it there is no safe way on.
  package static func fill(_ buffer: UnsafeMutableRawBufferPointer) {
    guard let base = buffer.baseAddress else { return }
    let result = unsafe qw_random(base, buffer.count)
    precondition(result == 0, "getrandom failed")
  }

  package static func next<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type = T.self) -> T {
    var value: T = 0
    unsafe withUnsafeMutableBytes(of: &value) { unsafe fill($0) }
    return value
  }

  package static func bytes(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    unsafe bytes.withUnsafeMutableBytes { unsafe fill($0) }
    return bytes
  }
}
