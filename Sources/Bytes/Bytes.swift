// Bytes: buffers, byte readers and writers, number text, checksums and the two kinds of time.
//
// Invariant: a buffer that hands out payloads keeps `Padding.front` readable bytes before and `Padding.back` after
// them, so that decoders may load whole vectors at any payload byte.
//
// Out of scope: syscalls (IO), formats (Formats, Recording), threads (Rings).

/// Readable bytes that surround every payload handed to a decoder, live or mapped.
package enum Padding {
  /// Bytes before the payload's first byte.
  package static let front = 64
  /// Bytes after the payload's last byte.
  package static let back = 128
}
