package import Bytes

/// Zstandard (RFC 8878) by libzstd, loaded at run time. Keeps its contexts, so one value serves many blocks; it belongs
/// to one thread.
@safe
package struct Zstd: ~Copyable {
  package static let defaultLevel = 3
  /// A frame that needs a larger window (2 to this power, in bytes) is refused.
  package static let maximumWindowLog = 27

  private typealias Context = UnsafeMutableRawPointer
  private typealias Make = @convention(c) () -> Context?
  private typealias Free = @convention(c) (Context?) -> Int
  private typealias Bound = @convention(c) (Int) -> Int
  private typealias Compress =
    @convention(c) (
      Context?, UnsafeMutableRawPointer?, Int, UnsafeRawPointer?, Int, Int32
    ) -> Int
  private typealias Decompress =
    @convention(c) (
      Context?, UnsafeMutableRawPointer, UnsafeMutableRawPointer
    ) -> Int
  private typealias SetParameter = @convention(c) (Context?, Int32, Int32) -> Int
  private typealias Reset = @convention(c) (Context?, Int32) -> Int
  private typealias IsError = @convention(c) (Int) -> UInt32
  private typealias ErrorName = @convention(c) (Int) -> UnsafePointer<CChar>?

  // ZSTD_inBuffer and ZSTD_outBuffer: pointer, size, position.
  @unsafe private struct InBuffer {
    var start: UnsafeRawPointer?
    var count: Int
    var position = 0
  }
  @unsafe private struct OutBuffer {
    var start: UnsafeMutableRawPointer?
    var count: Int
    var position = 0
  }

  @safe
  private struct Functions {
    let makeCompressor: Make
    let makeDecompressor: Make
    let freeCompressor: Free
    let freeDecompressor: Free
    let setParameter: SetParameter
    let compressBound: Bound
    let compress: Compress
    let decompress: Decompress
    let resetDecompressor: Reset
    let isError: IsError
    let errorName: ErrorName

    init(_ library: borrowing DynamicLibrary) throws(IOError) {
      // The types are those of zstd.h, stable since 1.4.
      unsafe makeCompressor = try library.function("ZSTD_createCCtx", as: Make.self)
      unsafe makeDecompressor = try library.function("ZSTD_createDCtx", as: Make.self)
      unsafe freeCompressor = try library.function("ZSTD_freeCCtx", as: Free.self)
      unsafe freeDecompressor = try library.function("ZSTD_freeDCtx", as: Free.self)
      unsafe setParameter = try library.function("ZSTD_DCtx_setParameter", as: SetParameter.self)
      compressBound = try unsafe library.function("ZSTD_compressBound", as: Bound.self)
      unsafe compress = try library.function("ZSTD_compressCCtx", as: Compress.self)
      unsafe decompress = try library.function("ZSTD_decompressStream", as: Decompress.self)
      unsafe resetDecompressor = try library.function("ZSTD_DCtx_reset", as: Reset.self)
      isError = try unsafe library.function("ZSTD_isError", as: IsError.self)
      unsafe errorName = try library.function("ZSTD_getErrorName", as: ErrorName.self)
    }
  }

  private let library: DynamicLibrary
  private let functions: Functions
  private let compressor: Context
  private let decompressor: Context

  /// - Throws: `IOError.missingLibrary` where libzstd is not installed.
  package init() throws(IOError) {
    let library = try DynamicLibrary("libzstd.so.1", debianPackage: "libzstd1")
    let functions = try Functions(library)
    guard let compressor = unsafe functions.makeCompressor(), let decompressor = unsafe functions.makeDecompressor()
    else { throw .badCompression(library: "zstd", reason: "no memory for its contexts") }
    let windowLogMax: Int32 = 100  // ZSTD_d_windowLogMax
    _ = unsafe functions.setParameter(decompressor, windowLogMax, Int32(Self.maximumWindowLog))
    unsafe self.compressor = compressor
    unsafe self.decompressor = decompressor
    self.functions = functions
    self.library = library
  }

  deinit {
    _ = unsafe functions.freeCompressor(compressor)
    _ = unsafe functions.freeDecompressor(decompressor)
  }

  private typealias VersionNumber = @convention(c) () -> UInt32

  /// The version of libzstd that is installed, such as `1.5.4`.
  package static func libraryVersion() throws(IOError) -> String {
    let library = try DynamicLibrary("libzstd.so.1", debianPackage: "libzstd1")
    let number = try unsafe library.function("ZSTD_versionNumber", as: VersionNumber.self)()
    return "\(number / 10_000).\(number / 100 % 100).\(number % 100)"
  }

  /// Appends one frame that holds `bytes`.
  package mutating func compress(
    _ bytes: RawSpan, level: Int = Zstd.defaultLevel, into output: inout ByteWriter
  ) throws(IOError) {
    let room = functions.compressBound(bytes.byteCount)
    var result = 0
    unsafe bytes.withUnsafeBytes { input in
      unsafe output.appendUnsafe(room: room) { out in
        unsafe result = functions.compress(
          compressor, out, room, input.baseAddress, input.count, Int32(clamping: level))
        return functions.isError(result) != 0 ? 0 : result
      }
    }
    if functions.isError(result) != 0 { throw .badCompression(library: "zstd", reason: reason(result)) }
  }

  /// Appends the contents of one or more frames.
  /// - Parameter limitBytes: more contents than this are refused; memory grows with what is really there.
  /// - Throws: `badCompression` for damaged or cut bytes, `limitExceeded`; `output` is then as it was.
  package mutating func decompress(
    _ bytes: RawSpan, limitBytes: Int, into output: inout ByteWriter
  ) throws(IOError) {
    let before = output.count
    do {
      try unsafe bytes.withUnsafeBytes { input throws(IOError) in
        try unsafe decompress(input, limitBytes, &output)
      }
    } catch {
      output.truncate(to: before)
      throw error
    }
  }

  private func decompress(
    _ bytes: UnsafeRawBufferPointer, _ limitBytes: Int, _ output: inout ByteWriter
  ) throws(IOError) {
    let sessionOnly: Int32 = 1  // ZSTD_reset_session_only
    _ = unsafe functions.resetDecompressor(decompressor, sessionOnly)
    let step = 128 << 10
    var input = unsafe InBuffer(start: bytes.baseAddress, count: bytes.count)
    var total = 0
    while true {
      var result = 0
      var wrote = 0
      unsafe output.appendUnsafe(room: step) { out in
        var buffer = unsafe OutBuffer(start: out, count: step)
        unsafe result = functions.decompress(decompressor, &buffer, &input)
        wrote = unsafe buffer.position
        return wrote
      }
      if functions.isError(result) != 0 { throw .badCompression(library: "zstd", reason: reason(result)) }
      total += wrote
      guard total <= limitBytes else { throw .limitExceeded(what: "the size of zstd contents", limit: limitBytes) }
      let usedUp = unsafe input.position == input.count
      // 0: a frame is complete and all of it is out.
      if result == 0 && usedUp { return }
      if usedUp && wrote < step { throw .badCompression(library: "zstd", reason: "it is cut off") }
    }
  }

  private func reason(_ code: Int) -> String {
    guard let name = unsafe functions.errorName(code) else { return "code \(code)" }
    return unsafe String(cString: name)
  }
}
