import IO
package import Recording

/// A recording that clients are served from: mapped once, read by each client on its own.
package final class RecordingSource {
  private let map: MappedFile
  private let compression: (any SegmentCompression)?
  package let path: String

  package init(_ path: String, compression: (any SegmentCompression)? = nil) throws(SimulatorError) {
    self.path = path
    self.compression = compression
    do throws(IOError) {
      map = try MappedFile(path)
    } catch {
      throw .recording("\(error)")
    }
    _ = try makeReader()
  }

  /// A reader from the start. It must not outlive this object, which owns the map.
  func makeReader() throws(SimulatorError) -> RecordingReader {
    do throws(RecordingError) {
      // The map's address does not change as long as the map lives.
      return try unsafe RecordingReader(map.withBytes { unsafe $0 }, compression: compression)
    } catch {
      throw .recording("\(path): \(error)")
    }
  }

  /// Whether the file is still as long as when it was mapped. Reading a file that was cut would crash.
  func isWhole() -> Bool {
    do throws(IOError) {
      try map.checkSize()
      return true
    } catch {
      return false
    }
  }
}
