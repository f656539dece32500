package import Bytes

/// Raw DEFLATE (RFC 1951) in both directions by zlib, loaded at run time. Each direction keeps its window until it is
/// told to forget; one value belongs to one thread.
@safe
package final class Zlib {
  package static let windowBits = 8...15
  /// zlib's own choice between speed and size.
  package static let defaultLevel: Int32 = -1

  /// z_stream of zlib.h on 64-bit machines: 112 bytes, the same since 1.0.
  @unsafe private struct Stream {
    var input: UnsafePointer<UInt8>?
    var inputCount: UInt32 = 0
    var inputTotal: UInt = 0
    var output: UnsafeMutablePointer<UInt8>?
    var outputCount: UInt32 = 0
    var outputTotal: UInt = 0
    var message: UnsafePointer<CChar>?
    var state: UnsafeMutableRawPointer?
    var allocate: UnsafeMutableRawPointer?
    var free: UnsafeMutableRawPointer?
    var opaque: UnsafeMutableRawPointer?
    var dataType: Int32 = 0
    var checksum: UInt = 0
    var reserved: UInt = 0
  }

  private typealias Pointer = UnsafeMutableRawPointer
  private typealias Version = @convention(c) () -> UnsafePointer<CChar>?
  private typealias MakeDeflate =
    @convention(c) (Pointer, Int32, Int32, Int32, Int32, Int32, UnsafePointer<CChar>?, Int32) -> Int32
  private typealias MakeInflate = @convention(c) (Pointer, Int32, UnsafePointer<CChar>?, Int32) -> Int32
  private typealias Work = @convention(c) (Pointer, Int32) -> Int32
  private typealias Step = @convention(c) (Pointer) -> Int32

  @safe
  private struct Functions {
    let version: Version
    let makeDeflate: MakeDeflate
    let makeInflate: MakeInflate
    let deflate: Work
    let inflate: Work
    let resetDeflate: Step
    let resetInflate: Step
    let goOnInflating: Step
    let endDeflate: Step
    let endInflate: Step

    init(_ library: borrowing DynamicLibrary) throws(IOError) {
      // The types are those of zlib.h, stable since 1.2.5.
      unsafe version = try library.function("zlibVersion", as: Version.self)
      unsafe makeDeflate = try library.function("deflateInit2_", as: MakeDeflate.self)
      unsafe makeInflate = try library.function("inflateInit2_", as: MakeInflate.self)
      unsafe deflate = try library.function("deflate", as: Work.self)
      unsafe inflate = try library.function("inflate", as: Work.self)
      unsafe resetDeflate = try library.function("deflateReset", as: Step.self)
      unsafe resetInflate = try library.function("inflateReset", as: Step.self)
      unsafe goOnInflating = try library.function("inflateResetKeep", as: Step.self)
      unsafe endDeflate = try library.function("deflateEnd", as: Step.self)
      unsafe endInflate = try library.function("inflateEnd", as: Step.self)
    }
  }

  // Return codes and flush values of zlib.h.
  private static let ok: Int32 = 0
  private static let streamEnd: Int32 = 1
  private static let noProgress: Int32 = -5
  private static let syncFlush: Int32 = 2

  private let library: DynamicLibrary
  private let functions: Functions
  // zlib remembers where its streams lie: they may not move.
  private let deflater: UnsafeMutablePointer<Stream>
  private let inflater: UnsafeMutablePointer<Stream>

  /// - Parameters: windows as powers of 2, 8 to 15: of what is deflated, and of what is inflated.
  /// - Throws: `missingLibrary` where zlib is not installed, `badCompression` where there is no memory for it.
  package init(deflateBits: Int = 15, inflateBits: Int = 15, level: Int32 = Zlib.defaultLevel) throws(IOError) {
    precondition(Self.windowBits.contains(deflateBits) && Self.windowBits.contains(inflateBits))
    precondition(unsafe MemoryLayout<Stream>.size == 112)
    let library = try DynamicLibrary("libz.so.1", debianPackage: "zlib1g")
    let functions = try Functions(library)
    let deflater = UnsafeMutablePointer<Stream>.allocate(capacity: 1)
    unsafe deflater.initialize(to: Stream())
    let inflater = UnsafeMutablePointer<Stream>.allocate(capacity: 1)
    unsafe inflater.initialize(to: Stream())
    // zlib makes no raw window of 2^8. One of 2^9 that only repeats the last byte (Z_RLE) stays within it.
    let isSmallest = deflateBits == 8
    let (method, memoryLevel, strategy): (Int32, Int32, Int32) = (8, 8, isSmallest ? 3 : 0)
    let made = unsafe functions.makeDeflate(
      deflater, level, method, -Int32(max(deflateBits, 9)), memoryLevel, strategy, functions.version(), 112)
    // Peers whose zlib is old use 2^9 where 2^8 was agreed: no harm in reading that.
    let madeInflate = unsafe functions.makeInflate(inflater, -Int32(max(inflateBits, 9)), functions.version(), 112)
    unsafe self.deflater = deflater
    unsafe self.inflater = inflater
    self.functions = functions
    self.library = library
    // From here on deinit gives back what was made; zlib takes a stream that was not.
    guard made == Self.ok && madeInflate == Self.ok else {
      throw .badCompression(library: "zlib", reason: "no memory for its windows")
    }
  }

  deinit {
    _ = unsafe functions.endDeflate(deflater)
    _ = unsafe functions.endInflate(inflater)
    unsafe deflater.deallocate()
    unsafe inflater.deallocate()
  }

  /// Whether zlib can be loaded here.
  /// - Throws: the reason why not.
  package static func probe() throws(IOError) { _ = try Zlib() }

  /// Appends `bytes` compressed, up to a byte boundary: ends with 00 00 FF FF unless there was nothing to write.
  package func deflate(_ bytes: UnsafeRawBufferPointer, into out: inout ByteWriter) {
    var rest = unsafe bytes
    let step = 16 << 10
    while true {
      let count = min(rest.count, 1 << 30)
      var isFull = false
      unsafe deflater.pointee.input = rest.baseAddress?.assumingMemoryBound(to: UInt8.self)
      unsafe deflater.pointee.inputCount = UInt32(count)
      unsafe out.appendUnsafe(room: step) { room in
        unsafe deflater.pointee.output = room
        unsafe deflater.pointee.outputCount = UInt32(step)
        // Never fails: the stream is sound and there is room; without anything to do it says so and writes nothing.
        _ = unsafe functions.deflate(deflater, Self.syncFlush)
        isFull = unsafe deflater.pointee.outputCount == 0
        return unsafe step - Int(deflater.pointee.outputCount)
      }
      unsafe rest = UnsafeRawBufferPointer(rebasing: rest[(count - Int(deflater.pointee.inputCount))...])
      if unsafe rest.isEmpty && !isFull { return }
    }
  }

  /// Forgets what was deflated before.
  package func forgetSent() { _ = unsafe functions.resetDeflate(deflater) }

  /// What one call of `inflate` did.
  package struct Inflated: Equatable, Sendable {
    /// Bytes used up, and bytes made.
    package var read: Int
    package var wrote: Int
    package var isDamaged: Bool
    /// Nothing of a block is missing.
    package var atBlockEnd: Bool
  }

  /// Inflates as far as bytes and room go; behind a final block it goes on with the next one and the same window.
  package func inflate(
    _ bytes: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer
  ) -> Inflated {
    var done = Inflated(read: 0, wrote: 0, isDamaged: false, atBlockEnd: false)
    while true {
      let (input, output) = (min(bytes.count - done.read, 1 << 30), min(room.count - done.wrote, 1 << 30))
      unsafe inflater.pointee.input = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self).advanced(by: done.read)
      unsafe inflater.pointee.inputCount = UInt32(input)
      unsafe inflater.pointee.output = room.baseAddress?.assumingMemoryBound(to: UInt8.self).advanced(by: done.wrote)
      unsafe inflater.pointee.outputCount = UInt32(output)
      let code = unsafe functions.inflate(inflater, Self.syncFlush)
      done.read += unsafe input - Int(inflater.pointee.inputCount)
      done.wrote += unsafe output - Int(inflater.pointee.outputCount)
      // Of the flags in data_type, 128 says that a block just ended.
      done.atBlockEnd = unsafe inflater.pointee.dataType & 128 != 0
      switch code {
      case Self.streamEnd:
        _ = unsafe functions.goOnInflating(inflater)
        if done.read == bytes.count || done.wrote == room.count { return done }
      case Self.ok, Self.noProgress: return done
      default:
        done.isDamaged = true
        return done
      }
    }
  }

  /// Forgets what was inflated before.
  package func forgetReceived() { _ = unsafe functions.resetInflate(inflater) }
}
