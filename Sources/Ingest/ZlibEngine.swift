import Bytes
package import IO
package import WebSocket

/// Compressed messages by zlib.
final class ZlibEngine: DeflateEngine {
  private let zlib: Zlib

  init(_ windows: DeflateWindows) throws(IOError) {
    zlib = try Zlib(deflateBits: windows.sentBits, inflateBits: windows.receivedBits)
  }

  func deflate(_ bytes: UnsafeRawBufferPointer, into out: inout ByteWriter) { unsafe zlib.deflate(bytes, into: &out) }

  func forgetSent() { zlib.forgetSent() }

  func inflate(_ bytes: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer) -> InflateStep {
    let done = unsafe zlib.inflate(bytes, into: room)
    return InflateStep(
      read: done.read, wrote: done.wrote, outcome: done.isDamaged ? .damaged : .good(atBlockEnd: done.atBlockEnd))
  }

  func forgetReceived() { zlib.forgetReceived() }
}

extension DeflateSupport {
  /// By zlib. A client sends little, so it offers to do without a window between messages: that saves a server memory.
  /// - Throws: `missingLibrary` where it is not installed.
  package static func zlib(asClient: Bool) throws(IOError) -> DeflateSupport {
    var wishes = DeflateOffer()
    wishes.clientForgets = asClient
    return try zlib(wishes: wishes)
  }

  package static func zlib(wishes: DeflateOffer) throws(IOError) -> DeflateSupport {
    try Zlib.probe()
    return DeflateSupport(wishes: wishes) { windows in try? ZlibEngine(windows) }
  }
}
